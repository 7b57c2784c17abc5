"""The convention of the Guild Wars 2 API, version 2: resources by sub-path, `id`, `ids` and `page` (G1-G14)."""

from .dialect import Gw2

__all__ = ["Gw2"]

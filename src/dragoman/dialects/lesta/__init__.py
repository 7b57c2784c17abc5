"""The convention of the Lesta Games Public API: `/<api_name>/<block>/<method>/`, an application id, one envelope (L3-L17)."""

from .dialect import Lesta

__all__ = ["Lesta"]

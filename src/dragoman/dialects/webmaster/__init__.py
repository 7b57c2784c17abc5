"""The convention of the webmaster network: `/api/rest/<library>/<format>/<resource>/{positional...}`, in XML, JSON and CSV (W1-W10)."""

from .dialect import Webmaster

__all__ = ["Webmaster"]

"""The convention of the DAST interface: `/api/<endpoint>/<action>`, tokens as parameters, one envelope (D1-D8)."""

from .dialect import Dast

__all__ = ["Dast"]

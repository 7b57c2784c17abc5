"""The first page at `/`: what is published, in English and Russian, with addresses and lines to try at once."""

from .site import front
from .words import Sample

__all__ = ["Sample", "front"]

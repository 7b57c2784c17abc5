"""Docstrings and descriptions of publishers, parted for templates into plain text, code and links."""

from __future__ import annotations

import re
from typing import NamedTuple

_CODE = re.compile("`([^`]+)`")


class Piece(NamedTuple):
    """A part of a text: plain, code, or a link within the page. `room/pieces.html` shows several."""

    text: str
    code: bool = False
    target: str = ""


def pieces(text: str) -> list[Piece]:
    """A text, parted where backquotes mark code."""
    parts = _CODE.split(" ".join(text.split()))
    return [Piece(part, code=bool(place % 2)) for place, part in enumerate(parts) if part]

"""A target: whatever is published at a path `group/name`, be it a resource or a method."""

from __future__ import annotations

import re

import msgspec

from ..errors import DeclarationError

GROUP_DEFAULT = "data"
"""The group of what is declared without one; it never shows in gw2 and dast paths."""
PATH = re.compile(r"(?:[a-z][a-z0-9_-]*/)?[a-z][a-z0-9_-]*\Z")


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What resources and methods have in common."""

    catalog: str
    group: str
    name: str
    permission: str | None = None
    """What the key of a caller has to allow."""
    place: str = ""
    """`file.py:12` of its declaration."""

    @property
    def path(self) -> str:
        """`group/name`, its name in the catalog."""
        return f"{self.group}/{self.name}"


def split_path(owner: str, path: str, place: str = "") -> tuple[str, str]:
    """`group/name` in its two parts, the group `data` where none is written."""
    if not isinstance(path, str) or not PATH.match(path):
        raise DeclarationError(owner, f"the path {path!r} is not `name` or `group/name` in lower case.",
                               "Use letters, digits, `-` and `_`, beginning with a letter.", place)
    group, _, name = path.rpartition("/")
    return group or GROUP_DEFAULT, name

"""A target: whatever is published at a path `group/name`, be it a resource or a method."""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

from ..errors import DeclarationError

GROUP_DEFAULT = "data"
"""The group of what is declared without one; it never shows in gw2 and dast paths."""
PATH = re.compile(r"(?:[a-z][a-z0-9_-]*/)?[a-z][a-z0-9_-]*\Z")


T = TypeVar("T", bound="Target")


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What resources and methods have in common."""

    catalog: str
    group: str
    name: str
    permission: str | None = None
    """What the key of a caller has to allow."""
    place: str = ""
    """`file.py:12` of its declaration."""
    dast: str = ""
    """Its place below the mount of the dast dialect, where it is not the usual one: `endpoint` or `endpoint/action`."""

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


def place_in_dast(target: T, place: str, *, endpoint: bool) -> T:
    """The target with its place in the dast dialect: an endpoint, or `endpoint/action`. Raises `DeclarationError`."""
    if place and (not isinstance(place, str) or not PATH.match(place) or (endpoint and "/" in place)):
        form = "endpoint" if endpoint else "endpoint/action"
        raise DeclarationError(target.path, f"dast={place!r} is not `{form}` in lower case.",
                               "Use letters, digits, `-` and `_`, beginning with a letter.", target.place)
    return msgspec.structs.replace(target, dast=place)

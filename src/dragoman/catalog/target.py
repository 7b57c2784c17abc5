"""A target: whatever is published at a path `group/name`, be it a resource or a method."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal, TypeVar, get_args

import msgspec

from ..errors import DeclarationError
from .version import EARLIEST, LATEST, read_version

GROUP_DEFAULT = "data"
"""The group of what is declared without one; it never shows in gw2 and dast paths."""
PATH = re.compile(r"(?:[a-z][a-z0-9_-]*/)?[a-z][a-z0-9_-]*\Z")


Listed = Literal["array", "paged", "keyed", "one"]
"""How records are shown: as an `array`; with their total `paged` or, by their keys, `keyed`; or `one` in the place of a list."""
TOTALED: tuple[Listed, ...] = ("paged", "keyed")
"""Those that tell how many records there are."""
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
    since: str = ""
    """The version in which it came; empty where it was there from the first."""
    until: str = ""
    """The version in which it went; empty where it stays."""
    positions: tuple[str, ...] | None = None
    """The parameters that stand in the path of the webmaster dialect, by their names there; None for the usual order (W4)."""
    listed: Listed = "array"
    """How the webmaster dialect shows its records."""

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


class Display(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of how and when a target is shown, as in `Target`."""

    since: str | None = None
    until: str | None = None
    dast: str = ""
    positions: Sequence[str] | None = None
    listed: Listed = "array"


def displayed(target: T, display: Display, *, endpoint: bool, one: bool, keys: bool) -> T:
    """The target as it is shown. `endpoint`: whether it has no action in dast; `one`: whether it may answer a single
    record; `keys`: whether its records have keys. Raises `DeclarationError`."""
    def wrong(reason: str, remedy: str) -> DeclarationError:
        return DeclarationError(target.path, reason, remedy, target.place)

    place, positions = display.dast, display.positions
    if place and (not isinstance(place, str) or not PATH.match(place) or (endpoint and "/" in place)):
        form = "endpoint" if endpoint else "endpoint/action"
        raise wrong(f"dast={place!r} is not `{form}` in lower case.", "Use letters, digits, `-` and `_`, beginning with a letter.")
    if positions is not None and not (isinstance(positions, (tuple, list)) and all(isinstance(each, str) for each in positions)):
        raise wrong(f"positions={positions!r} are no names.", 'Write positions=("type", "start", "limit").')
    if positions is not None and len(set(positions)) != len(positions):
        raise wrong("a name stands twice in its positions.", "Name each parameter once.")
    if display.listed not in get_args(Listed):
        raise wrong(f"listed={display.listed!r} is none of {', '.join(get_args(Listed))}.", "Use one of these.")
    if display.listed == "one" and not one:
        raise wrong('listed="one" shows a single record, and here are many.', 'Use "array", "paged" or "keyed".')
    if display.listed == "keyed" and not keys:
        raise wrong('listed="keyed" needs the keys of records.', 'Use "array", "paged" or "one".')
    since, until = (_read_time(each, wrong) for each in (display.since, display.until))
    if since and until and since >= until:
        raise wrong("it went before it came.", "Let since= come before until=.")
    return msgspec.structs.replace(target, since=since, until=until, dast=place, listed=display.listed,
                                   positions=None if positions is None else tuple(positions))


def _read_time(text: str | None, wrong: Callable[[str, str], DeclarationError]) -> str:
    if text is None:
        return ""
    version = read_version(text) if isinstance(text, str) else None
    if version is None or version in (LATEST, EARLIEST):
        raise wrong(f"{text!r} is no time.", 'Write a time in UTC: since="2024-06-01T00:00:00Z".')
    return version

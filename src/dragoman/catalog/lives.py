"""How long versions live: from which day on they are deprecated, and since which they are gone."""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

import msgspec

from ..errors import DeclarationError
from .plain import show
from .version import EARLIEST, LATEST, read_version, show_version

_LINK = re.compile(r"(?:https?:/)?/[!#-;=?-~]+\Z")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_NEVER = float("inf")


class Deprecation(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of one version and all before it; times are UNIX times in seconds, of the beginning of a day in UTC."""

    version: str
    """In the form of `read_version`; `earliest` for the schema before all changes."""
    deprecated_at: float
    gone_at: float | None
    """None where no end is known yet."""
    link: str = ""
    """Where people read about it; empty for the changelog in the Room."""
    place: str = ""
    """`file.py:12` of its declaration."""

    def wrong(self, reason: str, remedy: str) -> DeclarationError:
        """The error of one that makes no sense."""
        return _wrong(show_version(self.version), reason, remedy, self.place)

    def is_deprecated(self, now: float) -> bool:
        """Whether its day has come."""
        return self.deprecated_at <= now

    def is_gone(self, now: float) -> bool:
        """Whether nobody is answered in it any more."""
        return self.gone_at is not None and self.gone_at <= now


def declare(version: Any, on: Any, sunset: Any, link: Any, place: str) -> Deprecation:
    """Check one declaration by itself; raise `DeclarationError` for what cannot work."""
    read = read_version(version) if isinstance(version, str) else None
    if read is None or read == LATEST:
        raise _wrong(show(version), "it is no version.", 'Write the time of a change, "2022-03-09T02:00:00Z", or "earliest".', place)

    def day(name: str, text: Any) -> float:
        at = _read_day(text)
        if at is None:
            raise _wrong(version, f"{name}={show(text)} is no day.", f'Write a day in UTC: {name}="2028-01-01".', place)
        return at

    deprecated_at, gone_at = day("on", on), None if sunset is None else day("sunset", sunset)
    if gone_at is not None and gone_at < deprecated_at:
        raise _wrong(version, f"it is gone on {sunset}, before it is deprecated on {on}.", "Let sunset= come after on=.", place)
    if not isinstance(link, str) or (link and not _LINK.match(link)):
        raise _wrong(version, f"link={show(link)} is no address.", 'Write link="https://...", or leave it out for the changelog.', place)
    return Deprecation(version=read, deprecated_at=deprecated_at, gone_at=gone_at, link=link, place=place)


class Lives:
    """What is deprecated of the versions of one catalog."""

    def __init__(self, deprecations: Sequence[Deprecation] = (), versions: Sequence[str] = ()) -> None:
        """`versions` from the first change on. Raises `DeclarationError` for what does not fit them."""
        self._versions = (EARLIEST, *versions)
        self._told = tuple(sorted(deprecations, key=lambda each: order_of(each.version)))
        self._ends = [order_of(each.version) for each in self._told]
        for each in self._told:
            if each.version not in self._versions or not versions:
                known = ", ".join(map(show_version, self._versions[:-1])) or "none"
                raise each.wrong("there is no such version.", f"Name one that changes began, or earliest: {known}.")
            if each.version == versions[-1]:
                raise each.wrong("it is the latest: nothing would stay.", "Deprecate an earlier one.")
        for before, after in zip(self._told, self._told[1:], strict=False):
            _check_order(before, after)

    def of(self, version: str) -> Deprecation | None:
        """What is said of a version as it was resolved; None for one that is supported as ever."""
        place = bisect_left(self._ends, order_of(version)) if self._told else 0
        return self._told[place] if place < len(self._told) else None

    def is_gone(self, version: str, now: float) -> bool:
        """Whether nobody is answered in a version any more."""
        told = self.of(version)
        return told is not None and told.is_gone(now)

    def earliest(self, now: float) -> str:
        """The earliest version that is still supported; the latest always is."""
        ended = [each.version for each in self._told if each.is_gone(now)]
        return self._versions[self._versions.index(ended[-1]) + 1] if ended else EARLIEST


def _check_order(before: Deprecation, after: Deprecation) -> None:
    """What is said of a later version holds for those before it: it must not come first."""
    if before.version == after.version:
        raise after.wrong("it is deprecated twice.", "Say it once.")
    ends_before = (before.deprecated_at, _NEVER if before.gone_at is None else before.gone_at)
    ends_after = (after.deprecated_at, _NEVER if after.gone_at is None else after.gone_at)
    if ends_after[0] < ends_before[0] or ends_after[1] < ends_before[1]:
        raise after.wrong(f"it ends before {show_version(before.version)}, which is an earlier version.",
                          "Let days come in the order of versions.")


def order_of(version: str) -> str:
    """A version as it compares: what was before all changes comes first."""
    return "" if version == EARLIEST else version


def _read_day(text: Any) -> float | None:
    """The beginning of a day in UTC; None for what is no day."""
    if not isinstance(text, str) or not _DAY.match(text):
        return None
    try:
        return dt.datetime.fromisoformat(f"{text}T00:00:00+00:00").timestamp()
    except ValueError:
        return None


def _wrong(version: str, reason: str, remedy: str, place: str) -> DeclarationError:
    return DeclarationError(f"the deprecation of {version}", reason, remedy, place)

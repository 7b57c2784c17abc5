"""The versions of what is published as people read of them: how long each is supported, and what it changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ...catalog.catalog import Catalog
from ...catalog.change import Change
from ...catalog.lives import Deprecation
from ...catalog.target import GROUP_DEFAULT, Target
from ...catalog.version import EARLIEST, show_version
from ..room.texts import Piece, pieces
from .steps import Row, rows_of


class State(StrEnum):
    """How a version stands; each is the name of a badge."""

    SUPPORTED = "success"
    DEPRECATED = "warning"
    GONE = "danger"


class Standing(NamedTuple):
    """How a version stands, in words."""

    state: State
    words: str
    until: str
    """What becomes of it, and when; empty where nothing is known of that."""


class Entry(NamedTuple):
    """What one change did."""

    name: str
    about: list[Piece]
    rows: list[Row]


class Version(NamedTuple):
    """One version of one catalog."""

    catalog: str
    title: str
    version: str
    anchor: str
    at: dt.datetime | None
    """None for what was before all changes."""
    latest: bool
    standing: Standing
    link: str
    """Where the publisher tells of its end; empty for here."""
    entries: list[Entry]
    met: list[str]
    """Resources and methods that it changed, by the names that people know them by."""
    came: list[str]
    went: list[str]


class History(NamedTuple):
    """The versions of one catalog, the newest first."""

    name: str
    title: str
    own_language: str
    versions: list[Version]


def histories(catalogs: Iterable[Catalog], now: float) -> list[History]:
    """Those of every catalog that has versions; `now` is UNIX time in seconds."""
    return [History(catalog.name, catalog.title, catalog.languages[0], _versions(catalog, now)) for catalog in catalogs
            if catalog.timeline.versions]


def _versions(catalog: Catalog, now: float) -> list[Version]:
    timeline = catalog.timeline
    changed: dict[str, list[Change]] = {}
    for change in timeline.changes:
        changed.setdefault(change.at, []).append(change)
    return [_version(catalog, version, changed.get(version, ()), now) for version in (*reversed(timeline.versions), EARLIEST)]


def _version(catalog: Catalog, version: str, changes: Sequence[Change], now: float) -> Version:
    timeline = catalog.timeline
    told = timeline.lives.of(version)
    return Version(
        catalog=catalog.name, title=catalog.title, version=show_version(version), anchor=f"{catalog.name}-{show_version(version)}",
        at=None if version == EARLIEST else read_time(version), latest=version == timeline.versions[-1],
        standing=standing_of(told, now), link=told.link if told is not None else "",
        entries=entries_of(changes),
        met=[title_of(target) for target in catalog.targets if version in timeline.changed(target)],
        came=[title_of(target) for target in catalog.targets if target.since == version],
        went=[title_of(target) for target in catalog.targets if target.until == version],
    )


def entries_of(changes: Iterable[Change]) -> list[Entry]:
    """What changes did, in words."""
    return [Entry(change.name, pieces(change.description), [row for step in change.steps for row in rows_of(step)]) for change in changes]


def standing_of(told: Deprecation | None, now: float) -> Standing:
    """How a version stands of which this is said."""
    if told is None:
        return Standing(State.SUPPORTED, _("supported"), "")
    if told.gone_at is not None and told.is_gone(now):
        return Standing(State.GONE, _("gone"), _("since %(day)s") % {"day": day_of(told.gone_at)})
    until = "" if told.gone_at is None else _("gone from %(day)s on") % {"day": day_of(told.gone_at)}
    if told.is_deprecated(now):
        since = _("since %(day)s") % {"day": day_of(told.deprecated_at)}
        return Standing(State.DEPRECATED, _("deprecated"), "; ".join(filter(None, (since, until))))
    since = _("deprecated from %(day)s on") % {"day": day_of(told.deprecated_at)}
    return Standing(State.SUPPORTED, _("supported"), "; ".join(filter(None, (since, until))))


def day_of(at: float) -> str:
    """A day in UTC as the active language writes it."""
    return date_format(dt.datetime.fromtimestamp(at, dt.UTC), "DATE_FORMAT")


def read_time(version: str) -> dt.datetime | None:
    """The time of a version; None for one that no calendar knows, such as the 31st of February."""
    try:
        return dt.datetime.fromisoformat(version)
    except ValueError:
        return None


def title_of(target: Target) -> str:
    """A path as people say it."""
    return target.path.removeprefix(f"{GROUP_DEFAULT}/")

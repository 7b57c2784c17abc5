"""Who uses a deprecated version: noted from the statistics, for letters and banners."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ...catalog.catalog import Catalog
from ...catalog.lives import Deprecation
from ...catalog.version import EARLIEST, read_version
from ...statistics.places import Place
from ...statistics.reading import Used, reading
from ..accounts.models import Account
from ..applications import services as applications
from ..applications.models import Application
from ..configuration import ours
from ..published import published
from .history import Entry, day_of, entries_of
from .models import Notice, Outdated

SEEN_FOR = dt.timedelta(days=7)
"""For how long after its last call in a version an application counts as using it."""
ENTRIES_MAX = 20
"""How many changes a letter or a banner tells."""
_DAY_S = 86_400


class Ending(NamedTuple):
    """What is told of an application in a deprecated version."""

    row: Outdated
    notice: Notice
    since: str
    """The day since which it is deprecated, in words."""
    until: str
    """The day from which on it is gone; empty where nobody knows."""
    link: str
    """Where the publisher tells of it; empty for the changelog."""
    entries: list[Entry]
    """What changed since that version, the oldest first."""
    more: int
    """How many further changes there are."""


def note_used() -> None:
    """Note which applications were answered in a deprecated version of late. Raises `SourceUnavailable` where there are no statistics
    at present."""
    catalogs = {catalog.name: catalog for catalog in published().catalogs if catalog.deprecations}
    if not catalogs:                            # nothing is read where nothing ends
        return
    settings, now = ours(), time.time()
    with reading(Place(settings.database_url, Path(settings.data_dir))) as reader:
        used = reader.callers(int(now - SEEN_FOR.total_seconds()), int(now) + _DAY_S).used
    seen: dict[tuple[str, str, str], int] = {}
    for each in used:
        for name in _catalogs_of(each, catalogs, now):
            place = (each.application, name, each.version)
            seen[place] = max(seen.get(place, 0), each.last_at)
    there = set(Application.objects.filter(pk__in={application for application, _, _ in seen}).values_list("pk", flat=True))
    for (application, name, version), last_at in seen.items():
        if application in there:
            Outdated.objects.update_or_create(application_id=application, catalog=name, version=version,
                                              defaults={"last_at": dt.datetime.fromtimestamp(last_at, dt.UTC)})


def _catalogs_of(used: Used, catalogs: Mapping[str, Catalog], now: float) -> Iterator[str]:
    """The catalogs in whose deprecated version a call was answered; counts do not tell them apart where several have its target."""
    for name, catalog in catalogs.items():
        told = told_of(catalog, used.version) if used.application else None
        if told is not None and told.is_deprecated(now) and any(target.path == used.target for target in catalog.targets):
            yield name


def told_of(catalog: Catalog, version: str) -> Deprecation | None:
    """What is said of a version, as it is told; None where nothing is, any more."""
    read = read_version(version)
    return catalog.timeline.lives.of(read) if read is not None else None


def notice_of(told: Deprecation, now: float) -> Notice:
    """Which notice is due at a time; none before it is deprecated, and after it is gone."""
    if not told.is_deprecated(now) or told.is_gone(now):
        return Notice.NONE
    left_s = float("inf") if told.gone_at is None else told.gone_at - now
    return Notice.WEEK if left_s <= 7 * _DAY_S else Notice.MONTH if left_s <= 30 * _DAY_S else Notice.DEPRECATED


def recent() -> Iterator[Outdated]:
    """Those that were seen of late, with their applications."""
    since = dt.datetime.now(dt.UTC) - SEEN_FOR
    yield from Outdated.objects.filter(last_at__gte=since).select_related("application__owner").order_by("pk")


def ending_of(row: Outdated) -> Ending | None:
    """What is to be told of a row at present, in the language that is active; None where that is nothing."""
    catalog, now = next((each for each in published().catalogs if each.name == row.catalog), None), time.time()
    told = told_of(catalog, row.version) if catalog is not None else None
    notice = notice_of(told, now) if told is not None else Notice.NONE
    if catalog is None or told is None or notice is Notice.NONE:
        return None
    version = read_version(row.version) or EARLIEST
    since = [change for change in catalog.timeline.changes if version == EARLIEST or change.at > version]
    return Ending(row, notice, day_of(told.deprecated_at), day_of(told.gone_at) if told.gone_at is not None else "", told.link,
                  entries_of(since[:ENTRIES_MAX]), max(0, len(since) - ENTRIES_MAX))


def endings_for(account: Account) -> list[Ending]:
    """What an account is shown on every page: of the applications that it works on."""
    if not any(catalog.deprecations for catalog in published().catalogs):
        return []
    rows: Iterable[Outdated] = Outdated.objects.filter(
        application__in=applications.found_by(account), last_at__gte=dt.datetime.now(dt.UTC) - SEEN_FOR,
    ).select_related("application").order_by("version", "pk")
    return [ending for row in rows if (ending := ending_of(row)) is not None]

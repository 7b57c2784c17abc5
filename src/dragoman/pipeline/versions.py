"""Which version of the schema a request is answered in: what it says itself, else what its application has settled on."""

from __future__ import annotations

from datetime import UTC, datetime
from time import time
from typing import NamedTuple

from ..catalog.catalog import Catalog
from ..catalog.method import Method
from ..catalog.resource import Resource
from ..catalog.version import EARLIEST, read_version, show_version
from ..errors import Code, Fault, Refusal, refuse
from ..query import Caller, Query


class Chosen(NamedTuple):
    """A version, and who chose it."""

    version: str
    settled: bool
    """Whether it is what the caller's application has settled on, which may be another one at any time."""


def choose(query: Query, caller: Caller, catalog: Catalog, faults: list[Fault]) -> Chosen:
    """The version that is served: what the request says comes before what its application has settled on; else the earliest."""
    timeline = catalog.timeline
    asked = read_version(query.version) if query.version is not None else None
    if query.version is not None and asked is None:
        faults.append(Fault(
            code=Code.VERSION_INVALID, message="invalid schema version", field="v", value=query.version,
            hint="Use a time in UTC such as 2024-06-01T00:00:00Z, or latest.",
        ))
    if asked is not None:
        return Chosen(supported(asked, query.version or "", catalog), settled=False)
    settled, version = caller.application is not None and bool(timeline.versions), timeline.resolve(caller.version or EARLIEST)
    now = time()
    return Chosen(timeline.lives.earliest(now) if timeline.lives.is_gone(version, now) else version, settled)


def supported(asked: str, written: str, catalog: Catalog) -> str:
    """The version that is served for one that was asked for, in the client's own writing. Raises `Refusal` for one that is gone."""
    timeline = catalog.timeline
    version = timeline.resolve(asked)
    told = timeline.lives.of(version)
    now = time()
    if told is None or told.gone_at is None or not told.is_gone(now):
        return version
    day = datetime.fromtimestamp(told.gone_at, UTC).date()
    raise refuse(Code.VERSION_GONE, "this schema version is gone", field="v", value=written, facts={"gone_at": told.gone_at},
                 hint=f"It ended on {day} (UTC). Ask for {show_version(timeline.lives.earliest(now))} or later, or for latest.")


def not_there(target: Resource | Method, version: str) -> Refusal:
    """The refusal of what came later than a version, or has gone by then."""
    came = target.since and (version == EARLIEST or version < target.since)
    hint = f"Ask for version {show_version(target.since)} or later." if came else f"Ask for a version before {show_version(target.until)}."
    return refuse(Code.TARGET_UNKNOWN, "no such endpoint in this version", hint=hint, value=target.path)

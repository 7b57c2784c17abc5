"""Which version of the schema a request is answered in: what it says itself, else what its application has settled on."""

from __future__ import annotations

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
        return Chosen(timeline.resolve(asked), settled=False)
    settled = caller.application is not None and bool(timeline.versions)
    return Chosen(timeline.resolve(caller.version or EARLIEST), settled)


def not_there(target: Resource | Method, version: str) -> Refusal:
    """The refusal of what came later than a version, or has gone by then."""
    came = target.since and (version == EARLIEST or version < target.since)
    hint = f"Ask for version {show_version(target.since)} or later." if came else f"Ask for a version before {show_version(target.until)}."
    return refuse(Code.TARGET_UNKNOWN, "no such endpoint in this version", hint=hint, value=target.path)

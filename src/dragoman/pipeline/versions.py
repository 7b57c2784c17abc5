"""Which version of the schema a request is answered in: what it says itself, else what its application has settled on."""

from __future__ import annotations

from typing import NamedTuple

from ..catalog.catalog import Catalog
from ..catalog.method import Method
from ..catalog.resource import Resource
from ..catalog.served import judge, serve
from ..catalog.version import EARLIEST, show_version
from ..errors import Code, Fault, Refusal, refuse
from ..query import Caller, Query


class Chosen(NamedTuple):
    """A version, and who chose it."""

    version: str
    settled: bool
    """Whether it is what the caller's application has settled on, which may be another one at any time."""


def choose(query: Query, caller: Caller, catalog: Catalog, faults: list[Fault]) -> Chosen:
    """The version that is served. Raises `Refusal` for one that is gone; what is none is noted among the faults."""
    asked, fault = judge(query.version)
    if fault is not None:
        faults.append(fault)
    settled = asked is None and caller.application is not None and bool(catalog.timeline.versions)
    return Chosen(serve(catalog.timeline, asked, caller.version), settled)


def not_there(target: Resource | Method, version: str) -> Refusal:
    """The refusal of what came later than a version, or has gone by then."""
    came = target.since and (version == EARLIEST or version < target.since)
    hint = f"Ask for version {show_version(target.since)} or later." if came else f"Ask for a version before {show_version(target.until)}."
    return refuse(Code.TARGET_UNKNOWN, "no such endpoint in this version", hint=hint, value=target.path)

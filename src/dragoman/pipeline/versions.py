"""Which version of the schema a request is answered in: what it says itself, else what its application has settled on."""

from __future__ import annotations

from typing import NamedTuple

from ..catalog.catalog import Catalog
from ..catalog.method import Method
from ..catalog.resource import Resource
from ..catalog.served import judge, serve
from ..catalog.stage import Stage
from ..catalog.version import EARLIEST, show_version
from ..errors import Code, Fault, Refusal, refuse
from ..query import Caller, Query


class Chosen(NamedTuple):
    """A version, who chose it, and what is asked for as it was in it."""

    version: str
    pinned: bool
    """Whether it is what the caller's application has settled on, which may be another one at any time."""
    stage: Stage


def choose(
    query: Query, target: Resource | Method, catalog: Catalog, caller: Caller, named: str, faults: list[Fault],
) -> Chosen:
    """The version that is served; `named` is the parameter that asks for one. Raises `Refusal` for one that is gone, or in which the
    target was not there; what is none is noted among the faults."""
    asked, fault = judge(query.version, named)
    if fault is not None:
        faults.append(fault)
    timeline = catalog.timeline
    version = serve(timeline, asked, caller.version, named=named)
    if not timeline.knows(target, version):
        raise _not_there(target, version)
    pinned = asked is None and caller.application is not None and bool(timeline.versions)
    return Chosen(version, pinned, timeline.stage(target, version))


def _not_there(target: Resource | Method, version: str) -> Refusal:
    """The refusal of what came later than a version, or has gone by then."""
    came = target.since and (version == EARLIEST or version < target.since)
    hint = f"Ask for version {show_version(target.since)} or later." if came else f"Ask for a version before {show_version(target.until)}."
    return refuse(Code.TARGET_UNKNOWN, "no such endpoint in this version", hint=hint, value=target.path,
                  facts={"other_versions": True})

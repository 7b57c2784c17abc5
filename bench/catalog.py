"""The catalog of the benchmarks: synthetic vessels from a Python function; `BENCH_RECORDS` says how many."""

from __future__ import annotations

from typing import Annotated, Literal

from bench import data
from dragoman import Catalog, Filter, Key, Localized, Record, Rows, Search, Sort

catalog = Catalog("bench", title="Benchmark", languages=data.LANGUAGES)


class Hull(Record):
    """How large a vessel is."""

    length_m: float
    draught_m: float
    mass_kg: int


class Member(Record):
    """Who sails on a vessel."""

    role: Literal["captain", "pilot", "gunner", "engineer", "cook", "signaller"]
    name: Localized


@catalog.resource("vessels", Rows(data.rows))
class Vessel(Record):
    """A made-up vessel."""

    id: Annotated[int, Key()]
    name: Annotated[Localized, Search()]
    description: Localized
    kind: Annotated[Literal["sloop", "barge", "cutter", "ketch", "schooner", "brig", "galley", "tender"], Filter()]
    tier: Annotated[int, Filter(), Sort()]
    price: Annotated[int, Sort()]
    icon: str
    tags: list[str]
    hull: Hull
    crew: list[Member]
    modules: list[int]

"""What searches show that show some fields alone: the same in every version, under the names and in the forms of then."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import pytest

from dragoman import Added, Catalog, Key, Record, Renamed, Reshaped, Rows, Search
from dragoman.assembly import assemble
from dragoman.catalog.lock.check import check_catalog
from dragoman.catalog.lock.schema import schema_of
from dragoman.editions.publish import publish
from dragoman.observations import ignore
from dragoman.settings import Limits, Settings

from ..catalog.lock.test_lock import NOW
from ..editions.shops import Listed
from .test_compiled_alike import Anybody, ask

TANKS = "data/tanks"


class Gun(Record):
    calibre: int


class Tank(Record):
    id: Annotated[int, Key()]
    name: Annotated[str, Search()]
    tier: int
    crew: int
    gun: Gun


class Before(Record):
    id: Annotated[int, Key()]
    name: Annotated[str, Search()]
    level: str
    crew: int
    gun: Gun


ROW = {"id": 1, "name": "Maus", "tier": 3, "crew": 6, "gun": {"calibre": 128}}
LEVEL = Reshaped("tier", before={"level": str}, backward=lambda tier: {"level": f"#{tier}"})


def catalog_of(record: Any, only: tuple[str, ...], *steps: Any) -> Catalog:
    catalog = Catalog("armory")
    catalog.resource("tanks", Rows(list))(record)
    catalog.search("find", record, by="name", fields=only)
    for number, step in enumerate(reversed(steps)):
        catalog.change(f"20{10 + number}-01-01", record, "It changed.", step)
    return catalog.load()


@pytest.mark.parametrize(("only", "steps", "shown"), [
    (("id", "name", "tier"), [LEVEL], {"id": 1, "name": "Maus", "level": "#3"}),
    (("id", "name"), [LEVEL], {"id": 1, "name": "Maus"}),
    (("id", "tier"), [LEVEL, Renamed("level", before="rank"), Renamed("id", before="tank_id")], {"tank_id": 1, "rank": "#3"}),
    (("id", "tier"), [Reshaped(["tier", "crew"], before={"both": str}, backward=lambda tier, crew: {"both": f"{tier}{crew}"})], {"id": 1}),
    (("id", "tier", "crew"), [Reshaped(["tier", "crew"], before={"both": str}, backward=lambda tier, crew: {"both": f"{tier}{crew}"})],
     {"id": 1, "both": "36"}),
    (("id", "tier"), [Reshaped("tier", before={"a": int, "b": int}, backward=lambda tier: {"a": tier, "b": 0})], {"id": 1, "a": 3, "b": 0}),
    (("id", "tier"), [Reshaped([], before={"gone": int}, backward=lambda: {"gone": 0}), Added("crew")], {"id": 1, "tier": 3}),
    (("id", "gun"), [Renamed("gun.calibre", before="calibre")], {"id": 1, "calibre": 128}),
    (("id", "tier"), [Renamed("gun.calibre", before="calibre")], {"id": 1, "tier": 3}),
    (("id", "tier"), [Renamed("crew", before="tier_of"), Renamed("tier", before="crew"), Renamed("tier_of", before="tier")],
     {"id": 1, "crew": 3}),
])
def test_a_search_shows_what_its_fields_were(tmp_path: Path, only: tuple[str, ...], steps: list[Any], shown: dict[str, Any]) -> None:
    """Retyped, split, joined, moved, and exchanged; never what was made of a field, too, that it does not show."""
    catalog, sources = catalog_of(Tank, only, *steps), {TANKS: Listed([ROW])}
    options: Any = Settings(data_dir=str(tmp_path), limits=Limits(address=""))
    publish(catalog, "default", sources, tmp_path, options, ignore, lambda *_, **__: None)
    answerer = assemble([(catalog, "default", sources)], options, ignore, Anybody()).answerer  # type: ignore[arg-type, list-item]  # enough
    status, body, _ = asyncio.run(ask(answerer, "/v2/find", "search=m&v=earliest", {}))
    assert (status, json.loads(body)) == (200, [shown])


def test_a_change_explains_what_became_of_a_search_as_well() -> None:
    """Without it the check has two differences, with it none that breaks."""
    locked = schema_of(catalog_of(Before, ("id", "name", "level")))
    for steps, broken in (((), ["data/tanks.level is gone", "data/find.level is gone"]), ((LEVEL,), [])):
        found = check_catalog(catalog_of(Tank, ("id", "name", "tier"), *steps), Path("catalog.py"), locked, NOW)
        assert sorted(map(str, found.broken)) == sorted(broken)

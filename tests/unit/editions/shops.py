"""A small catalog, and sources that are lists of rows, for the tests of editions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from dragoman import Catalog, Extra, Filter, Key, Localized, Record, Refers, Rows, Search, Sort
from dragoman.editions.publish import publish
from dragoman.editions.store import Editions
from dragoman.observations import Observation, ignore
from dragoman.query import Owned
from dragoman.settings import Memory, Publishing, Settings

LANGUAGES = ("en", "de", "zh-tw")
MODULES, TANKS = "armory/modules", "armory/tanks"


class Module(Record):
    id: Annotated[str, Key()]
    price: Annotated[Decimal, Filter(), Sort()]


class Crew(Record):
    role: str
    name: Localized
    seat: Annotated[str | None, Refers(Module)] = None


class Tank(Record):
    id: Annotated[int, Key()]
    name: Annotated[Localized, Search(at_least=2), Sort(), Filter()]
    code: Annotated[str, Search(), Filter(), Sort()]
    tier: Annotated[int | None, Filter(), Sort()] = None
    kind: Annotated[Literal["Light", "Heavy"] | None, Filter()] = None
    weight: Annotated[float | None, Sort()] = None
    built: Annotated[date | None, Filter(), Sort()] = None
    seen: Annotated[datetime | None, Sort()] = None
    tags: Annotated[list[str], Filter(), Extra()] = msgspec.field(default_factory=list)
    crew: list[Crew] = msgspec.field(default_factory=list)
    modules: Annotated[list[str], Refers(Module)] = msgspec.field(default_factory=list)


def make_catalog() -> Catalog:
    """A fresh, loaded catalog."""
    catalog = Catalog("armory", languages=LANGUAGES)
    catalog.resource(TANKS, Rows(list))(Tank)
    catalog.resource(MODULES, Rows(list))(Module)
    return catalog.load()


class Listed:
    """A source whose records are a list; `before` runs before each row is given."""

    def __init__(
        self, rows: Sequence[Any], fingerprint: str | None = "1", before: Callable[[int], None] | None = None,
    ) -> None:
        self.rows, self.told, self.before = rows, fingerprint, before

    def fingerprint(self) -> str | None:
        return self.told

    def count(self) -> int | None:
        return len(self.rows)

    def scan(self) -> Iterator[Any]:
        for number, row in enumerate(self.rows):
            if self.before is not None:
                self.before(number)
            yield row

    async def get(self, keys: Sequence[Any], owned: Owned | None = None) -> Sequence[Any]:
        return [row for row in self.rows if row["id"] in keys and (owned is None or owned.holds(row))]

    async def find(self, filtered: Any, offset: int, limit: int, owned: Owned | None = None) -> tuple[Sequence[Any], int]:
        found = [row for row in self.rows if all(row[name] in wanted for name, wanted in filtered.values)
                 and (owned is None or owned.holds(row))]
        return found[offset:offset + limit], len(found)


def tank(id: int, **given: Any) -> dict[str, Any]:
    """One row that fits."""
    return {"id": id, "name": {"en": f"Tank {id}"}, "code": f"T-{id}", **given}


class Shop:
    """A catalog with its sources and a data directory, as one publisher has them."""

    def __init__(self, data_dir: Path, tanks: Sequence[Any] = (), modules: Sequence[Any] = (), **publishing: Any) -> None:
        self.catalog = make_catalog()
        self.tanks, self.modules = Listed(tanks), Listed(modules)
        self.sources = {TANKS: self.tanks, MODULES: self.modules}
        self.data_dir = data_dir
        self.settings = Settings(publishing=Publishing(**publishing))
        self.observed: list[Observation] = []

    @property
    def folder(self) -> Path:
        """Where the editions lie."""
        return self.data_dir / "editions" / "armory" / "default"

    def publish(self) -> str:
        return publish(self.catalog, "default", self.sources, self.data_dir, self.settings, self.observed.append,
                       lambda *_, **__: None)

    def open(self, observe: Callable[[Observation], None] = ignore, **memory: Any) -> Editions:
        return Editions(self.data_dir, [("armory", "default")], Memory(**memory), observe)

    def current(self) -> Any:
        """The edition that a fresh process would serve."""
        return self.open().current("armory", "default")

    def names(self) -> set[str]:
        """What lies in the folder of editions, but for the lock."""
        return {path.name for path in self.folder.iterdir()} - {"publishing.lock"}

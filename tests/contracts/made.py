"""The same forty vessels in every kind of source: databases, files, a function."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import sqlite3
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Annotated, Any, Literal

from dragoman import Catalog, File, Filter, Key, Localized, Record, Rows, Search, Sort, Table
from dragoman.assembly import source_kinds
from dragoman.catalog.origin import Origin
from dragoman.contracts import Source
from dragoman.settings import Live

COUNT = 40


class Vessel(Record):
    """A vessel with a field of every shape that sources have to carry."""

    id: Annotated[int, Key()]
    name: Annotated[Localized, Filter(), Search(), Sort()]
    port: Annotated[str, Filter(), Search(at_least=2), Sort()]
    kind: Annotated[Literal["ship", "boat"], Filter()]
    decks: Annotated[int, Filter(), Sort()]
    draft: Annotated[float | None, Sort()]
    price: Annotated[Decimal, Filter(), Sort()]
    afloat: Annotated[bool, Filter()]
    built: Annotated[dt.date, Filter(), Sort()]
    seen: Annotated[dt.datetime, Filter(), Sort()]
    crew: Annotated[list[str], Filter()]
    log: Any
    note: str | None = None


def vessel(number: int) -> dict[str, Any]:
    """One vessel as JSON has it, with texts in columns `name_en` and `name_de`."""
    return {
        "id": number, "name_en": f"Vessel {number}", "name_de": f"Schiff {number}" if number % 3 else None,
        "port": ["Århus", "bergen", "Cadiz", "ålesund"][number % 4], "kind": "ship" if number % 2 else "boat",
        "decks": number % 5, "draft": None if number % 7 == 0 else number / 4, "price": f"{number * 10}.50",
        "afloat": number % 3 == 0, "built": f"20{number:02}-02-03", "seen": f"2024-03-{number % 28 + 1:02}T04:05:06Z",
        "crew": ["Ann", "Bo"][: number % 3], "log": {"miles": [number, 0.5], "at": "2024-01-01", "nothing": None},
        "note": f'a,"b"\n{number}' if number % 2 else None,
    }


VESSELS = [vessel(number) for number in range(1, COUNT + 1)]


@dataclass
class Made:
    """One source with the vessels, and what may happen to it."""

    kind: str
    source: Source
    catalog: Catalog
    change: Callable[[], None]
    vanish: Callable[[], None]
    fingerprinted: bool = True
    facts: dict[str, Any] = field(default_factory=dict)


def opened(origin: Origin, file: Path, database: str | None = None, record: Any = Vessel) -> tuple[Source, Catalog]:
    """The open source of one resource, as a catalog in that file declares it."""
    catalog = Catalog("fleet", languages=("en", "de"), database=database)
    catalog.resource("vessels", origin)(record)
    catalog.load(file)
    resource = catalog.resources["data/vessels"]
    return source_kinds(Live())[type(origin)].open(catalog, resource, "default"), catalog


_SQLITE = """CREATE TABLE vessels (id INTEGER PRIMARY KEY, name_en TEXT, Name_DE TEXT, port TEXT, kind TEXT, decks INT,
    draft REAL, price NUMERIC, afloat BOOLEAN, built DATE, seen DATETIME, crew JSON, log JSON, note TEXT)"""
_POSTGRES = """CREATE TABLE vessels (id int PRIMARY KEY, name_en text, name_de text, port text, kind kind, decks smallint,
    draft float8, price numeric(10,2), afloat boolean, built date, seen timestamptz, crew jsonb, log json, note text)"""


def _texts(row: dict[str, Any]) -> list[Any]:
    """A row with JSON as text."""
    return [json.dumps(value) if isinstance(value, (list, dict)) else value for value in row.values()]


def _in_sqlite(folder: Path) -> Made:
    file = folder / "fleet.db"
    base = sqlite3.connect(file)
    base.execute(_SQLITE)
    base.executemany(f"INSERT INTO vessels VALUES ({','.join('?' * 14)})", map(_texts, reversed(VESSELS)))
    base.commit()
    base.close()

    def change() -> None:
        with sqlite3.connect(file) as again:
            again.execute("UPDATE vessels SET decks = 9 WHERE id = 1")
        again.close()
    return Made("sqlite", *opened(Table("vessels"), folder / "catalog.py", "sqlite:///fleet.db"), change, file.unlink)


def _in_postgres(folder: Path, database: str) -> Made:
    import psycopg

    def run(*statements: str) -> None:
        with psycopg.connect(database) as connection:
            for statement in statements:
                connection.execute(statement)

    run("CREATE TYPE kind AS ENUM ('ship', 'boat')", _POSTGRES)
    with psycopg.connect(database) as connection, connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO vessels VALUES ({','.join(['%s'] * 14)})", list(map(_texts, reversed(VESSELS))))
    return Made("postgres", *opened(Table("vessels"), folder / "catalog.py", database),
                lambda: run("UPDATE vessels SET decks = 9 WHERE id = 1"), lambda: run("DROP TABLE vessels"),
                fingerprinted=False)


def _in_file(name: str, write: Callable[[Path], None]) -> Callable[[Path], Made]:
    def make(folder: Path) -> Made:
        file = folder / name
        write(file)

        def change() -> None:
            file.write_bytes(file.read_bytes() + (b"\n" if "parquet" not in name else b""))
            os.utime(file, ns=(1, file.stat().st_mtime_ns + 1))
        return Made(name, *opened(File(name), folder / "catalog.py"), change, file.unlink)
    return make


def _write_csv(file: Path) -> None:
    with file.open("w", newline="", encoding="utf-8") as opened_file:
        writer = csv.writer(opened_file)
        writer.writerow(VESSELS[0])
        writer.writerows(map(_texts, VESSELS))


def _write_parquet(file: Path) -> None:
    import duckdb

    lines = file.with_suffix(".lines.ndjson")
    lines.write_text("\n".join(map(json.dumps, VESSELS)))
    duckdb.execute(f"""COPY (SELECT * REPLACE (price::DECIMAL(10, 2) AS price, built::DATE AS built,
        seen::TIMESTAMPTZ AS seen) FROM read_json('{lines}', columns = {{id: 'INT', name_en: 'TEXT', name_de: 'TEXT',
        port: 'TEXT', kind: 'TEXT', decks: 'TINYINT', draft: 'DOUBLE', price: 'TEXT', afloat: 'BOOLEAN', built: 'TEXT',
        seen: 'TEXT', crew: 'TEXT[]', log: 'STRUCT(miles DOUBLE[], "at" TEXT, "nothing" TEXT)', note: 'TEXT'}}))
        TO '{file}' (FORMAT parquet)""")
    lines.unlink()


def _in_function(folder: Path) -> Made:
    file = folder / "fleet_module.py"
    file.write_text(textwrap.dedent("""
        from tests.contracts.made import VESSELS

        def read():
            for row in VESSELS:
                yield row | {"name": {"en": row["name_en"]} | ({"de": row["name_de"]} if row["name_de"] else {})}
    """))
    spec = util.spec_from_file_location("fleet_module", file)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    state = {"gone": False}

    def read() -> Iterator[Any]:
        if state["gone"]:
            raise ConnectionError("nobody is there")
        yield from ({name: value for name, value in row.items() if not name.startswith("name_")} for row in module.read())

    watched = folder / "watched.txt"
    watched.write_text("1")
    origin = Rows(read, depends_on=("watched.txt", "duckdb"))
    return Made("function", *opened(origin, folder / "catalog.py"), lambda: watched.write_text("12") and None,
                lambda: state.update(gone=True))


KINDS: dict[str, Callable[..., Made]] = {
    "sqlite": _in_sqlite, "postgres": _in_postgres, "function": _in_function,
    "csv": _in_file("fleet.csv", _write_csv),
    "json": _in_file("fleet.json", lambda file: file.write_text(json.dumps(VESSELS)) and None),
    "keyed": _in_file("keyed.json", lambda file: file.write_text(json.dumps({row["id"]: row for row in VESSELS})) and None),
    "ndjson": _in_file("fleet.ndjson", lambda file: file.write_text("\n".join(map(json.dumps, VESSELS))) and None),
    "parquet": _in_file("fleet.parquet", _write_parquet),
}

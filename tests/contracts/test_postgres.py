"""What only a database server has: schemas, types of its own, views that write, keys that are UUIDs."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import psycopg
import pytest
from sqlalchemy import text

from dragoman import Filter, Key, Record, Table
from dragoman.errors import Code, PublicationError, SourceUnavailable
from dragoman.query import Filtered, Owned
from dragoman.settings import Live
from dragoman.sources.sql import Call

from ..unit.sources.helpers import open_source, read
from ..unit.zero_code.worlds import found_in, records, told, written

ID = "12345678-1234-5678-1234-567812345678"


def run(database: str, *statements: str) -> None:
    """Execute statements, each as it is."""
    with psycopg.connect(database) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def test_it_is_published_without_code(database: str, tmp_path: Path) -> None:
    """Tables, views and materialized ones of every schema that is not the system's; `init` writes the same."""
    run(database, "CREATE TYPE mood AS ENUM ('glad')", """CREATE TABLE things (id uuid PRIMARY KEY, label varchar(9), mood mood,
        price numeric(8, 2), at timestamptz, bare timestamp, day date, tags text[], extra jsonb, word json, raw bytea,
        big bigint, address inet, page int, name_en text, name_de text)""",
        f"""INSERT INTO things VALUES ('{ID}', 'x', 'glad', 1.50, '2024-01-02 03:04:05+02', '2024-01-02 03:04:05', '2024-01-02',
        '{{a,b}}', '{{"a": [1, null]}}', '"[1]"', '\\x00', {2**63 - 1}, '192.0.2.1', 7, 'en', 'de')""",
        "CREATE SCHEMA stock", "CREATE TABLE stock.things (a int, b text, PRIMARY KEY (a, b))",
        "INSERT INTO stock.things VALUES (1, 'x:y')", "CREATE VIEW seen AS SELECT label, page FROM things",
        "CREATE MATERIALIZED VIEW kept AS SELECT id FROM stock.things, LATERAL (SELECT a AS id) AS one",
        'CREATE TABLE "a]b""c;--%s" ("%(x)s :y" int PRIMARY KEY)', 'INSERT INTO "a]b""c;--%s" VALUES (1)')
    catalog, choices = found_in(database)
    found = records(catalog)
    assert {path: rows for path, rows in found.items() if path != "data/things"} == {
        "data/stock-things": [{"key": "1:x:y", "a": 1, "b": "x:y"}], "data/seen": [{"row_number": 1, "label": "x", "page": 7}],
        "data/kept": [{"id": 1}], "data/a-b-c-s": [{"x_s_y": 1}],
    }
    (thing,) = found["data/things"]
    assert thing | {"price": str(thing["price"])} == {
        "id": ID, "label": "x", "mood": "glad", "price": "1.50", "at": "2024-01-02T01:04:05Z", "bare": "2024-01-02T03:04:05Z",
        "day": "2024-01-02", "tags": ["a", "b"], "extra": {"a": [1, None]}, "word": "[1]", "big": 2**63 - 1,
        "address": "192.0.2.1", "page": 7, "name": {"en": "en", "de": "de"},
    }
    assert "things: `raw` is left out, as it holds binary data." in choices
    again = written(catalog, tmp_path)
    assert told(again) == told(catalog)
    assert records(again) == found


class Thing(Record):
    """A thing with a key that is a UUID."""

    id: Annotated[uuid.UUID, Key()]
    n: Annotated[int, Filter()]


def test_keys_that_are_uuids_are_found_however_they_come(database: str, tmp_path: Path) -> None:
    """A text that is none finds nothing."""
    run(database, "CREATE TABLE things (id uuid PRIMARY KEY, n int)", f"INSERT INTO things VALUES ('{ID}', 1)")
    source = open_source(tmp_path, Thing, Table("things"), database=database)
    for key in (ID, ID.upper(), uuid.UUID(ID)):
        assert len(asyncio.run(source.get([key, "nonsense", "nul\0"]))) == 1


class Line(Record):
    """A line with a key of several types."""

    key: Annotated[str, Key()]
    n: int


def test_composite_keys_are_compared_by_the_types_of_their_columns(database: str, tmp_path: Path) -> None:
    """A part that no column could have finds nothing, and is no error."""
    run(database, "CREATE TABLE lines (a int, b date, c text, n int, PRIMARY KEY (a, b, c))",
        "INSERT INTO lines VALUES (1, '2024-01-02', 'x', 5), (2, '2024-01-02', 'y:z', 6)")
    source = open_source(tmp_path, Line, Table("lines", key=("a", "b", "c")), database=database)
    keys = ["1:2024-01-02:x", "2:2024-01-02:y:z"]
    assert [row["key"] for row in read(source, Line)] == keys
    assert [row["key"] for row in asyncio.run(source.get([*keys, "x:y:z", f"{2**80}:2024-01-02:x", "1:nonsense:x"]))] == keys


class Paper(Record):
    """A paper that belongs to somebody."""

    id: Annotated[int, Key()]
    by: str
    person: uuid.UUID | None


def test_owners_are_compared_letter_by_letter_whatever_the_column(database: str, tmp_path: Path) -> None:
    """Enums and UUIDs are no text; a null is nobody's."""
    run(database, "CREATE TYPE who AS ENUM ('ann', 'Ann')",
        "CREATE TABLE papers (id int PRIMARY KEY, by varchar(9), person uuid)",
        f"INSERT INTO papers VALUES (1, 'ann', '{ID}'), (2, 'ANN', NULL), (3, 'Ann', NULL)",
        "CREATE VIEW others AS SELECT id, by::text::who AS by, person FROM papers WHERE id <> 2")
    for table, own in (("papers", {"ann": [1], "ANN": [2], "aNN": []}), ("others", {"ann": [1], "Ann": [3], "ANN": []})):
        source = open_source(tmp_path, Paper, Table(table), database=database)
        for name, ids in own.items():
            for rows in (asyncio.run(source.get([1, 2, 3], Owned("by", name))),
                         asyncio.run(source.find(Filtered(), 0, 9, Owned("by", name)))[0]):
                assert [row["id"] for row in rows] == ids
        assert [row["id"] for row in asyncio.run(source.find(Filtered(), 0, 9, Owned("person", ID)))[0]] == [1]
        assert asyncio.run(source.find(Filtered(), 0, 9, Owned("person", "nonsense"))) == ([], 0)


def test_a_schema_is_named_where_it_is_not_the_default(database: str, tmp_path: Path) -> None:
    """`Table("items", schema="stock")`."""
    run(database, "CREATE SCHEMA stock", "CREATE TABLE stock.lines (key text PRIMARY KEY, n int)",
        "INSERT INTO stock.lines VALUES ('a', 1)")
    assert read(open_source(tmp_path, Line, Table("lines", schema="stock"), database=database), Line) == [{"key": "a", "n": 1}]


def test_rows_without_a_key_keep_their_order(database: str, tmp_path: Path) -> None:
    """PostgreSQL moves a row that is written again; its number is its place among all rows."""
    class Row(Record):
        row_number: Annotated[int, Key()]
        n: int
        extra: Any

    run(database, "CREATE TABLE lines (n int, extra json)", "INSERT INTO lines SELECT i, '{}' FROM generate_series(1, 5) r(i)",
        "UPDATE lines SET extra = '{}' WHERE n = 2")
    source = open_source(tmp_path, Row, Table("lines"), database=database)
    assert [row["n"] for row in read(source, Row)] == [1, 2, 3, 4, 5]
    assert [row["n"] for row in asyncio.run(source.find(Filtered(), 3, 5))[0]] == [4, 5]


def test_nothing_is_ever_written(database: str, tmp_path: Path) -> None:
    """Not even by a function inside a view."""
    run(database, "CREATE TABLE log (n int)", """CREATE FUNCTION note() RETURNS int LANGUAGE sql VOLATILE AS
        'INSERT INTO log VALUES (1) RETURNING 7'""", "CREATE VIEW lines AS SELECT 'a'::text AS key, note() AS n")
    with pytest.raises(SourceUnavailable, match="read-only"):
        list(open_source(tmp_path, Line, Table("lines"), database=database).scan())


def test_what_python_cannot_hold_is_told(database: str, tmp_path: Path) -> None:
    """PostgreSQL knows days after the year 9999; a publication says so, a request gets its code."""
    class Dated(Record):
        key: Annotated[str, Key()]
        n: dt.date

    run(database, "CREATE TABLE lines (key text PRIMARY KEY, n date)", "INSERT INTO lines VALUES ('a', '20000-01-01')")
    source = open_source(tmp_path, Dated, Table("lines"), database=database)
    with pytest.raises(PublicationError, match="data/things: the database holds what cannot be read"):
        list(source.scan())
    with pytest.raises(SourceUnavailable) as raised:
        asyncio.run(source.get(["a"]))
    assert raised.value.code is Code.SOURCE_INVALID


def running(database: str, text: str) -> int:
    """How many statements with a text the server works on."""
    with psycopg.connect(database) as connection:
        found = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE query LIKE %s AND state = 'active' "
                                   "AND pid <> pg_backend_pid()", (f"%{text}%",)).fetchone()
    return int(found[0]) if found is not None else -1


def in_time(true: Callable[[], bool], timeout_s: float = 5.0) -> bool:
    """Whether something comes true in time."""
    ends_at = time.monotonic() + timeout_s
    while not true() and time.monotonic() < ends_at:
        time.sleep(0.02)
    return true()


@pytest.mark.parametrize("leaves", [False, True])
def test_a_slow_question_is_cancelled_in_the_server(database: str, tmp_path: Path, leaves: bool) -> None:
    """Nobody waits for it, so nobody works on it: neither after its time, nor when the client has left."""
    run(database, "CREATE VIEW lines AS SELECT 'a'::text AS key, 1 AS n FROM pg_sleep(30)")
    limits = Live(timeout_s=30 if leaves else 0.5)
    source = open_source(tmp_path, Line, Table("lines"), database=database, limits=limits)

    async def ask() -> None:
        asking = asyncio.create_task(source.get(["a"]))     # type: ignore[arg-type]  # a coroutine
        if leaves:
            await asyncio.to_thread(in_time, lambda: running(database, "lines") == 1)
            asking.cancel()
        await asking

    with pytest.raises(asyncio.CancelledError if leaves else SourceUnavailable) as raised:
        asyncio.run(ask())
    assert leaves or getattr(raised.value, "code", None) is Code.SOURCE_TIMEOUT
    assert in_time(lambda: running(database, "lines") == 0)
    run(database, "CREATE OR REPLACE VIEW lines AS SELECT 'a'::text AS key, 1 AS n")
    assert asyncio.run(source.get(["a"])) == [{"key": "a", "n": 1}]


def test_the_server_itself_ends_what_takes_too_long(database: str, tmp_path: Path) -> None:
    """Even where nobody could tell it any more."""
    run(database, "CREATE VIEW lines AS SELECT 'a'::text AS key, 1 AS n FROM pg_sleep(30)")
    with Call(database.replace("postgresql://", "postgresql+psycopg://"), "lines", Live(timeout_s=0.3)) as call, \
            pytest.raises(SourceUnavailable, match="statement timeout") as raised:
        call.run(text("SELECT * FROM lines"))               # type: ignore[arg-type]  # any statement
    assert raised.value.code is Code.SOURCE_TIMEOUT


def test_publishing_may_take_its_time(database: str, tmp_path: Path) -> None:
    """The limits are those of clients who wait."""
    run(database, "CREATE VIEW lines AS SELECT 'a'::text AS key, 1 AS n FROM pg_sleep(1)")
    source = open_source(tmp_path, Line, Table("lines"), database=database, limits=Live(timeout_s=0.3))
    assert read(source, Line) == [{"key": "a", "n": 1}]


def test_a_large_table_streams_from_the_server(database: str, tmp_path: Path) -> None:
    """A million rows are not fetched to read the first."""
    run(database, "CREATE TABLE lines AS SELECT i::text AS key, i AS n FROM generate_series(1, 300000) r(i)",
        "ALTER TABLE lines ADD PRIMARY KEY (key)")
    source = open_source(tmp_path, Line, Table("lines"), database=database)
    assert source.count() == 300_000
    rows = source.scan()
    assert next(rows) == {"key": "1", "n": 1}
    rows.close()                                              # type: ignore[attr-defined]  # a generator

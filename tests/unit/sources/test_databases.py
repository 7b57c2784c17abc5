"""Databases by URL: variables, folders, clusters, and SQLite files that stay as they are."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from pathlib import Path
from typing import Annotated

import pytest
from sqlalchemy import Integer
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import CITEXT

from dragoman import Catalog, Filter, Key, Localized, Record, Table
from dragoman.errors import Code, DeclarationError, PublicationError, SettingsError, SourceUnavailable
from dragoman.query import Filtered, Owned
from dragoman.settings import Live
from dragoman.sources.databases import engine_of, expand, sqlite_file
from dragoman.sources.rows import RowReader
from dragoman.sources.statements import Statements
from dragoman.sources.values import Contents

from .helpers import make_database, open_source, read


class Thing(Record):
    """A thing with a name in two languages."""

    id: Annotated[int, Key()]
    name: Localized


class Named(Record):
    """A thing without languages."""

    id: Annotated[int, Key()]
    name: Annotated[str, Filter()]


NAMES = "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO things VALUES (1, 'one');"


@pytest.mark.parametrize(("url", "expanded"), [
    ("sqlite:///a.db", "sqlite:////data/a.db"),
    ("sqlite:////abs/a.db", "sqlite:////abs/a.db"),
    ("sqlite+pysqlite:///a.db?timeout=3", "sqlite:////data/a.db"),
    ("postgresql://u@h/d", "postgresql+psycopg://u@h/d"),
    ("postgres://u@h/d", "postgresql+psycopg://u@h/d"),
    ("postgresql+psycopg2://u@h/d", "postgresql+psycopg2://u@h/d"),
    ("mysql://u:${PASSWORD}@h/d", "mysql://u:s3cret@h/d"),
])
def test_a_url_is_expanded_for_the_catalog_that_names_it(url: str, expanded: str) -> None:
    """Variables come from the environment, paths from beside the catalog."""
    assert expand(url, Path("/data"), {"PASSWORD": "s3cret"}) == expanded


def test_a_missing_variable_is_named() -> None:
    """The operator is told what to set."""
    with pytest.raises(SettingsError, match="ARMORY_NA"):
        expand("${ARMORY_NA}", Path("/data"), {})


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///"])
def test_a_database_in_memory_is_refused(url: str) -> None:
    """It holds nothing that could be published."""
    with pytest.raises(SettingsError, match=r"sqlite:///file\.db"):
        sqlite_file(url)


@pytest.mark.parametrize("url", ["nonsense", "foo://host/x", "mysql+nothing://h/d"])
def test_a_url_that_cannot_be_used_says_what_to_write(url: str) -> None:
    """A wrong one is a setting, not a fault."""
    with pytest.raises(SettingsError, match="dialect://"):
        engine_of(url)


def test_sqlite_is_never_created_nor_written(tmp_path: Path) -> None:
    """A missing file stays missing, and a present one cannot be changed through us."""
    missing = open_source(tmp_path, Named, Table("things"), database="sqlite:///none.db")
    assert missing.fingerprint() is None
    with pytest.raises(SourceUnavailable, match="things"):
        list(missing.scan())
    assert list(tmp_path.iterdir()) == []
    make_database(tmp_path / "there.db", NAMES)
    with engine_of(f"sqlite:///{tmp_path / 'there.db'}").connect() as connection, pytest.raises(Exception, match="readonly"):
        connection.exec_driver_sql("DELETE FROM things")


@pytest.mark.parametrize("name", ["a b.db", "per%20cent.db", "what?.db", "ha#sh.db", "quo'te.db", "ünï.db", "a&b=c.db"])
def test_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    """URLs of SQLite have traps of their own; a path is a path."""
    make_database(tmp_path / name, NAMES)
    source = open_source(tmp_path, Named, Table("things"), database=f"sqlite:///{name}")
    if "?" in name:
        assert source.fingerprint() is None        # in a URL, what follows ? are options
    else:
        assert read(source, Named) == [{"id": 1, "name": "one"}]


def test_another_file_in_the_same_place_is_read(tmp_path: Path) -> None:
    """Publishers replace whole files; no connection may cling to the old one."""
    make_database(tmp_path / "a.db", NAMES)
    source = open_source(tmp_path, Named, Table("things"), database="sqlite:///a.db")
    before = source.fingerprint()
    assert read(source, Named) == [{"id": 1, "name": "one"}]
    make_database(tmp_path / "b.db", NAMES.replace("id INTEGER", "more TEXT, id INTEGER").replace("(1,", "(NULL, 2,"))
    (tmp_path / "b.db").rename(tmp_path / "a.db")
    assert read(source, Named) == [{"id": 2, "name": "one"}]
    assert source.fingerprint() != before


def test_what_stands_in_the_log_counts(tmp_path: Path) -> None:
    """A writer with a write-ahead log changes the fingerprint before the database itself changes."""
    file = make_database(tmp_path / "a.db", NAMES + "PRAGMA journal_mode = wal;")
    source = open_source(tmp_path, Named, Table("things"), database="sqlite:///a.db")
    read(source, Named)
    before = source.fingerprint()
    read(source, Named)
    assert source.fingerprint() == before
    writer = sqlite3.connect(file)
    writer.execute("INSERT INTO things VALUES (2, 'two')")
    writer.commit()
    assert source.fingerprint() != before
    assert len(read(source, Named)) == 2
    writer.close()


def test_each_cluster_has_its_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One URL a cluster, from the environment where it is a secret."""
    make_database(tmp_path / "eu.db", NAMES)
    make_database(tmp_path / "na.db", NAMES.replace("one", "uno"))
    monkeypatch.setenv("NORTH", "sqlite:///na.db")
    database = {"eu": "sqlite:///eu.db", "na": "${NORTH}"}
    found = {cluster: read(open_source(tmp_path, Named, Table("things"), database=database, cluster=cluster), Named)
             for cluster in database}
    assert {cluster: rows[0]["name"] for cluster, rows in found.items()} == {"eu": "one", "na": "uno"}


def test_columns_are_found_in_any_case_and_languages_by_their_ends(tmp_path: Path) -> None:
    """`NAME_en`, `name_ZH_TW` and `name-de` are one text."""
    make_database(tmp_path / "a.db", """CREATE TABLE things (ID INTEGER PRIMARY KEY, NAME_en, "name_ZH_TW", "name-de");
        INSERT INTO things VALUES (1, 'x', 'y', 'z'), (2, 'x', NULL, NULL), (3, NULL, NULL, NULL);""")
    source = open_source(tmp_path, Thing, Table("things"), database="sqlite:///a.db", languages=("en", "de", "zh-tw"))
    assert [row["name"] for row in read(source, Thing)] == [{"en": "x", "de": "z", "zh-tw": "y"}, {"en": "x"}, {}]


@pytest.mark.parametrize(("stored", "shown"), [
    ("plain", {"en": "plain"}), ('{"en": "a", "de": "b"}', {"en": "a", "de": "b"}), ("{curly}", {"en": "{curly}"}),
    ('{"a": 1}', {"en": '{"a": 1}'}), ("", {"en": ""}),
])
def test_one_column_may_hold_a_localized_text(tmp_path: Path, stored: str, shown: dict[str, str]) -> None:
    """JSON by language, or a plain text, which is in the catalog's default language."""
    base = sqlite3.connect(make_database(tmp_path / "a.db", "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT);"))
    base.execute("INSERT INTO things VALUES (1, ?)", (stored,))
    base.commit()
    base.close()
    assert read(open_source(tmp_path, Thing, Table("things"), database="sqlite:///a.db"), Thing)[0]["name"] == shown


def test_a_missing_column_is_told_with_those_there_are(tmp_path: Path) -> None:
    """Its author sees table, column, and what might have been meant."""
    make_database(tmp_path / "a.db", "CREATE TABLE things (id INTEGER PRIMARY KEY, title TEXT);")
    with pytest.raises(DeclarationError, match=r"things\.name: the table things has no column 'name'; it has id, title"):
        list(open_source(tmp_path, Named, Table("things"), database="sqlite:///a.db").scan())
    with pytest.raises(DeclarationError, match="no column 'nope'"):
        list(open_source(tmp_path, Named, Table("things", columns={"name": "title"}, key=("nope",)),
                         database="sqlite:///a.db").scan())
    mapped = open_source(tmp_path, Named, Table("things", columns={"name": "title"}), database="sqlite:///a.db")
    assert list(mapped.scan()) == []


def test_a_table_that_is_not_there_is_told(tmp_path: Path) -> None:
    """So that its name can be mended."""
    make_database(tmp_path / "a.db", NAMES)
    with pytest.raises(DeclarationError, match="there is no table 'thing'"):
        list(open_source(tmp_path, Named, Table("thing"), database="sqlite:///a.db").scan())


class Line(Record):
    """A line of an order, whose key has two parts."""

    key: Annotated[str, Key()]
    item: str


LINES = """CREATE TABLE lines (place TEXT, number INT, item TEXT, PRIMARY KEY (place, number));
    INSERT INTO lines VALUES ('a', 1, 'x'), ('a:1', 2, 'y'), ('b''; DROP TABLE lines; --', 3, 'z');"""


def test_composite_keys_are_found_by_their_parts(tmp_path: Path) -> None:
    """Joined by `:`, also where a part holds one; keys that cannot be find nothing."""
    make_database(tmp_path / "a.db", LINES)
    source = open_source(tmp_path, Line, Table("lines", key=("place", "number")), database="sqlite:///a.db")
    keys = [row["key"] for row in read(source, Line)]
    assert keys == ["a:1", "a:1:2", "b'; DROP TABLE lines; --:3"]
    for wanted in (keys, keys[:1], keys[1:]):
        assert [row["key"] for row in asyncio.run(source.get([*wanted, "a", "a:01", "a:x", ":", "nul\0:1"]))] == wanted


def test_a_null_in_a_composite_key_is_no_key(tmp_path: Path) -> None:
    """It is told as a missing key, never as the text `None`."""
    make_database(tmp_path / "a.db", "CREATE TABLE lines (place, number, item); INSERT INTO lines VALUES ('a', NULL, 'x');")
    source = open_source(tmp_path, Line, Table("lines", key=("place", "number")), database="sqlite:///a.db")
    assert next(iter(source.scan()))["key"] is None


def test_text_that_is_no_unicode_is_told(tmp_path: Path) -> None:
    """Old programs leave such bytes in SQLite."""
    make_database(tmp_path / "a.db", NAMES + "INSERT INTO things VALUES (2, CAST(x'ff' AS TEXT));")
    with pytest.raises(PublicationError, match="not Unicode"):
        list(open_source(tmp_path, Named, Table("things"), database="sqlite:///a.db").scan())


def test_an_endless_question_is_stopped(tmp_path: Path) -> None:
    """The caller gets an error in time, and the database stops working on it: its only thread is free again."""
    make_database(tmp_path / "a.db", """CREATE VIEW things AS WITH RECURSIVE all_of_them(id) AS
        (SELECT 1 UNION ALL SELECT id + 1 FROM all_of_them) SELECT id, 'x' AS name FROM all_of_them WHERE id < 0;
        CREATE TABLE others AS SELECT 1 AS id, 'x' AS name;""")
    limits = Live(timeout_s=0.5, connections_max=1, retry_s=0)
    source = open_source(tmp_path, Named, Table("things"), database="sqlite:///a.db", limits=limits)
    with pytest.raises(SourceUnavailable, match=r"no answer in 0\.5 s") as raised:
        asyncio.run(source.find(Filtered(), 0, 10))
    assert raised.value.code is Code.SOURCE_TIMEOUT
    other = open_source(tmp_path, Named, Table("others"), database="sqlite:///a.db", limits=limits)
    assert asyncio.run(other.find(Filtered(), 0, 10))[1] == 1


def test_a_column_that_ignores_case_is_compared_as_text_for_owners(tmp_path: Path) -> None:
    """PostgreSQL's `citext` would give one owner what is another's."""
    catalog = Catalog("things")
    catalog.resource("things", Table("things"))(Named)
    catalog.database = f"sqlite:///{tmp_path / 'a.db'}"
    resource = catalog.load().resources["data/things"]
    columns = {"id": Integer(), "name": CITEXT()}
    reader = RowReader(catalog, resource, list(columns), Contents.STORED)
    (term,) = Statements(Table("things"), resource, reader, columns, "postgresql").owned(Owned("name", "Ann")) or ()
    assert str(term.compile(dialect=postgresql.dialect())) == "CAST(things.name AS VARCHAR) = %(param_1)s::VARCHAR"


class Numbered(Record):
    """A row without a key of its own."""

    row_number: Annotated[int, Key()]
    name: str


def test_a_scan_streams(tmp_path: Path) -> None:
    """The first rows come long before the last could be read."""
    make_database(tmp_path / "a.db", """CREATE VIEW things AS WITH RECURSIVE many(id) AS
        (SELECT 1 UNION ALL SELECT id + 1 FROM many) SELECT 'x' || id AS name FROM many;""")
    source = open_source(tmp_path, Numbered, Table("things"), database="sqlite:///a.db")
    rows = source.scan()
    assert [next(rows) for _ in range(2)] == [{"row_number": 1, "name": "x1"}, {"row_number": 2, "name": "x2"}]
    rows.close()                                              # type: ignore[attr-defined]  # a generator


def test_rows_keep_their_numbers_in_any_question(tmp_path: Path) -> None:
    """A filter or a page does not number anew; a column of the same name is another thing."""
    values = ",".join(f"('n{number}', {number * 10})" for number in range(1, 10))
    make_database(tmp_path / "a.db", f"CREATE TABLE things (name TEXT, row_number INT); INSERT INTO things VALUES {values};")
    origin = Table("things", columns={"tens": "row_number"})

    class Both(Record):
        row_number: Annotated[int, Key()]
        name: Annotated[str, Filter()]
        tens: int

    source = open_source(tmp_path, Both, origin, database="sqlite:///a.db")
    page = asyncio.run(source.find(Filtered(values=(("name", ("n7",)),)), 0, 5))
    assert page == ([{"row_number": 7, "name": "n7", "tens": 70}], 1)
    assert [row["row_number"] for row in asyncio.run(source.find(Filtered(), 3, 2))[0]] == [4, 5]
    assert asyncio.run(source.get([3, 99])) == [{"row_number": 3, "name": "n3", "tens": 30}]


def test_a_read_only_folder_is_enough(tmp_path: Path) -> None:
    """A database from a package or an image can be published where it lies."""
    make_database(tmp_path / "a.db", NAMES + "PRAGMA journal_mode = wal;")
    tmp_path.chmod(0o555)
    try:
        source = open_source(tmp_path, Named, Table("things"), database="sqlite:///a.db")
        assert read(source, Named) == [{"id": 1, "name": "one"}]
        assert os.getuid() == 0 or sorted(file.name for file in tmp_path.iterdir()) == ["a.db"]
    finally:
        tmp_path.chmod(0o755)

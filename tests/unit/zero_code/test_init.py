"""`dragoman init`: the same catalog as Python that people like to edit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dragoman.catalog.rendering import source_text

from ..sources.helpers import make_database
from .worlds import found_in, records, told, written

SHOP = """
    CREATE TABLE orders (place TEXT, number INT, "Total Sum" NUMERIC(8, 2), at DATETIME, day DATE, extra JSON, page INT,
        name_en TEXT, name_de TEXT, note_en TEXT, date TEXT, PRIMARY KEY (place, number));
    INSERT INTO orders VALUES ('a', 1, 1.5, '2024-01-02 03:04:05', '2024-01-02', '{"a": [1]}', 3, 'x', NULL, 'n', 'd');
    CREATE TABLE things (id INTEGER PRIMARY KEY, title TEXT NOT NULL);
    INSERT INTO things VALUES (1, 'one');
"""


def test_it_writes_what_a_person_would(tmp_path: Path) -> None:
    """Relative paths, one database for all, markers called, mapped names; nothing superfluous."""
    catalog, _ = found_in(make_database(tmp_path / "shop.db", SHOP))
    assert source_text(catalog, tmp_path) == '''"""The catalog shop."""

from datetime import date as Date, datetime
from typing import Annotated, Any

from dragoman import Catalog, Filter, Key, Localized, Record, Sort, Table

catalog = Catalog("shop", title="shop", languages=("en", "de"), database="sqlite:///shop.db")


@catalog.resource("orders", Table("orders", columns={"total_sum": "Total Sum"}, key=("place", "number")))
class Orders(Record):
    """A record of orders."""

    key: Annotated[str, Key()]
    place: Annotated[str, Filter(), Sort()]
    number: Annotated[int, Filter(), Sort()]
    total_sum: Annotated[float, Filter(), Sort()]
    at: Annotated[datetime, Filter(), Sort()]
    day: Annotated[Date, Filter(), Sort()]
    extra: Any
    page: Annotated[int, Sort()]
    name: Annotated[Localized, Filter(), Sort()]
    note: Annotated[Localized, Filter(), Sort()]
    date: Annotated[str, Filter(), Sort()]


@catalog.resource("things", Table("things"))
class Things(Record):
    """A record of things."""

    id: Annotated[int, Key()]
    title: Annotated[str, Filter(), Sort()]
'''


def wide(folder: Path) -> Path:
    """A table whose declaration does not fit on a line, with every type in it."""
    columns = ", ".join(f'"A long column number {number}" {kind}' for number, kind in
                        enumerate(("INT", "REAL", "TEXT", "BOOLEAN", "DATE", "DATETIME", "JSON", "NUMERIC", "BLOB")))
    return make_database(folder / "a.db",
                         SHOP + f'CREATE TABLE "wide ""one""" ({columns}, str TEXT, int INT, any TEXT, time TIME)')


def test_it_is_formatted_typed_and_the_same(tmp_path: Path) -> None:
    """A formatter changes nothing, a strict type checker finds nothing, and its records are those of zero code."""
    catalog, _ = found_in(wide(tmp_path))
    again = written(catalog, tmp_path)
    assert told(again) == told(catalog)
    assert records(again) == records(catalog)
    (file,) = tmp_path.glob("catalog_*.py")
    for tool in (["ruff", "format", "--isolated", "--line-length", "120", "--diff"],
                 ["mypy", "--strict", "--cache-dir", str(tmp_path)]):
        if not (Path(sys.executable).parent / tool[0]).exists():
            pytest.skip(f"{tool[0]} is not installed")
        ended = subprocess.run([Path(sys.executable).parent / tool[0], *tool[1:], str(file)], capture_output=True, text=True,
                               check=False, timeout=120)
        assert ended.returncode == 0, ended.stdout + ended.stderr


def test_several_files_and_databases_are_each_named(tmp_path: Path) -> None:
    """A folder has no single database."""
    make_database(tmp_path / "a.db", "CREATE TABLE one (id INTEGER PRIMARY KEY)")
    (tmp_path / "b.csv").write_text("id,x\n1,2\n")
    catalog, _ = found_in(tmp_path)
    text = source_text(catalog, tmp_path)
    assert 'Table("one", database="sqlite:///a.db")' in text
    assert 'File("b.csv")' in text
    assert told(written(catalog, tmp_path)) == told(catalog)
    assert str(tmp_path) in source_text(catalog, tmp_path / "elsewhere")

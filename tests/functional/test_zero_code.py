"""`dragoman serve DATA`: what nobody declared is served as data, whatever it is called and whatever is asked of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ..conftest import Server, run_dragoman
from ..unit.sources.helpers import make_database

NASTY = """
    CREATE TABLE "../x" (id INTEGER PRIMARY KEY, "a]b""c;--" TEXT, page INT, _connector TEXT, name_en TEXT, name_de TEXT);
    INSERT INTO "../x" VALUES (1, 'it''s; DROP TABLE x;--', 3, 'and', 'One', 'Eins'), (2, '%', 4, 'or', 'Two', NULL);
    CREATE TABLE empty (id INTEGER PRIMARY KEY);
    CREATE TABLE pairs (a TEXT, b INT, PRIMARY KEY (a, b)); INSERT INTO pairs VALUES ('x/y', 1), ('../z', 2);
    CREATE TABLE raw (only BLOB); INSERT INTO raw VALUES (x'00');
"""


@pytest.fixture(scope="module")
def nasty(serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A server of a database in which every name is a trap."""
    folder = tmp_path_factory.mktemp("nasty")
    make_database(folder / "nasty.db", NASTY)
    return serve("nasty.db", folder=folder)


@pytest.mark.covers("G1", "G2", "G9")
def test_odd_names_are_served_as_data(nasty: Server) -> None:
    """Their columns have names that can be written, and their texts come in the language asked for."""
    assert nasty.get("/v2/x/1?lang=de").json() == {
        "id": 1, "a_b_c": "it's; DROP TABLE x;--", "page": 3, "connector": "and", "name": "Eins",
    }
    assert nasty.get("/v2/x/2?lang=de").json()["name"] == "Two"
    assert nasty.get("/v2/empty?ids=all").json() == []
    assert nasty.get("/v2/pairs").json() == ["../z:2", "x/y:1"]
    assert nasty.get("/v2/pairs?ids=x/y:1").json() == [{"key": "x/y:1", "a": "x/y", "b": 1}]


@pytest.mark.parametrize("path", [
    "/v2/../x", "/v2/%2e%2e/x", "/v2/raw", "/v2/x/1;--", "/v2/x/1%20OR%201=1", "/v2/sqlite_master", "/v2/x/..%2f..%2fnasty.db",
    "/v2/nasty.db",
])
def test_what_is_not_published_is_not_there(nasty: Server, path: str) -> None:
    """Names and keys reach neither SQL nor files."""
    assert nasty.get(path).status_code in (400, 404)


@pytest.mark.parametrize(("query", "found"), [
    ("a_b_c=%25", [2]), ("connector=and", [1]), ("_connector=or", [1, 2]), ("a_b_c=' OR 1=1 --", []), ("page=0", [1, 2]),
    ('a]b"c;--=x', [1, 2]), ("name=eins&lang=de", [1]),
])
def test_filters_compare_values_and_nothing_else(nasty: Server, query: str, found: list[int]) -> None:
    """An unknown parameter is none of ours, a reserved one keeps its meaning, and a value is only a value."""
    answer = nasty.get(f"/v2/x?{query}")
    assert answer.status_code == 200
    assert [row if isinstance(row, int) else row["id"] for row in answer.json()] == found


def test_init_prints_a_catalog_that_serves_the_same(
    nasty: Server, serve: Callable[..., Server], tmp_path: Path,
) -> None:
    """With the choices beside it; each address answers with the same bytes."""
    make_database(tmp_path / "nasty.db", NASTY)
    printed = run_dragoman("init", "nasty.db", cwd=tmp_path)
    assert printed.returncode == 0, printed.stderr
    assert "../x: its address is `x`." in printed.stderr
    assert "raw: left out" in printed.stderr
    (tmp_path / "written.py").write_text(printed.stdout)
    written = serve("written.py", folder=tmp_path)
    for path in ("/v2", "/v2/x?ids=all", "/v2/x?ids=all&lang=de", "/v2/pairs?ids=all", "/v2/empty", "/v2/x?connector=and"):
        assert written.get(path).content == nasty.get(path).content


def test_init_tells_machines_the_same(tmp_path: Path) -> None:
    """One JSON object with the text and the choices."""
    make_database(tmp_path / "nasty.db", NASTY)
    told = json.loads(run_dragoman("init", "nasty.db", "--json", cwd=tmp_path).stdout)
    assert told["source"].startswith('"""The catalog nasty."""')
    assert any("left out" in choice for choice in told["choices"])


def test_a_folder_of_files_is_served(serve: Callable[..., Server], tmp_path: Path) -> None:
    """Every data file in it is a resource."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "places.csv").write_text("code,name_en,name_de\n007,Moscow,Moskau\n")
    (tmp_path / "data" / "things.json").write_text('{"3": {"deep": {"at": "2024-01-01"}}}')
    server = serve("data", folder=tmp_path)
    assert server.get("/v2/places/007?lang=de").json() == {"code": "007", "name": "Moskau"}
    assert server.get("/v2/things/3").json() == {"id": 3, "deep": {"at": "2024-01-01"}}

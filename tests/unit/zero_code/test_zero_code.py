"""Publishing without code: what becomes of keys, names, languages, types, and of everything that is odd."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dragoman.catalog.introspect import catalog_of
from dragoman.catalog.likely import slug
from dragoman.catalog.origin import Column, File, Found
from dragoman.catalog.tags import split, texts_in
from dragoman.catalog.values import Misfits
from dragoman.errors import DeclarationError, SettingsError
from dragoman.sources.detect import find, name_of

from ..sources.helpers import make_database
from .worlds import RESERVED, found_in, records, told, written


def only(path: Path) -> tuple[list[dict[str, Any]], list[str], Any]:
    """Records, choices and resource of a path that holds a single table."""
    catalog, choices = found_in(path)
    (resource,) = catalog.resources.values()
    return records(catalog)[resource.path], choices, resource


# -------------------------------------------------------------------------------------------- keys


@pytest.mark.parametrize(("script", "key", "keys"), [
    ("CREATE TABLE t (a TEXT UNIQUE, b INTEGER PRIMARY KEY); INSERT INTO t VALUES ('x', 7)", "b", [7]),
    ("CREATE TABLE t (a REAL UNIQUE, b TEXT UNIQUE NOT NULL); INSERT INTO t VALUES (1.5, 'x')", "b", ["x"]),
    ("CREATE TABLE t (n INT, Id INT); INSERT INTO t VALUES (1, 5), (1, 6)", "id", [5, 6]),
    ("CREATE TABLE t (n INT, id INT); INSERT INTO t VALUES (1, 5), (2, 5)", "row_number", [1, 2]),
    ("CREATE TABLE t (id TEXT PRIMARY KEY); INSERT INTO t VALUES ('x'), (NULL), (NULL)", "row_number", [1, 2, 3]),
    ("CREATE TABLE t (a INT, b TEXT, PRIMARY KEY (b, a)); INSERT INTO t VALUES (1, 'x:y')", "key", ["x:y:1"]),
    ("CREATE TABLE t (a INT, b TEXT, key TEXT, PRIMARY KEY (a, b)); INSERT INTO t VALUES (1, 'x', 'k')", "key_", ["1:x"]),
    ("CREATE TABLE t (a INT, b TEXT, PRIMARY KEY (a, b)); INSERT INTO t VALUES (1, NULL)", "row_number", [1]),
    ("CREATE TABLE t (day DATE PRIMARY KEY); INSERT INTO t VALUES ('2024-01-02')", "day", ["2024-01-02"]),
    ("CREATE TABLE t (row_number TEXT); INSERT INTO t VALUES ('x'), ('y')", "row_number", [1, 2]),
    ("CREATE TABLE t (a TEXT, b ANY, PRIMARY KEY (a, b)); INSERT INTO t VALUES ('x', 9001), ('x', 'm')", "key", ["x:9001", "x:m"]),
    ("CREATE TABLE t (a ANY PRIMARY KEY); INSERT INTO t VALUES (9001), ('m')", "a", ["9001", "m"]),
    ("CREATE TABLE t (id INTEGER PRIMARY KEY, n INT)", "id", []),
    ("CREATE TABLE t (n INT)", "row_number", []),
    ("CREATE TABLE base (id INT); INSERT INTO base VALUES (4); CREATE VIEW t AS SELECT id FROM base", "id", [4]),
])
def test_a_key_is_the_first_column_that_can_be_one(
    tmp_path: Path, script: str, key: str, keys: list[Any],
) -> None:
    """Primary, unique, `id`, and the row's number where nothing tells rows apart; the choice is said."""
    catalog, choices = found_in(make_database(tmp_path / "a.db", script))
    resource = catalog.resources["data/t"]
    assert resource.key.name == key
    assert [row[key] for row in records(catalog)["data/t"]] == keys
    assert any(f"`{resource.key.name}`" in choice for choice in choices)


@pytest.mark.parametrize(("text", "key"), [
    ("carrier,name\n9E,Endeavor\nAA,American\n", "carrier"),
    ("name,code\nGermany,DE\nFrance,FR\n", "code"),
    ("code,Id\nDE,1\nFR,2\n", "id"),
    ("name,countryId\nGermany,1\nFrance,2\n", "country_id"),
    ("month,nonfarm\n2006-01-01,135450\n2006-02-01,135762\n", "month"),
    ("country,year,population\nDE,2000,82\nDE,2001,83\n", "row_number"),
    ("kind,title\na,One\na,Two\n", "title"),
    ("first_name,last_name\nAnn,Smith\nBob,Smith\n", "row_number"),
    ("lastName,address\nSmith,1 Way\nJones,2 Way\n", "row_number"),
    ("id,code\n1,a\n1,b\n", "code"),
    ("year,wheat\n1565,41\n1570,45\n", "year"),
])
@pytest.mark.parametrize("kind", ["csv", "json"])
def test_a_column_that_only_happens_to_be_unique_has_to_look_like_a_key(
    tmp_path: Path, text: str, key: str, kind: str,
) -> None:
    """A measured number or a first name would break with the next row."""
    file = tmp_path / f"t.{kind}"
    rows = [dict(zip(text.partition("\n")[0].split(","), line.split(","), strict=True)) for line in text.splitlines()[1:]]
    typed = [{name: int(value) if value.isdigit() else value for name, value in row.items()} for row in rows]
    file.write_text(text if kind == "csv" else json.dumps(typed))
    records, choices, resource = only(file)
    assert resource.key.name == key
    assert len({record[key] for record in records}) == len(rows)
    assert any(f"`{key}`" in choice for choice in choices)


# -------------------------------------------------------------------------------------------- languages


@pytest.mark.parametrize(("name", "parts"), [
    ("name_en", ("name", "en")), ("Name_DE", ("Name", "de")), ("title_zh_TW", ("title", "zh-tw")),
    ("a-pt-BR", ("a", "pt-br")),
    ("long_name_fr", ("long_name", "fr")), ("x_zh_hant", ("x", "zh-hant")), ("name", None), ("_en", None), ("en", None),
    ("name_xx", None), ("name_english", None), ("given_in_en", ("given_in", "en")), ("a__en", ("a_", "en")),
])
def test_a_language_at_the_end_of_a_name(name: str, parts: tuple[str, str] | None) -> None:
    """Two letters, or with a region or script."""
    assert split(name) == parts


@pytest.mark.parametrize(("names", "texts"), [
    (["name_en", "name_de"], {"name": ["en", "de"]}),
    (["name_en", "label"], {}),
    (["name_en", "name_de", "title_de"], {"name": ["en", "de"], "title": ["de"]}),
    (["name_en", "name_de", "title_fr"], {"name": ["en", "de"]}),
    (["order_no", "order_id"], {}),
    (["order_no", "order_en"], {"order": ["no", "en"]}),
    (["city_id", "city_en"], {}),
    (["city_id", "city_en", "city_de"], {"city": ["id", "en", "de"]}),
    (["Name_EN", "name_de"], {"Name": ["en", "de"]}),
    (["is_in", "is_it"], {}),
])
def test_only_columns_that_agree_are_one_text(names: list[str], texts: dict[str, list[str]]) -> None:
    """A name that happens to end like a language is left alone."""
    columns = [Column(name=name, type=str) for name in names]
    assert {stem: list(tags) for stem, tags in texts_in(columns).items()} == texts


def test_a_plain_column_beside_its_translations_is_not_lost(tmp_path: Path) -> None:
    """Whatever `name` is, it is shown beside `name_en` and `name_de`."""
    rows, _, resource = only(make_database(tmp_path / "a.db", """
        CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, name_en TEXT, name_de TEXT);
        INSERT INTO t VALUES (1, 'raw', 'English', 'Deutsch'), (2, 'raw', NULL, NULL)"""))
    assert rows == [{"id": 1, "name": "raw", "name_localized": {"en": "English", "de": "Deutsch"}},
                    {"id": 2, "name": "raw", "name_localized": None}]
    assert resource.fields[2].localized


# -------------------------------------------------------------------------------------------- types


def test_types_are_those_of_the_rows(tmp_path: Path) -> None:
    """SQLite lets every row have its own: what is mixed is any JSON, binary data are left out and named."""
    rows, choices, resource = only(make_database(tmp_path / "a.db", """
        CREATE TABLE t (id INTEGER PRIMARY KEY, whole INT, part INT, mixed INT, flag BOOLEAN, flag2 BOOLEAN, day DATE,
            noday DATE, at DATETIME, json JSON, hidden TEXT, notjson TEXT, raw BLOB, raw2 TEXT, never TEXT, loose);
        INSERT INTO t VALUES
            (1, 1, 1, 1, 1, 1, '2024-02-29', '2024-02-30', '2024-01-02 03:04:05', '{"a":1}', '[1]', '[1]',
             x'00', 'x', NULL, 'a'),
            (2, 9223372036854775807, 1.5, 'x', 0, 2, NULL, '2024-01-01', NULL, 'null', '{}', '[',
             NULL, x'00', NULL, NULL)"""))
    words = {field.name: str(resource.record.__annotations__[field.name]) for field in resource.fields}
    assert rows[0] == {
        "id": 1, "whole": 1, "part": 1.0, "mixed": 1, "flag": True, "flag2": 1, "day": "2024-02-29", "noday": "2024-02-30",
        "at": "2024-01-02T03:04:05Z", "json": {"a": 1}, "hidden": [1], "notjson": "[1]", "never": None, "loose": "a",
    }
    assert rows[1]["whole"] == 2**63 - 1
    assert rows[1]["mixed"] == "x"
    assert "Filter" in words["whole"]
    assert "Filter" not in words["mixed"]
    assert [choice for choice in choices if "binary" in choice] == [
        "t: `raw` is left out, as it holds binary data.", "t: `raw2` is left out, as it holds binary data.",
    ]


def test_an_infinite_number_stops_publication(tmp_path: Path) -> None:
    """JSON has none; the validator tells the field."""
    catalog, _ = found_in(make_database(tmp_path / "a.db", "CREATE TABLE t (n REAL); INSERT INTO t VALUES (9e999)"))
    with pytest.raises(Misfits, match="n: expected number"):
        records(catalog)


def test_a_parquet_file_keeps_its_types(tmp_path: Path) -> None:
    """NaN is what many tools write for a missing number."""
    import duckdb

    duckdb.execute(f"""COPY (SELECT i AS id, TIMESTAMPTZ '2024-01-01 10:00:00+02' AS at, 'nan'::DOUBLE AS n,
        1.50::DECIMAL(5,2) AS price,
        DATE '2024-01-01' AS day, [1, 2] AS list,
        {{'x': DATE '2024-01-01'}} AS deep, '\\xAA'::BLOB AS raw
        FROM range(2) r(i)) TO '{tmp_path / "a.parquet"}'""")
    rows, choices, _ = only(tmp_path / "a.parquet")
    assert json.dumps(rows[1], default=str) == json.dumps({
        "id": 1, "at": "2024-01-01T08:00:00Z", "n": None, "price": "1.50", "day": "2024-01-01", "list": [1, 2],
        "deep": {"x": "2024-01-01"},
    })
    assert "a: `raw` is left out, as it holds binary data." in choices


def test_missing_numbers_are_null_and_texts_stay_texts(tmp_path: Path) -> None:
    """`NA` is how statistics programs write what is not there, and Namibia's code."""
    rows = ["1,NA,NA,NA", "2,2.5,2024-01-02,DE", "3,,N/A,FR"]
    (tmp_path / "t.csv").write_text("id,speed,day,country\n" + "\n".join(rows) + "\n")
    assert only(tmp_path / "t.csv")[0] == [
        {"id": 1, "speed": None, "day": None, "country": "NA"},
        {"id": 2, "speed": 2.5, "day": "2024-01-02", "country": "DE"},
        {"id": 3, "speed": None, "day": None, "country": "FR"},
    ]


def test_a_column_that_is_empty_at_first_has_the_type_of_what_follows(tmp_path: Path) -> None:
    """However late that is."""
    late = "".join(f"{number},\n" for number in range(3_000))
    (tmp_path / "t.csv").write_text(f"id,speed,nothing\n{late.replace(',', ',,')}3000,7,\n")
    rows, _, resource = only(tmp_path / "t.csv")
    assert rows[-1] == {"id": 3000, "speed": 7, "nothing": None}
    assert rows[0]["speed"] is None
    assert resource.key.name == "id"


def test_a_csv_file_is_read_so_that_nothing_gets_lost(tmp_path: Path) -> None:
    """Zeros, long numbers, signs, words for nothing: a column is a number only where all of it is written as one."""
    (tmp_path / "a.csv").write_text(
        "n,zip,long,plus,real,nan,flag,yes,day,when\n1,007,12345678901234567890,+49,1,1.5,true,yes,2024-01-02,02/01/2024\n"
        "2,12,1,1,2.50,NaN,False,no,2024-01-03,2024-01-02\n3,,,,,,,,,\n")
    rows, _, _ = only(tmp_path / "a.csv")
    assert rows[0] == {"n": 1, "zip": "007", "long": "12345678901234567890", "plus": "+49", "real": 1.0, "nan": "1.5",
                       "flag": True, "yes": "yes", "day": "2024-01-02", "when": "02/01/2024"}
    assert rows[2] == {"n": 3, **dict.fromkeys(list(rows[0])[1:])}


# -------------------------------------------------------------------------------------------- names


NASTY = """
    CREATE TABLE "../x" (id INTEGER PRIMARY KEY, "a]b""c;--" TEXT, "A b" INT, a_b INT, page INT, class TEXT, str TEXT,
        date DATE, _connector TEXT, "" TEXT, "%(x)s :y ?" TEXT, "таблица" TEXT, "Straße" TEXT, "1st" TEXT, "a\\" TEXT);
    INSERT INTO "../x" VALUES (1, 'v', 2, 3, 4, 'c', 's', '2024-01-02', 'u', 'e', 'p', 't', 'st', 'f', 'b');
    CREATE TABLE _connector (id INTEGER PRIMARY KEY);
    CREATE TABLE "record" (id INTEGER PRIMARY KEY); CREATE TABLE "any" (id INTEGER PRIMARY KEY);
    CREATE TABLE "a-b2" (id INTEGER PRIMARY KEY); CREATE TABLE "a b 2" (id INTEGER PRIMARY KEY);
    CREATE TABLE "x\"\"\"; raise SystemExit(7) #" (id INTEGER PRIMARY KEY, "\"\"\"; raise SystemExit(7)" TEXT);
    CREATE TABLE "{name!r}
        newline" (id INTEGER PRIMARY KEY);
    CREATE TABLE empty (id INTEGER PRIMARY KEY, n TEXT); CREATE TABLE blobs (raw BLOB); INSERT INTO blobs VALUES (x'00');
    CREATE VIEW broken AS SELECT * FROM nowhere; CREATE VIRTUAL TABLE words USING fts5(body);
""".replace('"""; raise', '""""""; raise')


def test_odd_names_are_served_as_data_or_left_out_and_told(tmp_path: Path) -> None:
    """Neither SQL nor Python nor a path ever comes of a name."""
    catalog, choices = found_in(make_database(tmp_path / "a.db", NASTY))
    rows = records(catalog)["data/x"]
    assert rows == [{
        "id": 1, "a_b_c": "v", "a_b_2": 2, "a_b": 3, "page": 4, "class_": "c", "str": "s", "date": "2024-01-02",
        "connector": "u", "column": "e", "x_s_y": "p", "column_2": "t", "strasse": "st", "n_1st": "f", "a": "b",
    }]
    short = {path.partition("/")[2] for path in catalog.resources}
    assert short >= {"x", "connector", "record", "any", "a-b2", "a-b-2", "empty"}
    assert not [path for path in catalog.resources if "blobs" in path or "broken" in path or "words-" in path]
    (renamed,) = [choice for choice in choices if choice.startswith("../x: the column ")]
    assert "`A b` is called `a_b_2`" in renamed
    assert renamed.endswith("`a\\` is called `a`.")
    for choice in ("../x: its address is `x`.",
                   "../x: `page` is shown, but not filtered by, as that parameter has a meaning of its own.",
                   "blobs: left out, as no column of it can be shown."):
        assert choice in choices
    assert any(choice.startswith("broken: left out, as it cannot be read") for choice in choices)
    again = written(catalog, tmp_path)
    assert told(again) == told(catalog)
    assert records(again) == records(catalog)


names = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)
lists = st.lists(names, min_size=1, max_size=6, unique_by=str.lower)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(lists, lists)
def test_any_names_at_all_can_be_published_and_written(tmp_path: Path, tables: list[str], columns: list[str]) -> None:
    """Whatever tables and columns are called, zero code serves them, and `init` writes the same."""
    file = tmp_path / "random.db"
    file.unlink(missing_ok=True)
    base = sqlite3.connect(file)
    try:
        for table in tables:
            quoted = ", ".join('"' + column.replace('"', '""') + '" TEXT' for column in columns)
            name = '"' + table.replace('"', '""') + '"'
            base.execute(f"CREATE TABLE {name} ({quoted})")
            base.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})", columns)
    except sqlite3.OperationalError:                       # a name that SQLite keeps for itself
        return
    finally:
        base.commit()
        base.close()
    catalog, _ = found_in(file)
    again = written(catalog, tmp_path)
    assert told(again) == told(catalog)
    assert records(again) == records(catalog)
    for rows in records(catalog).values():
        texts = [text for value in rows[0].values() for text in (value.values() if isinstance(value, dict) else [value])]
        assert sorted(text for text in texts if text != 1) == sorted(columns)


def test_three_hundred_columns_are_served(tmp_path: Path) -> None:
    """A wide table is a table."""
    wide = [f"c{number}" for number in range(300)]
    rows, _, resource = only(make_database(tmp_path / "a.db", f"CREATE TABLE t ({', '.join(wide)});"
                             f"INSERT INTO t VALUES ({', '.join(map(str, range(300)))})"))
    assert rows == [{"row_number": 1} | {name: number for number, name in enumerate(wide)}]
    (tmp_path / "w.csv").write_text(",".join(wide) + "\n" + ",".join(map(str, range(300))) + "\n")
    assert len(only(tmp_path / "w.csv")[2].fields) == len(resource.fields) - 1      # the first column is its key


@pytest.mark.parametrize(("name", "made"), [
    ("A b", "a_b"), ("../x", "x"), ("_connector", "connector"), ("Ünïcode", "unicode"), ("1st", "n_1st"),
    ("таблица", "column"),
    ("", "column"), ("a--b__c", "a_b_c"), ("ﬁne", "fine"), ("geonameId", "geoname_id"), ("wikipediaURL", "wikipedia_url"),
    ("InvoiceLine", "invoice_line"), ("HTMLPage", "html_page"), ("adminName5", "admin_name5"), ("IDs", "ids"), ("pH", "ph"),
    ("ISO", "iso"), ("Miles_per_Gallon", "miles_per_gallon"),
])
def test_a_name_becomes_a_slug(name: str, made: str) -> None:
    """Lower-case ASCII that begins with a letter."""
    assert slug(name) == made


# -------------------------------------------------------------------------------------------- what there is


def test_a_folder_is_every_data_file_in_it(tmp_path: Path) -> None:
    """In order; databases by what they are, an empty file left out and told, files of one name told apart."""
    make_database(tmp_path / "base.anything", "CREATE TABLE inside (id INTEGER PRIMARY KEY)")
    for name, text in (("b.csv", "id,x\n1,2\n"), ("a.json", '[{"id": 1}]'), ("b.ndjson", '{"id": 1}'), ("void.csv", ""),
                       ("none.json", "[]"), ("notes.txt", "hello")):
        (tmp_path / name).write_text(text)
    catalog, choices = found_in(tmp_path)
    assert list(catalog.resources) == ["data/a", "data/b", "data/b-2", "data/inside"]
    assert "void.csv: left out, as it is an empty file." in choices
    assert "none: left out, as it holds no record." in choices
    assert told(written(catalog, tmp_path)) == told(catalog)


@pytest.mark.parametrize(("argument", "told_remedy"), [
    ("nowhere.csv", "no such file"), ("empty", "no file in it"), ("void.csv", "empty"), ("notes.txt", "SQLite, .csv"),
    ("sqlite:///nowhere.db", "Check that it is there"), ("postgresql://u:s3cret@127.0.0.1:1/x", "Check that it is there"),
    ("tables.db", "no tables or views"), ("${NO_SUCH_VARIABLE}", "NO_SUCH_VARIABLE"), ("fake.db", "not a kind of file"),
    ("broken.db", "cannot be read"),
])
def test_what_cannot_be_published_is_told_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argument: str, told_remedy: str,
) -> None:
    """A command line is an operator's: it gets words, and no password is in them."""
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    Path("void.csv").touch()
    Path("notes.txt").write_text("x")
    Path("fake.db").write_text("no database")
    Path("broken.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)
    make_database(Path("tables.db"), "CREATE TABLE t (x); DROP TABLE t")
    with pytest.raises(SettingsError, match=told_remedy) as raised:
        find(argument)
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(("argument", "name"), [
    ("games.db", "games"), ("My Games!.csv", "my-games"), ("2024.csv.gz", "data-2024"), ("sqlite:///x/games.db", "games"),
    ("postgresql://user:s3cret@host/shop", "shop"), ("postgresql://user:s3cret@host", "data"), ("таблица.csv", "data"),
])
def test_a_catalog_is_named_after_its_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argument: str, name: str,
) -> None:
    """After the file, folder or database; never after a host or a password."""
    monkeypatch.chdir(tmp_path)
    if "://" not in argument:
        Path(argument).touch()
    assert name_of(argument) == name


def test_nothing_to_publish_is_told_with_the_reasons() -> None:
    """So that something can be done about it."""
    found = [Found(name="a", origin=File("a.csv"), columns=(), note="it is an empty file")]
    with pytest.raises(SettingsError, match=r"Nothing to publish\. a: left out, as it is an empty file"):
        catalog_of("x", found, RESERVED)
    with pytest.raises(DeclarationError, match="name stands in addresses"):
        catalog_of("No Name", [Found(name="a", origin=File("a.csv"), columns=(Column(name="a", type=int),))], RESERVED)

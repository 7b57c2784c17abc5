"""Files: what is told of broken ones, what is read of odd ones, and what DuckDB may not do."""

from __future__ import annotations

import asyncio
import gzip
import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Annotated, Any

import pytest

from dragoman import File, Key, Record
from dragoman.errors import DeclarationError, PublicationError, SettingsError, SourceUnavailable
from dragoman.query import Filtered
from dragoman.sources.detect import find
from dragoman.sources.duck import opened

from .helpers import open_source, read


class Place(Record):
    """A place with a code that begins with zeros."""

    id: Annotated[int, Key()]
    code: str
    more: Any = None


CSV = 'id,code,more\n1,007,"[1, {""a"": null}]"\n2,,\n'


def test_a_text_of_a_csv_file_is_what_its_field_says(tmp_path: Path) -> None:
    """Zeros stay, JSON nests, an empty cell is nothing."""
    (tmp_path / "a.csv").write_text(CSV.replace("2,,", "2,x,"))
    assert read(open_source(tmp_path, Place, File("a.csv")), Place) == [
        {"id": 1, "code": "007", "more": [1, {"a": None}]}, {"id": 2, "code": "x", "more": None},
    ]


@pytest.mark.parametrize("name", [
    "a b.csv", "it's.csv", "a[1].csv", "star*.csv", "what?.csv", "{x}.csv", 'quo"te.csv', "ünï.csv", "A.CSV", "two.dots.csv",
    "semi;--.csv", "$a.csv", "a%20b.csv", "-a.csv",
])
def test_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    """A name is neither a pattern nor a piece of SQL; its neighbours are not read."""
    (tmp_path / name).write_text("id,code\n1,x\n")
    (tmp_path / "stars.csv").write_text("id,code\n2,y\n")
    assert [row["id"] for row in read(open_source(tmp_path, Place, File(name)), Place)] == [1]
    assert [column.name for column in find(str(tmp_path / name))[0].columns] == ["id", "code"]


@pytest.mark.parametrize("size", [4_100_000, 9_000_000])
@pytest.mark.parametrize("place", [0, 2])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r", ""])
def test_a_row_that_is_too_long_is_told_and_never_left_out(tmp_path: Path, size: int, place: int, ending: str) -> None:
    """Wherever it stands, and whether or not the file ends with a line's end."""
    rows = [f"{number},x" for number in range(3)]
    rows[place] += "y" * size
    (tmp_path / "a.csv").write_text((ending or "\n").join(["id,code", *rows]) + ending, newline="")
    with pytest.raises(PublicationError, match=rf"line {place + 2} is longer than 4,000,000 bytes"):
        read(open_source(tmp_path, Place, File("a.csv")), Place)


def test_a_row_may_be_long(tmp_path: Path) -> None:
    """Texts of some megabytes are served, the last one too."""
    rows = [f"{number},{'y' * 3_900_000}" for number in range(4)]
    (tmp_path / "a.csv").write_text("\n".join(["id,code", *rows]))
    assert [len(str(row["code"])) for row in read(open_source(tmp_path, Place, File("a.csv")), Place)] == [3_900_000] * 4


def test_each_cluster_has_its_file(tmp_path: Path) -> None:
    """`{cluster}` stands for its name."""
    for cluster in ("eu", "na"):
        (tmp_path / f"places-{cluster}.csv").write_text(f"id,code\n1,{cluster}\n")
    for cluster in ("eu", "na"):
        source = open_source(tmp_path, Place, File("places-{cluster}.csv"), clusters=("eu", "na"), cluster=cluster)
        assert read(source, Place)[0]["code"] == cluster


@pytest.mark.parametrize("name", ["a.csv.gz", "a.json.gz", "a.ndjson.gz", "a.jsonl.GZ"])
def test_text_may_be_packed(tmp_path: Path, name: str) -> None:
    """As it is often passed around."""
    text = {"csv": "id,code\n1,x\n", "json": '[{"id": 1, "code": "x"}]'}.get(name.split(".")[1], '{"id": 1, "code": "x"}\n')
    (tmp_path / name).write_bytes(gzip.compress(text.encode()))
    assert read(open_source(tmp_path, Place, File(name)), Place) == [{"id": 1, "code": "x", "more": None}]


@pytest.mark.parametrize(("name", "text", "told"), [
    ("a.csv", "id,code\n1,x\n2\n", "Line: 3"), ("a.csv", "id,code\n1,x,y\n", "Line: 2"),
    ("a.csv", 'id,code\n1,"x\n', "unterminated quote"), ("a.csv", b"id,code\n1,\xff\n", "UTF-8"),
    ("a.csv.gz", "no gzip", "cannot be read"), ("a.json", "{", "cannot be read"), ("a.json", "[1, 2]", "no object"),
    ("a.json", '{"id": 1, "code": "x"}', "array of objects"), ("a.json", '[{"id": 1}, {"id":', "cannot be read"),
    ("a.json", '{"1": {"code": "x"}, "1": {"code": "y"}}', "'1' stands twice"), ("a.json", "[" * 100_000, "cannot be read"),
    ("a.json", '{"id": 1, "code": ["x"]}', "what it holds are no records"), ("a.json", '\ufeff[{"id": 1},', "cannot be read"),
    ("a.json", '{"a": [{"id": 1}], "b": [{"id": 2}]}', "what it holds are no records"),
    ("a.ndjson", '{"id": 1, "code": "x"}\nnope\n', "line 2|line 3"), ("a.ndjson", '{"id": NaN}', "in row 1"),
    ("a.ndjson", '{"id": 1}\n[7]\n', "record in row 2"), ("a.parquet", "PAR1 nonsense", "cannot be read"),
])
def test_a_broken_file_is_told_with_the_place(tmp_path: Path, name: str, text: str | bytes, told: str) -> None:
    """To its publisher when it is published, and to whoever serves it without code."""
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(PublicationError, match=told):
        list(open_source(tmp_path, Place, File(name)).scan())
    with pytest.raises(SettingsError, match=told) as failed:
        find(str(tmp_path / name))
    assert str(tmp_path) not in str(failed.value)


def test_json_comes_through_as_it_is_written(tmp_path: Path) -> None:
    """No text becomes a date, no number loses digits, no name is added to what nests."""
    deep = [{"at": "2024-01-01T00:00:00Z", "id": "0B"},
            {"big": -(2**63), "fine": 0.1, "mixed": [1, "1", None, {"x": []}]}, "[1]"]
    records = [{"id": n, "code": "007", "more": value} for n, value in enumerate(deep)]
    for name, text in (("a.json", json.dumps(records)), ("a.ndjson", "\n".join(map(json.dumps, records)))):
        (tmp_path / name).write_text(text)
        assert read(open_source(tmp_path, Place, File(name)), Place) == records


@pytest.mark.parametrize(("text", "keys"), [
    ('{"7": {"code": "x"}, "-8": {"code": "y"}}', [7, -8]),
    ('\ufeff {"1": {"id": 1, "code": "x"}}', [1]),
    ('{"places": [{"id": 3, "code": "x"}, {"id": 1, "code": "y"}]}', [3, 1]),
    ('{"places": []}', []),
    ('{"total": 2, "places": [{"id": 3, "code": "x"}, {"id": 1, "code": "y"}], "links": {"next": null}}', [3, 1]),
    ('\ufeff[{"id": 3, "code": "x"}]', [3]),
])
def test_an_object_holds_records_by_key_or_in_its_one_array(tmp_path: Path, text: str, keys: list[int]) -> None:
    """They are numbers where all of them are written so."""
    (tmp_path / "a.json").write_text(text)
    assert [row["id"] for row in read(open_source(tmp_path, Place, File("a.json")), Place)] == keys


@pytest.mark.parametrize(("name", "text", "remarks"), [
    ("a.json", '{"total": 1, "places": [{"id": 3}]}', [
        "the records are those in `places`; what stands beside them is left aside: `total`."]),
    ("a.json", '{"places": [{"id": 3}]}', []), ("a.json", '{"1": {"code": "x"}}', []), ("a.csv", "id,2020\n1,2\n", []),
    ("a.csv", "1,2.5,1\n4,5,6\n", [
        "its first row holds numbers and was taken for the names of the columns: put a row of names before it."]),
])
def test_what_a_publisher_may_not_expect_is_told(tmp_path: Path, name: str, text: str, remarks: list[str]) -> None:
    """With the choices of publishing without code."""
    (tmp_path / name).write_text(text)
    (found,) = find(str(tmp_path / name))
    assert list(found.remarks) == remarks


def test_a_value_with_another_id_has_its_key_beside(tmp_path: Path) -> None:
    """Nothing that was written is lost."""
    (tmp_path / "a.json").write_text('{"a": {"id": 5}, "007": {"id": 6}}')
    columns = find(str(tmp_path / "a.json"))[0].columns
    assert [(column.name, column.type, column.unique) for column in columns] == [("key", str, True), ("id", int, True)]


def test_a_vanished_or_unreadable_file_is_unavailable(tmp_path: Path) -> None:
    """Requests get the code that the pipeline knows."""
    source = open_source(tmp_path, Place, File("none.csv"))
    assert source.fingerprint() is None
    for ask in (source.get([1]), source.find(Filtered(), 0, 1)):
        with pytest.raises(SourceUnavailable):
            asyncio.run(ask)  # type: ignore[arg-type]  # either coroutine


def test_another_kind_of_file_is_refused_when_it_is_opened(tmp_path: Path) -> None:
    """With the kinds that there are."""
    with pytest.raises(DeclarationError, match=r"\.parquet"):
        open_source(tmp_path, Place, File("a.xlsx"))


def test_duckdb_reads_this_file_and_nothing_else(tmp_path: Path) -> None:
    """Not even a query of our own could reach another file, the network or an extension."""
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("id,code\n1,x\n")
    with opened(tmp_path / "a.csv", "a") as duck:
        for query in (f"SELECT * FROM read_csv('{tmp_path / 'b.csv'}')", "SELECT * FROM glob('/etc/*')", "INSTALL httpfs",
                      f"COPY (SELECT 1) TO '{tmp_path / 'c.csv'}'", "SET enable_external_access = true", "ATTACH 'x.db'"):
            with pytest.raises((PublicationError, SourceUnavailable)):
                duck.run(query)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.csv", "b.csv"]


def test_without_duckdb_its_installation_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra."""
    (tmp_path / "a.csv").write_text(CSV)
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(SettingsError, match=r"pip install 'dragoman\[files\]'"):
        list(open_source(tmp_path, Place, File("a.csv")).scan())
    with pytest.raises(SettingsError, match=r"pip install 'dragoman\[files\]'"):
        find(str(tmp_path / "a.csv"))


@pytest.mark.parametrize("name", ["big.csv", "big.json", "big.ndjson"])
def test_a_large_file_needs_little_memory(tmp_path: Path, name: str) -> None:
    """150 MB are read in much less: batches are all that is ever held."""
    line = {"csv": "{n},{text}\n",
            "json": ',{{"id":{n},"code":"{text}"}}\n', "ndjson": '{{"id":{n},"code":"{text}"}}\n'}[name[4:]]
    with (tmp_path / name).open("w") as file:
        file.write({"csv": "id,code\n", "json": '[{"id":-1,"code":""}'}.get(name[4:], ""))
        for number in range(75_000):
            file.write(line.format(n=number, text="x" * 2_000))
        file.write("]" if name.endswith("json") and "nd" not in name else "")
    script = textwrap.dedent(f"""
        import resource, sys
        from pathlib import Path
        from tests.unit.sources.helpers import open_source
        from tests.unit.sources.test_files import Place
        from dragoman import File
        import duckdb
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        rows = sum(1 for _ in open_source(Path({str(tmp_path)!r}), Place, File({name!r})).scan())
        print(rows, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
    """)
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    rows, used_mb = map(int, ended.stdout.split())
    assert rows >= 75_000
    assert used_mb < 140

"""`dragoman init` gives the same answers as no code, whatever kind of data it is, over real commands and real HTTP."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import duckdb
import httpx
import pytest

from ..conftest import run_dragoman, start

ROWS = [{"id": number, "name_en": f"Thing {number}", "name_de": f"Ding {number}" if number % 3 else None,
         "price": number + 0.25, "kind": "ab"[number % 2], "made": f"2024-02-{number:02}", "page": number % 3,
         "Odd Name": "x" if number % 4 else None, "tags": ["a", {"n": number}]} for number in range(1, 21)]
ASKED = ["", "/7", "/7?lang=de", "?ids=3,1,99", "?ids=all", "?ids=all&lang=de", "?page=1&page_size=7", "?kind=a&sort=-price&page=0",
         "?price=4.25", "?name=ding%204&lang=de", "?sort=name", "?odd_name=x&page=0", "?made=2024-02-03", "?price=cheap",
         "?sort=tags", "/99", "?page=9"]


def flat(row: dict) -> dict:
    """A row whose lists are text."""
    return {name: json.dumps(value) if isinstance(value, list) else value for name, value in row.items()}


def write_csv(file: Path) -> None:
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow(ROWS[0])
        writer.writerows(flat(row).values() for row in ROWS)


def write_keyed(file: Path) -> None:
    file.write_text(json.dumps({row["id"]: {name: row[name] for name in row if name != "id"} for row in ROWS}))


def write_parquet(file: Path) -> None:
    lines = file.with_suffix(".lines")
    lines.write_text("\n".join(map(json.dumps, ROWS)))
    duckdb.execute(f"COPY (SELECT * FROM read_json('{lines}', format='newline_delimited')) TO '{file}' (FORMAT parquet)")
    lines.unlink()


def write_sqlite(file: Path) -> None:
    base = sqlite3.connect(file)
    base.execute('CREATE TABLE tabled (id INTEGER PRIMARY KEY, name_en TEXT, name_de TEXT, price REAL, kind TEXT, made DATE, '
                 'page INT, "Odd Name" TEXT, tags JSON)')
    base.executemany(f"INSERT INTO tabled VALUES ({','.join('?' * 9)})", [tuple(flat(row).values()) for row in ROWS])
    base.execute("CREATE VIEW viewed AS SELECT * FROM tabled")
    base.commit()
    base.close()


FILES: dict[str, Callable[[Path], object]] = {
    "comma.csv": write_csv, "listed.json": lambda file: file.write_text(json.dumps(ROWS)), "keyed.json": write_keyed,
    "lines.ndjson": lambda file: file.write_text("\n".join(map(json.dumps, ROWS))), "packed.parquet": write_parquet,
    "shop.db": write_sqlite,
}


def answers(folder: Path, source: str, asked: list[str]) -> dict[str, tuple[int, bytes, list[tuple[str, str]]]]:
    """What a server of a source answers: status, body, and the headers that are its data's."""
    server = start(folder, source)
    try:
        with httpx.Client(base_url=server.url) as client:
            found = {path: client.get(path) for path in asked}
    finally:
        server.stop()
        assert server.process.stdout is not None
        server.process.stdout.close()
    kept = ("content-type", "content-language", "link", "x-page-total", "x-result-total", "x-result-count", "vary")
    return {path: (each.status_code, each.content, [(name, each.headers.get(name, "")) for name in kept])
            for path, each in found.items()}


@pytest.mark.parametrize(("source", "resources"), [
    ("data", ["comma", "listed", "keyed", "lines", "packed", "tabled", "viewed"]), ("data/comma.csv", ["comma"]),
    ("sqlite:///{folder}/data/shop.db", ["tabled", "viewed"]),
], ids=["folder", "file", "url"])
def test_init_serves_what_no_code_serves(source: str, resources: list[str], tmp_path: Path) -> None:
    """Every kind of file, tables and views: lists, records, pages, filters, orders, languages and refusals, byte for byte."""
    (tmp_path / "data").mkdir()
    for name, write in FILES.items():
        write(tmp_path / "data" / name)
    source = source.format(folder=tmp_path)
    written = run_dragoman("init", source, cwd=tmp_path)
    assert written.returncode == 0, written.stderr
    (tmp_path / "catalog.py").write_text(written.stdout)
    asked = ["/v2", "/v2.json", *(f"/v2/{name}{question}" for name in resources for question in ASKED)]
    plain = answers(tmp_path, source, asked)
    assert answers(tmp_path, "catalog.py", asked) == plain
    for name in resources:
        assert json.loads(plain[f"/v2/{name}/7?lang=de"][1])["name"] == "Ding 7"
        assert len(json.loads(plain[f"/v2/{name}?kind=a&sort=-price&page=0"][1])) == 10
        assert [plain[f"/v2/{name}{each}"][0] for each in ("?price=cheap", "/99", "?page=9")] == [400, 404, 400]

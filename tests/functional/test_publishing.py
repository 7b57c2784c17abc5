"""Publishing beside a running server, over real commands and real HTTP."""

from __future__ import annotations

import csv
import http.client
import json
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from ..conftest import Server, run_dragoman

CATALOG = """
from pathlib import Path
from typing import Annotated
from dragoman import Catalog, Key, Record, Rows

catalog = Catalog("notes")
FILE = Path(__file__).with_name("notes.txt")

def read_notes():
    for number, line in enumerate(FILE.read_text().splitlines(), start=1):
        yield {"id": number, "text": int(line) if line.isdigit() else line}

@catalog.resource("notes", Rows(read_notes, depends_on=("notes.txt",)))
class Note(Record):
    id: Annotated[int, Key()]
    text: str
"""


def eventually(ask: Callable[[], Any], expected: object, within_s: float = 5.0) -> None:
    """Ask until the answer is the expected one."""
    until = time.monotonic() + within_s
    while (found := ask()) != expected and time.monotonic() < until:
        time.sleep(0.02)
    assert found == expected


@pytest.fixture
def notes(serve: Callable[..., Server], tmp_path: Path) -> Server:
    """A server of one note, Alice's."""
    (tmp_path / "notes.txt").write_text("first\n")
    return serve(catalog=CATALOG, folder=tmp_path)


def texts(server: Server) -> Any:
    """The texts of all notes, as served now."""
    return [each["text"] for each in server.get("/v2/notes?ids=all").json()]


def test_a_new_edition_is_served_without_a_restart_and_rolled_back(notes: Server) -> None:
    """Alice adds a note, publishes, regrets it, and goes back."""
    assert texts(notes) == ["first"]
    (notes.folder / "notes.txt").write_text("first\nsecond\n")
    published = notes.run("publish", "--json")
    assert json.loads(published.stdout)["published"][0]["catalog"] == "notes", published.stderr
    eventually(lambda: texts(notes), ["first", "second"])
    back = notes.run("rollback", "--json")
    assert json.loads(back.stdout)["rolled_back"], back.stderr
    eventually(lambda: texts(notes), ["first"])
    listed = json.loads(notes.run("editions", "--json").stdout)["editions"]
    assert [each["current"] for each in listed] == [False, True]


def test_a_record_that_does_not_fit_stops_the_publication_and_the_old_edition_serves(notes: Server) -> None:
    """The error names the resource, the key, the field, what was found and what was expected."""
    (notes.folder / "notes.txt").write_text("first\n2\n")
    stopped = notes.run("publish")
    assert stopped.returncode != 0
    for part in ("data/notes", "2", "text", "expected text"):
        assert part in stopped.stderr
    assert texts(notes) == ["first"]


def test_a_server_with_nothing_to_serve_says_why_and_ends(tmp_path: Path) -> None:
    """Data that do not fit at the very first start leave nothing that could be served."""
    (tmp_path / "notes.txt").write_text("7\n")
    (tmp_path / "catalog.py").write_text(CATALOG)
    ended = run_dragoman("serve", "catalog.py", "--port", "0", "--data-dir", "data", cwd=tmp_path, timeout_s=30)
    assert "expected text" in ended.stderr
    assert ended.returncode == 1


@pytest.mark.parametrize(("arguments", "told"), [
    (["serve"], "Nothing to serve"), (["serve", "missing.db"], "no such file"), (["publish"], "Nothing was served"),
    (["serve", "missing.py"], "no such file"), (["rollback"], "Nothing was published"),
])
def test_a_command_that_cannot_work_says_what_to_do(arguments: list[str], told: str, tmp_path: Path) -> None:
    """One line with the remedy, no traceback."""
    ended = run_dragoman(*arguments, "--data-dir", "data", cwd=tmp_path, timeout_s=30)
    assert ended.returncode != 0
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.fixture
def games(tmp_path: Path) -> Path:
    """A folder with a database, hostile names included, and a CSV file."""
    base = sqlite3.connect(tmp_path / "games.db")
    base.execute('CREATE TABLE games (id INTEGER PRIMARY KEY, name_en TEXT, name_de TEXT, price REAL, page INT, '
                 '"a]b""c;--" TEXT, tags JSON)')
    base.executemany("INSERT INTO games VALUES (?, ?, ?, ?, ?, ?, ?)", [
        (n, f"Game {n}", f"Spiel {n}", n * 1.5, n, "x' OR 1=1 --", '["old", {"n": 1}]') for n in range(1, 61)])
    base.execute('CREATE TABLE "../x" (a TEXT, b TEXT, PRIMARY KEY (a, b))')
    base.execute("""INSERT INTO "../x" VALUES ('q', 'r')""")
    base.commit()
    base.close()
    with (tmp_path / "towns.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["code", "name"], ["ber", "Berlin"], ["msk", "Москва"]])
    return tmp_path


def test_data_are_published_without_code_and_init_writes_the_same(serve: Callable[..., Server], games: Path) -> None:
    """A database and a file become resources; the catalog that `init` prints gives the same answers."""
    plain = serve("games.db", "towns.csv", folder=games)
    asked = ["/v2/games/7?lang=de", "/v2/games?price=1.5,3.0&sort=-price&page=0", "/v2/x/q:r", "/v2/games?ids=all"]
    assert plain.get(asked[0]).json() == {
        "id": 7, "name": "Spiel 7", "price": 10.5, "page": 7, "a_b_c": "x' OR 1=1 --", "tags": ["old", {"n": 1}]}
    assert [each["id"] for each in plain.get(asked[1]).json()] == [2, 1]
    assert plain.get(asked[2]).json() == {"key": "q:r", "a": "q", "b": "r"}
    assert plain.get("/v2/towns/msk").json() == {"code": "msk", "name": "Москва"}
    assert plain.get("/v2/games?page=3").status_code == 400
    written = run_dragoman("init", "games.db", cwd=games)
    edited = serve(catalog=written.stdout, folder=games)
    for path in asked:
        assert edited.get(path).json() == plain.get(path).json(), path


def test_a_conditional_request_gets_304_until_the_record_changes(notes: Server) -> None:
    """The tag of a record outlives editions in which it is the same."""
    first = notes.get("/v2/notes/1")
    tag = first.headers["etag"]
    for condition in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = notes.get("/v2/notes/1", headers={"If-None-Match": condition})
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["etag"] == tag
        assert "content-length" not in again.headers
    assert notes.get("/v2/notes/1", headers={"If-None-Match": '"other"'}).status_code == 200


def test_answers_are_compressed_where_prepared_and_the_next_time_elsewhere(serve: Callable[..., Server]) -> None:
    """Whole lists at once; a page from the third ask on, with a tag of its own, and the same content."""
    server = serve(catalog="""
        from typing import Annotated
        from dragoman import Catalog, Key, Record, Rows
        catalog = Catalog("words")
        @catalog.resource("words", Rows(lambda: ({"id": n, "text": "word " * 20} for n in range(300))))
        class Word(Record):
            id: Annotated[int, Key()]
            text: str
    """)
    for coding in ("gzip", "zstd"):
        whole = server.get("/v2/words?ids=all", headers={"Accept-Encoding": coding})
        assert whole.headers["content-encoding"] == coding
    plain = httpx.get(f"{server.url}/v2/words?page=0", headers={"Accept-Encoding": "identity"})

    def ask() -> str | None:
        answer = server.get("/v2/words?page=0", headers={"Accept-Encoding": "gzip"})
        assert answer.json() == plain.json()
        assert "Accept-Encoding" in answer.headers["vary"]
        return answer.headers.get("content-encoding")
    eventually(ask, "gzip")
    packed = server.get("/v2/words?page=0", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["etag"] != plain.headers["etag"]
    again = server.get("/v2/words?page=0", headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["etag"]})
    assert again.status_code == 304


def test_an_internal_error_tells_the_request_id_and_nothing_else(serve: Callable[..., Server]) -> None:
    """The client learns the id, the log the rest."""
    server = serve(catalog="""
        from typing import Annotated
        from dragoman import Catalog, Key, Record, Rows
        catalog = Catalog("broken")
        @catalog.resource("one", Rows(lambda: [{"id": 1}]))
        class One(Record):
            id: Annotated[int, Key()]
        @catalog.method("break/now")
        def break_now() -> int:
            raise RuntimeError("secret /etc/passwd SELECT")
    """)
    answer = server.get("/v2/break/now")
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.text
    assert "secret" not in answer.text
    assert "RuntimeError" not in answer.text
    eventually(lambda: any(line["event"] == "crashed" and line["request_id"] == answer.headers["x-request-id"]
                           for line in server.logged), expected=True)


def test_too_many_ids_and_a_long_query_are_refused(notes: Server) -> None:
    """201 ids and 100 kB get a clear answer, not a wait."""
    many = notes.get("/v2/notes?ids=" + ",".join(map(str, range(201))))
    assert many.status_code == 400
    assert many.json() == {"text": "id list too long; this endpoint is limited to 200 ids at once"}
    place = urlsplit(notes.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=10)
    connection.request("GET", "/v2/notes?x=" + "y" * 100_000)
    assert connection.getresponse().status == 414
    connection.close()


def test_a_graceful_stop_ends_with_success(serve: Callable[..., Server], tmp_path: Path) -> None:
    """SIGTERM lets the server finish and end."""
    (tmp_path / "notes.txt").write_text("first\n")
    server = serve(catalog=CATALOG, folder=tmp_path)
    assert server.get("/health/ready").status_code == 200
    assert server.get("/metrics").status_code == 200
    assert server.stop() in (0, -15)

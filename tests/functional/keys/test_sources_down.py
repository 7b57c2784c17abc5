"""A source that is down answers as such, at once, while the rest goes on; and it recovers by itself."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from ...conftest import end
from ...timing import best_s, took_s
from .conftest import League, fill, start

LIMITS = {"timeout_s": 1.0, "retry_s": 0.3, "connections_max": 3}
PRIVATE, PUBLIC = "/v2/account", "/v2/ships?ids=all"


class Relay:
    """A way to a database over TCP that can be cut, or swallow what is sent."""

    def __init__(self, target: str) -> None:
        self._target, self._pairs = target, list[socket.socket]()
        self._flows = threading.Event()
        self._listening: socket.socket | None = None
        with socket.create_server(("127.0.0.1", 0)) as found:
            self.port = int(found.getsockname()[1])

    def open(self) -> None:
        """Let everything through."""
        self._flows.set()
        if self._listening is None:
            self._listening = socket.create_server(("127.0.0.1", self.port))
            threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def swallow(self) -> None:
        """Take what is sent, and hand nothing on."""
        self._flows.clear()

    def cut(self) -> None:
        """End all connections, and refuse others."""
        listening, self._listening = self._listening, None
        if listening is not None:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
        for each in self._pairs:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._pairs.clear()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                near, _ = listening.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._target)
            except OSError:
                return
            self._pairs += (near, far)
            for here, there in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(here, there), daemon=True).start()

    def _pump(self, here: socket.socket, there: socket.socket) -> None:
        with suppress(OSError):
            while data := here.recv(65_536):
                self._flows.wait()
                there.sendall(data)
        for each in (here, there):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def relayed(empty: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[League, Relay]]:
    """The league over a PostgreSQL database that is reached through a relay."""
    database = empty("postgres")
    fill(database)
    folder = re.search(r"host=([^&]+)", database)
    name = re.search(r"/(league_[0-9a-f]+)\?", database)
    assert folder is not None and name is not None  # noqa: PT018  # both are parts of one address
    relay = Relay(str(Path(folder[1]) / ".s.PGSQL.5432"))
    relay.open()
    league = start(tmp_path_factory.mktemp("relayed"), f"postgresql://postgres@127.0.0.1:{relay.port}/{name[1]}", live=LIMITS)
    yield league, relay
    relay.cut()
    end(league.process)


def recovers(league: League, timeout_s: float = 30.0) -> bool:
    """Whether private data are answered again in time."""
    ends_at = time.monotonic() + timeout_s
    while league.get(PRIVATE, "alice").status_code != 200:
        if time.monotonic() > ends_at:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.covers("G15")
def test_a_database_that_is_away_is_502_at_once(relayed: tuple[League, Relay]) -> None:
    """Everything published goes on; when it is back, so are its data."""
    league, relay = relayed
    assert recovers(league)
    relay.cut()
    answer = league.get(PRIVATE, "alice")
    assert (answer.status_code, answer.headers["cache-control"]) == (502, "no-store")
    assert answer.json()["text"].startswith("the source of these data is not available. Report the request id ")
    assert took_s(lambda: [league.get(PRIVATE, "alice") for _ in range(20)]) < 20 * LIMITS["timeout_s"] / 2
    assert {league.get(path, "alice").status_code for path in (PRIVATE, "/v2/players/info/1", "/v2/scores")} == {502}
    assert league.get(PUBLIC).status_code == league.get("/v2/account/hello", "alice").status_code == 200
    assert league.text(PRIVATE) == (403, "endpoint requires authentication")
    relay.open()
    assert recovers(league)
    assert "league_" not in answer.text
    assert "down a moment ago" in league.logged


@pytest.mark.covers("G15")
def test_a_database_that_hangs_is_504_in_time(relayed: tuple[League, Relay]) -> None:
    """Many who wait for it hold up nobody else, and it is not waited for again and again."""
    league, relay = relayed
    assert recovers(league)
    relay.swallow()
    with ThreadPoolExecutor(30) as people:
        asked = [people.submit(league.get, PRIVATE, "alice") for _ in range(20)]
        time.sleep(0.2)
        assert took_s(lambda: [league.get(PUBLIC) for _ in range(10)]) < 10 * LIMITS["timeout_s"] / 2
        statuses = [each.result().status_code for each in asked]
    assert set(statuses) <= {502, 504}
    assert 504 in statuses
    assert best_s(lambda: took_s(lambda: league.get(PRIVATE, "alice")), 2) < 2
    relay.open()
    assert recovers(league)


def test_a_client_that_leaves_stops_its_question(relayed: tuple[League, Relay], serve: Callable[..., League]) -> None:
    """The database does not work for nobody."""
    league = serve("postgres", live={"timeout_s": 30.0})
    with psycopg.connect(league.database) as connection:
        connection.execute("ALTER TABLE scores RENAME TO kept")
        connection.execute("CREATE VIEW scores AS SELECT kept.id, points, trick FROM kept, pg_sleep(20) AS slow")
        connection.commit()
        running = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%scores%' AND pid <> pg_backend_pid()"

        def count() -> object:
            found = connection.execute(running).fetchone()
            connection.rollback()
            return found

        place = league.url.removeprefix("http://").partition(":")
        with socket.create_connection((place[0], int(place[2])), timeout=5) as client:
            client.sendall(b"GET /v2/scores/1 HTTP/1.1\r\nHost: x\r\n\r\n")
            assert _in_time(lambda: count() == (1,))
        assert _in_time(lambda: count() == (0,))
    assert league.get(PRIVATE, "alice").status_code == 200


def _in_time(true: Callable[[], bool], timeout_s: float = 15.0) -> bool:
    ends_at = time.monotonic() + timeout_s
    while not true() and time.monotonic() < ends_at:
        time.sleep(0.05)
    return true()


def test_a_file_that_is_away_is_502_until_it_is_back(serve: Callable[..., League]) -> None:
    """SQLite: moved aside, replaced by another, damaged."""
    league = serve("sqlite", live=LIMITS)
    file = Path(league.database.removeprefix("sqlite:///"))
    aside = file.with_suffix(".aside")
    file.rename(aside)
    assert league.get(PRIVATE, "alice").status_code == 502
    assert league.get(PUBLIC).status_code == 200
    file.write_bytes(b"no database at all" * 100)
    time.sleep(0.3)
    assert league.get(PRIVATE, "alice").status_code == 502
    aside.rename(file)
    assert recovers(league)


def test_a_server_starts_while_its_live_source_is_away(relayed: tuple[League, Relay], tmp_path: Path) -> None:
    """What was published before is served; what is live says what is the matter."""
    league, relay = relayed
    relay.open()
    first = start(tmp_path, league.database, live=LIMITS)
    end(first.process)
    relay.cut()
    again = start(tmp_path, league.database, live=LIMITS)
    try:
        assert again.get(PUBLIC).status_code == 200
        assert again.get(PRIVATE, "alice").status_code == 502
        relay.open()
        assert recovers(again)
    finally:
        end(again.process)


def test_more_records_than_one_answer_holds_are_asked_for_by_pages(serve: Callable[..., League]) -> None:
    """Nothing is left out in silence: neither ids nor records."""
    league = serve("sqlite", live={"rows_max": 60})
    assert len(league.get("/v2/account/letters", "alice").json()) == 60
    for path in ("/v2/account/letters", "/v2/account/letters?ids=all"):
        assert league.text(path, "bob") == (400, "more than 60 records in one answer. Ask for pages.")
    assert league.get("/v2/account/letters?page=2", "bob").headers["x-result-total"] == "120"


def test_rows_that_only_we_can_compare_are_bounded(serve: Callable[..., League]) -> None:
    """Of one's own rows, as the database picks those; the log says what to do."""
    league = serve("sqlite", live={"scan_max": 100})
    assert league.get("/v2/account/letters?tags=new", "alice").status_code == 200
    assert league.get("/v2/account/letters?tags=new", "bob").status_code == 502
    assert "live.scan_max" in league.logged

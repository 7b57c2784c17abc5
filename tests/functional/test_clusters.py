"""One catalog for several clusters: the host asked chooses the data, in answers, tags, editions and rollbacks."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ..conftest import Server, start

CATALOG = """
from typing import Annotated
from dragoman import Catalog, Filter, Key, Record, Table

catalog = Catalog("armory", database={"eu": "sqlite:///eu.db", "na": "sqlite:///na.db"})


@catalog.resource("players", Table("players"))
class Player(Record):
    id: Annotated[int, Key()]
    name: Annotated[str, Filter()]
"""
SETTINGS = '[clusters.eu]\nhosts = ["eu.example", "Europe.Example"]\n[clusters.na]\nhosts = ["na.example"]\n'


def write(folder: Path, cluster: str, *names: str) -> None:
    """The players of a cluster, as they are now."""
    base = sqlite3.connect(folder / f"{cluster}.db")
    base.executescript("DROP TABLE IF EXISTS players; CREATE TABLE players (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
    base.executemany("INSERT INTO players (name) VALUES (?)", [(name,) for name in names])
    base.commit()
    base.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Alice and Bob in Europe, Charlie in America."""
    folder = tmp_path_factory.mktemp("clusters")
    write(folder, "eu", "Alice", "Bob")
    write(folder, "na", "Charlie")
    (folder / "catalog.py").write_text(CATALOG)
    (folder / "dragoman.toml").write_text(SETTINGS)
    server = start(folder, "catalog.py")
    yield server
    server.stop()
    assert server.process.stdout is not None
    server.process.stdout.close()


def ask(server: Server, path: str, host: str, **headers: str) -> httpx.Response:
    """Ask a host that this server answers for."""
    return server.get(path, headers={"Host": host, **headers})


def names(server: Server, host: str) -> list[str]:
    """The players there."""
    return [player["name"] for player in ask(server, "/v2/players?ids=all", host).json()]


def eventually(server: Server, host: str, expected: list[str]) -> None:
    """Wait until a host serves the expected players."""
    until = time.monotonic() + 10
    while names(server, host) != expected and time.monotonic() < until:
        time.sleep(0.05)
    assert names(server, host) == expected


@pytest.mark.parametrize(("host", "expected"), [
    ("eu.example", ["Alice", "Bob"]), ("EU.EXAMPLE", ["Alice", "Bob"]), ("eu.example:8443", ["Alice", "Bob"]),
    ("eu.example.", ["Alice", "Bob"]), ("europe.example", ["Alice", "Bob"]), ("na.example", ["Charlie"]),
])
def test_the_host_chooses_the_cluster(server: Server, host: str, expected: list[str]) -> None:
    """In any case, with any port."""
    assert names(server, host) == expected


@pytest.mark.parametrize("host", ["example", "127.0.0.1", "eu.example.org", "xn--eu-example"])
def test_a_host_of_no_cluster_serves_nothing(server: Server, host: str) -> None:
    """And says so, in the form of the dialect."""
    answer = ask(server, "/v2/players/1", host)
    assert answer.status_code == 404
    assert answer.json() == {"text": "this host serves no data. Use one of the documented hosts."}


def test_nothing_of_one_cluster_answers_for_another(server: Server) -> None:
    """Records, filters, totals, tags."""
    assert ask(server, "/v2/players/2", "na.example").status_code == 404
    assert ask(server, "/v2/players?name=alice", "eu.example").json() == [1]
    assert ask(server, "/v2/players?name=alice", "na.example").json() == []
    assert ask(server, "/v2/players", "na.example").headers["x-result-total"] == "1"
    for path in ("/v2/players/1", "/v2/players?ids=all"):
        tag = ask(server, path, "eu.example").headers["etag"]
        assert ask(server, path, "eu.example", **{"If-None-Match": tag}).status_code == 304
        assert ask(server, path, "na.example", **{"If-None-Match": tag}).status_code == 200


def test_headers_and_parameters_of_strangers_choose_no_cluster(server: Server) -> None:
    """Neither as a proxy would say it nor as a parameter."""
    for headers in ({"X-Forwarded-Host": "na.example"}, {"Forwarded": "host=na.example"}, {"X_Forwarded_Host": "na.example"}):
        assert len(ask(server, "/v2/players?cluster=na", "eu.example", **headers).json()) == 2


def test_editions_are_of_a_cluster_and_go_back_alone(server: Server) -> None:
    """What is rolled back in Europe stays in America."""
    write(server.folder, "eu", "Alice", "Bob", "Dora")
    write(server.folder, "na", "Charlie", "Emil")
    assert server.run("publish").returncode == 0
    eventually(server, "eu.example", ["Alice", "Bob", "Dora"])
    eventually(server, "na.example", ["Charlie", "Emil"])
    assert server.run("rollback", "--cluster", "eu").returncode == 0
    eventually(server, "eu.example", ["Alice", "Bob"])
    assert names(server, "na.example") == ["Charlie", "Emil"]
    listed: list[dict[str, Any]] = json.loads(server.run("editions", "--json").stdout)["editions"]
    assert [(each["cluster"], each["current"]) for each in listed] == [
        ("eu", False), ("eu", True), ("na", True), ("na", False)]

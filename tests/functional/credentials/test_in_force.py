"""What is changed in one place is in force on every server within a second, on SQLite and on PostgreSQL."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psycopg
import pytest

from ...conftest import Server, end, make_database
from ...timing import best_s, settle_s

CATALOG = """
from typing import Annotated
from dragoman import Catalog, Key, Record, Rows

catalog = Catalog("shop", permissions={"account": "Your account"})

@catalog.resource("toys", Rows(lambda: [{"id": 1}]))
class Toy(Record):
    '''A toy.'''
    id: Annotated[int, Key()]

@catalog.method("toys/greeting")
def greet() -> str:
    '''Say hello.'''
    return "hello"
"""
WITHIN_S = 1.0
SECRET_KEY = "the same on every node of this test"


class Nodes:
    """Two servers on one database of accounts, and the commands beside the first."""

    def __init__(self, servers: list[Server], environment: dict[str, str]) -> None:
        self.servers, self.environment = servers, environment

    def run(self, *arguments: str) -> dict[str, Any]:
        """One command, to its end; what it told."""
        return self.servers[0].prepare(*arguments)

    def key_of(self, account: str) -> tuple[str, str]:
        """A new key of a new account: its id and its secret, known everywhere."""
        self.run("account", "add", account)
        key = self.run("key", "add", "--account", account, "--kind", "gw2")
        self.wait_for(key["secret"], 200)
        return key["id"], key["secret"]

    def used_at(self, key: str) -> float | None:
        """When a key was used last, as the database of accounts knows; None for never."""
        query = "SELECT used_at FROM credentials_use WHERE ref = "
        url = self.environment.get("DRAGOMAN_DATABASE_URL")
        if url:
            with psycopg.connect(url) as base:
                row = base.execute(f"{query}%s".encode(), (key,)).fetchone()
        else:
            with contextlib.closing(sqlite3.connect(self.servers[0].folder / "data" / "control.db")) as file:
                row = file.execute(f"{query}?", (key,)).fetchone()
        return row[0] if row else None

    def ask(self, server: Server, secret: str) -> httpx.Response:
        """What a key tells of itself."""
        return server.get("/v2/tokeninfo", headers={"Authorization": f"Bearer {secret}"})

    def wait_for(self, secret: str, status: int) -> float:
        """For how many seconds any server still answers a key otherwise; all must agree in the end."""
        return settle_s(lambda: all(self.ask(server, secret).status_code == status for server in self.servers))

    def wait_until(self, path: str, status: int) -> float:
        """For how many seconds any server still answers a path otherwise, for nobody in particular."""
        return settle_s(lambda: all(server.get(path).status_code == status for server in self.servers))


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def nodes(request: pytest.FixtureRequest, serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """On SQLite they share the data directory, on PostgreSQL nothing but the database and the secret key."""
    common = {"DRAGOMAN_SECRET_KEY": SECRET_KEY}
    if request.param == "sqlite":
        folder = tmp_path_factory.mktemp("shared")
        yield Nodes([serve(catalog=CATALOG, folder=folder, **common) for _ in range(2)], common)
        return
    with make_database(request.getfixturevalue("postgres"), request.getfixturevalue("template")) as url:
        environment = {**common, "DRAGOMAN_DATABASE_URL": url}
        servers = [serve(catalog=CATALOG, **environment) for _ in range(2)]
        yield Nodes(servers, environment)
        end(*(process for server in servers for process in server.processes))


@pytest.mark.parametrize(("name", "command"), [
    ("alice", ("key", "revoke", "{id}")), ("bob", ("account", "ban", "{name}")),
], ids=["revoked", "banned"])
def test_a_change_is_in_force_on_every_server_within_a_second(nodes: Nodes, name: str, command: tuple[str, ...]) -> None:
    """Counted from when the command has ended."""
    numbers = itertools.count(1)

    def in_force_s() -> float:
        one = f"{name}-{next(numbers)}"
        id, secret = nodes.key_of(one)
        nodes.run(*(part.format(id=id, name=one) for part in command))
        return nodes.wait_for(secret, 403)

    within_s = best_s(in_force_s, WITHIN_S)
    print(f"in force after {within_s:.3f} s")           # `pytest -s` shows it
    assert within_s < WITHIN_S


def test_what_is_given_back_is_in_force_as_soon(nodes: Nodes) -> None:
    """A ban may be a mistake."""
    _, secret = nodes.key_of("carol")
    nodes.run("account", "ban", "carol")
    nodes.wait_for(secret, 403)
    nodes.run("account", "unban", "carol")
    assert nodes.wait_for(secret, 200) < WITHIN_S


def test_a_new_key_is_known_everywhere_within_a_second(nodes: Nodes) -> None:
    """It can be used at once."""
    nodes.run("account", "add", "dave")
    secret = nodes.run("key", "add", "--account", "dave", "--kind", "gw2", "--permission", "account")["secret"]
    assert nodes.wait_for(secret, 200) < WITHIN_S


def test_when_a_key_was_used_is_known(nodes: Nodes) -> None:
    """Within a few seconds, whichever server was asked."""
    id, secret = nodes.key_of("erin")
    begun = time.time()
    assert nodes.ask(nodes.servers[1], secret).status_code == 200
    deadline = time.monotonic() + 15
    while (used_at := nodes.used_at(id)) is None or used_at < begun:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert used_at - begun < 30


def test_a_server_with_another_secret_key_does_not_start(nodes: Nodes) -> None:
    """A stolen database is worth nothing without its own; and a node that was given another one refuses no good key."""
    _, secret = nodes.key_of("frank")
    refused = nodes.servers[0].run("serve", "catalog.py", "--port", "0", DRAGOMAN_SECRET_KEY="x" * 32)
    assert refused.returncode == 1
    assert "The secret key is another one" in refused.stderr
    assert nodes.ask(nodes.servers[0], secret).status_code == 200


# -------------------------------------------------------------------------------------------- switched off and on


@pytest.mark.covers("L20", "G13")
@pytest.mark.parametrize(("name", "path"), [("toys", "/v2/toys?ids=all"), ("shop:toys/greeting", "/v2/toys/greeting")],
                         ids=["resource", "method"])
def test_what_is_disabled_stops_on_every_server_within_a_second_and_comes_back(nodes: Nodes, name: str, path: str) -> None:
    """Without a restart, for everybody, with what clients know; what is beside it goes on."""
    nodes.wait_until(path, 200)
    told = nodes.run("method", "disable", name, "--reason", "mending")
    assert told["disabled"] is True
    assert nodes.wait_until(path, 503) < WITHIN_S
    for server in nodes.servers:
        answer = server.get(path)
        assert answer.json() == {"text": "API not active"}
        assert answer.headers["cache-control"] == "no-store"
        assert _listed(server, path) == (False, True)
        other = "/v2/toys/greeting" if "greeting" not in path else "/v2/toys/1"
        assert server.get(other).status_code == 200
        assert _listed(server, other) == (True, False)
    nodes.run("method", "enable", name)
    assert nodes.wait_until(path, 200) < WITHIN_S
    assert all(_listed(server, path) == (True, False) for server in nodes.servers)


def _listed(server: Server, path: str) -> tuple[bool, bool]:
    """Whether the list for programs calls an endpoint active, and that for people calls it disabled."""
    address = path.partition("?")[0].removesuffix("/1")
    (route,) = [each for each in server.get("/v2.json").json()["routes"] if each["path"] == address]
    line = next(line for line in server.get("/v2").text.splitlines() if line.split(" ")[0] == address)
    return route["active"], line.endswith("[d]")


def test_what_is_disabled_stays_so_for_a_server_that_starts(nodes: Nodes, serve: Callable[..., Server]) -> None:
    """Its first answer is a refusal already."""
    nodes.run("method", "disable", "toys/greeting")
    try:
        started = serve(catalog=CATALOG, folder=nodes.servers[0].folder, **nodes.environment)
        assert started.get("/v2/toys/greeting").status_code == 503
    finally:
        nodes.run("method", "enable", "toys/greeting")


@pytest.mark.parametrize(("arguments", "told"), [
    (("disable", "nothing"), "There is no resource or method"), (("disable", "other:toys"), "There is no resource or method"),
    (("enable", "toys"), "not switched off"), (("disable", "toys", "--reason", "x" * 1_001), "at most 1000"),
])
def test_a_name_that_is_none_is_told(nodes: Nodes, arguments: tuple[str, ...], told: str) -> None:
    """And nothing changes."""
    status, _, errors = nodes.servers[0].command("method", *arguments)
    assert status == 1
    assert told in errors
    assert nodes.servers[0].get("/v2/toys").status_code == 200


def test_limits_of_an_application_are_set_by_command(nodes: Nodes) -> None:
    """What is not named stays; what is no limit is refused."""
    nodes.run("account", "add", "gina")
    id = nodes.run("application", "add", "Rocket", "--owner", "gina", "--type", "server")["application_id"]
    assert nodes.run("application", "limit", id, "--rate", "50/s", "--quota", "1000000/d")["rate"] == "50/s"
    assert nodes.run("application", "limit", id, "--rate", "") == {"application_id": id, "rate": "", "quota": "1000000/d"}
    _, _, errors = nodes.servers[0].command("application", "limit", id, "--rate", "fast")
    assert "is no limit" in errors

"""wargaming 2021.10.0 from PyPI, unchanged, against a catalog of ours with the paths that it asks for."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ..conftest import Server, end
from ..functional.room.visitor import Room

HERE = Path(__file__).parent / "lesta"
LOCKS = ("needs.txt", "client.txt")
BACK = "https://app.example.org/back"
TRIES = 10
"""How often the client asks where a source is not available."""
CATALOG = '''
"""A game, told with the names that the client knows."""
import itertools
import sqlite3
from pathlib import Path
from typing import Annotated
from dragoman import Catalog, Extra, Filter, Key, Localized, Needs, Record, Rows, Search, Table

with sqlite3.connect(Path(__file__).with_name("game.db")) as base:
    base.execute("CREATE TABLE IF NOT EXISTS players (account_id INTEGER PRIMARY KEY, nickname TEXT, gold INTEGER, clan TEXT)")
    base.execute("INSERT OR IGNORE INTO players VALUES (1, 'Alice', 111, 'ants'), (2, 'Alina', 222, 'ants'), (3, 'Bob', 333, 'ants')")
base.close()

catalog = Catalog("game", api_name="wot", languages=("en", "ru"), database="sqlite:///game.db",
                  permissions={"account": "Your wallet"})

@catalog.resource("account/info", Table("players", columns={"private": "gold"}), owner="account_id", live=True)
class Player(Record):
    account_id: Annotated[int, Key()]
    nickname: Annotated[str, Search(at_least=3)]
    private: Annotated[int | None, Needs("account")] = None
    clan: Annotated[str, Extra()]

catalog.search("account/list", Player, by="nickname", fields=("account_id", "nickname"))

@catalog.resource("encyclopedia/vehicles", Rows(lambda: [
    {"tank_id": 1, "name": {"en": "Ant", "ru": "Муравей"}, "tier": 1},
    {"tank_id": 2, "name": {"en": "Bee", "ru": "Пчела"}, "tier": 2},
]))
class Vehicle(Record):
    tank_id: Annotated[int, Key()]
    name: Localized
    tier: Annotated[int, Filter()]

def fail():
    raise OSError("no such host")

@catalog.resource("encyclopedia/arenas", Rows(fail), live=True)
class Arena(Record):
    arena_id: Annotated[str, Key()]

asked = itertools.count(1)

def recover():
    if next(asked) < 4:
        raise OSError("not yet")
    return [{"badge_id": "b"}]

@catalog.resource("encyclopedia/badges", Rows(recover), live=True)
class Badge(Record):
    badge_id: Annotated[str, Key()]
'''


def install(*options: str) -> None:
    """Run pip in the client's own environment. Skips these tests by name where that fails."""
    command = [sys.executable, "-m", "pip", "--python", HERE / ".venv/bin/python", "--quiet", "--no-input", "--disable-pip-version-check",
               "install", "--no-compile", "--require-hashes", "--no-deps", *options]
    ran = subprocess.run(command, cwd=HERE, check=False, timeout=240, capture_output=True, text=True)
    if ran.returncode != 0:
        pytest.skip(f"pip could not install wargaming: {ran.stderr[-500:]}")


@pytest.fixture(scope="module")
def python() -> Path:
    """The interpreter beside which the client is installed, once for each lock; it is built from its source, which needs more
    than it says."""
    stamp, locked = HERE / ".venv/locked", "".join((HERE / lock).read_text() for lock in LOCKS)
    if not stamp.is_file() or stamp.read_text() != locked:
        command = [sys.executable, "-m", "venv", "--clear", "--without-pip", HERE / ".venv"]
        ran = subprocess.run(command, check=False, timeout=120, capture_output=True, text=True)
        if ran.returncode != 0:
            pytest.skip(f"wargaming needs an environment of its own: {ran.stdout[-500:]}{ran.stderr[-500:]}")
        install("-r", "needs.txt")
        install("--no-build-isolation", "-r", "client.txt")
        stamp.write_text(locked)
    return HERE / ".venv/bin/python"


@dataclass
class Client:
    """The client in a process of its own, for one application."""

    server: Server
    process: subprocess.Popen[str]
    id: str

    def ask(self, method: str, **arguments: Any) -> Any:
        """The data of an answer."""
        told = self.told(method, **arguments)
        assert "data" in told, told
        return told["data"]

    def refused(self, method: str, **arguments: Any) -> tuple[int, str]:
        """Code and message of the error that the client raised."""
        error = self.told(method, **arguments)["error"]
        return error["code"], error["message"]

    def told(self, method: str, id: str | None = None, **arguments: Any) -> dict[str, Any]:
        """What the client's user gets."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps({"id": id or self.id, "method": method, "arguments": arguments}), file=self.process.stdin, flush=True)
        told: dict[str, Any] = json.loads(self.process.stdout.readline())
        return told

    def tries(self, method: str) -> int:
        """How often the server was asked for a method."""
        return sum(f"/wot/{method}/" in line for line in self.server.log.read_text().splitlines())


@pytest.fixture(scope="module")
def client(serve: Callable[..., Server], python: Path) -> Iterator[Client]:
    """The client beside a server, with a standalone application."""
    server = serve(catalog=CATALOG, DRAGOMAN_ACCESS_LOG="true", DRAGOMAN_LIVE__RETRY_S="0")
    server.prepare("account", "add", "owner")
    made = server.prepare("application", "add", "Stats", "--owner", "owner", "--type", "standalone", "--redirect", BACK)
    process = subprocess.Popen([python, "ask.py", server.url], cwd=HERE, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    client = Client(server, process, made["application_id"])
    ends = time.monotonic() + 10
    while "INVALID_APPLICATION_ID" in str(client.told("encyclopedia/vehicles")):
        assert time.monotonic() < ends
    yield client
    end(process)


def test_lists_and_records_by_key(client: Client) -> None:
    """A list is an array, records an object by key, and an id that does not exist is there with nothing."""
    assert client.ask("account/list", search="ali") == [
        {"account_id": 1, "nickname": "Alice"}, {"account_id": 2, "nickname": "Alina"}]
    assert client.ask("account/list", search="Bob,Alice", type="exact") == [
        {"account_id": 1, "nickname": "Alice"}, {"account_id": 3, "nickname": "Bob"}]
    found = {"1": {"account_id": 1, "nickname": "Alice", "private": None}, "99": None}
    assert client.ask("account/info", account_id=[1, 99]) == found


@pytest.mark.covers("L10")
def test_post_is_the_same(client: Client) -> None:
    """With the parameters in a form."""
    assert client.ask("account/info", http_method="POST", account_id=[1, 99]) == client.ask("account/info", account_id=[1, 99])


@pytest.mark.covers("L13", "L14")
def test_fields_and_extra_fields(client: Client) -> None:
    """Chosen, left out, and those that are shown to who asks; in the client's language."""
    assert client.ask("encyclopedia/vehicles", tank_id=[2]) == {"2": {"tank_id": 2, "name": "Пчела", "tier": 2}}
    assert client.ask("encyclopedia/vehicles", fields=["-tier", "-tank_id"], language="en") == {"1": {"name": "Ant"}, "2": {"name": "Bee"}}
    assert client.ask("encyclopedia/vehicles", tier=2, fields="name") == {"2": {"name": "Пчела"}}
    assert client.ask("account/info", account_id=[3], fields=["-private"]) == {"3": {"account_id": 3, "nickname": "Bob"}}
    shown = client.ask("account/info", account_id=[3], fields=["nickname", "clan"], extra="clan")
    assert shown == {"3": {"nickname": "Bob", "clan": "ants"}}


@pytest.mark.covers("L3")
def test_a_bad_application_is_told_with_all_that_the_client_shows(client: Client) -> None:
    """Code, message, field and value."""
    assert client.told("account/info", id="demo", account_id=[1])["error"] == {
        "code": 407, "message": "INVALID_APPLICATION_ID", "field": "application_id", "value": "demo"}


@pytest.mark.covers("L11")
def test_a_token_from_sign_in_to_sign_out(client: Client) -> None:
    """`login` with `nofollow` says where to go; the token shows what is private, is exchanged, and ends."""
    location = client.ask("auth/login", redirect_uri=BACK, expires_at=86_400, display="popup", nofollow=1)["location"]
    room = Room(client.server)
    with room.signed_in(room.person("alice", "--subject", "1")) as alice:
        came = alice.send(alice.get(location), button=("answer", "allow"), follow_redirects=False).response.headers["location"]
    told = {name: values[0] for name, values in parse_qs(urlsplit(came).query).items()}
    assert (told["status"], told["account_id"]) == ("ok", "1")
    ends = time.monotonic() + 10
    while "error" in client.told("account/info", account_id=[1], access_token=told["access_token"]):
        assert time.monotonic() < ends          # it comes into force within a second
    shown = client.ask("account/info", account_id=[1, 2], access_token=told["access_token"], fields=["private"])
    assert shown == {"1": {"private": 111}, "2": {"private": None}}
    renewed = client.ask("auth/prolongate", access_token=told["access_token"], expires_at=int(time.time()) + 1_209_600)
    assert (renewed["account_id"], renewed["access_token"] != told["access_token"]) == (1, True)
    assert client.ask("account/info", account_id=[1], access_token=renewed["access_token"], fields="private") == {"1": {"private": 111}}
    assert client.ask("auth/logout", access_token=renewed["access_token"]) == {}
    ends = time.monotonic() + 10
    while client.told("account/info", account_id=[1], access_token=renewed["access_token"]).get("data"):
        assert time.monotonic() < ends
    for method in ("auth/prolongate", "auth/logout"):
        assert client.refused(method, access_token=renewed["access_token"]) == (407, "INVALID_ACCESS_TOKEN")


def test_a_sign_in_that_cannot_be_is_refused_as_the_client_knows(client: Client) -> None:
    """An address that was not registered, and a time that cannot be."""
    assert client.refused("auth/login", redirect_uri="https://evil.example/", nofollow=1) == (407, "INVALID_REDIRECT_URI")
    assert client.refused("auth/login", redirect_uri=BACK, expires_at=1_209_601, nofollow=1) == (407, "INVALID_EXPIRES_AT")


def test_the_client_asks_again_where_a_source_is_not_available(client: Client) -> None:
    """Ten times, before it says so; and it has what it asked for as soon as the source is there."""
    assert client.refused("encyclopedia/arenas") == (504, "SOURCE_NOT_AVAILABLE")
    assert client.ask("encyclopedia/badges") == {"b": {"badge_id": "b"}}
    ends = time.monotonic() + 10
    while (client.tries("encyclopedia/arenas"), client.tries("encyclopedia/badges")) != (TRIES, 4):     # the log comes a moment later
        assert time.monotonic() < ends, client.tries("encyclopedia/arenas")
        time.sleep(0.05)

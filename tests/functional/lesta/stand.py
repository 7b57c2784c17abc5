"""A server of the game, with applications of every kind, as tests of the lesta dialect share it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from ...conftest import Server, end, start
from ..room.grants.application import BACK, App
from ..room.visitor import PASSWORD, Room

TANKS, BASE = "encyclopedia/tanks", "/wot-1.0"
TABLES = {
    "game.db": """CREATE TABLE players (account_id INTEGER PRIMARY KEY, nickname TEXT NOT NULL, gold INTEGER);
        INSERT INTO players VALUES (7, 'Alice', 70), (8, 'Bob', 80), (9, 'Alina', 90)""",
    "far.db": "CREATE TABLE stars (star_id INTEGER PRIMARY KEY, name TEXT NOT NULL); INSERT INTO stars VALUES (1, 'Sol')",
}
PROXY = "127.0.0.2"
"""Whoever asks from there is a trusted proxy; everybody else of this machine is a stranger."""


@dataclass
class Stand:
    """A running server, with the ids of Alice's applications."""

    server: Server
    id: str = ""
    """Of a standalone application, which may ask without limits."""
    tokens: dict[str, str] = field(default_factory=dict)
    client: httpx.Client = field(default_factory=lambda: httpx.Client(limits=httpx.Limits(max_keepalive_connections=0), timeout=30))

    def application(self, *options: str) -> str:
        """A new application of Alice's, known to the data plane: `application("--type", "server", "--address", "192.0.2.1")`."""
        made = self.server.prepare("application", "add", f"App {time.monotonic_ns()}", "--owner", "alice", *options)
        id: str = made["application_id"]
        ends = time.monotonic() + 10
        while self.message("account/mine", id=id) == "INVALID_APPLICATION_ID":      # refused without a token, and so never counted
            assert time.monotonic() < ends
            time.sleep(0.02)
        return id

    def token(self, subject: str) -> str:
        """The access token with which the standalone application acts for the player of this id, who has signed in to it."""
        if subject not in self.tokens:
            name = f"player-{subject}"
            self.server.prepare("account", "add", name, "--email", f"{name}@example.org", "--subject", subject, "--password-stdin",
                                stdin=PASSWORD + "\n")
            room = Room(self.server)
            with room.signed_in(name) as visitor:
                self.tokens[subject] = App(room, self.id, "alice").sign_in(visitor, scope="account")["access_token"]
            ends = time.monotonic() + 10
            while self.message("account/info", f"account_id=7&access_token={self.tokens[subject]}"):
                assert time.monotonic() < ends
                time.sleep(0.02)
        return self.tokens[subject]

    @contextmanager
    def far_away(self) -> Iterator[None]:
        """Take the database of the stars away, and give it back."""
        file = self.server.folder / "far.db"
        file.rename(file.with_suffix(".aside"))
        try:
            yield
        finally:
            file.with_suffix(".aside").rename(file)
            ends = time.monotonic() + 10
            while self.message("far/stars", "star_id=1"):
                assert time.monotonic() < ends
                time.sleep(0.02)

    def ask(self, method: str, query: str = "", *, id: str | None = None, verb: str = "GET", **options: Any) -> httpx.Response:
        """Call a method of the API with an application: `ask("encyclopedia/tanks", "tank_id=1")`."""
        target = f"{BASE}/{method}/?application_id={self.id if id is None else id}" + (f"&{query}" if query else "")
        return self.client.request(verb, self.server.url + target, **options)

    def close(self) -> None:
        """End the server and what belongs to it."""
        self.client.close()
        end(*self.server.processes)

    def data(self, method: str, query: str = "", **options: Any) -> Any:
        """What a method answers."""
        told = self.ask(method, query, **options).json()
        assert told["status"] == "ok", told
        return told["data"]

    def error(self, method: str, query: str = "", **options: Any) -> dict[str, Any]:
        """The error that a method answers."""
        answer = self.ask(method, query, **options)
        assert answer.status_code == 200
        told = answer.json()
        assert list(told) == ["status", "error"], told
        assert told["status"] == "error"
        error: dict[str, Any] = told["error"]
        return error

    def message(self, method: str, query: str = "", **options: Any) -> str:
        """The message of an error; an empty text where there is none."""
        told = self.ask(method, query, **options).json()
        return str(told["error"]["message"]) if told["status"] == "error" else ""


def open_stand(folder: Path) -> Stand:
    """Start a server of the game; standalone applications ask without limits, those of servers twice an hour."""
    for name, script in TABLES.items():
        with sqlite3.connect(folder / name) as base:
            base.executescript(script)
        base.close()
    (folder / "catalog.py").write_text(Path(__file__).with_name("catalog.py").read_text())
    server = start(folder, "catalog.py", DRAGOMAN_HTTP__TRUSTED_PROXIES=PROXY, DRAGOMAN_LIMITS__SERVER="2/h",
                   DRAGOMAN_LIVE__RETRY_S="0.2")
    stand = Stand(server)
    server.prepare("account", "add", "alice", "--email", "alice@example.org", "--password-stdin", stdin=PASSWORD + "\n")
    server.prepare("method", "disable", "armory:tools/off", "--reason", "broken")
    stand.id = stand.application("--type", "standalone", "--redirect", BACK)
    return stand

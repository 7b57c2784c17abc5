"""The league with its keys, served over its tables in SQLite and in PostgreSQL."""

from __future__ import annotations

import json
import os
import select
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from ...conftest import end

ROOT = Path(__file__).parents[3]
CATALOG = Path(__file__).with_name("catalog.py")
START_TIMEOUT_S = 40.0
UNLIMITED = {"address": "", "key": "", "wrong_keys": ""}

ALICE, BOB, CHARLIE = "1", "2", "3"
EVERYTHING = ["account", "cargo", "letters", "plans", "progression"]
TABLES = """
CREATE TABLE ships (id INTEGER PRIMARY KEY, name_en TEXT, name_de TEXT);
INSERT INTO ships VALUES (1, 'Swan', 'Schwan'), (2, 'Heron', 'Reiher');
CREATE TABLE plans (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO plans VALUES (8, 'Crane'), (9, 'secret-plan');
CREATE TABLE players (id INTEGER PRIMARY KEY, nick TEXT, wallet {json}, guild TEXT);
INSERT INTO players VALUES (1, 'Alice', '{{"gold": 111, "rank": 1001}}', 'alice-guild'),
    (2, 'Bob', '{{"gold": 222, "rank": 2002}}', 'bob-guild');
CREATE TABLE scores (id INTEGER PRIMARY KEY, points INTEGER, trick TEXT);
INSERT INTO scores VALUES (1, 10, 'trick-one'), (2, 20, 'trick-two');
CREATE TABLE homes (id TEXT PRIMARY KEY, player INTEGER, rooms INTEGER);
INSERT INTO homes VALUES ('cabin', 1, 2), ('hut', 2, 1), ('tent', 2, 1);
CREATE TABLE letters (id INTEGER PRIMARY KEY, addressee INTEGER, subject TEXT, tags {json});
CREATE TABLE cargo (name TEXT {nocase} PRIMARY KEY, owner TEXT {nocase}, ship INTEGER, weight INTEGER);
INSERT INTO cargo VALUES ('tea', '1', 1, 5), ('silk', '2', 2, 7), ('rum', 'alice', 1, 9), ('Ale', 'ALICE', 2, 4);
"""
LETTERS = [(number, 1 if number % 3 == 0 else 2, f"{'alice' if number % 3 == 0 else 'bob'} {number:03}",
            ["new"] if number % 2 else []) for number in range(1, 181)]
"""Sixty for Alice, a hundred and twenty for Bob."""


def key(name: str, subject: str | None = None, permissions: list[str] | None = None, **more: Any) -> dict[str, Any]:
    """A key that is called after whose it is."""
    facts = {"account": len(name), "subject": subject, "permissions": permissions or [], "key": f"id-of-{name}", **more}
    return {"text": name, "caller": facts}


KEYS = [
    key("alice", ALICE, EVERYTHING), key("bob", BOB, EVERYTHING), key("charlie", CHARLIE, EVERYTHING),
    key("alice-weak", ALICE), key("alice-letters", ALICE, ["letters"]), key("alice-account", ALICE, ["account"]),
    key("bob-progression", BOB, ["progression"]), key("unlinked", None, EVERYTHING), key("named", "alice", EVERYTHING),
    key("odd", "1 OR 1=1", EVERYTHING), key("padded", "01", EVERYTHING), key("huge", "9" * 40, EVERYTHING),
    key("ended", ALICE, EVERYTHING, expires_at=1.0), key("brief", ALICE, EVERYTHING, expires_at=4e9),
    {"text": "disabled", "code": "credential-disabled"}, {"text": "banned", "code": "account-banned"},
]


@dataclass
class League:
    """A running server of the league, and its database."""

    process: subprocess.Popen[str]
    url: str
    database: str
    folder: Path

    def get(self, path: str, key: str | None = None, **headers: str) -> httpx.Response:
        """GET a path with a key, or with none."""
        sent = {"authorization": f"Bearer {key}"} if key is not None else {}
        return httpx.get(self.url + path, headers=sent | headers, timeout=20)

    def text(self, path: str, key: str | None = None) -> tuple[int, str]:
        """The status of a refusal, and what it says."""
        answer = self.get(path, key)
        return answer.status_code, answer.json()["text"]

    @property
    def logged(self) -> str:
        """Everything that the server told."""
        return (self.folder / "log").read_text()


def fill(database: str) -> None:
    """Make the tables of the league in an empty database."""
    if database.startswith("sqlite"):
        script = TABLES.format(json="TEXT", nocase="COLLATE NOCASE")
        base = sqlite3.connect(database.removeprefix("sqlite:///"))
        base.executescript(script)
        base.executemany("INSERT INTO letters VALUES (?, ?, ?, ?)", [(*row[:3], json.dumps(row[3])) for row in LETTERS])
        base.commit()
        base.close()
        return
    with psycopg.connect(database) as connection:
        connection.execute(TABLES.format(json="jsonb", nocase="").encode())
        connection.cursor().executemany("INSERT INTO letters VALUES (%s, %s, %s, %s)",
                                        [(*row[:3], json.dumps(row[3])) for row in LETTERS])


def start(folder: Path, database: str, **settings: Any) -> League:
    """Start the stand over a database, and wait until it answers."""
    told = {"catalog": str(CATALOG), "keys": KEYS,
            "settings": {"port": 0, "data_dir": str(folder / "data"), "limits": UNLIMITED, **settings}}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([sys.executable, "-m", "tests.functional.keys.stand", json.dumps(told)], cwd=ROOT,
                                   env={**os.environ, "LEAGUE": database}, text=True, stdout=subprocess.PIPE, stderr=log)
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], START_TIMEOUT_S)
    line = process.stdout.readline() if ready else ""
    league = League(process, json.loads(line)["url"] if line else "", database, folder)
    if not line:
        end(process)
        pytest.fail(league.logged)
    return league


@pytest.fixture(scope="module")
def empty(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Makes the URL of an empty database of a kind."""
    made: list[str] = []

    def make(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path_factory.mktemp('league') / 'league.db'}"
        postgres: str = request.getfixturevalue("postgres")
        made.append(f"league_{uuid.uuid4().hex}")
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {made[-1]}".encode())
        return postgres.replace("/postgres?", f"/{made[-1]}?")

    yield make
    for name in made:
        with psycopg.connect(request.getfixturevalue("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(scope="module")
def serve(empty: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., League]]:
    """Start a league over a database of a kind; it ends with the module."""
    started: list[League] = []

    def run(kind: str = "sqlite", **settings: Any) -> League:
        database = empty(kind)
        fill(database)
        started.append(start(tmp_path_factory.mktemp("served"), database, **settings))
        return started[-1]

    yield run
    end(*(league.process for league in started))


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def league(request: pytest.FixtureRequest, serve: Callable[..., League]) -> League:
    """The league over each kind of database."""
    return serve(request.param)

"""A database of an earlier version is brought up without losing a row: by the server on SQLite, by the operator on PostgreSQL."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing

import pytest

from .visitor import Room

BACK = """
from django.core.management import call_command
call_command("migrate", "account", "0006", verbosity=0)
call_command("migrate", "mfa", "zero", verbosity=0)
"""
"""Django's own way back, for tables of which a later version has more than an earlier one had; after `ROWS`."""
ROWS = """
import sys
from dragoman.control.configuration import configure
from dragoman.settings import load
configure(load(data_dir=sys.argv[1]))
from django.apps import apps
from django.db import connection
tables = set(connection.introspection.table_names())
print({model._meta.db_table: sorted(map(str, model.objects.values_list())) for model in apps.get_models()
       if model._meta.db_table in tables and model._meta.app_label in ("account", "accounts", "applications", "keys", "ledger")})
"""
TRIES_AGAIN_WITHIN_S = 15.0


def _run(room: Room, code: str) -> str:
    environment = {**os.environ, **room.server.environment}
    done = subprocess.run([sys.executable, "-c", code, "data"], cwd=room.server.folder, env=environment, text=True,
                          capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def old(open_room: Callable[..., Room]) -> tuple[Room, str, str]:
    """A stopped server whose database is of an earlier version; the name of somebody in it, and all rows."""
    room = open_room()
    name = room.person("alice", "--subject", f"subject-{time.monotonic_ns()}")
    room.run("application", "add", "Charts", "--owner", name, "--type", "standalone")
    room.run("key", "add", "--account", name, "--kind", "gw2")
    room.server.stop()
    rows = _run(room, ROWS + BACK)
    assert name in rows
    assert "Charts" in rows
    return room, name, rows


def test_the_operator_brings_it_up_and_no_row_is_lost(old: tuple[Room, str, str], database_url: str) -> None:
    """What was applied is told; a copy of the file before is kept; a second time there is nothing to do."""
    room, name, rows = old
    applied = room.run("migrate")["applied"]
    assert next(each for each in applied if each.startswith("mfa.")) == "mfa.0001_initial"
    assert any(each.startswith("account.0007") for each in applied)
    assert _run(room, ROWS) == rows
    assert room.run("migrate") == {"applied": []}
    assert room.server.run("migrate").stdout == "Nothing to do.\n"
    if not database_url:
        before = room.server.folder / "data" / "control.db.before"
        assert before.stat().st_mode & 0o777 == 0o600
        with closing(sqlite3.connect(before)) as copy:
            assert copy.execute("SELECT count(*) FROM accounts_account WHERE username = ?", [name]).fetchone() == (1,)
            assert copy.execute("SELECT count(*) FROM sqlite_master WHERE name = 'mfa_authenticator'").fetchone() == (0,)


def test_a_server_brings_its_own_file_up_and_leaves_a_shared_database_to_the_operator(
    old: tuple[Room, str, str], open_room: Callable[..., Room], database_url: str,
) -> None:
    """Other nodes may still need it as it is; until then the API answers, and the Room comes without a restart."""
    room, name, rows = old
    again = open_room(folder=room.server.folder)
    if database_url:
        assert again.server.get("/").status_code == 503
        assert again.server.get("/v2/toys").json() == [1]
        assert "run `dragoman migrate`" in again.server.log.read_text()
        assert "run `dragoman migrate`" in again.fail("account", "link", name)
        again.run("migrate")
    end = time.monotonic() + TRIES_AGAIN_WITHIN_S
    while again.server.get("/").status_code != 200 and time.monotonic() < end:
        time.sleep(0.2)
    assert again.server.get("/").status_code == 200
    assert _run(again, ROWS) == rows
    with again.signed_in(name) as visitor:
        assert name in visitor.get("/room/account/").text

"""A database of accounts whose machine is gone without a word holds up nobody for long."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from dragoman.control.configuration import database_of
from dragoman.credentials.facts import TABLE
from dragoman.credentials.ledger import PostgresLedger
from dragoman.errors import SourceUnavailable
from dragoman.settings import Settings
from dragoman.statistics.bases import PostgresBase

NOTICED = {"connect_timeout", "tcp_user_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count"}
LONG_S = 20


@pytest.fixture
def silent() -> Iterator[str]:
    """The URL of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"postgresql://someone@127.0.0.1:{server.getsockname()[1]}/accounts"


def of_ledger(url: str) -> Any:
    return PostgresLedger(url)._connect()


def of_statistics(url: str) -> Any:
    base = PostgresBase(url)
    base.ask("SELECT 1")
    return base._base


def of_room(url: str) -> Any:
    known = database_of(Settings(database_url=url))
    return psycopg.connect(dbname=known["NAME"], user=known["USER"], host=known["HOST"], **known["OPTIONS"])


@pytest.mark.parametrize("open_", [of_ledger, of_statistics, of_room])
def test_every_connection_notices_that_the_other_machine_is_gone(database: str, open_: Callable[[str], Any]) -> None:
    """Within seconds, where the system's own settings take a quarter of an hour, or two hours; and no statement lasts for ever."""
    with open_(database) as connection:
        told = connection.info.get_parameters()
        assert told.keys() >= NOTICED
        assert int(told["tcp_user_timeout"]) <= LONG_S * 1_000
        assert int(told["keepalives_idle"]) + int(told["keepalives_interval"]) * int(told["keepalives_count"]) <= LONG_S
        (limit,) = connection.execute("SELECT setting::int FROM pg_settings WHERE name = 'statement_timeout'").fetchone()
        assert 0 < limit <= 30_000


@pytest.mark.parametrize("ask", [
    lambda url: PostgresLedger(url).read(0), lambda url: PostgresBase(url).ask("SELECT 1"),
], ids=["ledger", "statistics"])
def test_a_server_that_takes_connections_and_says_nothing_is_as_good_as_away(silent: str, ask: Callable[[str], Any]) -> None:
    """Whoever follows it goes on with what is known."""
    began = time.monotonic()
    with pytest.raises(SourceUnavailable):
        ask(silent)
    assert time.monotonic() - began < LONG_S


def test_a_table_that_somebody_holds_holds_up_no_follower(database: str) -> None:
    """The database ends what takes too long, and says so."""
    with psycopg.connect(database) as other:
        other.execute(f"CREATE TABLE {TABLE} (seq bigint, kind text, ref text, body text)".encode())
        other.commit()
        other.execute(f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE".encode())
        began = time.monotonic()
        with pytest.raises(SourceUnavailable, match="timeout"):
            PostgresLedger(database).read(0)
        assert time.monotonic() - began < LONG_S


def test_what_an_operator_says_of_the_connection_counts_for_more(tmp_path: Path) -> None:
    """As parameters of the URL."""
    known = database_of(Settings(data_dir=str(tmp_path), database_url="postgresql://u@h/d?connect_timeout=30&sslmode=require"))
    assert (known["OPTIONS"]["connect_timeout"], known["OPTIONS"]["sslmode"]) == ("30", "require")
    assert urlsplit(f"//{known['HOST']}").hostname == "h"

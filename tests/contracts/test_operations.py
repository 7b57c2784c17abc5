"""The store of operations keeps its contract, in SQLite and in PostgreSQL."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from dragoman.assembly import open_operations
from dragoman.contracts import Operations
from dragoman.operations.jobs import JobQueue
from dragoman.operations.store import OperationStore
from dragoman.settings import Operations as Limits
from dragoman.settings import Settings

from .jobs import JobsContract
from .operations import ALICE, REPORT, OperationsContract

MANY = Limits(living_max=1_000_000)


class TestInSqlite(OperationsContract):
    """Rows of a file in the data directory."""

    @staticmethod
    def make(folder: Path) -> Operations:
        return open_operations(Settings(data_dir=str(folder), operations=MANY))

    def test_nothing_is_made_before_it_is_needed(self, tmp_path):
        """A server that is never asked for an operation leaves no file."""
        self.make(tmp_path)
        assert not list(tmp_path.iterdir())


class TestInPostgres(OperationsContract):
    """Rows of the database of accounts, whose address lies in the folder."""

    @staticmethod
    def make(folder: Path) -> Operations:
        return open_operations(Settings(data_dir=str(folder), database_url=(folder / "url").read_text(), operations=MANY))

    @pytest.fixture(autouse=True)
    def _database(self, database: str, tmp_path: Path) -> None:
        (tmp_path / "url").write_text(database)



class TestJobsInSqlite(JobsContract):
    """The queue in a file."""

    @staticmethod
    def open(folder: Path, limits: Limits) -> OperationStore:
        return open_operations(Settings(data_dir=str(folder), operations=limits))


class TestJobsInPostgres(JobsContract):
    """The queue in PostgreSQL."""

    @staticmethod
    def open(folder: Path, limits: Limits) -> OperationStore:
        return open_operations(Settings(data_dir=str(folder), database_url=(folder / "url").read_text(), operations=limits))

    @pytest.fixture(autouse=True)
    def _database(self, database: str, tmp_path: Path) -> None:
        (tmp_path / "url").write_text(database)


def test_an_older_file_is_brought_over(tmp_path: Path) -> None:
    """Where nothing ran: the ids stay, their owners are told what to do, and new ids do not collide."""
    base = sqlite3.connect(tmp_path / "operations.db")
    base.executescript("""CREATE TABLE operation (
        id INTEGER PRIMARY KEY AUTOINCREMENT, method TEXT NOT NULL, arguments BLOB NOT NULL, owner TEXT NOT NULL,
        idempotency_key TEXT, digest TEXT NOT NULL, state TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0, total INTEGER,
        result BLOB, fault BLOB, created_at REAL NOT NULL, UNIQUE (owner, idempotency_key));
        INSERT INTO operation VALUES
        (7, 'letters:statistics/report', X'7B7D', 'account:1', 'k', 'd', 'queued', 0, NULL, NULL, NULL, 1.5)""")
    base.close()
    store = open_operations(Settings(data_dir=str(tmp_path)))
    seen = store.look(7, ALICE)
    assert seen is not None
    assert (seen.state, seen.method, seen.created_at) == ("failed", "letters:statistics/report", 1.5)
    assert seen.fault is not None
    assert "Start it again" in seen.fault.hint
    assert store.start(REPORT, {"year": 1}, ALICE) == 8
    assert open_operations(Settings(data_dir=str(tmp_path))).look(7, ALICE) == seen


def drop_later(store: OperationStore) -> None:
    """Make the table as it was."""
    for column in ("version", "result_version", "hides"):
        statement = f"ALTER TABLE dragoman_operations DROP COLUMN {column}"
        store.run(lambda transaction, statement=statement: transaction.execute(statement))


def test_a_table_of_an_earlier_release_gets_the_columns_that_it_lacks(tmp_path: Path) -> None:
    """Whatever was accepted before is in no known version of the schema, which is as it is today."""
    store = open_operations(Settings(data_dir=str(tmp_path)))
    id = store.start(REPORT, {"year": 1}, ALICE)
    drop_later(store)
    again = open_operations(Settings(data_dir=str(tmp_path)))
    claim = JobQueue(again).claim("w", ["letters"])
    assert claim is not None
    assert (claim.id, claim.version) == (id, "")
    again.start(REPORT, {"year": 2}, ALICE, version="earliest")
    claim = JobQueue(again).claim("w", ["letters"])
    assert claim is not None
    assert claim.version == "earliest"


def test_a_table_of_an_earlier_release_in_postgres_too(database: str, tmp_path: Path) -> None:
    settings = Settings(data_dir=str(tmp_path), database_url=database)
    store = open_operations(settings)
    store.start(REPORT, {"year": 1}, ALICE)
    drop_later(store)
    claim = JobQueue(open_operations(settings)).claim("w", ["letters"])
    assert claim is not None
    assert claim.version == ""

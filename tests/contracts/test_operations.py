"""The store of operations keeps its contract, in SQLite and in PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from dragoman.assembly import open_operations
from dragoman.contracts import Operations
from dragoman.settings import Operations as Limits
from dragoman.settings import Settings

from .operations import OperationsContract

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


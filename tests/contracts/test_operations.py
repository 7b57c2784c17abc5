"""The stores of operations keep their contract."""

from pathlib import Path

from dragoman.contracts import Operations
from dragoman.operations.store import OperationStore

from .operations import ALICE, REPORT, OperationsContract


class TestOperationStore(OperationsContract):
    """Rows of SQLite in the data directory."""

    @staticmethod
    def make(folder: Path) -> Operations:
        return OperationStore(folder / "data")

    def test_nothing_is_made_before_it_is_needed(self, tmp_path):
        """A server that is never asked for an operation leaves no file."""
        OperationStore(tmp_path / "data")
        assert not (tmp_path / "data").exists()

    def test_the_folder_may_be_missing(self, tmp_path):
        assert OperationStore(tmp_path / "a" / "b").start(REPORT, {"year": 2024}, ALICE) == 1

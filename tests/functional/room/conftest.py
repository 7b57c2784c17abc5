"""The Room of a real server, on an SQLite file and on a real PostgreSQL, and visitors who walk through its pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from ...conftest import Server, end, make_database
from .asking import CATALOG as ASKED
from .cast import Cast, gather
from .post import Office, open_office
from .visitor import Room

CATALOG = """
from typing import Annotated
from dragoman import Catalog, Key, Record, Rows

catalog = Catalog("shop", title="Shop", permissions={"account": "Your account", "inventories": "What you own"})

@catalog.resource("toys", Rows(lambda: [{"id": 1, "name": "Ball"}]))
class Toy(Record):
    '''A toy.'''
    id: Annotated[int, Key()]
    name: str
"""


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where accounts are kept: an empty text for the SQLite file in the data directory, or a PostgreSQL database of one's own."""
    if request.param == "sqlite":
        yield ""
        return
    with make_database(request.getfixturevalue("postgres"), request.getfixturevalue("template")) as url:
        yield url


@pytest.fixture(scope="module")
def open_room(serve: Callable[..., Server], database_url: str) -> Iterator[Callable[..., Room]]:
    """Start servers with a Room: `open_room(DRAGOMAN_WORKERS="2")`; a catalog, a folder of one's own by `catalog=`, `folder=`."""
    opened: list[Server] = []

    def run(*arguments: str, catalog: str = CATALOG, **options: Any) -> Room:
        known = {"DRAGOMAN_DATABASE_URL": database_url, "DRAGOMAN_SECRET_KEY": "k" * 40} if database_url else {}
        opened.append(serve(*arguments, catalog=catalog, **known, **options))
        return Room(opened[-1])

    yield run
    end(*(process for server in opened for process in server.processes))


@pytest.fixture(scope="module")
def room(open_room: Callable[..., Room]) -> Room:
    """One Room for the tests of a module: let each make people of its own by `room.person()`."""
    return open_room()


@pytest.fixture(scope="module")
def cast(open_room: Callable[..., Room]) -> Iterator[Cast]:
    """Alice, Bob and Charlie, signed in, beside a catalog that wants keys."""
    with ExitStack() as stack:
        yield gather(open_room(catalog=ASKED, DRAGOMAN_ROOM__APPLICATIONS_MAX="200"), stack)


@pytest.fixture
def post() -> Iterator[Office]:
    """A mail server that has taken nothing yet."""
    with open_office() as office:
        yield office

"""Old versions that are asked for are compiled at the next publication, and nobody can tell but by the time it takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from ...conftest import Server, end, make_database
from .test_kept import CATALOG, QUESTIONS

VERSIONS = ["earliest", "2020-06-01", "2021-06-01", "2022-03-10", "latest"]
USED = {"DRAGOMAN_PUBLISHING__VERSIONS_CALLS_MIN": "2", "DRAGOMAN_MEMORY__RENDERED_MAX_BYTES": "0"}
"""Nothing is kept in memory: what is quick is compiled."""


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, serve: Callable[..., Server]) -> Iterator[Server]:
    """A server whose statistics lie in files, or in a database."""
    if request.param == "sqlite":
        yield serve(catalog=CATALOG, **USED)
        return
    with make_database(request.getfixturevalue("postgres"), request.getfixturevalue("template")) as url:
        started = serve(catalog=CATALOG, DRAGOMAN_DATABASE_URL=url, DRAGOMAN_SECRET_KEY="k" * 40, **USED)
        yield started
        end(*started.processes)


def asked(server: Server) -> dict[tuple[str, str, str, str], tuple[int, bytes, str | None]]:
    """Every question in every version, as a whole and with some fields, in two languages."""
    with httpx.Client(base_url=server.url, timeout=30) as client:
        found = {}
        for version in VERSIONS:
            for path in QUESTIONS:
                for more in ("", "fields=id"):
                    for language in ("en", "de"):
                        joint = "&" if "?" in path else "?"
                        answer = client.get(f"{path}{joint}{more}", headers={"X-Schema-Version": version, "Accept-Language": language})
                        found[version, path, more, language] = answer.status_code, answer.content, answer.headers.get("x-schema-version")
        return found


def compiled(server: Server) -> dict[str, int]:
    """How many old versions of each resource the newest edition holds."""
    edition = max((server.folder / "data/editions/tyria/default").glob("2*"))
    found: dict[str, int] = {}
    for index in edition.rglob("index.*"):
        place = str(index.parent.relative_to(edition))
        found[place] = found.get(place, 0) + 1
    return found


def publish(server: Server) -> str:
    """Publish anew, and wait until it is served; the log of the publication."""
    before = server.get("/v2/recipes").headers["etag"]
    told = server.run("publish", "catalog.py")
    assert told.returncode == 0, told.stderr
    deadline = time.monotonic() + 20
    while server.get("/v2/recipes").headers["etag"] == before:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return told.stderr


@pytest.mark.covers("G10")
def test_what_is_compiled_is_answered_as_it_was_rendered(server: Server) -> None:
    """Nothing at first, since nobody has asked; then what was asked for; and every answer stays the same."""
    assert compiled(server) == {}
    before = asked(server)
    deadline = time.monotonic() + 30
    while compiled(server) != {"data/recipes": 2, "achievements/categories": 2}:         # when what was asked is counted
        assert time.monotonic() < deadline
        publish(server)
    assert asked(server) == before


def test_statistics_that_cannot_be_read_stop_no_publication(serve: Callable[..., Server]) -> None:
    """It is told, and no old version is compiled."""
    server = serve(catalog=CATALOG, **USED)
    asked(server)
    server.stop()
    for file in (server.folder / "data/statistics").glob("*.db*"):
        file.write_bytes(b"no database" * 1_000)
    told = server.run("publish", "catalog.py")
    assert told.returncode == 0
    assert "statistics-unread" in told.stderr
    assert compiled(server) == {}

"""A catalog whose records look otherwise than in the edition that is served: nobody is answered in a form that is none."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ...conftest import Server, end, start

OLD = """
from pathlib import Path
from typing import Annotated
from dragoman import Catalog, Filter, Key, Record, Renamed, Rows

catalog = Catalog("birds")
GO = Path(__file__).with_name("go")


def read_birds():
    while not GO.exists():
        pass
    yield {"id": 1, "species": "wren"}


@catalog.resource("birds", Rows(read_birds))
class Bird(Record):
    id: Annotated[int, Key()]
    species: Annotated[str, Filter()]


@catalog.resource("places", Rows(lambda: [{"id": "wood"}]))
class Place(Record):
    id: Annotated[str, Key()]
"""
NEW = (OLD.replace('"species":', '"name":').replace("    species:", "    name:")
       + '\ncatalog.change("2026-01-01T00:00:00Z", Bird, "`species` is called `name`.", Renamed("name", before="species"))\n')
THEN, NOW = {"id": 1, "species": "wren"}, {"id": 1, "name": "wren"}


@pytest.fixture
def birds(tmp_path: Path) -> Iterator[Server]:
    """A server with the catalog of then."""
    (tmp_path / "catalog.py").write_text(OLD)
    (tmp_path / "go").touch()
    server = start(tmp_path, "catalog.py")
    yield server
    end(*server.processes)


def told(server: Server, version: str) -> tuple[Any, Any]:
    """A record, and what is found by what it was called then."""
    asked = {"v": version}
    return server.get("/v2/birds/1", params=asked).json(), server.get("/v2/birds", params={"species": "wren", "page": "0", **asked}).json()


def eventually(ask: Callable[[], Any], expected: Any) -> None:
    """Ask until the answer is the expected one."""
    until = time.monotonic() + 30
    while (found := ask()) != expected and time.monotonic() < until:
        time.sleep(0.05)
    assert found == expected


@pytest.mark.covers("G10")
def test_what_a_newer_catalog_publishes_waits_for_its_server(birds: Server) -> None:
    """The server of then goes on with its edition, and says why; the next one is ready at once, and answers everybody in their version."""
    (birds.folder / "catalog.py").write_text(NEW)
    assert birds.run("publish", "catalog.py").returncode == 0
    eventually(lambda: [line["reason"] for line in birds.logged if line["event"] == "edition-refused"],
               ["a catalog made it whose records look otherwise: data/birds"])
    assert told(birds, "earliest") == (THEN, [THEN])
    assert birds.get("/health/ready").status_code == 200
    assert birds.stop() == 0
    (birds.folder / "go").unlink()              # nothing can be published any more: it is there already
    server = start(birds.folder, "catalog.py")
    try:
        assert told(server, "earliest") == (THEN, [THEN])
        assert told(server, "latest") == (NOW, [NOW])
    finally:
        end(*server.processes)


def test_a_server_whose_records_look_otherwise_waits_for_its_own_edition(birds: Server, tmp_path: Path) -> None:
    """Until then it is not ready, and has not what looks otherwise in any version; all the rest is answered."""
    assert birds.stop() == 0
    (tmp_path / "catalog.py").write_text(NEW)
    (tmp_path / "go").unlink()
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "dragoman", "serve", "catalog.py", "--port", str(port), "--data-dir", "data"],
                               cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server = Server(process, f"http://127.0.0.1:{port}", tmp_path, tmp_path / "log")
    try:
        eventually(lambda: alive(server), True)
        for version in ("earliest", "latest"):
            answer = server.get("/v2/birds/1", params={"v": version})
            assert (answer.status_code, answer.json(), answer.headers["retry-after"]) == (503, {"text": "API not active"}, "1")
        assert server.get("/v2/places/wood").json() == {"id": "wood"}
        assert server.get("/health/ready").status_code == 503
        (tmp_path / "go").touch()
        eventually(lambda: server.get("/health/ready").status_code, 200)
        assert told(server, "earliest") == (THEN, [THEN])
        assert told(server, "latest") == (NOW, [NOW])
    finally:
        end(process)


def test_data_that_do_not_fit_the_newer_catalog_end_no_server(birds: Server) -> None:
    """It serves what there is as it should be, until the data are mended."""
    assert birds.stop() == 0
    (birds.folder / "catalog.py").write_text(NEW.replace('"name": "wren"', '"name": 7'))
    server = start(birds.folder, "catalog.py")
    try:
        assert "publication-failed" in [line["event"] for line in server.logged]
        assert server.get("/v2/birds/1").status_code == 503
        assert server.get("/v2/places/wood").json() == {"id": "wood"}
    finally:
        end(*server.processes)


def test_going_back_to_records_that_looked_otherwise_is_told(birds: Server) -> None:
    """The server with the catalog of now goes on; one with the catalog of then serves what it made."""
    assert birds.stop() == 0
    (birds.folder / "catalog.py").write_text(NEW)
    server = start(birds.folder, "catalog.py")
    try:
        back = server.run("rollback")
        assert back.returncode == 0
        assert "Its records of data/birds looked otherwise than today." in back.stderr
        eventually(lambda: "edition-refused" in [line["event"] for line in server.logged], True)
        assert told(server, "latest") == (NOW, [NOW])
        assert told(server, "earliest") == (THEN, [THEN])
    finally:
        end(*server.processes)


def test_what_is_published_without_code_may_look_otherwise_each_time(tmp_path: Path) -> None:
    """Nobody declared what it looks like, so a server that runs follows its data."""
    (tmp_path / "birds.csv").write_text("id,name,rings\n1,wren,3\n2,tit,4\n")
    server = start(tmp_path, "birds.csv")
    try:
        (tmp_path / "birds.csv").write_text("id,name,rings,seen\n1,wren,3,wood\n2,tit,,\n")
        assert server.run("publish", "birds.csv").returncode == 0
        eventually(lambda: server.get("/v2/birds/2").json(), {"id": 2, "name": "tit", "rings": None, "seen": None})
    finally:
        end(*server.processes)


def alive(server: Server) -> bool:
    """Whether it answers at all."""
    try:
        return server.get("/health/live").status_code == 200
    except httpx.TransportError:
        return False


def free_port() -> int:
    """A port that is free now."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])

"""`serve --demo`: everything on its one screen works."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx
import pytest

from .visitor import Room, read

WITHIN_S = 20.0
"""Every process knows a new key within a second; here four of them start on a machine that may be busy."""


@pytest.fixture(scope="module")
def template() -> str:
    """An empty database: these servers begin with nothing."""
    return "template1"


def _ask(url: str, status: int = 200) -> httpx.Response:
    """Ask until the answer has a status, as long as a key may need to be known."""
    end = time.monotonic() + WITHIN_S
    while (answer := httpx.get(url, timeout=30)).status_code != status:
        assert time.monotonic() < end, answer.text
        time.sleep(0.05)
    return answer


def _link(room: Room) -> str:
    return str(room.server.told["operator_link"]).removeprefix(room.url)


def test_a_demo_of_several_workers_begins_with_a_link_and_a_key(open_room: Callable[..., Room]) -> None:
    """Tables are made once, whoever comes first; the next start ends the key before, and the links are good once."""
    room = open_room("--demo", "--workers", "4", fresh=True)
    told = room.server.told
    assert httpx.get(told["room"], timeout=60).status_code == 200
    assert list(told["examples"]) == ["gw2"]
    assert all(httpx.get(url).status_code == 200 for url in told["examples"].values())
    with_key = told["examples_with_key"]
    assert told["demo_key"] in with_key["gw2"]
    assert _ask(with_key["gw2"]).json()["permissions"] == ["account", "inventories"]
    assert told["demo_application_id"] in with_key["lesta"]
    assert _ask(with_key["lesta"]).json()["status"] == "ok"
    assert _ask(with_key["dast"]).json()["success"] is True
    with room.visitor() as visitor:
        assert visitor.fill(_link(room)).path == "/room/applications/"
        assert "operator" in visitor.get("/room/account/").text
    with room.visitor() as visitor:
        assert visitor.get(_link(room)).status == 410
    assert [line for line in room.server.logged if line["event"] == "crashed" or line.get("level") == "error"] == []

    again = open_room("--demo", "--workers", "2", folder=room.server.folder)
    for url in again.server.told["examples_with_key"].values():
        _ask(url)
    for server in (room.server, again.server):
        _ask(f"{server.url}/v2/tokeninfo?access_token={told['demo_key']}", 403)
    with again.visitor() as visitor:
        assert visitor.fill(_link(again)).path == "/room/applications/"


def test_a_name_that_is_taken_is_told_and_the_server_goes_on(open_room: Callable[..., Room]) -> None:
    """Nobody becomes the operator by calling themselves so."""
    room = open_room()
    room.server.run("account", "add", "operator")       # it may be there from the test before: PostgreSQL is one for both
    room.run("account", "ban", "operator")
    again = open_room("--demo", folder=room.server.folder)
    assert "operator_link" not in again.server.told
    assert "dragoman account link NAME" in again.server.log.read_text()
    assert read(httpx.get(again.url, timeout=60)).status == 200

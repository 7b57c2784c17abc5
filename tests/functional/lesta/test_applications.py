"""Applications in the lesta dialect, on a real server: who may call, from where, how often, and in the clear or not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ...conftest import Server
from ...timing import settle_s

CATALOG = """
from typing import Annotated
from dragoman import Catalog, Key, Record, Rows

catalog = Catalog("armory", permissions={"account": "Your account"})

@catalog.resource("encyclopedia/tanks", Rows(lambda: [{"tank_id": 1, "name": "Ant"}, {"tank_id": 2, "name": "Bee"}]))
class Tank(Record):
    '''A tank.'''
    tank_id: Annotated[int, Key()]
    name: str
"""
ADDRESS = "/armory/encyclopedia/tanks/"
ELSEWHERE = "203.0.113.250"
"""Where no server application is used from: it is refused there, and nothing is counted."""


class Game:
    """A server behind a proxy that the test is, with Alice's applications."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.run("account", "add", "alice")

    def run(self, *arguments: str) -> dict[str, Any]:
        return self.server.prepare(*arguments)

    def application(self, type: str, *addresses: str) -> str:
        options = [part for address in addresses for part in ("--address", address)]
        id: str = self.run("application", "add", f"App {time.monotonic_ns()}", "--owner", "alice", "--type", type,
                           *options)["application_id"]
        self.wait_until(lambda: self.error(id, address=ELSEWHERE) != (407, "INVALID_APPLICATION_ID"))
        return id

    def ask(self, id: str, address: str = "192.0.2.7", scheme: str = "https", **more: str) -> httpx.Response:
        return self.server.get(ADDRESS, params={"application_id": id, **more},
                               headers={"X-Forwarded-For": address, "X-Forwarded-Proto": scheme})

    def error(self, id: str, **more: str) -> tuple[int, str] | None:
        """Code and message, or None where it was answered."""
        answer = self.ask(id, **more)
        assert answer.status_code == 200
        told = answer.json()
        return (told["error"]["code"], told["error"]["message"]) if told["status"] == "error" else None

    def wait_until(self, holds: Callable[[], bool], seconds: float = 10) -> float:
        return settle_s(holds, seconds)


@pytest.fixture(scope="module")
def game(serve: Callable[..., Server]) -> Game:
    return Game(serve(catalog=CATALOG, DRAGOMAN_HTTP__TRUSTED_PROXIES="127.0.0.1", DRAGOMAN_LIMITS__STANDALONE="",
                      DRAGOMAN_LIMITS__SERVER="3/s"))


@pytest.mark.covers("L3", "L4")
def test_every_call_names_an_application_of_somebody(game: Game) -> None:
    """There is no shared one; a personal one works at once, whatever its case."""
    assert game.server.get(ADDRESS).json()["error"] == {
        "field": "application_id", "message": "APPLICATION_ID_NOT_SPECIFIED", "code": 402, "value": None}
    for id in ("demo", "0" * 32, "' OR 1=1"):
        assert game.ask(id).json()["error"] == {
            "field": "application_id", "message": "INVALID_APPLICATION_ID", "code": 407, "value": id}
    id = game.application("standalone")
    assert id == id.lower()
    assert game.error(id) is None
    assert game.error(id.upper()) is None


@pytest.mark.covers("L5")
def test_a_server_application_is_called_from_its_addresses_and_a_standalone_one_from_anywhere(game: Game) -> None:
    """Whatever is forged before the trusted proxy."""
    server, standalone = game.application("server", "192.0.2.0/28", "2001:db8::/32"), game.application("standalone")
    for address in ("192.0.2.3", "2001:db8::5", "::ffff:192.0.2.3"):
        assert game.error(server, address=address) is None, address
    for address in ("192.0.2.99", "10.0.0.1", "2001:db9::1", "192.0.2.3, 198.51.100.1", "nonsense"):
        assert game.error(server, address=address) == (407, "INVALID_IP_ADDRESS"), address
        assert game.error(standalone, address=address) is None, address


@pytest.mark.covers("L6")
def test_calls_a_second_are_limited_for_each_application(game: Game) -> None:
    """The refused cost nothing, and other applications do not mind."""
    first, second = (game.application("server", "192.0.2.7") for _ in range(2))
    time.sleep(1.1)
    begun = time.monotonic()
    errors = [game.error(first) for _ in range(9)]
    took_s = time.monotonic() - begun
    assert errors[:3] == [None] * 3
    assert errors.count((407, "REQUEST_LIMIT_EXCEEDED")) == 9 - errors.count(None)
    assert errors.count(None) <= 3 + 3 * took_s + 1
    assert game.error(second) is None


@pytest.mark.covers("L6")
def test_a_standalone_application_is_limited_as_well_and_so_is_each_address_through_it(serve: Callable[..., Server]) -> None:
    """Its whole rate from everywhere together; one address no more than its own part of that."""
    server = serve(catalog=CATALOG, DRAGOMAN_HTTP__TRUSTED_PROXIES="127.0.0.1", DRAGOMAN_LIMITS__STANDALONE="5/h",
                   DRAGOMAN_LIMITS__CLIENT="3/h")
    game = Game(server)
    id, limited = game.application("standalone"), (407, "REQUEST_LIMIT_EXCEEDED")     # one call from elsewhere has gone into it
    assert [game.error(id, address="192.0.2.8") for _ in range(4)] == [None] * 3 + [limited]
    assert [game.error(id, address="192.0.2.9") for _ in range(2)] == [None, limited]


@pytest.mark.covers("L7")
def test_a_blocked_application_is_told_so_within_a_second(game: Game) -> None:
    """And works again when it is unblocked."""
    id = game.application("standalone")
    game.run("application", "block", id, "--reason", "spam")
    assert game.wait_until(lambda: game.error(id) == (407, "APPLICATION_IS_BLOCKED")) < 1
    game.run("application", "unblock", id)
    assert game.wait_until(lambda: game.error(id) is None) < 1


@pytest.mark.covers("L12")
def test_a_token_in_the_clear_is_refused_before_it_is_looked_at(game: Game) -> None:
    """Behind a trusted proxy its word counts; from this machine, with no proxy, it may go without."""
    id = game.application("standalone")
    assert game.error(id, scheme="http", access_token="00") == (403, "HTTPS_REQUIRED")
    assert game.error(id, scheme="https", access_token="00") == (407, "INVALID_ACCESS_TOKEN")
    assert game.error(id, scheme="http") is None
    direct = game.server.get(ADDRESS, params={"application_id": id, "access_token": "00"})
    assert direct.json()["error"]["message"] == "INVALID_ACCESS_TOKEN"
    assert direct.json()["error"]["value"] is None


@pytest.mark.covers("L16")
def test_who_has_an_answer_is_told_so_without_a_body(game: Game) -> None:
    """For as long as the application may ask."""
    id = game.application("standalone")
    first = game.ask(id, fields="name")
    again = game.server.get(ADDRESS, params={"application_id": id, "fields": "name"},
                            headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = game.server.get(ADDRESS, params={"application_id": id, "fields": "tank_id"},
                            headers={"If-None-Match": first.headers["etag"]})
    assert other.status_code == 200
    refused = game.server.get(ADDRESS, params={"application_id": "demo"}, headers={"If-None-Match": "*"})
    assert refused.status_code == 200
    assert "etag" not in refused.headers


@pytest.mark.covers("L10", "L13", "L15")
def test_the_two_dialects_tell_the_same_facts(game: Game) -> None:
    """One question, asked in either."""
    id = game.application("standalone")
    ours = game.ask(id, tank_id="1,2").json()["data"]
    theirs = game.server.get("/v2/encyclopedia/tanks?ids=1,2").json()
    assert list(ours.values()) == theirs
    posted = game.server.ask("POST", ADDRESS, data={"application_id": id, "tank_id": "1,2"}).json()["data"]
    assert posted == ours
    assert game.ask(id, tank_id="1", fields="name").json()["data"] == {"1": {"name": theirs[0]["name"]}}

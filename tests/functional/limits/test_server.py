"""Limits of a real server: what is admitted, what is told, and that a refused call costs nothing."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx
import pytest

from ...conftest import Server
from .conftest import RedisServer

CATALOG = """
from typing import Annotated
from dragoman import Catalog, Key, Record, Rows

catalog = Catalog("shop", permissions={"account": "Your account"})

@catalog.resource("toys", Rows(lambda: [{"id": 1}]))
class Toy(Record):
    '''A toy.'''
    id: Annotated[int, Key()]
"""
SLOW = "0.01/s burst 5"


@pytest.fixture(scope="module")
def limited(serve: Callable[..., Server]) -> Server:
    """A server that admits five calls and then one every hundred seconds."""
    return serve(catalog=CATALOG, DRAGOMAN_LIMITS__ADDRESS=SLOW, DRAGOMAN_LIMITS__KEY=SLOW, DRAGOMAN_LIMITS__WRONG_KEYS=SLOW,
                 DRAGOMAN_HTTP__TRUSTED_PROXIES="127.0.0.1")


def ask(server: Server, address: str, path: str = "/v2/toys/1", **headers: str) -> httpx.Response:
    """Ask as a client of some address, through the trusted proxy that the test is."""
    return server.get(path, headers={"X-Forwarded-For": address, **headers})


def test_one_address_is_admitted_its_burst_and_told_how_it_stands(limited: Server) -> None:
    """N at once; then it is told when to come back, in the dialect's words."""
    answers = [ask(limited, "192.0.2.1") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    assert answers[0].headers["ratelimit-policy"] == '"address";q=5;w=500'
    assert [answer.headers["ratelimit"].split(";")[1] for answer in answers] == ["r=4", "r=3", "r=2", "r=1", "r=0", "r=0", "r=0"]
    assert answers[-1].json() == {"text": "too many requests"}
    assert 90 <= int(answers[-1].headers["retry-after"]) <= 100
    assert answers[-1].headers["cache-control"] == "no-store"
    assert ask(limited, "192.0.2.2").status_code == 200


def test_addresses_of_one_network_of_version_six_count_as_one(limited: Server) -> None:
    """Whoever has one has 2**64."""
    answers = [ask(limited, f"2001:db8:7::{number:x}") for number in range(1, 8)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    assert ask(limited, "2001:db8:8::1").status_code == 200


def test_forged_addresses_change_nothing(serve: Callable[..., Server]) -> None:
    """Only a trusted proxy is heard."""
    server = serve(catalog=CATALOG, DRAGOMAN_LIMITS__ADDRESS=SLOW)
    statuses = [server.get("/v2/toys/1", headers={"X-Forwarded-For": f"192.0.2.{number}", "X_Forwarded_For": "192.0.2.9",
                                                   "Forwarded": "for=192.0.2.8"}).status_code for number in range(7)]
    assert statuses == [200] * 5 + [429] * 2


def test_a_key_is_counted_by_itself_whatever_its_address(limited: Server) -> None:
    """And its calls do not count for the address."""
    limited.prepare("account", "add", "alice")
    secret = limited.prepare("key", "add", "--account", "alice", "--kind", "gw2")["secret"]
    deadline = time.monotonic() + 10
    while ask(limited, "192.0.2.20", "/v2/tokeninfo", Authorization=f"Bearer {secret}").status_code == 403:
        assert time.monotonic() < deadline
    statuses = [ask(limited, f"192.0.2.{30 + number}", "/v2/tokeninfo", Authorization=f"Bearer {secret}").status_code
                for number in range(6)]
    assert statuses == [200] * 4 + [429] * 2
    assert ask(limited, "192.0.2.30").status_code == 200


def test_whoever_tries_keys_is_slowed_down(limited: Server) -> None:
    """After some wrong ones not even a right one is looked at, at that address alone."""
    statuses = [ask(limited, "192.0.2.50", "/v2/tokeninfo", Authorization=f"Bearer wrong-{number}").status_code
                for number in range(8)]
    assert statuses == [403] * 5 + [429] * 3
    assert ask(limited, "192.0.2.50").status_code == 200
    assert ask(limited, "192.0.2.51", "/v2/tokeninfo", Authorization="Bearer wrong").status_code == 403


def test_past_the_limit_a_right_key_is_told_what_a_wrong_one_is_told(limited: Server) -> None:
    """Where it was used before, it goes on; public data are for anybody."""
    limited.prepare("account", "add", "bob")
    secret = limited.prepare("key", "add", "--account", "bob", "--kind", "gw2")["secret"]
    deadline = time.monotonic() + 10
    while ask(limited, "192.0.2.60", "/v2/tokeninfo", Authorization=f"Bearer {secret}").status_code != 200:
        assert time.monotonic() < deadline
    for address in ("192.0.2.60", "192.0.2.61"):
        for number in range(6):
            ask(limited, address, "/v2/toys/1", Authorization=f"Bearer guess-{number}")
    right, wrong = (ask(limited, "192.0.2.61", "/v2/tokeninfo", Authorization=f"Bearer {key}") for key in (secret, "guess"))
    assert (right.status_code, right.content) == (wrong.status_code, wrong.content)
    assert right.status_code == 429
    assert ask(limited, "192.0.2.60", "/v2/tokeninfo", Authorization=f"Bearer {secret}").status_code == 200
    assert ask(limited, "192.0.2.62", "/v2/tokeninfo", Authorization=f"Bearer {secret}").status_code == 200


@pytest.mark.parametrize("workers", ["1", "4"])
def test_workers_admit_together_what_one_may(serve: Callable[..., Server], workers: str) -> None:
    """Exactly; whichever worker a connection reaches."""
    server = serve("--workers", workers, catalog=CATALOG, DRAGOMAN_LIMITS__ADDRESS="0.01/s burst 40")
    statuses = [server.get("/v2/toys/1").status_code for _ in range(60)]        # each call is a connection of its own
    assert statuses.count(200) == 40
    assert statuses[:40] == [200] * 40


def test_two_servers_on_one_store_admit_together_what_one_may(serve: Callable[..., Server], redis: RedisServer) -> None:
    """And go on by themselves, each with its share, when it is away."""
    settings = {"DRAGOMAN_VALKEY_URL": redis.url, "DRAGOMAN_LIMITS__ADDRESS": "0.01/s burst 40"}
    servers = [serve(catalog=CATALOG, **settings) for _ in range(2)]
    statuses = [servers[number % 2].get("/v2/toys/1").status_code for number in range(60)]
    assert statuses.count(200) == 40
    time.sleep(3)                           # both have been heard of: each tells of itself once a second
    redis.kill()
    deadline = time.monotonic() + 10
    while not any(line["event"] == "limits-lost" for line in servers[0].logged):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    statuses = [servers[0].get("/v2/toys/1").status_code for _ in range(30)]
    assert statuses.count(200) == 20


@pytest.mark.parametrize("text", ["fast", "0/s", "5", "-1/s", "5/s burst 0", "5 per second"])
def test_a_limit_that_is_none_stops_the_start(serve: Callable[..., Server], tmp_path, text: str) -> None:
    """It names the setting and how to write it."""
    from ...conftest import run_dragoman

    (tmp_path / "catalog.py").write_text(CATALOG)
    ended = run_dragoman("serve", "catalog.py", "--port", "0", cwd=tmp_path, DRAGOMAN_LIMITS__SERVER=text)
    assert ended.returncode == 1
    assert "limits.server" in ended.stderr
    assert "20/s" in ended.stderr

"""Calls in the lesta dialect are counted like any others, by outcome though each is HTTP 200, and their developer sees them in the Room."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from dragoman.statistics.places import Place
from dragoman.statistics.reading import Scope, Usage, reading

from ..room.visitor import Room
from .stand import TANKS, Stand

CALLS = [
    # method            what is asked               by       times  the outcome
    (TANKS,             "tank_id=1,2",              "GET",   3,     "ok"),
    (TANKS,             "tank_id=1",                "POST",  2,     "ok"),
    (TANKS,             "tank_id=1",                "HEAD",  1,     "ok"),
    (TANKS,             "tank_id=x",                "GET",   2,     "parameter-invalid"),
    (TANKS,             "fields=drum",              "GET",   1,     "field-unknown"),
    (TANKS,             "access_token=00",          "GET",   1,     "credential-invalid"),
    ("tools/crew",      "role=cook",                "GET",   2,     "ok"),
    ("tools/crew",      "",                         "GET",   1,     "parameter-missing"),
    ("tools/find",      "role=cook",                "GET",   1,     "not-found"),
    ("account/mine",    "",                         "GET",   1,     "credential-missing"),
    ("encyclopedia/find", "search=be",              "GET",   1,     "ok"),
]
TARGETS = {TANKS: 10, "tools/crew": 3, "tools/find": 1, "account/mine": 1, "encyclopedia/find": 1}


def usage_of(stand: Stand, application: str, calls: int) -> Usage:
    """What is stored of an application, once all its calls are."""
    ends = time.monotonic() + 20
    while True:
        with reading(Place("", stand.server.folder / "data")) as reader:
            found = reader.usage(Scope(application=application), 0, 2**40, 86_400)
        if found.total.calls >= calls:
            return found
        assert time.monotonic() < ends, found
        time.sleep(0.1)


@pytest.fixture
def application(stand: Stand) -> str:
    """An application that has made the calls of the table."""
    id = stand.application("--type", "standalone")
    for method, query, verb, times, _ in CALLS:
        for _ in range(times):
            assert stand.ask(method, query, id=id, verb=verb).status_code == 200
    return id


def test_calls_are_counted_by_target_and_outcome(stand: Stand, application: str) -> None:
    """Each once, with its dialect; what was refused as well."""
    polled = {"account/mine": 1}            # how the stand sees that an application is known
    found = usage_of(stand, application, sum(TARGETS.values()) + 1)
    outcomes = Counter[str]()
    for _, _, _, times, outcome in CALLS:
        outcomes[outcome] += times
    assert {target: sums.calls for target, sums in found.targets.items()} == Counter(TARGETS) + Counter(polled)
    assert found.outcomes == outcomes + Counter({"credential-missing": 1})
    assert {dialect: sums.calls for dialect, sums in found.dialects.items()} == {"lesta": found.total.calls}
    assert found.total.errors == found.total.calls - outcomes["ok"]


def test_a_developer_sees_them_in_the_room_and_nobody_else_does(stand: Stand, application: str) -> None:
    """Figures, endpoints, errors by code, and the last calls by their ids, without what was asked."""
    answer = stand.ask(TANKS, "tank_id=4711", id=application)
    total = usage_of(stand, application, sum(TARGETS.values()) + 2).total
    room = Room(stand.server)
    with room.signed_in("alice") as alice:
        page = alice.get(f"/room/applications/{application}/usage/")
        ends = time.monotonic() + 20
        while f"call-{answer.headers['x-request-id']}" not in page.response.text and time.monotonic() < ends:
            page = alice.get(f"/room/applications/{application}/usage/")
        figures = [each.text_content().split()[0] for each in page.tree.xpath("//dl[@class='figures']//dd")]
        assert figures[:2] == [str(total.calls), str(total.errors)]
        for word in (*TARGETS, "lesta", "parameter-invalid", "field-unknown", "not-found", "GET /wot-1.0/encyclopedia/tanks/"):
            assert word in page.text, word
        for secret in ("4711", "tank_id", f"application_id={application}"):
            assert secret not in page.text
    with room.signed_in(room.person("charlie")) as charlie:
        assert charlie.get(f"/room/applications/{application}/usage/").status == 404


def test_a_call_of_an_unknown_application_is_nobodys(stand: Stand, application: str) -> None:
    """It opens nobody's log."""
    before = usage_of(stand, application, sum(TARGETS.values()) + 1).total.calls
    for id in ("demo", application[:-1], application + "0"):
        assert stand.message(TANKS, id=id) == "INVALID_APPLICATION_ID"
    stand.ask(TANKS, "tank_id=1", id=application)
    assert usage_of(stand, application, before + 1).total.calls == before + 1

"""The same question in both dialects has the same facts as its answer, whatever the form: records, filters, searches, order, pages,
languages, selections, methods, private data and what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from .stand import TANKS, Stand

ALL = "extra=modules,depot.garage,depot.garage.tanks"
"""The other dialect leaves nothing out."""


def both(stand: Stand, method: str, ours: str, theirs: str) -> tuple[Any, Any]:
    """The data of a question in lesta, and in gw2."""
    answer = stand.client.get(f"{stand.server.url}/v2/{method}?{theirs}")
    return stand.data(method, ours), answer.json()


@pytest.mark.parametrize(("method", "ours", "theirs"), [
    (TANKS, ALL, "ids=all"), (TANKS, f"tank_id=1,30&{ALL}", "ids=1,30"), (TANKS, f"tank_id=30,1&{ALL}", "ids=30,1"),
    (TANKS, f"tank_id=2&language=ru&{ALL}", "ids=2&lang=ru"), (TANKS, f"language=ru&{ALL}", "ids=all&lang=ru"),
    (TANKS, f"nation=uk&{ALL}", "nation=uk&page=0"), (TANKS, f"nation=UK,ussr&tier=1,3&{ALL}", "nation=UK,ussr&tier=1,3&page=0"),
    (TANKS, f"nation=nowhere&{ALL}", "nation=nowhere&page=0"), ("encyclopedia/labels", "label=a,b", "ids=a,b"),
    ("encyclopedia/numbers", "limit=7&page_no=3", "page_size=7&page=2"),
    ("encyclopedia/numbers", "limit=100&page_no=3", "page_size=100&page=2"),
    ("encyclopedia/numbers", "last=7&limit=20&page_no=2", "last=7&page_size=20&page=1"),
    ("encyclopedia/numbers", "number=0,249,17", "ids=0,249,17"), ("far/stars", "", "ids=all"), ("far/stars", "star_id=1", "ids=1"),
])
def test_records_are_the_same(stand: Stand, method: str, ours: str, theirs: str) -> None:
    """An object by key here, an array there, in the same order."""
    found, known = both(stand, method, ours, theirs)
    assert list(found.values()) == known
    assert [str(record[next(iter(record))]) for record in known] == list(found)


@pytest.mark.parametrize(("method", "ours", "theirs"), [
    (TANKS, f"search=be&{ALL}", "search=be&page=0"), (TANKS, f"search=ПЧ&language=ru&{ALL}", "search=ПЧ&lang=ru&page=0"),
    (TANKS, f"search=be&tier=2&{ALL}", "search=be&tier=2&page=0"), (TANKS, f"search=zz&{ALL}", "search=zz&page=0"),
    ("encyclopedia/find", "search=be", "search=be&page=0"),
    ("encyclopedia/find", "search=be&limit=1&page_no=2", "search=be&page=1&page_size=1"),
])
def test_searches_find_the_same(stand: Stand, method: str, ours: str, theirs: str) -> None:
    """An array in both."""
    found, known = both(stand, method, ours, theirs)
    assert found == known


@pytest.mark.parametrize(("method", "ours", "theirs"), [
    (TANKS, "", "page=0"), (TANKS, "nation=uk", "nation=uk&page=0"), (TANKS, "search=be", "search=be&page=0"),
    (TANKS, "nation=x", "nation=x&page=0"), ("encyclopedia/numbers", "limit=7&page_no=2", "page_size=7&page=1"),
    ("encyclopedia/numbers", "limit=100&page_no=3", "page_size=100&page=2"), ("encyclopedia/numbers", "last=3", "last=3&page=0"),
])
def test_pages_count_the_same(stand: Stand, method: str, ours: str, theirs: str) -> None:
    """In `meta` here, in headers there."""
    meta = stand.ask(method, ours).json()["meta"]
    headers = stand.client.get(f"{stand.server.url}/v2/{method}?{theirs}").headers
    assert meta["count"] == int(headers["x-result-count"])
    assert meta["total"] == int(headers["x-result-total"])
    if "page_size=" in theirs:
        assert (meta["limit"], meta["page_total"]) == (int(headers["x-page-size"]), int(headers["x-page-total"]))


def test_what_is_missing_is_missing_in_both(stand: Stand) -> None:
    """Null for its key here, left out there."""
    found, known = both(stand, TANKS, f"tank_id=5,2,77&{ALL}", "ids=5,2,77")
    assert found == {"5": None, "2": known[0], "77": None}
    found, _ = both(stand, TANKS, "tank_id=5", "ids=5")
    assert found == {"5": None}
    assert stand.client.get(f"{stand.server.url}/v2/{TANKS}?ids=5").status_code == 404


@pytest.mark.parametrize(("method", "ours", "theirs"), [
    ("tools/crew", "role=cook", "role=cook"), ("tools/crew", "role=cook&rank=3", "role=cook&rank=3"),
    ("tools/crew", "role=cook&tags=a,b", "role=cook&tags=a,b"), ("tools/crew", "role=повар", "role=повар"),
    ("tools/find", "role=gunner&language=ru", "role=gunner&lang=ru"), ("tools/find", "role=gunner", "role=gunner"),
])
def test_methods_return_the_same(stand: Stand, method: str, ours: str, theirs: str) -> None:
    """Of the same arguments, in the language asked for."""
    found, known = both(stand, method, ours, theirs)
    assert found == known
    assert stand.ask(method, ours).headers["content-language"] == ("ru" if "ru" in ours else "en")


def test_a_method_that_writes_takes_the_same_body(stand: Stand) -> None:
    """By its own verb there, by POST and even GET here."""
    sent = {"first": {"role": "cook", "name": {}, "skills": ["soup"]}, "times": 2}
    known = stand.client.post(f"{stand.server.url}/v2/tools/pair", json=sent).json()
    assert stand.data("tools/pair", verb="POST", json=sent) == known


@pytest.mark.parametrize(("method", "ours", "message", "theirs", "status"), [
    (TANKS, "tier=high", "INVALID_TIER", "tier=high", 400), (TANKS, "language=xx", "INVALID_LANGUAGE", "lang=xx", 400),
    (TANKS, "search=b", "NOT_ENOUGH_SEARCH_LENGTH", "search=b", 400), (TANKS, "page_no=9", "INVALID_PAGE_NO", "page=8", 400),
    ("encyclopedia/find", "", "SEARCH_NOT_SPECIFIED", "page=0", 400), ("tools/crew", "", "ROLE_NOT_SPECIFIED", "", 400),
    ("tools/crew", "role=a&rank=x", "INVALID_RANK", "role=a&rank=x", 400), ("tools/find", "role=cook", "ROLE_NOT_FOUND", "role=cook", 404),
    ("tools/off", "", "METHOD_DISABLED", "", 503), ("account/mine", "", "ACCESS_TOKEN_NOT_SPECIFIED", "", 403),
    ("drums/info", "", "METHOD_NOT_FOUND", "", 404),
])
def test_what_is_wrong_is_wrong_in_both(stand: Stand, method: str, ours: str, message: str, theirs: str, status: int) -> None:
    """Each in its own words."""
    assert stand.message(method, ours) == message
    assert stand.client.get(f"{stand.server.url}/v2/{method}?{theirs}").status_code == status


def test_a_source_that_is_away_is_away_in_both(stand: Stand) -> None:
    """504 here, as this convention has no other word for it."""
    with stand.far_away():
        assert stand.error("far/stars", "star_id=1")["code"] == 504
        assert stand.client.get(f"{stand.server.url}/v2/far/stars/1").status_code in (502, 504)


def test_private_data_are_the_same_for_whose_they_are(stand: Stand) -> None:
    """One token in both; what is hidden is null here and absent there."""
    token = stand.token("7")
    bearer = {"Authorization": f"Bearer {token}"}
    found = stand.data("account/info", f"account_id=7,8&access_token={token}")
    known = stand.client.get(f"{stand.server.url}/v2/account/info?ids=7,8", headers=bearer).json()
    assert found == {"7": known[0], "8": {**known[1], "gold": None}}
    assert known[0]["gold"] == 70
    assert "gold" not in known[1]
    assert stand.data("account/mine", f"access_token={token}") == stand.client.get(
        f"{stand.server.url}/v2/account/mine", headers=bearer).json()
    everybody = stand.client.get(f"{stand.server.url}/v2/account/info?ids=7,8,9").json()
    assert stand.data("account/info", "account_id=7,8,9&fields=-gold") == {str(record["account_id"]): record for record in everybody}

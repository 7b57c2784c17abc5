"""One question in three dialects: the same records, the same totals, the same refusals."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from .conftest import Interface, errors_of, names

FILTERS = ({}, {"map": "altis"}, {"slots": "1,3"}, {"map": "tanoa", "slots": "5"}, {"slots": "9"})
SEARCHES, LANGUAGES, SORTS = (None, "server 1", "rechner 11", "nothing"), ("en", "de"), (None, "slots", "-name")


def gw2(api: Interface, page: int, sort: str | None, **asked: Any) -> tuple[list[Any], int]:
    """A page of records, and how many there are in all."""
    answer = api.server.get("/v2/game/servers", params=given(page=page, page_size=7, sort=sort, **asked))
    assert answer.status_code == 200, answer.text
    return answer.json(), int(answer.headers["x-result-total"])


def dast(api: Interface, page: int, sort: str | None, lang: str, **asked: Any) -> tuple[list[Any], int]:
    """The same, with pages from 1."""
    data = api.data("/api/servers/list", page=page + 1, limit=7, sort=sort, language=lang, **asked)
    return data["items"], data["total"]


def lesta(api: Interface, page: int, lang: str, **asked: Any) -> list[Any]:
    """The records alone; extra fields are asked for, and what nobody may search for is told in `meta` only."""
    answer = api.server.get("/stations/game/servers/", params=given(
        application_id=api.application, page_no=page + 1, limit=7, language=lang, extra="mods", **asked))
    told = answer.json()
    assert told["status"] == "ok", told
    data = told["data"]
    return data if isinstance(data, list) else list(data.values())


def given(**parameters: Any) -> dict[str, Any]:
    """Those that are not left out."""
    return {name: value for name, value in parameters.items() if value is not None}


@pytest.mark.covers("D8")
@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_pages_of_records_are_the_same(api: Interface, filters: dict[str, str]) -> None:
    """Filtered, searched, sorted and in either language; lesta knows no order."""
    for search, lang, sort in itertools.product(SEARCHES, LANGUAGES, SORTS):
        asked = {**filters, "search": search, "lang": lang}
        expected = gw2(api, 0, sort, **asked)
        assert dast(api, 0, sort, **asked) == expected, (asked, sort)
        if expected[1] > 7:
            assert dast(api, 1, sort, **asked) == gw2(api, 1, sort, **asked)
        if sort is None:
            assert lesta(api, 0, **asked) == expected[0], asked


@pytest.mark.parametrize("id", [1, 77, 120, 121, 0, -1])
def test_records_and_what_does_not_exist_are_the_same(api: Interface, id: int) -> None:
    """A record, or none."""
    theirs, ours = api.server.get(f"/v2/game/servers/{id}"), api.ask("/api/servers/get", id=id)
    named = api.server.get("/stations/game/servers/", params={"application_id": api.application, "id": id, "extra": "mods"}).json()
    assert (theirs.status_code, ours.status_code) in ((200, 200), (404, 404))
    if ours.status_code == 200:
        assert ours.json()["data"] == theirs.json() == named["data"][str(id)]
    else:
        assert "no such id" in theirs.text
        assert "no such id" in ours.text
        assert named["data"][str(id)] is None


@pytest.mark.parametrize("arguments", [
    {"text": "a"}, {"text": "Ж & <b>\"'"}, {"text": "a" * 900}, {"text": "null"}, {"text": "1,2"},
])
def test_methods_return_the_same(api: Interface, arguments: dict[str, str]) -> None:
    """By query and by form, whichever name they have there."""
    theirs = api.server.get("/v2/tools/say", params=arguments).json()
    assert api.data("/api/tools/say", **arguments) == {"result": theirs}
    lesta = {"application_id": api.application, **arguments}
    assert api.server.ask("POST", "/stations/tools/say/", data=lesta).json()["data"] == theirs
    assert api.server.ask("POST", "/api/tools/say", data={"api_token": api.token, **arguments}).json()["data"] == {"result": theirs}


@pytest.mark.parametrize(("query", "wrong"), [
    ("map=mars", ["map"]), ("slots=x,y&map=mars", ["map", "slots", "slots"]), ("lang=xx&map=mars", ["lang", "map"]),
    ("search=s", ["search"]),
    ("sort=map&slots=x", ["slots", "sort"]), ("v=never", ["v"]), ("slots=%ff", ["slots"]), ("lang=a&lang=b", ["lang"]),
])
def test_what_is_wrong_is_the_same(api: Interface, query: str, wrong: list[str]) -> None:
    """All of it in gw2 and here; lesta tells the first, and has no order and no versions."""
    theirs = api.server.get(f"/v2/game/servers?{query}")
    ours = api.server.get(f"/api/servers?api_token={api.token}&{query.replace('lang=', 'language=')}")
    assert theirs.status_code == ours.status_code == 400
    assert {name.replace("language", "lang") for name in names(errors_of(ours))} == set(wrong)
    for name in wrong:
        assert f"{name}:" in theirs.json()["text"]
    if not {"sort", "v", "lang"} & set(wrong):
        told = api.server.get(f"/stations/game/servers/?application_id={api.application}&{query}").json()
        assert told["status"] == "error"
        assert told["error"]["field"] in wrong


def test_what_writes_is_not_done_for_the_head_alone(api: Interface) -> None:
    """In no dialect; GET and POST mean the same in two of them."""
    assert api.ask("/api/tools/tell", "HEAD", count=1).status_code == 405
    assert api.server.ask("HEAD", "/v2/tools/tell?count=1").status_code == 405
    lesta = f"/stations/tools/tell/?application_id={api.application}&count=1"
    for verb in ("GET", "POST"):
        assert api.server.ask(verb, lesta).json()["data"]["count"] == api.ask("/api/tools/tell", verb, count=1).json()["data"]["count"] == 1
    refused = api.server.ask("HEAD", lesta)
    assert refused.headers["allow"] == "GET, POST, OPTIONS"

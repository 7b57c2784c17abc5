"""One question in four dialects and three formats: the same records, the same totals, the same refusals."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from ...timing import settle_s
from .conftest import FORMATS, Network
from .reading import flat, plain

FILTERS = ({}, {"map": "altis"}, {"slots": "1,3"}, {"map": "tanoa", "slots": "5"}, {"slots": "9"})
SEARCHES, LANGUAGES, SORTS = (None, "server 1", "nothing"), ("en", "de"), (None, "slots", "-name")


@pytest.fixture(scope="module")
def others(network: Network) -> dict[str, str]:
    """What the other dialects ask for, of Alice's."""
    server = network.server
    made = server.prepare("application", "add", "Program", "--owner", "alice", "--type", "standalone")
    token = server.prepare("key", "add", "--account", "alice", "--kind", "api-token")["secret"]
    settle_s(lambda: server.get("/api/servers/list", params={"api_token": token}).status_code == 200)       # it was made last
    return {"application_id": made["application_id"], "api_token": token}


def given(**parameters: Any) -> dict[str, Any]:
    """Those that are not left out."""
    return {name: value for name, value in parameters.items() if value is not None}


@pytest.mark.covers("W2", "W4")
@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_pages_of_records_are_the_same(network: Network, others: dict[str, str], filters: dict[str, str]) -> None:
    """By query and by position, in each format; lesta knows no order."""
    for search, language, sort in itertools.product(SEARCHES, LANGUAGES, SORTS):
        told = network.server.get("/v2/game/servers", params=given(page=0, page_size=7, sort=sort, search=search, lang=language, **filters))
        records = told.json()
        order = {"sort": sort.lstrip("-"), "sort_type": "desc" if sort.startswith("-") else "asc"} if sort else {}
        asked = given(q=search, language=language, limit=7, **order, **filters)
        assert network.data("game/json/servers", **asked) == records
        assert network.data("game/xml/servers", **asked) == plain(records)
        assert network.data("game/csv/servers", **asked) == [flat(record) for record in records]
        positions = [0, 7, order.get("sort"), order.get("sort_type"), search, filters.get("map"), filters.get("slots")]
        path = "/".join("-" if each is None else str(each) for each in positions)
        assert network.data(f"game/json/servers/{path}", language=language) == records
        dast = network.server.get("/api/servers/list", params=given(
            api_token=others["api_token"], limit=7, sort=sort, search=search, language=language, **filters)).json()
        assert dast["data"]["items"] == records
        if sort is None:
            lesta = network.server.get("/stations/game/servers/", params=given(
                application_id=others["application_id"], limit=7, search=search, language=language, extra="mods", **filters)).json()["data"]
            assert (lesta if isinstance(lesta, list) else list(lesta.values())) == records


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("id", [1, 77, 120, 121, 0])
def test_records_and_what_does_not_exist_are_the_same(network: Network, id: int, form: str) -> None:
    """A record, or none."""
    theirs = network.server.get(f"/v2/game/servers/{id}")
    ours = network.tell(f"game/{form}/servers", id=id)
    assert ours.status == theirs.status_code
    if ours.status == 200:
        record = theirs.json()
        assert ours.data == [{"json": record, "xml": plain(record), "csv": flat(record)}[form]]


@pytest.mark.parametrize("arguments", [
    {"text": "a"}, {"text": "Ж & <b>\"'"}, {"text": "a" * 900}, {"text": "null"}, {"text": "1,2"}, {"text": "=1+1"},
    {"text": " two\tthree "},
])
def test_methods_return_the_same(network: Network, arguments: dict[str, str]) -> None:
    """In each format; a cell that a spreadsheet would compute is guarded."""
    theirs = network.server.get("/v2/tools/say", params=arguments).json()
    assert network.data("tools/json/say", **arguments) == [theirs]
    assert network.data("tools/xml/say", **arguments) == [theirs]
    assert network.data("tools/csv/say", **arguments) == [{"value": "'" + theirs if theirs.startswith("=") else theirs}]


@pytest.mark.covers("W6", "W7")
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(("query", "wrong"), [
    ("map=mars", ["map"]), ("slots=x,y&map=mars", ["map", "slots"]), ("lang=xx&map=mars", ["lang", "map"]), ("search=s", ["search"]),
    ("sort=map&slots=x", ["slots", "sort"]), ("v=never", ["v"]), ("slots=%ff", ["slots"]), ("lang=a&lang=b", ["lang"]),
])
def test_what_is_wrong_is_the_same(network: Network, query: str, wrong: list[str], form: str) -> None:
    """All of it, under the names that are sent here."""
    theirs = network.server.get(f"/v2/game/servers?{query}")
    renamed = query.replace("lang=", "language=").replace("search=", "q=")
    ours = network.server.get(f"/api/rest/game/{form}/servers?remote_auth={network.alice}&{renamed}&http_status=1")
    assert theirs.status_code == ours.status_code == 400
    for name in wrong:
        assert f"{name}:" in theirs.json()["text"]
        assert {"lang": "language", "search": "q"}.get(name, name) + ":" in ours.text


@pytest.mark.parametrize("form", FORMATS)
def test_ones_own_is_ones_own(network: Network, form: str) -> None:
    """Private records and single ones, in each format; those of others do not exist."""
    mine = {"id": 1, "owner": "a-1", "player": "Eve", "notes": {"text": "Alice's"}}
    assert network.data(f"data/{form}/bans") == [{"json": mine, "xml": plain(mine), "csv": flat(mine)}[form]]
    assert network.tell(f"data/{form}/bans", id=2).status == 404
    assert network.tell(f"data/{form}/bans", remote_auth=network.weak).status == 403
    assert network.data(f"data/{form}/profile", remote_auth=network.bob)[0]["coins"] in (8, "8")


def test_fields_that_a_key_may_not_see_are_absent(network: Network) -> None:
    """In JSON and XML; in CSV, whose columns are fixed, they are empty."""
    key = network.make("bob", "bans")
    record = {"id": 2, "owner": "b-2", "player": "Mallory"}
    settle_s(lambda: network.tell("data/json/bans", remote_auth=key).status != 403)
    for form, expected in (("json", record), ("xml", plain(record)), ("csv", {**flat(record), "notes.text": ""})):
        assert network.data(f"data/{form}/bans", remote_auth=key) == [expected]

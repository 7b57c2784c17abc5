"""The table of common errors, each exactly as clients of this convention know it, and what is answered beside them."""

# ruff: noqa: E501  # a table is read by its columns
from __future__ import annotations

import time

import pytest

from .stand import BASE, TANKS, Stand

MANY = ",".join(map(str, range(101)))
NAMES = ",".join(f"n{number}" for number in range(101))

TABLE = [
    # what                          method                  what is asked                      code  message                          field               value
    ("no application",              TANKS,                  "{none}",                          402, "APPLICATION_ID_NOT_SPECIFIED",   "application_id",   None),
    ("no required parameter",       "tools/crew",           "rank=1",                          402, "ROLE_NOT_SPECIFIED",             "role",             None),
    ("an empty required parameter", "tools/crew",           "role=&rank=1",                    402, "ROLE_NOT_SPECIFIED",             "role",             None),
    ("nothing to search for",       "encyclopedia/find",    "type=exact",                      402, "SEARCH_NOT_SPECIFIED",           "search",           None),
    ("no token where one is needed", "account/mine",        "",                                402, "ACCESS_TOKEN_NOT_SPECIFIED",     "access_token",     None),
    ("a method that finds nothing", "tools/find",           "role=cook",                       404, "ROLE_NOT_FOUND",                 "role",             "cook"),
    ("an account without a record", "account/mine",         "{stranger}",                      404, "ACCOUNT_ID_NOT_FOUND",           "account_id",       None),
    ("an unknown method",           "encyclopedia/ships",   "",                                404, "METHOD_NOT_FOUND",               None,               None),
    ("an unknown block",            "drums/info",           "",                                404, "METHOD_NOT_FOUND",               None,               None),
    ("a block alone",               "encyclopedia",         "",                                404, "METHOD_NOT_FOUND",               None,               None),
    ("more than method and block",  TANKS + "/1",           "",                                404, "METHOD_NOT_FOUND",               None,               None),
    ("a method in capitals",        TANKS.upper(),          "",                                404, "METHOD_NOT_FOUND",               None,               None),
    ("a disabled method",           "tools/off",            "",                                405, "METHOD_DISABLED",                None,               None),
    ("101 keys",                    TANKS,                  f"tank_id={MANY}",                 407, "TANK_ID_LIST_LIMIT_EXCEEDED",    "tank_id",          MANY),
    ("101 texts",                   "encyclopedia/find",    f"type=exact&search={NAMES}",      407, "SEARCH_LIST_LIMIT_EXCEEDED",     "search",           NAMES),
    ("a blocked application",       TANKS,                  "{blocked}",                       407, "APPLICATION_IS_BLOCKED",         "application_id",   "{blocked}"),
    ("an unknown application",      TANKS,                  "{demo}",                          407, "INVALID_APPLICATION_ID",         "application_id",   "demo"),
    ("another address",             TANKS,                  "{elsewhere}",                     407, "INVALID_IP_ADDRESS",             None,               "127.0.0.1"),
    ("too many calls",              TANKS,                  "{busy}",                          407, "REQUEST_LIMIT_EXCEEDED",         None,               None),
    ("a key of another type",       TANKS,                  "tank_id=1,x",                     407, "INVALID_TANK_ID",                "tank_id",          "x"),
    ("a filter of another type",    TANKS,                  "tier=1,high",                     407, "INVALID_TIER",                   "tier",             "high"),
    ("a parameter of another type", "tools/crew",           "role=a&rank=high",                407, "INVALID_RANK",                   "rank",             "high"),
    ("an unknown field",            TANKS,                  "fields=name,drum",                407, "INVALID_FIELDS",                 "fields",           "name,drum"),
    ("an unknown extra field",      TANKS,                  "extra=name",                      407, "INVALID_EXTRA",                  "extra",            "name"),
    ("an unknown language",         TANKS,                  "language=tlh",                    407, "INVALID_LANGUAGE",               "language",         "tlh"),
    ("no limit",                    TANKS,                  "limit=all",                       407, "INVALID_LIMIT",                  "limit",            "all"),
    ("a page past the end",         TANKS,                  "page_no=2",                       407, "INVALID_PAGE_NO",                "page_no",          "2"),
    ("an unknown type of search",   "encyclopedia/find",    "search=be&type=contains",         407, "INVALID_TYPE",                   "type",             "contains"),
    ("a search that is too short",  "encyclopedia/find",    "search=b",                        407, "NOT_ENOUGH_SEARCH_LENGTH",       "search",           "b"),
    ("a token of nobody",           TANKS,                  "access_token=00",                 407, "INVALID_ACCESS_TOKEN",           "access_token",     None),
]


@pytest.fixture(scope="module")
def known(stand: Stand) -> dict[str, str]:
    """Applications that may not, by what the table calls them, and a token of somebody who plays nothing."""
    local = ("--type", "server", "--address", "127.0.0.1")
    ids = {"{none}": "", "{demo}": "demo", "{blocked}": stand.application("--type", "standalone"), "{busy}": stand.application(*local),
           "{elsewhere}": stand.application("--type", "server", "--address", "192.0.2.0/28"), "{stranger}": stand.token("99")}
    stand.server.prepare("application", "block", ids["{blocked}"], "--reason", "spam")
    ends = time.monotonic() + 10
    while stand.message(TANKS, id=ids["{blocked}"]) != "APPLICATION_IS_BLOCKED":
        assert time.monotonic() < ends
        time.sleep(0.02)
    for _ in range(2):                      # all that it may ask in an hour
        assert stand.message(TANKS, id=ids["{busy}"]) == ""
    return ids


@pytest.mark.covers("L17")
@pytest.mark.parametrize(("method", "asked", "code", "message", "field", "value"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_every_common_error_is_told_exactly(
    stand: Stand, known: dict[str, str], method: str, asked: str, code: int, message: str, field: str | None, value: str | None,
) -> None:
    """Its code, its message, the field that it is about and what was sent there; with HTTP 200, and kept by no cache."""
    token = {"{stranger}": f"access_token={known['{stranger}']}"}
    options = {"id": known[asked]} if asked in known and asked not in token else {}
    query = token.get(asked, "" if asked in known else asked)
    expected = {"field": field, "message": message, "code": code, "value": known.get(value or "", value)}
    assert stand.error(method, query, **options) == expected
    answer = stand.ask(method, query, **options)
    assert (answer.headers["cache-control"], "etag" in answer.headers) == ("no-store", False)
    posted = {name: text for part in query.split("&") if part for name, _, text in (part.partition("="),)}
    posted |= {"application_id": options.get("id", stand.id)}
    assert stand.client.post(f"{stand.server.url}{BASE}/{method}/", data=posted).json() == {"status": "error", "error": expected}


@pytest.mark.covers("L17")
def test_a_source_that_is_away_is_told_and_the_rest_answers(stand: Stand) -> None:
    """504, with nothing about the source; it answers again when the source is back."""
    with stand.far_away():
        assert stand.error("far/stars", "star_id=1") == {
            "field": None, "message": "SOURCE_NOT_AVAILABLE", "code": 504, "value": None}
        assert stand.error("far/stars")["code"] == 504
        assert list(stand.data(TANKS, "tank_id=1")) == ["1"]
        assert list(stand.data("account/info", "account_id=7")) == ["7"]
        assert stand.data("tools/crew", "role=cook")["role"] == "cook"
    assert stand.data("far/stars", "star_id=1") == {"1": {"star_id": 1, "name": "Sol"}}


@pytest.mark.covers("L17")
@pytest.mark.parametrize(("method", "query", "data"), [
    (TANKS, "tank_id=2,5&fields=name", {"2": {"name": "Bee"}, "5": None}), (TANKS, "tank_id=99", {"99": None}),
    (TANKS, "tank_id=-1", {"-1": None}), ("account/info", "account_id=5", {"5": None}),
    ("encyclopedia/labels", "label=nothing", {"nothing": None}), ("far/stars", "star_id=5,1&fields=name", {"5": None, "1": {"name": "Sol"}}),
])
def test_a_read_by_keys_answers_null_for_what_is_missing(stand: Stand, method: str, query: str, data: object) -> None:
    """Published and live alike: one bad key fails no batch."""
    assert stand.data(method, query) == data


def test_what_fails_within_tells_the_id_of_the_request_and_nothing_else(stand: Stand) -> None:
    """The log holds the rest."""
    answer = stand.ask("tools/fail")
    error = answer.json()["error"]
    assert error == {"field": None, "code": 500, "value": None,
                     "message": f"INTERNAL_ERROR: Report the request id {answer.headers['x-request-id']} if it lasts."}
    assert "secret" not in answer.text

"""Bad input in the lesta dialect, line by line: what is sent, and what exactly is answered. Nothing is a fault of ours."""

# ruff: noqa: E501  # a table is read by its columns
from __future__ import annotations

from typing import Any

import pytest

from .stand import BASE, TANKS, Stand

HUGE = "1" + "0" * 40
LONG = "x" * 1_000
DEEP = ".".join(["crew"] * 50)
NAMES = ",".join(f"n{number}" for number in range(101))
FORM, JSON = {"Content-Type": "application/x-www-form-urlencoded"}, {"Content-Type": "application/json"}


def invalid(field: str | None, value: str | None, message: str = "") -> dict[str, Any]:
    """The error of a value that makes no sense."""
    return {"field": field, "message": message or f"INVALID_{(field or 'request').upper()}", "code": 407, "value": value}


QUERIES = [
    # what                              the query                                  the error
    # ---- fields and extra
    ("an unknown field",                "fields=drum",                             invalid("fields", "drum")),
    ("an unknown field to leave out",   "fields=-drum",                            invalid("fields", "-drum")),
    ("an unknown field below one",      "fields=crew.rank",                        invalid("fields", "crew.rank")),
    ("a field below a plain value",     "fields=tier.x",                           invalid("fields", "tier.x")),
    ("a field in capitals",             "fields=Name",                             invalid("fields", "Name")),
    ("a field in and out",              "fields=name,-name",                       invalid("fields", "name,-name")),
    ("a field whose parent is out",     "fields=-crew,crew.role",                  invalid("fields", "-crew,crew.role")),
    ("a field in and out, far down",    "fields=depot.shells,-depot",              invalid("fields", "depot.shells,-depot")),
    ("one by repetition",               "fields=name&fields=-name",                invalid("fields", "name,-name")),
    ("two signs",                       "fields=--name",                           invalid("fields", "--name")),
    ("a sign alone",                    "fields=-",                                invalid("fields", "-")),
    ("a dot at the end",                "fields=crew.",                            invalid("fields", "crew.")),
    ("a dot at the beginning",          "fields=.crew",                            invalid("fields", ".crew")),
    ("two dots",                        "fields=crew..role",                       invalid("fields", "crew..role")),
    ("101 fields",                      f"fields={NAMES}",                         invalid("fields", NAMES)),
    ("50 levels",                       f"fields={DEEP}",                          invalid("fields", DEEP)),
    ("a place in a list",               "fields=crew.0.role",                      invalid("fields", "crew.0.role")),
    ("a name in a map",                 "fields=by_seat.x.role",                   invalid("fields", "by_seat.x.role")),
    ("a field of a hidden table",       "fields=name;DROP TABLE x",                invalid("fields", "name;DROP TABLE x")),
    ("an unknown extra field",          "extra=drum",                              invalid("extra", "drum")),
    ("an extra field that is none",     "extra=crew",                              invalid("extra", "crew")),
    ("an extra field with a sign",      "extra=-modules",                          invalid("extra", "-modules")),
    ("101 extra fields",                f"extra={NAMES}",                          invalid("extra", NAMES)),

    # ---- keys
    ("a text",                          "tank_id=one",                             invalid("tank_id", "one")),
    ("a text among numbers",            "tank_id=1,one,2",                         invalid("tank_id", "one")),
    ("a float",                         "tank_id=1.0",                             invalid("tank_id", "1.0")),
    ("an exponent",                     "tank_id=1e3",                             invalid("tank_id", "1e3")),
    ("leading zeros",                   "tank_id=007",                             invalid("tank_id", "007")),
    ("a sign",                          "tank_id=%2B1",                            invalid("tank_id", "+1")),
    ("digits of another script",        "tank_id=%D9%A1",                          invalid("tank_id", "١")),
    ("64 bits and one",                 "tank_id=9223372036854775808",             invalid("tank_id", "9223372036854775808")),
    ("ten to the fortieth",             f"tank_id={HUGE}",                         invalid("tank_id", HUGE)),
    ("an integer of 1,500 digits",      "tank_id=" + "9" * 1_500,                  invalid("tank_id", "9" * 1_000 + "…")),
    ("a space for a key",               "tank_id=%20",                             invalid("tank_id", " ")),
    ("a space among keys",              "tank_id=1,%20,2",                         invalid("tank_id", " ")),
    ("101 keys",                        "tank_id=" + ",".join("5" * n for n in range(1, 102)),
     invalid("tank_id", ",".join("5" * n for n in range(1, 102))[:1_000] + "…", "TANK_ID_LIST_LIMIT_EXCEEDED")),
    ("quotes and a comment",            "tank_id=1'%20OR%201=1--",                 invalid("tank_id", "1' OR 1=1--")),

    # ---- pages, languages, filters
    ("limit 0",                         "limit=0",                                 invalid("limit", "0")),
    ("a negative limit",                "limit=-5",                                invalid("limit", "-5")),
    ("half a limit",                    "limit=1.5",                               invalid("limit", "1.5")),
    ("page 0",                          "page_no=0",                               invalid("page_no", "0")),
    ("a negative page",                 "page_no=-1",                              invalid("page_no", "-1")),
    ("a page far past the end",         f"page_no={HUGE}",                         invalid("page_no", HUGE)),
    ("a page twice",                    "page_no=1&page_no=2",                     invalid("page_no", None)),
    ("a language that is a path",       "language=../ru",                          invalid("language", "../ru")),
    ("a language twice",                "language=en&language=ru",                 invalid("language", None)),
    ("a word for a number",             "tier=high",                               invalid("tier", "high")),
    ("a number past 64 bits",           f"tier={HUGE}",                            invalid("tier", HUGE)),
    ("a search twice",                  "search=ant&search=bee",                   invalid("search", None)),

    # ---- text that is none
    ("latin-1 in a value",              "nation=caf%e9",                           invalid("nation", "caf%e9")),
    ("latin-1 in a name",               "caf%e9=1",                                invalid("caf%e9", "caf%e9", "INVALID_CAF_E9")),
    ("half a character",                "search=%d0",                              invalid("search", "%d0")),
    ("a surrogate",                     "nation=%ed%a0%80",                        invalid("nation", "%ed%a0%80")),
    ("NUL",                             "nation=a%00b",                            invalid("nation", "a%00b")),
    ("NUL where nobody reads",          "drum=%00",                                invalid("drum", "%00")),
    ("a broken escape",                 "nation=50%",                              invalid("nation", "50%")),
    ("1,001 parameters",                "a&" * 1_000 + "a",                        invalid(None, None)),
    ("an application id of NUL",        "application_id=%00",                      invalid("application_id", "%00")),
    ("two applications",                "application_id=x",                        invalid("application_id", None)),
]

TOLERATED: list[tuple[str, str, Any]] = [
    # what                              the query                                  what is answered
    ("an empty value",                  "tank_id=&fields=tank_id",                 {"1": {"tank_id": 1}, "2": {"tank_id": 2}, "30": {"tank_id": 30}}),
    ("a bare key",                      "tank_id&search&limit&fields=tank_id",     {"1": {"tank_id": 1}, "2": {"tank_id": 2}, "30": {"tank_id": 30}}),
    ("nothing but commas",              "tank_id=,,&fields=,tank_id,",             {"1": {"tank_id": 1}, "2": {"tank_id": 2}, "30": {"tank_id": 30}}),
    ("a doubled field",                 "tank_id=2&fields=tank_id,tank_id",        {"2": {"tank_id": 2}}),
    ("a field and its parent",          "tank_id=2&fields=chief,chief.role",       {"2": {"chief": None}}),
    ("100 fields",                      "tank_id=2&fields=" + ",".join(["tank_id"] * 100), {"2": {"tank_id": 2}}),
    ("a doubled key",                   "tank_id=2,2&tank_id=2&fields=tank_id",    {"2": {"tank_id": 2}}),
    ("spaces among keys",               "tank_id=2,%201&fields=tank_id",           {"2": {"tank_id": 2}, "1": {"tank_id": 1}}),
    ("a negative key",                  "tank_id=-1",                              {"-1": None}),
    ("the lowest key",                  "tank_id=-9223372036854775808",            {"-9223372036854775808": None}),
    ("100 keys",                        "fields=tank_id&tank_id=" + ",".join(map(str, range(3, 103))),
     {str(key): {"tank_id": 30} if key == 30 else None for key in range(3, 103)}),
    ("an unknown parameter",            "tank_id=2&fields=tank_id&drum=1&drum=2",  {"2": {"tank_id": 2}}),
    ("a limit above the most",          "limit=500&fields=tank_id&nation=ussr",    {"1": {"tank_id": 1}}),
    ("a filter in any case",            "nation=UsSr&fields=tank_id",              {"1": {"tank_id": 1}}),
    ("a filter that nothing fits",      "nation=x",                                {}),
]

BODIES: list[tuple[str, bytes, dict[str, str], dict[str, Any]]] = [
    # what                              the body                                   labeled  the error
    ("JSON that ends",                  b'{"tank_id": ',                           JSON, invalid("body", None)),
    ("a JSON array",                    b"[1]",                                    JSON, invalid("body", None)),
    ("a name twice",                    b'{"limit": 1, "limit": 2}',               JSON, invalid("limit", None)),
    ("a number that is none",           b'{"limit": NaN}',                         JSON, invalid("body", None)),
    ("JSON that is too deep",           b'{"a":' * 5_000,                          JSON, invalid("body", None)),
    ("JSON in latin-1",                 b'{"nation": "caf\xe9"}',                  JSON, invalid("body", None)),
    ("a form in latin-1",               b"nation=caf\xe9",                         FORM, invalid("nation", "caf%E9")),
    ("escaped latin-1",                 b"nation=caf%e9",                          FORM, invalid("nation", "caf%e9")),
    ("NUL in a form",                   b"nation=a%00",                            FORM, invalid("nation", "a%00")),
    ("a raw NUL in a form",             b"nation=a\x00",                           FORM, invalid("nation", "a%00")),
    ("an object for a key",             b'{"tank_id": {"a": true, "b": null}}',    JSON, invalid("tank_id", '{"a":true,"b":null}')),
    ("an object among keys",            b'{"tank_id": [1, {"a": 1.5}]}',           JSON, invalid("tank_id", '{"a":1.5}')),
    ("an object for a field",           b'{"fields": {"a": 1}}',                   JSON, invalid("fields", '{"a":1}')),
    ("an object for a filter",          b'{"tier": {"a": "\xc3\xa4"}}',            JSON, invalid("tier", '{"a":"ä"}')),
    ("a body of broken parts",          b"--x\r\n",                                {"Content-Type": "multipart/form-data; boundary=x"}, invalid("body", None)),
    ("XML with a DOCTYPE",              b"<!DOCTYPE x><x/>",                       {"Content-Type": "text/xml"}, invalid("body", None)),
]

METHODS: list[tuple[str, str, bytes, dict[str, Any]]] = [
    # what                              the method     the body                                                     the error
    ("an object for a number",          "tools/crew",  b'{"role": "a", "rank": {"a": true}}',                       invalid("rank", '{"a":true}')),
    ("a text for a number",             "tools/crew",  b'{"role": "a", "rank": "high"}',                            invalid("rank", "high")),
    ("a number for a text",             "tools/crew",  b'{"role": 5}',                                              invalid("role", "5")),
    ("two numbers",                     "tools/crew",  b"role=a&rank=1&rank=2",                                     invalid("rank", "1,2")),
    ("a long text for a number",        "tools/crew",  b"role=a&rank=" + LONG.encode() + b"y",                      invalid("rank", LONG + "…")),
    ("a record without a part",         "tools/pair",  b'{"first": {"role": "a", "name": {}}}',
     {"field": "first.skills", "message": "FIRST_SKILLS_NOT_SPECIFIED", "code": 402, "value": None}),
    ("a record with a wrong part",      "tools/pair",  b'{"first": {"role": "a", "name": {}, "skills": ["b", 7]}}', invalid("first.skills.1", "7", "INVALID_FIRST_SKILLS_1")),
    ("a text for a record",             "tools/pair",  b"first=a",                                                  invalid("first", "a")),
    ("a wrong value in a map",          "tools/pair",  b'{"first": {"role": "a", "name": {}, "skills": []}, "note": {"x": [1]}}',
     invalid("note.x", "[1]", "INVALID_NOTE_X")),
]


@pytest.mark.parametrize(("query", "error"), [row[1:] for row in QUERIES], ids=[row[0] for row in QUERIES])
def test_a_query_that_makes_no_sense_is_told_exactly(stand: Stand, query: str, error: dict[str, Any]) -> None:
    """What is wrong, where, and what was sent there."""
    assert stand.error(TANKS, query) == error


@pytest.mark.parametrize(("query", "data"), [row[1:] for row in TOLERATED], ids=[row[0] for row in TOLERATED])
def test_odd_queries_that_harm_nobody_are_answered(stand: Stand, query: str, data: Any) -> None:
    """As clients of this convention expect it, by GET and by POST alike."""
    assert stand.data(TANKS, query) == data
    assert stand.data(TANKS, verb="POST", content=query.encode(), headers=FORM) == data


@pytest.mark.parametrize(("body", "headers", "error"), [row[1:] for row in BODIES], ids=[row[0] for row in BODIES])
def test_a_body_that_makes_no_sense_is_told_exactly(
    stand: Stand, body: bytes, headers: dict[str, str], error: dict[str, Any],
) -> None:
    """Whatever it is called."""
    assert stand.error(TANKS, verb="POST", content=body, headers=headers) == error


@pytest.mark.parametrize(("method", "body", "error"), [row[1:] for row in METHODS], ids=[row[0] for row in METHODS])
def test_an_argument_that_makes_no_sense_is_told_exactly(stand: Stand, method: str, body: bytes, error: dict[str, Any]) -> None:
    """What no form can hold is repeated as JSON."""
    assert stand.error(method, verb="POST", content=body, headers=JSON) == error


@pytest.mark.covers("L10")
@pytest.mark.parametrize(("body", "headers"), [
    (b"tank_id=2,1&fields=tank_id", FORM), (b"tank_id=2,1&fields=tank_id", JSON), (b"tank_id=2&tank_id=1&fields=tank_id", {}),
    (b'{"tank_id": "2,1", "fields": "tank_id"}', JSON), (b'{"tank_id": [2, 1], "fields": ["tank_id"]}', FORM),
    (b"<ask><tank_id>2,1</tank_id><fields>tank_id</fields></ask>", {"Content-Type": "text/xml"}),
    (b"\xef\xbb\xbftank_id=2,1&fields=tank_id", FORM),
])
def test_the_content_of_a_body_decides_and_not_its_label(stand: Stand, body: bytes, headers: dict[str, str]) -> None:
    """A form that is called JSON, and JSON that is called a form."""
    assert stand.data(TANKS, verb="POST", content=body, headers=headers) == {"2": {"tank_id": 2}, "1": {"tank_id": 1}}


@pytest.mark.parametrize(("asked", "found"), [
    ("a", ["a"]), ("a,b", ["a", "b"]), (["a,b"], ["a,b"]), (["a,b", "a"], ["a,b", "a"]), ([" "], [" "]), ([" c"], [" c"]),
    (" ", [" "]), (" a , b ", ["a", "b"]), ("ä", ["ä"]), ([["a", "b"]], ["a,b"]),
])
def test_a_key_may_hold_commas_and_spaces(stand: Stand, asked: Any, found: list[str]) -> None:
    """A JSON array names such keys as they are; in a text the comma parts them."""
    data = stand.data("encyclopedia/labels", verb="POST", json={"label": asked})
    assert data == {label: {"label": label} for label in found}


def test_a_key_whose_name_means_something_else_is_asked_for_as_key(stand: Stand) -> None:
    """`language` is the language of texts, also where the key is called so."""
    assert stand.data("encyclopedia/tongues", "key=de,xx&language=ru") == {"de": {"language": "de", "speakers": 2}, "xx": None}
    assert list(stand.data("encyclopedia/tongues", "language=ru")) == ["en", "de"]
    many = ",".join(f"x{number}" for number in range(101))
    assert stand.error("encyclopedia/tongues", f"key={many}") == invalid("key", many, "KEY_LIST_LIMIT_EXCEEDED")


def test_text_of_any_language_goes_both_ways(stand: Stand) -> None:
    """As UTF-8, by query and by body."""
    for text in ("Пчела 🐝 ä", 'a"b\\c', "<&>"):
        assert stand.data("tools/echo", verb="POST", data={"text": text})["text"] == text
        assert stand.client.get(f"{stand.server.url}{BASE}/tools/echo/", params={"application_id": stand.id, "text": text}).json()["data"]["text"] == text


@pytest.mark.parametrize(("verb", "allowed"), [("PUT", False), ("DELETE", False), ("PATCH", False), ("TRACE", False), ("POST", True)])
def test_a_method_is_called_by_get_or_post_and_by_nothing_else(stand: Stand, verb: str, allowed: bool) -> None:
    """405, in the form of the dialect."""
    for method in (TANKS, "tools/crew"):
        told = stand.ask(method, "role=a", verb=verb).json()
        assert (told["status"] == "ok") == allowed
        if not allowed:
            assert told["error"] == {"field": None, "message": "REQUEST_METHOD_NOT_ALLOWED", "code": 405, "value": None}


def test_too_large_a_request_is_told_in_the_form_of_the_dialect(stand: Stand) -> None:
    """A body past its limit, a line past its limit, too many headers."""
    assert stand.error(TANKS, verb="POST", content=b"x=" + b"y" * 1_100_000)["message"] == "REQUEST_TOO_LARGE"
    for query, headers in (("x=" + "y" * 10_000, {}), ("", {f"X-{number}": "y" for number in range(120)})):
        told = stand.ask(TANKS, query, headers=headers).json()
        assert set(told["error"]) == {"field", "message", "code", "value"}


def test_nothing_of_all_this_was_a_fault_of_ours(stand: Stand) -> None:
    """The log knows no crash but the one that was asked for."""
    assert stand.data(TANKS, "tank_id=1")
    assert not [line for line in stand.server.logged if line["event"] == "crashed" and "secret of /srv" not in str(line)
                and "far.db" not in str(line)]

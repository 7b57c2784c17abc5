"""Bad input, line by line: what is sent, and the clear answer in the form of the dialect. Nothing is a fault of ours."""

# ruff: noqa: E501  # a table is read by its columns
from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from ..conftest import Server
from ..golden.test_conversations import CATALOG

SEVERAL = ",".join(map(str, range(1, 201)))

TABLE: list[tuple[str, str, int, str]] = [
    # what                                 GET                                        status  the text, or a part of it

    # ---- addresses
    ("an unknown endpoint",                "/v2/drums",                               404, "no such endpoint"),
    ("an endpoint of another group",       "/v2/data/toys",                           404, "no such endpoint"),
    ("a group alone",                      "/v2/letters",                             404, "no such endpoint"),
    ("an endpoint in capitals",            "/v2/TOYS",                                404, "no such endpoint"),
    ("two slashes",                        "/v2//toys",                               404, "no such endpoint"),
    ("an endpoint that is a path",         "/v2/../etc/passwd",                       404, "no such endpoint"),
    ("an escaped path",                    "/v2/%2e%2e/%2e%2e/etc/passwd",            404, "no such endpoint"),
    ("a NUL in an endpoint",               "/v2/to%00ys",                             404, "no such endpoint"),
    ("no UTF-8 in an endpoint",            "/v2/%ff",                                 404, "no such endpoint"),
    ("a broken escape in an endpoint",     "/v2/%zz",                                 404, "no such endpoint"),
    ("an id below a method",               "/v2/letters/reverse/1",                   404, "no such endpoint"),

    # ---- one id
    ("an unknown id",                      "/v2/toys/drum",                           404, "no such id"),
    ("an unknown id by query",             "/v2/toys?id=drum",                        404, "no such id"),
    ("an empty id",                        "/v2/toys?id=",                            404, "no such id"),
    ("an id that is a path",               "/v2/toys/../../etc/passwd",               404, "no such id"),
    ("an id that is an escaped path",      "/v2/toys/..%2F..%2Fetc%2Fpasswd",         404, "no such id"),
    ("a text where ids are integers",      "/v2/numbers/seven",                       404, "no such id"),
    ("a float",                            "/v2/numbers/1.0",                         404, "no such id"),
    ("a float by query",                   "/v2/numbers?id=1e0",                      404, "no such id"),
    ("leading zeros",                      "/v2/numbers/007",                         404, "no such id"),
    ("a sign",                             "/v2/numbers/+1",                          404, "no such id"),
    ("a negative integer",                 "/v2/numbers/-1",                          404, "no such id"),
    ("64 bits and one",                    "/v2/numbers/9223372036854775808",         404, "no such id"),
    ("an integer of 4,500 digits",         "/v2/numbers/" + "9" * 4500,               404, "no such id"),
    ("digits of another script",           "/v2/numbers/%D9%A1",                      404, "no such id"),
    ("a space",                            "/v2/numbers/1%20",                        404, "no such id"),
    ("a quote and a comment",              "/v2/toys?id=' OR 1=1 --".replace(" ", "%20"), 404, "no such id"),
    ("a NUL in an id",                     "/v2/toys/a%00b",                          400, "malformed text: a NUL character `a%00b`"),
    ("a NUL in an id by query",            "/v2/toys?id=a%00b",                       400, "id: malformed text: a NUL character"),
    ("no UTF-8 in an id",                  "/v2/toys/%ff%fe",                         400, "malformed text: not UTF-8"),
    ("no UTF-8 in an id by query",         "/v2/toys?id=%c3%28",                      400, "id: malformed text: not UTF-8"),
    ("a surrogate in an id",               "/v2/toys?id=%ed%a0%80",                   400, "id: malformed text: not UTF-8"),
    ("a broken escape in an id",           "/v2/toys/%zz",                            400, "a broken % escape `%zz`. Escape % itself as %25."),
    ("half an escape at the end",          "/v2/toys?id=50%",                         400, "id: malformed text: a broken % escape"),

    # ---- several ids
    ("empty ids",                          "/v2/toys?ids=",                           404, "all ids provided are invalid"),
    ("ids of commas",                      "/v2/toys?ids=,,,",                        404, "all ids provided are invalid"),
    ("unknown ids",                        "/v2/toys?ids=x,y",                        404, "all ids provided are invalid"),
    ("float and huge integers",            "/v2/numbers?ids=1.0,1e3,9223372036854775808,-0,0x1", 404, "all ids provided are invalid"),
    ("201 ids",                            f"/v2/numbers?ids={SEVERAL},201",          400,
     "id list too long; this endpoint is limited to 200 ids at once"),
    ("201 unknown ids",                    f"/v2/toys?ids={SEVERAL},x",               400,
     "id list too long; this endpoint is limited to 200 ids at once"),
    ("all, where it is not allowed",       "/v2/numbers?ids=all",                     400, "ids=all is not supported here"),
    ("repeated ids",                       "/v2/toys?ids=ball&ids=kite",              400, "ids: given more than once. Send it once."),

    # ---- pages
    ("page -1",                            "/v2/toys?page=-1",                        400, "page out of range. Use page values 0 - 0."),
    ("a word for a page",                  "/v2/toys?page=abc",                       400, "page: not an integer `abc`. Write a number such as 1."),
    ("an empty page",                      "/v2/toys?page=",                          400, "page: not an integer ``. Write a number such as 1."),
    ("half a page",                        "/v2/toys?page=0.5",                       400, "page: not an integer `0.5`"),
    ("a page past the end",                "/v2/numbers?page=5",                      400, "page out of range. Use page values 0 - 4."),
    ("a page far past the end",            "/v2/numbers?page=9223372036854775808",    400, "page out of range. Use page values 0 - 4."),
    ("a page of 4,500 digits",             "/v2/numbers?page=" + "9" * 4500,          400, "page out of range. Use page values 0 - 4."),
    ("a page past those that fit",         "/v2/toys?price=3&page=1",                 400, "page out of range. Use page values 0 - 0."),
    ("page_size 0",                        "/v2/toys?page_size=0",                    400, "page_size: out of range `0`. Use page_size values 1 - 200."),
    ("page_size -1",                       "/v2/toys?page=0&page_size=-1",            400, "page_size: out of range `-1`."),
    ("page_size 201",                      "/v2/toys?page=0&page_size=201",           400, "page_size: out of range `201`."),
    ("a huge page_size",                   "/v2/toys?page_size=99999999999999999999", 400, "page_size: out of range"),
    ("a word for a page_size",             "/v2/toys?page=0&page_size=many",          400, "page_size: not an integer `many`."),
    ("a repeated page",                    "/v2/toys?page=0&page=1",                  400, "page: given more than once. Send it once."),

    # ---- languages and versions
    ("an unknown language",                "/v2/toys?lang=xx",                        400, "lang: unknown language `xx`. Use one of en, de."),
    ("an empty language",                  "/v2/toys/kite?lang=",                     400, "lang: unknown language ``. Use one of en, de."),
    ("a malformed language",               "/v2/toys/kite?lang=../de",                400, "lang: unknown language `../de`."),
    ("an endless language",                "/v2/toys/kite?lang=" + "x-" * 2000,       400, "lang: unknown language"),
    ("a repeated language",                "/v2/toys?lang=de&lang=en",                400, "lang: given more than once. Send it once."),
    ("a malformed version",                "/v2/toys?v=yesterday",                    400, "v: invalid schema version `yesterday`."),
    ("several faults, all told",           "/v2/toys?lang=xx&page=abc&v=1",           400,
     "lang: unknown language `xx`. Use one of en, de. v: invalid schema version `1`."),
    ("several repeated, all told",         "/v2/toys?id=1&id=2&v=1&v=2",              400, "id: given more than once. Send it once."),

    # ---- filters, search, order
    ("a word for an integer",              "/v2/toys?price=cheap",                    400, "price: invalid value `cheap`. Expected integer."),
    ("a float for an integer",             "/v2/toys?price=3.0",                      400, "price: invalid value `3.0`. Expected integer."),
    ("an integer past 64 bits",            "/v2/toys?price=9223372036854775808",      400, "price: invalid value `9223372036854775808`."),
    ("an integer of 4,500 digits",         "/v2/toys?price=" + "9" * 4500,            400, "price: invalid value"),
    ("a field that cannot be sorted",      "/v2/toys?sort=tags",                      400, "sort: cannot sort by this `tags`. Use one of name, price"),
    ("an order by nothing",                "/v2/toys?sort=-",                         400, "sort: cannot sort by this `-`."),
    ("an empty search",                    "/v2/toys?search=",                        400, "search: the search text is too short ``."),

    # ---- whole queries
    ("no UTF-8 in a name",                 "/v2/toys?%ff=1",                          400, "malformed text: not UTF-8"),
    ("a NUL in a value nobody reads",      "/v2/toys?x=%00",                          400, "x: malformed text: a NUL character"),
    ("1,001 parameters",                   "/v2/toys?" + "a&" * 1000 + "a",           400, "too many parameters. Send at most 1000."),
    ("a method without its parameter",     "/v2/letters/reverse",                     400, "text: missing parameter. Expected text."),
    ("a method with a wrong one",          "/v2/letters/reverse?text=a&times=many",   400, "times: invalid value `many`. Expected integer."),
    ("a method with one twice",            "/v2/letters/reverse?text=a&text=b",       400, "text: invalid value `2 values`. Expected one value."),
]

TOLERATED = [
    # what                                 GET                                        status  the body, or a part of it
    ("ids asked for twice in one list",    "/v2/toys?ids=kite,kite,,kite",            200, '[{"id":"kite"'),
    ("some unknown ids",                   "/v2/numbers?ids=2,2.0,x",                 206, '[{"id":2,"square":4}]'),
    ("an unknown parameter",               "/v2/numbers/2?colour=red&colour=blue",    200, '{"id":2,"square":4}'),
    ("a parameter without a value",        "/v2/numbers/2?&&x&=&",                    200, '{"id":2,"square":4}'),
    ("a semicolon is no separator",        "/v2/numbers/2?x=1;id=3",                  200, '{"id":2,"square":4}'),
    ("one slash at the end",               "/v2/numbers/2/",                          200, '{"id":2,"square":4}'),
    ("a repeated filter is a choice",      "/v2/toys?price=3&price=12",               200, '["ball","kite","top"]'),
    ("a filter that nothing fits",         "/v2/toys?price=4&page=0",                 200, "[]"),
    ("a filter of the lowest integer",     "/v2/toys?price=-9223372036854775808",     200, "[]"),
    ("a stale key on public data",         "/v2/numbers/2?access_token=x",            200, '{"id":2,"square":4}'),
]

HEADERS = [
    ("an unknown language",   {"Accept-Language": "tlh, xx;q=0.5"},                200),
    ("a malformed language",  {"Accept-Language": ";;;q=9,,*;q=z,\x80"},          200),
    ("an endless language",   {"Accept-Language": "xx," * 3000},                   200),
    ("a malformed coding",    {"Accept-Encoding": "gzip;q=x, zstd;q=-1, \xff"},    200),
    ("a malformed condition", {"If-None-Match": 'W/", "", *x, \x80'},              200),
    ("a malformed version",   {"X-Schema-Version": "yesterday"},                   400),
    ("a malformed key",       {"Authorization": "Bearer \xff' OR 1=1"},            200),
    ("another scheme",        {"Authorization": "Basic Og=="},                     200),
]


@pytest.fixture(scope="module")
def server(serve: Callable[..., Server]) -> Server:
    """A server of the toys that the golden conversations speak of."""
    return serve(catalog=CATALOG)


def test_the_table_knows_every_row_once() -> None:
    """No address is tried twice."""
    addresses = [path for _, path, _, _ in (*TABLE, *TOLERATED)]
    assert len(set(addresses)) == len(addresses)


def send(server: Server, path: str, headers: dict[str, str] | None = None) -> tuple[int, dict[str, str], bytes]:
    """GET a path exactly as it is written."""
    place = urlsplit(server.url)
    assert place.hostname is not None
    lines = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    with socket.create_connection((place.hostname, place.port or 80), timeout=10) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a.example\r\n{lines}Connection: close\r\n\r\n".encode("latin-1"))
        raw = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, body = raw.partition(b"\r\n\r\n")
    status, *rest = head.decode("latin-1").split("\r\n")
    return int(status.split()[1]), {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}, body


def check_form(status: int, headers: dict[str, str], body: bytes) -> str:
    """The text of an error in the form of the dialect; nobody keeps it, everybody may read it, its id is told."""
    told = json.loads(body)
    assert list(told) == ["text"]
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert headers["cache-control"] == "no-store"
    assert headers["access-control-allow-origin"] == "*"
    assert re.fullmatch(r"[0-9a-f]{16}", headers["x-request-id"])
    assert "etag" not in headers
    assert len(body) < 1000
    assert not re.search(r"Traceback|\.py|Error\b|/srv|/tmp|sqlite", told["text"])
    assert 400 <= status < 500
    return str(told["text"])


@pytest.mark.covers("G13")
@pytest.mark.parametrize(("path", "status", "text"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_bad_input_gets_a_clear_answer(server: Server, path: str, status: int, text: str) -> None:
    """Its status, what is wrong, and what to do."""
    found, headers, body = send(server, path.replace(" ", "%20"))
    assert text in check_form(found, headers, body)
    assert found == status


@pytest.mark.parametrize(("path", "status", "start"), [row[1:] for row in TOLERATED], ids=[row[0] for row in TOLERATED])
def test_odd_input_that_harms_nobody_is_answered(server: Server, path: str, status: int, start: str) -> None:
    """As clients of this convention expect it."""
    found, _, body = send(server, path)
    assert (found, body.decode().startswith(start)) == (status, True), body


@pytest.mark.parametrize(("headers", "status"), [row[1:] for row in HEADERS], ids=[row[0] for row in HEADERS])
def test_odd_headers_disturb_nothing(server: Server, headers: dict[str, str], status: int) -> None:
    """What cannot be read of a preference counts as none."""
    found, answered, body = send(server, "/v2/numbers/2", headers)
    assert found == status
    if status == 200:
        assert json.loads(body) == {"id": 2, "square": 4}
    else:
        check_form(found, answered, body)


@pytest.mark.parametrize(("path", "status"), [
    ("/v2/toys?x=" + "y" * 100_000, 414), ("/v2/" + "y" * 100_000, 414), ("/v2/toys?" + "id=1&" * 20_000, 414),
], ids=["query", "path", "parameters"])
def test_a_request_line_of_100_kb_is_refused_in_the_form_of_the_dialect(server: Server, path: str, status: int) -> None:
    """It names the limit, and the refusal arrives though the client is still sending."""
    found, headers, body = send(server, path)
    assert found == status
    assert "8192 bytes" in check_form(found, headers, body)


def test_headers_of_100_kb_are_refused_in_the_form_of_the_dialect(server: Server) -> None:
    """So do too many."""
    for headers in ({"X": "y" * 100_000}, {f"X-{number}": "y" for number in range(150)}):
        found, answered, body = send(server, "/v2/toys", headers)
        assert found == 431
        check_form(found, answered, body)


def test_outside_the_data_plane_such_a_request_is_a_small_problem(server: Server) -> None:
    """RFC 9457, as everything there."""
    found, headers, body = send(server, "/" + "y" * 100_000)
    assert found == 414
    assert headers["content-type"] == "application/problem+json"
    assert json.loads(body)["status"] == 414


def test_nothing_of_all_this_was_a_fault_of_ours(server: Server) -> None:
    """The log knows no crash; every answer has a line."""
    assert server.get("/v2/toys").status_code == 200
    assert not [line for line in server.logged if line["event"] == "crashed"]

"""Endpoints and actions, their answers, and everything that is wrong told at once (D5-D8)."""

from __future__ import annotations

import json
import socket
import string
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import NOT_FOUND, PARAMETER, REQUEST, Interface, errors_of, names, read

# ---------------------------------------------------------------------------------------- addresses


@pytest.mark.covers("D5", "D8")
def test_the_documents_own_example(api: Interface) -> None:
    """`/api/home/default?api_token=...&user_token=...&var1=false&var2=13`, letter by letter."""
    answer = api.server.get(f"/api/home/default?api_token={api.token}&user_token={api.alice}&var1=false&var2=13")
    assert answer.content == b'{"data":{"var1":false,"var2":13},"error":[],"success":true}'
    assert api.server.get("/api/home/default?var1=false&var2=13").json() == {
        "data": [], "success": False,
        "error": [{"exception": "App\\ApiModule\\AuthException", "message": "API token parameter is missing.", "code": 400}]}


@pytest.mark.covers("D5")
def test_an_endpoint_without_an_action_runs_its_default_one(api: Interface) -> None:
    """Of methods the one that is called `default` or has no group, of resources the list, of a single one the record."""
    for paths in (("/api/home", "/api/home/", "/api/home/default", "/api/home/default/", "/api/%68ome"),
                  ("/api/servers", "/api/servers/", "/api/servers/default", "/api/servers/list"), ("/api/counter", "/api/counter/default")):
        assert len({api.ask(path).text for path in paths}) == 1, paths
    assert api.data("/api/profile", user_token=api.alice) == api.data("/api/profile/get", user_token=api.alice)
    assert api.errors("/api/tools") == [(NOT_FOUND, "No such action. tools has any, fail, mine, nap, nothing, say, tell, who.", 404)]


NO_ENDPOINT, NO_SUCH = "No endpoint was named. Ask for /api/<endpoint>/<action>.", "No such endpoint. The reference lists the endpoints."


@pytest.mark.covers("D5")
@pytest.mark.parametrize(("path", "message"), [
    ("/api", NO_ENDPOINT), ("/api/", NO_ENDPOINT), ("/api//", NO_ENDPOINT), ("/api/nothing", NO_SUCH), ("/api/nothing/at/all", NO_SUCH),
    ("/api/game/servers", NO_SUCH), ("/api/servers/1", "No such action. servers has default, find, get, list."),
    ("/api/servers/list/1", "No such action. servers has default, find, get, list."), ("/api/../etc/passwd", NO_SUCH),
    ("/api/%2e%2e/x", NO_SUCH),
    ("/api/.%00/x", NO_SUCH), ("/api/%ff", NO_SUCH), ("/api/%zz", NO_SUCH), ("/api/SERVERS", NO_SUCH), ("/api/servers%2Flist", NO_SUCH),
    ("/api/servers//list", "No such action. servers has default, find, get, list."), ("/api/<b>", NO_SUCH), ("/api/;x.css", NO_SUCH),
    ("/api/" + "a/" * 2_000, NO_SUCH), ("/api/tools/count", "No such action. tools has any, fail, mine, nap, nothing, say, tell, who."),
])
def test_a_base_alone_and_what_does_not_exist_are_errors(api: Interface, path: str, message: str) -> None:
    """In the envelope, whatever the verb, with a token or without."""
    for verb in ("GET", "POST", "DELETE"):
        for query in (f"?api_token={api.token}", ""):
            assert errors_of(raw(api, verb, path + query)) == [(NOT_FOUND, message, 404)]


def raw(api: Interface, verb: str, target: str, head: str = "", body: bytes = b"") -> httpx.Response:
    """Send a target as it stands, which clients would mend."""
    place = urlsplit(api.server.url)
    with socket.create_connection((place.hostname or "", place.port or 80), timeout=10) as connection:
        head = f"Host: a\r\nConnection: close\r\nContent-Length: {len(body)}\r\n{head}"
        connection.sendall(f"{verb} {target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    found, _, content = answer.partition(b"\r\n\r\n")
    status, *lines = found.decode("latin-1").split("\r\n")
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    return httpx.Response(int(status.split()[1]), headers=headers, content=content)


# ---------------------------------------------------------------------------------------- resources


@pytest.mark.covers("D8")
def test_a_list_has_a_page_of_records_and_how_many_there_are(api: Interface) -> None:
    """With typed filters, a search, an order, pages from 1, and the language asked for."""
    whole = api.data("/api/servers/list")
    assert (len(whole["items"]), whole["total"]) == (50, 120)
    assert whole["items"][0] == {"id": 1, "name": "Server 1", "map": "tanoa", "slots": 1, "rating": 0.25, "mods": [1]}
    last = api.data("/api/servers/list", page=3, limit=50)
    assert ([each["id"] for each in last["items"]], last["total"]) == ([*range(101, 121)], 120)
    some = api.data("/api/servers", map="altis", slots="1,2", sort="-slots", limit=200)
    assert some["total"] == len(some["items"]) == sum(n % 3 == 0 and n % 7 in (1, 2) for n in range(1, 121))
    assert [each["slots"] for each in some["items"]] == sorted((each["slots"] for each in some["items"]), reverse=True)
    found = api.data("/api/servers", search="rechner 12", language="de")
    assert [each["name"] for each in found["items"]] == ["Rechner 12", "Rechner 120"]
    assert api.data("/api/servers", map="altis", slots=7) == {"items": [], "total": 0}
    german = api.server.get(f"/api/servers/get?id=7&api_token={api.token}", headers={"Accept-Language": "de"})
    assert (read(german)["data"]["name"], german.headers["content-language"]) == ("Rechner 7", "de")


@pytest.mark.covers("D8")
def test_a_record_is_asked_for_by_its_key(api: Interface) -> None:
    """And a search at a path of its own shows what it declares."""
    assert api.data("/api/servers/get", id=7)["name"] == "Server 7"
    assert api.errors("/api/servers/get", id=121) == [(NOT_FOUND, "id parameter: no such id `121`.", 404)]
    assert api.data("/api/servers/find", search="server 11", limit=1) == {"items": [{"id": 11, "name": "Server 11"}], "total": 11}
    assert api.data("/api/servers/find", search="Server 11", type="exact")["total"] == 1
    assert names(api.errors("/api/servers/find", type="odd", map="altis")) == ["map", "type", "search"]


def test_what_a_method_returns_is_an_object(api: Interface) -> None:
    """A list as a page, nothing as `[]`, anything else under a name."""
    assert api.data("/api/counter") == {"items": [1, 2, 3], "total": 3}
    assert api.data("/api/tools/say", text="Ж <b>'; DROP TABLE x; --") == {"result": "Ж <b>'; DROP TABLE x; --"}
    assert api.data("/api/tools/nothing") == []


def test_a_form_a_json_body_and_a_query_say_the_same_and_join(api: Interface) -> None:
    """Whatever the body is called; what stands in both is given twice."""
    url = f"/api/tools/tell?api_token={api.token}"
    expected = {"count": 3, "half": 0.5, "loud": True, "size": "l", "tags": ["a", "b"], "slot": None}
    for answer in (api.ask("/api/tools/tell", count=3, loud="true", size="l", tags="a,b"),
                   api.server.ask("POST", url, data={"count": "3", "loud": "1", "size": "l", "tags": ["a", "b"]}),
                   api.server.ask("POST", url + "&count=3&loud=true", json={"size": "l", "tags": ["a", "b"]}),
                   api.server.ask("POST", url, content=b'{"count":3,"loud":true,"size":"l","tags":["a","b"]}')):
        assert read(answer)["data"] == expected
    slot = {"name": "medic", "weights": [1, 2.5]}
    assert read(api.server.ask("POST", url, json={"count": 1, "slot": slot}))["data"]["slot"] == slot
    assert names(errors_of(api.server.ask("POST", url + "&count=3", json={"count": 3}))) == ["count"]
    listed = api.server.ask("POST", "/api/servers", json={"api_token": api.token, "map": "altis", "slots": [1, 2], "limit": 3})
    assert read(listed)["data"]["total"] == api.data("/api/servers", map="altis", slots="1,2")["total"]
    assert read(api.server.ask("POST", "/api/servers/get", data={"api_token": api.token, "id": "7"}))["data"]["id"] == 7


def test_an_idempotency_key_is_the_callers_whatever_the_verb(api: Interface) -> None:
    """What a method declares says whether it writes; the key belongs to the API token, or to the account of a user token."""
    def call(count: int, verb: str, **tokens: str) -> httpx.Response:
        parameters = {"api_token": api.token, "count": count, **tokens}
        return api.server.ask(verb, "/api/tools/tell", params=parameters, headers={"Idempotency-Key": "once"})

    assert read(call(1, "GET"))["data"] == read(call(1, "POST"))["data"]
    assert {(exception, code) for exception, _, code in errors_of(call(2, "GET"))} == {("App\\ApiModule\\ConflictException", 409)}
    assert read(call(3, "GET", user_token=api.bob))["data"]["count"] == 3
    assert errors_of(call(4, "POST", user_token=api.bob))[0][2] == 409


# ---------------------------------------------------------------------------------------- what is wrong


@pytest.mark.covers("D7", "D8")
@pytest.mark.parametrize(("path", "query", "told"), [
    ("tools/tell", "count=x&half=nan&loud=maybe&size=m&tags=a&other=1&slot=x",
     ["other", "count", "half", "loud", "size", "slot"]),
    ("tools/tell", "count=0", ["count"]), ("tools/tell", "count=10", ["count"]), ("tools/tell", "count=1.0", ["count"]),
    ("tools/tell", "count=9223372036854775808", ["count"]), ("tools/tell", "", ["count"]), ("tools/tell", "count=", ["count"]),
    ("tools/tell", "count=1&count=2&size=s&size=l", ["count", "size"]), ("tools/tell", "count=%ff&half=%zz&size=a%00&loud=2",
                                                                        ["count", "half", "size", "loud"]),
    ("home", "var1=2&var2=x&language=xx&v=then&page=1", ["page", "language", "v", "var1", "var2"]),
    ("servers/list", "page=x&limit=0&sort=map&search=s&language=xx&v=x&map=mars&slots=a,b&color=red&page=2",
     ["page", "language", "v", "limit", "color", "map", "slots", "slots", "sort", "search"]),
    ("servers/get", "", ["id"]), ("servers/get", "id=x", ["id"]), ("servers/get", "id=1&id=2", ["id"]), ("servers/get", "id=", ["id"]),
    ("servers/get", "id=1,2", ["id"]),
    ("servers/get", "map=altis&page=1&limit=2&search=a&sort=slots", ["id", "map", "page", "limit", "search", "sort"]),
    ("counter", "a=1&b=2&c=3", ["a", "b", "c"]),
])
def test_everything_that_is_wrong_is_told_at_once(api: Interface, path: str, query: str, told: list[str]) -> None:
    """Each parameter by its name, with what was sent and what is expected."""
    found = errors_of(api.server.get(f"/api/{path}?api_token={api.token}&{query}"))
    assert sorted(names(found)) == sorted(told)
    assert {(exception, code) for exception, _, code in found} <= {(PARAMETER, 400), (REQUEST, 400)}


@pytest.mark.covers("D7")
def test_the_words_of_the_most_common_faults(api: Interface) -> None:
    """They stay as they are."""
    assert api.errors("/api/tools/tell", other="x") == [
        (PARAMETER, "other parameter is unknown. Known are count, half, loud, size, tags, slot.", 400),
        (PARAMETER, "count parameter is missing. Expected integer, at least 1, at most 9.", 400)]
    assert api.errors("/api/tools/tell", count="x") == [
        (PARAMETER, "count parameter: invalid value `x`. Expected integer, at least 1, at most 9.", 400)]
    for page in (0, 4):
        assert api.errors("/api/servers", page=page) == [
            (PARAMETER, f"page parameter: page out of range `{page}`. Use page values 1 - 3.", 400)]
    assert api.errors("/api/servers", limit=201) == [(PARAMETER, "limit parameter: out of range `201`. Use limit values 1 - 200.", 400)]
    assert errors_of(api.server.get(f"/api/servers/list?api_token={api.token}&page=1&page=1")) == [
        (PARAMETER, "page parameter is given more than once. Send it once.", 400)]
    assert api.errors("/api/bans", user_token=api.alice, search="x", sort="id", player="y") == [
        (PARAMETER, "sort parameter is unknown. Leave it out.", 400), (PARAMETER, "search parameter is unknown. Leave it out.", 400)]


def test_who_may_not_ask_learns_nothing_of_the_parameters(api: Interface) -> None:
    """Tokens come first."""
    assert len(api.errors("/api/tools/tell", api_token="x", count="x", half="y")) == 1
    assert len(api.errors("/api/tools/mine", other="x")) == 1


@pytest.mark.parametrize(("body", "told"), [
    (b'{"text": ', "not JSON"), (b"[1]", "no object"), (b'{"text": NaN}', "NaN"), (b'{"a":1,"a":2}', "stands twice"),
    (b'{"a":' * 50_000, "deep"), (b"[" * 100_000, "deep"), (b"\xff{", "UTF-8"), (b'{"text": "\xff"}', "UTF-8"),
    (b'{"a":"\\ud800"}', "surrogate"),
    (b"text=%zz&other=%ff", "escape"), (b"<w><a>1</a><a>2</a></w>", "twice"), (b"<!DOCTYPE x><w/>", "DOCTYPE"), (b"&" * 2_000, "too many"),
], ids=lambda value: value if isinstance(value, str) else value[:12].decode("latin-1"))
def test_a_body_that_cannot_be_read_is_told(api: Interface, body: bytes, told: str) -> None:
    """Before anybody asks who sent it, since that stands in it."""
    found = errors_of(api.server.ask("POST", "/api/tools/say", content=body))
    assert {(exception, code) for exception, _, code in found} == {(REQUEST, 400)}
    assert told in found[0][1]


@pytest.mark.covers("D6")
def test_what_the_server_itself_refuses_is_told_in_the_envelope(api: Interface) -> None:
    """Wrong verbs, a body of 10 MB, a file that nobody wants, a long target or header, a crash, a time-out."""
    for verb in ("PUT", "DELETE", "PATCH", "TRACE"):
        answer = api.ask("/api/tools/nothing", verb)
        assert errors_of(answer) == [(REQUEST, f"{verb} is not allowed here. Use GET, POST, OPTIONS.", 405)]
        assert answer.headers["allow"] == "GET, POST, OPTIONS"
    assert errors_of(api.server.ask("POST", "/api/home", content=b"x" * 10_000_000))[0][::2] == (REQUEST, 413)
    assert names(errors_of(api.server.ask("POST", "/api/home", data={"api_token": api.token}, files={"a": b"x"}))) == ["a"]
    long = raw(api, "GET", "/api/home?" + "a" * 20_000)
    assert errors_of(long)[0][0] == REQUEST
    assert long.status_code in (414, 431)
    assert errors_of(raw(api, "GET", "/api/home", "A: " + "b" * 40_000 + "\r\n"))[0][0] == REQUEST
    assert errors_of(raw(api, "GET", "/api/home", "Content-Length: 5\r\n"))[0][0] == REQUEST
    crash = api.ask("/api/tools/fail")
    assert errors_of(crash) == [("App\\ApiModule\\InternalException",
                                 f"Internal error. Report the request id {crash.headers['x-request-id']} if it lasts.", 500)]
    assert "secret" not in crash.text
    assert api.errors("/api/tools/nap") == [("App\\ApiModule\\UnavailableException", "The method took too long.", 504)]


def test_the_head_alone_is_answered_where_nothing_is_done(api: Interface) -> None:
    """Reading and writing are known by what a method declares, not by how it is called here."""
    url = f"/api/servers?api_token={api.token}"
    get, head = (api.server.ask(verb, url, headers={"Accept-Encoding": "identity"}) for verb in ("GET", "HEAD"))
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", get.headers["etag"])
    assert api.ask("/api/tools/nothing", "HEAD").status_code == 405
    assert api.ask("/api/servers", "OPTIONS").status_code == 204


def test_a_disabled_endpoint_is_told(api: Interface) -> None:
    """Until it is enabled again."""
    api.server.prepare("method", "disable", "tools/say", "--reason", "Mending.")
    api.wait_until(lambda: api.ask("/api/tools/say", text="a").status_code == 503)
    assert api.errors("/api/tools/say", text="a")[0][::2] == ("App\\ApiModule\\UnavailableException", 503)
    api.server.prepare("method", "enable", "tools/say")
    api.wait_until(lambda: api.ask("/api/tools/say", text="a").status_code == 200)


# ---------------------------------------------------------------------------------------- whatever is sent


PARTS = st.sampled_from(["servers", "list", "get", "home", "tools", "tell", "say", "counter", "bans", "..", ".", "%2f", "%00", "%", ""])
NAMES = st.sampled_from(["api_token", "user_token", "page", "limit", "sort", "search", "language", "v", "id", "map", "count", "text", "a"])
TEXTS = st.text(max_size=12) | st.sampled_from(["1", "-1", "1e9", "true", "null", "altis", "' OR 1=1 --", "<script>", "\0", "9" * 40])
VALUES = st.recursive(st.none() | st.booleans() | st.integers() | TEXTS, st.lists, max_leaves=4)
BODIES = st.binary(max_size=60) | st.dictionaries(NAMES, VALUES, max_size=4).map(lambda value: json.dumps(value).encode())


@pytest.mark.covers("D6")
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(path=st.lists(PARTS | st.text(string.printable, max_size=6).map(lambda text: quote(text, safe="")), max_size=4).map("/".join),
       query=st.one_of(st.lists(st.tuples(NAMES, TEXTS), max_size=6), st.binary(max_size=40)),
       verb=st.sampled_from(["GET", "GET", "POST", "PUT", "DELETE"]), body=BODIES, known=st.booleans())
def test_whatever_is_sent_the_envelope_is_exact(
    api: Interface, path: str, query: list[tuple[str, str]] | bytes, verb: str, body: bytes, known: bool,
) -> None:
    """And nothing is a fault of ours."""
    text = "&".join(f"{name}={quote(value)}" for name, value in query) if isinstance(query, list) else quote(query, safe="%&=+")
    target = f"/api/{path}?" + (f"api_token={api.token}&" if known else "") + text
    answer = raw(api, verb, target, body=body if verb == "POST" else b"")
    read(answer)
    assert answer.status_code < 500


def test_nothing_of_that_was_a_crash(api: Interface) -> None:
    """Beside the one that was asked for."""
    crashed: list[dict[str, Any]] = [line for line in api.server.logged if line["event"] == "crashed"]
    assert {line["error"] for line in crashed} <= {"ValueError('the secret of /srv/data')"}

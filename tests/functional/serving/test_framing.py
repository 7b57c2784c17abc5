"""RFC 9112 on the wire: what is malformed is refused, the refusal arrives, and nothing that follows is ever executed."""

from __future__ import annotations

import json

import pytest

from .conftest import Running, statuses

HOST = b"Host: a.example\r\n"
CANARY = b"GET /v2/canary HTTP/1.1\r\nHost: a.example\r\n\r\n"
UPGRADE = b"Connection: Upgrade\r\nUpgrade: foo\r\n"
CHUNKED = b"POST /v2/echo HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"

MALFORMED = {
    "no Host": (b"GET /v2/echo HTTP/1.1\r\n\r\n", 400),
    "two Hosts": (b"GET /v2/echo HTTP/1.1\r\n" + HOST + HOST + b"\r\n", 400),
    "an empty Host": (b"GET /v2/echo HTTP/1.1\r\nHost:\r\n\r\n", 400),
    "a Host with userinfo": (b"GET /v2/echo HTTP/1.1\r\nHost: alice@a.example\r\n\r\n", 400),
    "a Host with a path": (b"GET /v2/echo HTTP/1.1\r\nHost: a.example/x\r\n\r\n", 400),
    "a Host with a space": (b"GET /v2/echo HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    "a list of Hosts": (b"GET /v2/echo HTTP/1.1\r\nHost: a.example, b.example\r\n\r\n", 400),
    "a Host with a wrong port": (b"GET /v2/echo HTTP/1.1\r\nHost: a.example:http\r\n\r\n", 400),
    "a Host with a port too large": (b"GET /v2/echo HTTP/1.1\r\nHost: a.example:65536\r\n\r\n", 400),
    "a Host that is no IPv6 address": (b"GET /v2/echo HTTP/1.1\r\nHost: [::1::2]\r\n\r\n", 400),
    "a Host with a broken escape": (b"GET /v2/echo HTTP/1.1\r\nHost: a%4\r\n\r\n", 400),
    "a folded header": (b"GET /v2/echo HTTP/1.1\r\n" + HOST + b"A: b\r\n c\r\n\r\n", 400),
    "a bare LF after the request line": (b"GET /v2/echo HTTP/1.1\nHost: a.example\r\n\r\n", 400),
    "a bare LF after a header": (b"GET /v2/echo HTTP/1.1\r\nA: b\n" + HOST + b"\r\n", 400),
    "a CR in a value": (b"GET /v2/echo HTTP/1.1\r\n" + HOST + b"A: b\rc\r\n\r\n", 400),
    "a NUL in a value": (b"GET /v2/echo HTTP/1.1\r\n" + HOST + b"A: b\0c\r\n\r\n", 400),
    "a NUL in the target": (b"GET /v2/e\0cho HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "a space before the colon": (b"GET /v2/echo HTTP/1.1\r\n" + HOST + b"A : b\r\n\r\n", 400),
    "a nameless header": (b"GET /v2/echo HTTP/1.1\r\n" + HOST + b": b\r\n\r\n", 400),
    "a space in the target": (b"GET /v2/e cho HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "a fragment in the target": (b"GET /v2/echo#x HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "a target without a slash": (b"GET v2/echo HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "GET *": (b"GET * HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "an absolute target without a host": (b"GET http:///v2/echo HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "an absolute target with userinfo": (b"GET http://a@b/v2/echo HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "an absolute target of another scheme": (b"GET ftp://a/v2/echo HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "equal Content-Lengths": (
        b"POST /v2/echo HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
    "unequal Content-Lengths": (
        b"POST /v2/echo HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\nContent-Length: 0\r\n\r\nabc", 400),
    "a list of Content-Lengths": (b"POST /v2/echo HTTP/1.1\r\n" + HOST + b"Content-Length: 3, 3\r\n\r\nabc", 400),
    "a signed Content-Length": (b"POST /v2/echo HTTP/1.1\r\n" + HOST + b"Content-Length: +3\r\n\r\nabc", 400),
    "a hexadecimal Content-Length": (b"POST /v2/echo HTTP/1.1\r\n" + HOST + b"Content-Length: 0x3\r\n\r\nabc", 400),
    "an empty Content-Length": (b"POST /v2/echo HTTP/1.1\r\n" + HOST + b"Content-Length: \r\n\r\n", 400),
    "Content-Length, then Transfer-Encoding": (
        b"POST /v2/echo HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "Transfer-Encoding, then Content-Length": (
        b"POST /v2/echo HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400),
    "identity, chunked": (
        b"POST /v2/echo HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n", 501),
    "gzip, chunked": (b"POST /v2/echo HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    "an unknown coding": (b"POST /v2/echo HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
    "chunked twice": (
        b"POST /v2/echo HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n0\r\n\r\n", 400),
    "chunked in HTTP/1.0": (b"POST /v2/echo HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "a chunk size with LF alone": (CHUNKED + b"3\nabc\r\n0\r\n\r\n", 400),
    "a chunk that ends with LF alone": (CHUNKED + b"3\r\nabc\n0\r\n\r\n", 400),
    "a chunk longer than its size": (CHUNKED + b"3\r\nabcXX0\r\n\r\n", 400),
    "a negative chunk": (CHUNKED + b"-3\r\nabc\r\n0\r\n\r\n", 400),
    "a chunk size of 0x3": (CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n", 400),
    "a chunk size that overflows": (CHUNKED + b"10000000000000003\r\nabc\r\n0\r\n\r\n", 400),
    "HTTP/0.9": (b"GET /v2/echo\r\n\r\n", 505),
    "HTTP/1.2": (b"GET /v2/echo HTTP/1.2\r\n" + HOST + b"\r\n", 505),
    "HTTP/2.0": (b"GET /v2/echo HTTP/2.0\r\n" + HOST + b"\r\n", 505),
    "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "an unknown verb": (b"FROB /v2/echo HTTP/1.1\r\n" + HOST + b"\r\n", 405),
    "CONNECT": (b"CONNECT a.example:80 HTTP/1.1\r\n" + HOST + b"\r\n", 405),
    "an upgrade with a body": (
        b"POST /v2/echo HTTP/1.1\r\n" + HOST + UPGRADE + b"Content-Length: 70\r\n\r\n", 400),
    "an upgrade with a chunked body": (
        b"POST /v2/echo HTTP/1.1\r\n" + HOST + UPGRADE + b"Transfer-Encoding: chunked\r\n\r\n", 400),
    "an unknown expectation": (b"GET /v2/echo HTTP/1.1\r\n" + HOST + b"Expect: miracles\r\n\r\n", 417),
    "the opening of TLS": (bytes.fromhex("160301020001000001fc0303"), 405),
}


@pytest.mark.parametrize("name", MALFORMED)
@pytest.mark.parametrize("split", [False, True], ids=["one segment", "two segments"])
def test_malformed_requests_are_refused_and_the_canary_behind_them_is_never_answered(
    ours: Running, name: str, split: bool,
) -> None:
    """One refusal, `Connection: close`, a clean end; the request smuggled behind it is not executed."""
    malformed, status = MALFORMED[name]
    raw = ours.say(*((malformed, CANARY) if split else (malformed + CANARY,)))
    assert statuses(raw) == [status], raw
    assert b"connection: close\r\n" in raw.lower()
    assert not raw.endswith(b"<reset>")
    assert not (ours.folder / "canaries").exists()
    head, _, body = raw.partition(b"\r\n\r\n")
    told = json.loads(body)
    assert told.get("status") == status or told["refused"] == "request-malformed"   # in the form of whoever is asked
    assert b"content-length: %d\r\n" % len(body) in head + b"\r\n"
    assert (b"allow: GET" in head) == (status == 405)


@pytest.mark.parametrize("name", MALFORMED)
@pytest.mark.parametrize("end", [False, True], ids=["open", "half closed"])
def test_malformed_requests_do_not_swallow_the_answer_before_them(ours: Running, name: str, end: bool) -> None:
    """A pipelined request before the malformed one is answered first, and its answer is not replaced."""
    malformed, status = MALFORMED[name]
    raw = ours.say(b"GET /v2/slow?n=20 HTTP/1.1\r\n" + HOST + b"\r\n" + malformed, end=end)
    assert statuses(raw) == [200, status], raw
    assert raw.index(b'"slept": 20') < raw.index(b"HTTP/1.1 %d" % status)


@pytest.mark.parametrize(
    "host", [b"a.example", b"A.Example:8000", b"127.0.0.1", b"[::1]:80", b"[v1.x:y]", b"a%41", b"a:", b"a,b"])
def test_every_form_of_host_that_the_grammar_knows_is_accepted(ours: Running, host: bytes) -> None:
    """Names, addresses, literals, escapes and an empty port."""
    raw = ours.say(b"GET /v2/echo HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n")
    assert statuses(raw) == [200]
    assert json.loads(raw.partition(b"\r\n\r\n")[2])["host"] == host.decode().lower()


def test_a_body_smuggled_behind_an_upgrade_in_a_second_segment_is_not_executed(ours: Running) -> None:
    """The desynchronisation that uvicorn's own protocol is open to."""
    head = (b"GET /v2/echo HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: foo\r\nContent-Length: %d\r\n\r\n"
            % len(CANARY))
    assert statuses(ours.say(head, CANARY, pause_s=0.2)) == [400]
    assert not (ours.folder / "canaries").exists()


@pytest.mark.parametrize("protocol", [b"foo", b"websocket", b"h2c"])
def test_an_upgrade_without_a_body_is_ignored_answered_and_closed(ours: Running, protocol: bytes) -> None:
    """No other protocol is spoken; what follows belongs to none that is."""
    head = b"GET /v2/echo HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: " + protocol + b"\r\n\r\n"
    for segments in ((head + CANARY,), (head, CANARY)):
        raw = ours.say(*segments)
        assert statuses(raw) == [200]
        assert b"connection: close" in raw
    assert not (ours.folder / "canaries").exists()


def test_trailers_are_dropped(ours: Running) -> None:
    """An `Authorization` behind the body is no credential."""
    raw = ours.say(CHUNKED + b"3\r\nabc\r\n0\r\nAuthorization: Bearer x\r\nHost: b.example\r\n\r\n", end=True)
    told = json.loads(raw.partition(b"\r\n\r\n")[2])
    assert (told["body"], told["host"]) == ("abc", "a.example")
    assert "authorization" not in told["headers"]


def test_an_absolute_target_beats_the_host_header(run) -> None:
    """Its authority is the host, and chooses the cluster."""
    clustered = run("ours", clusters={"eu": {"hosts": ["eu.example"]}, "na": {"hosts": ["na.example"]}})

    def ask(target: bytes, host: bytes) -> dict:
        raw = clustered.say(b"GET " + target + b" HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n")
        return json.loads(raw.partition(b"\r\n\r\n")[2])

    told = ask(b"http://NA.example:80/v2/echo?x=1", b"eu.example")
    assert (told["host"], told["cluster"], told["path"], told["query"]) == ("na.example:80", "na", "/v2/echo", "x=1")
    assert told["headers"]["host"] == "NA.example:80"
    assert ask(b"/v2/echo", b"eu.example:9000")["cluster"] == "eu"
    assert ask(b"/v2/echo", b"other.example")["cluster"] == ""


def test_http_1_0_is_answered_and_closed(ours: Running) -> None:
    """Without a Host too; keep-alive is not offered."""
    raw = ours.say(b"GET /v2/echo HTTP/1.0\r\n\r\n")
    assert statuses(raw) == [200]
    assert b"connection: close" in raw


def test_options_asterisk_is_answered_by_the_server_itself(ours: Running) -> None:
    """It asks about the server, not about a resource."""
    raw = ours.say(b"OPTIONS * HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    assert statuses(raw) == [204]
    assert b"allow: " in raw


def test_trace_outside_the_data_plane_is_not_allowed(ours: Running) -> None:
    """And nothing of the request is echoed."""
    raw = ours.say(b"TRACE / HTTP/1.1\r\n" + HOST + b"Cookie: secret\r\nConnection: close\r\n\r\n")
    assert statuses(raw) == [405]
    assert b"allow: GET, HEAD" in raw
    assert b"secret" not in raw


STRANGE = {"in a query": b"/v2/echo?text=caf\xc3\xa9", "in a path": b"/v2/caf\xc3\xa9", "half a character": b"/v2/echo?a=\xff",
           "at once": b"/v2\xe9", "a control character": b"/v2/echo?a=\x01b", "DEL": b"/v2/echo?\x7f"}


@pytest.mark.parametrize("name", STRANGE)
def test_bytes_that_no_address_may_hold_are_refused_in_the_form_of_whoever_is_asked(ours: Running, name: str) -> None:
    """In whatever segments they come, and behind whatever came before; what follows is never answered."""
    request = b"GET " + STRANGE[name] + b" HTTP/1.1\r\n" + HOST + b"\r\n"
    before = b"GET /v2/echo HTTP/1.1\r\n" + HOST + b"X: \xc3\xa9\r\n\r\n"
    posted = b"POST /v2/echo HTTP/1.1\r\n" + HOST + b"Content-Length: 4\r\n\r\n\xff\xfe\x00\x01"
    split = request.index(STRANGE[name][-2:])
    for segments in ((request + CANARY,), (request[:split], request[split:] + CANARY), (before + request + CANARY,),
                     (posted + request + CANARY,)):
        raw = ours.say(*segments)
        assert statuses(raw)[-1] == 400, raw
        told = json.loads(raw.rpartition(b"\r\n\r\n")[2])
        assert told["refused"] == "request-malformed", (segments, raw)
        assert not (ours.folder / "canaries").exists()

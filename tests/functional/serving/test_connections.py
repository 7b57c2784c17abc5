"""One connection, many requests: order, closing, half-closing, expectations, and refusals that arrive."""

from __future__ import annotations

import socket
import time

from .conftest import Running, read_all, statuses

HOST = b"Host: a.example\r\n"
GET = b"GET /v2/echo HTTP/1.1\r\n" + HOST
CLOSE = b"Connection: close\r\n"


def test_pipelined_requests_are_answered_in_order(ours: Running) -> None:
    """A slow one holds up those behind it, and is not overtaken."""
    raw = ours.say(
        b"GET /v2/slow?n=200 HTTP/1.1\r\n" + HOST + b"\r\n" + GET + b"\r\n"
        + b"POST /v2/echo HTTP/1.1\r\n" + HOST + CLOSE + b"Content-Length: 4\r\n\r\nlast")
    assert statuses(raw) == [200, 200, 200]
    assert raw.index(b'"slept"') < raw.index(b'"verb": "GET"') < raw.index(b'"body": "last"')


def test_nothing_behind_connection_close_is_executed(ours: Running) -> None:
    """The client said that it was the last."""
    raw = ours.say(GET + CLOSE + b"\r\n" + b"GET /v2/canary HTTP/1.1\r\n" + HOST + b"\r\n")
    assert statuses(raw) == [200]
    assert not (ours.folder / "canaries").exists()


def test_requests_may_arrive_byte_by_byte(ours: Running) -> None:
    """Segments mean nothing."""
    request = b"POST /v2/echo HTTP/1.1\r\n" + HOST + CLOSE + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    raw = ours.say(*(request[n:n + 1] for n in range(len(request))), pause_s=0.001)
    assert statuses(raw) == [200]
    assert b'"body": "abc"' in raw


def test_a_client_that_closes_its_half_still_reads_its_answers(ours: Running) -> None:
    """As `printf ... | nc -N` does."""
    assert statuses(ours.say(GET + b"\r\n" + GET + b"\r\n", end=True)) == [200, 200]
    assert statuses(ours.say(b"GET /v2/slow?n=100 HTTP/1.1\r\n" + HOST + b"\r\n", end=True)) == [200]
    raw = ours.say(b"GET /v2/large?n=9000000 HTTP/1.1\r\n" + HOST + b"\r\n", end=True)
    assert len(raw) > 9_000_000


def test_a_client_that_expects_100_is_told_to_continue(ours: Running) -> None:
    """Before it sends a body that is wanted."""
    head = b"POST /v2/echo HTTP/1.1\r\n" + HOST + CLOSE + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"
    with ours.connect() as connection:
        connection.sendall(head)
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"abc")
        raw = read_all(connection)
    assert statuses(raw) == [200]
    assert b'"body": "abc"' in raw


def test_a_client_that_expects_100_is_refused_before_it_sends_too_much(ours: Running) -> None:
    """A final answer instead, and the end of the connection, as the body may come or not."""
    head = b"POST /v2/echo HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: 3000\r\n\r\n"
    raw = ours.say(head)
    assert statuses(raw) == [413]
    assert b"connection: close" in raw


def test_expectations_of_http_1_0_or_without_a_body_are_ignored(ours: Running) -> None:
    """RFC 9110, 10.1.1."""
    one_zero = b"POST /v2/echo HTTP/1.0\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc"
    assert statuses(ours.say(one_zero)) == [200]
    bodiless = b"GET /v2/slow?n=50 HTTP/1.1\r\n" + HOST + CLOSE + b"Expect: 100-continue\r\n\r\n"
    assert statuses(ours.say(bodiless)) == [200]


def test_an_unread_body_ends_the_connection_and_is_not_a_request(ours: Running) -> None:
    """A GET with a body that nobody reads: where the answer came before the whole body, the connection is closed."""
    canary = b"GET /v2/canary HTTP/1.1\r\n" + HOST + b"\r\n"
    head = b"GET /v2/echo HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(canary)
    assert statuses(ours.say(head, canary, pause_s=0.2)) == [200]
    assert statuses(ours.say(head + canary + GET + CLOSE + b"\r\n")) == [200, 200]
    assert not (ours.folder / "canaries").exists()


def test_refusals_arrive_though_the_client_is_still_sending(ours: Running) -> None:
    """Closing with unread input would reset the connection and lose the refusal: a hundred times it does not."""
    for _ in range(100):
        raw = ours.say(b"GET /v2/echo HTTP/1.1\r\nBad Header: x\r\n\r\n" + b"x" * 20_000, pause_s=0)
        assert statuses(raw) == [400]
        assert not raw.endswith(b"<reset>")


def test_a_refused_client_that_never_stops_is_cut_off(ours: Running) -> None:
    """What is read after a refusal is bounded in bytes."""
    with ours.connect() as connection:
        connection.sendall(b"BAD\r\n\r\n")
        sent, began = 0, time.monotonic()
        try:
            while sent < 50_000_000 and time.monotonic() - began < 8:
                sent += connection.send(b"x" * 10_000)
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert sent < 10_000_000


def test_a_refused_client_that_stays_is_closed_after_a_second(ours: Running) -> None:
    """And in time."""
    with ours.connect() as connection:
        connection.sendall(b"BAD\r\n\r\n")
        assert statuses(read_all(connection)) == [405]
        time.sleep(2.5)
        try:
            connection.sendall(b"x")
            time.sleep(0.2)
            connection.sendall(b"x")
        except (BrokenPipeError, ConnectionResetError):
            return
    raise AssertionError("the connection is still open")


def test_a_client_that_resets_in_the_middle_disturbs_nobody(ours: Running) -> None:
    """Neither while its answer is written nor while it sends."""
    for data in (b"GET /v2/large?n=9000000 HTTP/1.1\r\n" + HOST + b"\r\n", b"GET /v2/ec", b"BAD", GET * 1):
        connection = ours.connect()
        connection.sendall(data)
        time.sleep(0.05)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()
    assert ours.get("/v2/echo").status_code == 200
    assert not [line for line in ours.logged if line["event"] in ("crashed", "logged")]

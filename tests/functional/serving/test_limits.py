"""Limits and deadlines: what is too large or too slow is refused or closed, and everybody else goes on being served."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from .conftest import Running, read_all, statuses, wait_until

HOST = b"Host: a.example\r\n"
GET = b"GET /v2/echo HTTP/1.1\r\n" + HOST


@pytest.fixture(scope="module")
def hasty(run: Callable[..., Running]) -> Running:
    """A server that waits for nobody longer than a moment."""
    return run("ours", http={"header_timeout_s": 0.6, "idle_timeout_s": 0.8, "body_timeout_s": 0.7,
                             "write_timeout_s": 1.0})


# ---------------------------------------------------------------------------------------- sizes


@pytest.mark.parametrize("pieces", [1, 40], ids=["at once", "in pieces"])
@pytest.mark.parametrize(("head", "status"), [
    (b"GET /v2/" + b"a" * 8_000 + b" HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", 200),
    (b"GET /v2/" + b"a" * 8_192 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    (b"GET /v2/echo?" + b"a" * 100_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    (GET + b"A: " + b"a" * 16_000 + b"\r\nConnection: close\r\n\r\n", 200),
    (GET + b"A: " + b"a" * 16_384 + b"\r\n\r\n", 431),
    (GET + b"A: " + b"a" * 100_000 + b"\r\n\r\n", 431),
    (GET + b"A" * 100_000 + b": a\r\n\r\n", 431),
    (GET + b"".join(b"A%d: a\r\n" % n for n in range(98)) + b"Connection: close\r\n\r\n", 200),
    (GET + b"".join(b"A%d: a\r\n" % n for n in range(100)) + b"\r\n", 431),
    (GET + b"".join(b"A%d: a\r\n" % n for n in range(20_000)) + b"\r\n", 431),
    (GET + b"Range: bytes=" + b"0-1," * 4_096 + b"\r\n\r\n", 431),
], ids=str)
def test_heads_have_a_limit(ours: Running, head: bytes, status: int, pieces: int) -> None:
    """The refusal arrives, also where the client goes on sending."""
    size = -(-len(head) // pieces)
    segments = [head[start:start + size] for start in range(0, len(head), size)]
    raw = ours.say(*segments, pause_s=0.002)
    assert statuses(raw) == [status], raw[:300]
    assert not raw.endswith(b"<reset>") or len(head) > 60_000


def test_an_endless_header_is_refused_while_it_comes(ours: Running) -> None:
    """Nothing of it is kept until its end."""
    with ours.connect() as connection:
        connection.sendall(GET + b"A: ")
        sent = 0
        try:
            while sent < 20_000_000:
                sent += connection.send(b"a" * 10_000)
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert sent < 5_000_000


@pytest.mark.parametrize("filler", [b"1;" + b"e" * 4_000 + b"\r\na\r\n", b"0\r\n" + b"T: " + b"t" * 4_000 + b"\r\n"],
                         ids=["chunk extensions", "trailers"])
def test_what_surrounds_a_body_is_limited(ours: Running, filler: bytes) -> None:
    """Extensions and trailers that nobody asked for cannot be sent without end."""
    head = b"POST /v2/echo HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
    more = filler if filler.startswith(b"1") else filler.partition(b"\r\n")[2]
    with ours.connect() as connection:
        sent = 0
        try:
            connection.sendall(head + filler)
            while sent < 20_000_000:
                sent += connection.send(more)
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert sent < 5_000_000


def test_thousands_of_pipelined_requests_are_answered_in_order(ours: Running) -> None:
    """They wait as bytes, not as requests."""
    count = 3_000
    request = b"GET /v2/echo/%d HTTP/1.1\r\n" + HOST + b"\r\n"
    raw = ours.say(b"".join(request % n for n in range(count)) + GET + b"Connection: close\r\n\r\n", timeout_s=60)
    assert statuses(raw) == [200] * (count + 1)
    places = [raw.index(b'"path": "/v2/echo/%d"' % n) for n in range(0, count, 100)]
    assert places == sorted(places)


# ---------------------------------------------------------------------------------------- deadlines


def timed(connection: socket.socket) -> tuple[bytes, float]:
    began = time.monotonic()
    return read_all(connection), time.monotonic() - began


def test_a_silent_connection_is_closed(hasty: Running) -> None:
    """The time for the first head runs from the opening."""
    with hasty.connect() as connection:
        raw, took_s = timed(connection)
    assert raw == b""
    assert 0.4 < took_s < 3


@pytest.mark.parametrize("drip", [b"A", b"\r\n"], ids=["a header", "empty lines"])
def test_a_head_that_drips_is_refused(hasty: Running, drip: bytes) -> None:
    """Each byte does not buy more time."""
    with hasty.connect() as connection:
        began = time.monotonic()
        try:
            connection.sendall(b"GET /v2/echo HTTP/1.1\r\nA: " if drip == b"A" else drip)
            while time.monotonic() - began < 5:
                connection.sendall(drip)
                time.sleep(0.05)
                connection.settimeout(0.001)
                try:
                    if connection.recv(1, socket.MSG_PEEK) is not None:
                        break
                except TimeoutError:
                    connection.settimeout(5)
        except (BrokenPipeError, ConnectionResetError):
            pass
        connection.settimeout(5)
        raw = read_all(connection)
    assert time.monotonic() - began < 3.5
    assert statuses(raw) in ([408], [])


def test_an_idle_connection_is_closed_between_requests(hasty: Running) -> None:
    """After its idle time, not after the shorter time for a head."""
    with hasty.connect() as connection:
        connection.sendall(GET + b"\r\n")
        raw, took_s = timed(connection)
    assert statuses(raw) == [200]
    assert 0.6 < took_s < 3


def test_a_busy_connection_is_not_idle(hasty: Running) -> None:
    """Each request starts the time anew."""
    with hasty.connect() as connection:
        for _ in range(7):
            connection.sendall(GET + b"\r\n")
            time.sleep(0.3)
        connection.shutdown(socket.SHUT_WR)
        assert statuses(read_all(connection)) == [200] * 7


def test_a_body_that_does_not_come_is_refused(hasty: Running) -> None:
    """And the request is not executed on a part of it."""
    with hasty.connect() as connection:
        connection.sendall(b"POST /v2/echo HTTP/1.1\r\n" + HOST + b"Content-Length: 10\r\n\r\nabc")
        raw, took_s = timed(connection)
    assert statuses(raw) == [408]
    assert b"connection: close" in raw
    assert 0.5 < took_s < 3.5


def test_work_may_take_longer_than_any_deadline_of_the_client(hasty: Running) -> None:
    """Deadlines are for what the client owes."""
    with hasty.connect() as connection:
        connection.sendall(b"GET /v2/slow?n=2500 HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
        assert statuses(read_all(connection)) == [200]


def test_a_client_that_takes_nothing_is_cut_off(hasty: Running) -> None:
    """Also where the whole answer is written and only lies in a buffer."""
    with ExitStack() as stack:
        connections = []
        for path in (b"large?n=30000000", b"large?n=3000000", b"endless"):
            connection = stack.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            connection.settimeout(10)
            connection.connect(("127.0.0.1", hasty.port))
            connection.sendall(b"GET /v2/" + path + b" HTTP/1.1\r\n" + HOST + b"\r\n")
            connections.append(connection)
        time.sleep(3.5)
        assert all(len(read_all(connection)) < 30_000_000 for connection in connections)


def test_a_slow_reader_that_takes_something_is_served_to_the_end(hasty: Running) -> None:
    """Slow is not stalled: longer than the deadline, but never still."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        connection.settimeout(10)
        connection.connect(("127.0.0.1", hasty.port))
        connection.sendall(b"GET /v2/large?n=12000000 HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
        began, size = time.monotonic(), 0
        while part := connection.recv(1 << 20):
            size += len(part)
            if time.monotonic() - began < 2.5:
                time.sleep(0.05)
    assert size > 12_000_000


# ---------------------------------------------------------------------------------------- what remains of them


def resident_bytes(pid: int) -> int:
    with open(f"/proc/{pid}/statm") as statm:  # noqa: PTH123  # a file of the kernel
        return int(statm.read().split()[1]) * 4096


def test_connections_leave_no_memory_behind(run: Callable[..., Running]) -> None:
    """Two thousand opened, used or not, and closed: what the process holds does not grow with them."""
    server = run("ours")
    pid = server.process.pid

    def visit(count: int) -> None:
        for number in range(count):
            with server.connect() as connection:
                if number % 2:
                    connection.sendall(GET + b"\r\n")
                    connection.recv(4_096)
                elif number % 4 == 0:
                    connection.sendall(b"GET /v2/ec")

    visit(400)
    before = resident_bytes(pid)
    visit(2_000)
    assert wait_until(lambda: resident_bytes(pid) - before < 3_000_000, 5), resident_bytes(pid) - before

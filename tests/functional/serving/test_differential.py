"""The same edition behind our protocol and behind servers that know only ASGI: the same answers, byte for byte."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from ...conftest import end
from ...golden.test_conversations import CONVERSATIONS
from ..test_bad_input import HEADERS, TABLE, TOLERATED
from .conftest import Running, start
from .plane import publish

MODULE = "tests.functional.serving.plane"
OTHERS = ["uvicorn", "granian", "hypercorn"]
OF_A_SERVER = frozenset({"date", "server", "connection", "x-request-id", "transfer-encoding", "keep-alive"})
"""Headers that are the server's word on the connection, or differ in any two answers."""
ID = re.compile(rb"\b[0-9a-f]{16}\b")

Told = tuple[int, list[tuple[str, str]], bytes]


def golden() -> list[str]:
    """The requests of all golden conversations."""
    exchanges = [each for file in CONVERSATIONS for each in file.read_text().split("\n====\n")]
    return [exchange.strip("\n").partition("\n----\n")[0].partition("\n----")[0] for exchange in exchanges]


REQUESTS = [
    *golden(),
    *(f"GET {path.replace(' ', '%20')} HTTP/1.1" for _, path, _, _ in (*TABLE, *TOLERATED)),
    *("GET /v2/numbers/2 HTTP/1.1\n" + "\n".join(f"{name}: {value}" for name, value in headers.items())
      for _, headers, _ in HEADERS),
    *(f"{verb} {path} HTTP/1.1" for verb in ("HEAD", "OPTIONS") for path in (
        "/v2", "/v2.json", "/v2/toys", "/v2/toys?ids=all", "/v2/toys?page=0", "/v2/toys/drum", "/v2/letters/reverse?text=a", "/")),
    *(f"{verb} /v2/toys/kite HTTP/1.1\nContent-Length: 2\n\n{{}}" for verb in ("POST", "PUT", "PATCH", "DELETE")),
    "POST /v2/letters/reverse HTTP/1.1\nContent-Length: 6\n\ntext=a", "GET /v2/toys/kite HTTP/1.1\nIf-None-Match: *",
    "GET /v2/toys?ids=all HTTP/1.1\nIf-None-Match: *", "HEAD /v2/toys HTTP/1.1\nIf-None-Match: *",
    "GET /v2/toys HTTP/1.1\nAuthorization: Bearer x", "GET /v2/toys HTTP/1.1\nOrigin: null\nCookie: a=b\nCookie: c=d",
    "GET /v2/numbers?ids=" + ",".join(map(str, range(1, 201))) + " HTTP/1.1",
    *(f"GET {path} HTTP/1.1" for path in ("/", "/nowhere", "/health/live", "/health/ready", "/v2x", "/v2/toys/%6bite",
                                          "/v2/%74oys", "/v2/toys/kite?", "/v2/letters/reverse?text=%D0%96&times=2")),
    "POST /health/live HTTP/1.1\nContent-Length: 0", "DELETE / HTTP/1.1",
]


def ask(running: Running, request: str) -> Told:
    """Send one request as it stands, and read to the end of its answer."""
    head, _, body = request.partition("\n\n")
    if body and "content-length" not in head.lower():
        head += f"\nContent-Length: {len(body.encode())}"
    raw = head.replace("\n", "\r\n").encode("latin-1")
    with socket.create_connection(("127.0.0.1", running.port), timeout=10) as connection:
        connection.sendall(raw + b"\r\nHost: api.example\r\nConnection: close\r\n\r\n" + body.encode())
        answer = b"".join(iter(lambda: connection.recv(1 << 20), b""))
    found, _, content = answer.partition(b"\r\n\r\n")
    status, *lines = found.decode("latin-1").split("\r\n")
    headers = [(name.lower(), value) for name, _, value in (line.partition(":") for line in lines)]
    return (int(status.split()[1]), sorted((name, value.strip()) for name, value in headers if name not in OF_A_SERVER),
            ID.sub(b"<id>", content))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One edition for all, so that its tags are the same."""
    folder = tmp_path_factory.mktemp("edition")
    publish({"data_dir": str(folder)})
    return folder


@pytest.fixture(scope="module")
def expected(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Told]]:
    """What our own server answers."""
    running = start(tmp_path_factory.mktemp("ours"), module=MODULE, data_dir=str(data), limits={"address": ""})
    yield {request: ask(running, request) for request in REQUESTS}
    end(running.process)


def test_the_requests_are_of_every_kind(expected: dict[str, Told]) -> None:
    """Or the comparison would show little."""
    assert len(set(REQUESTS)) > 150
    assert {200, 204, 206, 304, 400, 404, 405} <= {status for status, _, _ in expected.values()}
    assert max(len(body) for _, _, body in expected.values()) > 4_000
    assert all(status < 500 for status, _, _ in expected.values())


def test_unknown_addresses_are_told_as_a_small_problem(expected: dict[str, Told]) -> None:
    """Where there is no Room: JSON, with the request's id."""
    status, headers, body = expected["GET /nowhere HTTP/1.1"]
    assert status == 404
    assert ("content-type", "application/problem+json") in headers
    assert b'"request_id":"<id>"' in body


@pytest.mark.parametrize("kind", OTHERS)
def test_every_answer_is_the_same_on_every_server(
    expected: dict[str, Told], data: Path, tmp_path_factory: pytest.TempPathFactory, kind: str,
) -> None:
    """Status, headers and body, but for what is the server's own word and the request's id."""
    running = start(tmp_path_factory.mktemp(kind), kind, module=MODULE, data_dir=str(data), limits={"address": ""})
    try:
        different = {request[:200]: (found, told) for request, told in expected.items() if (found := ask(running, request)) != told}
    finally:
        end(running.process)
    assert different == {}


@pytest.mark.parametrize("kind", ["ours", *OTHERS])
def test_bytes_that_no_address_may_hold_are_refused_or_mean_what_they_would_encoded(
    data: Path, tmp_path_factory: pytest.TempPathFactory, kind: str,
) -> None:
    """Our server refuses them in the dialect's form; of others, some refuse by themselves, and what one hands over is read as UTF-8."""
    running = start(tmp_path_factory.mktemp(kind), kind, module=MODULE, data_dir=str(data), limits={"address": ""})
    try:
        for path in ("/v2/toys?ids=caf\xc3\xa9,kite", "/v2/toys/\xc3\xa9", "/v2/toys?ids=\xff", "/v2/toys?lang=\x01"):
            told = ask(running, f"GET {path} HTTP/1.1")
            if kind == "ours":
                assert (told[0], told[2]) == (400, b'{"text":"the address holds what no address may: percent-encode it."}')
            elif told[0] != 400:
                assert told == ask(running, f"GET {quote(path.encode('latin-1'), safe='/?=,')} HTTP/1.1")
    finally:
        end(running.process)

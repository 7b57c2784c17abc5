"""What a server writes down: no key and no token of anybody, wherever a client has put it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from urllib.parse import quote, unquote, urlsplit

import pytest

from dragoman.credentials.secrets import Kind, mint

from ..conftest import Server

CATALOG = """
from typing import Annotated
from dragoman import Catalog, Key, Record, Rows

catalog = Catalog("toys", permissions={"account": "Your account"})

@catalog.resource("toys", Rows(lambda: [{"id": "kite"}]))
class Toy(Record):
    id: Annotated[str, Key()]

@catalog.method("letters/break")
def break_down(text: str) -> str:
    raise ValueError(f"cannot read {text!r}")
"""


@pytest.fixture(scope="module")
def server(serve: Callable[..., Server]) -> Server:
    return serve(catalog=CATALOG, DRAGOMAN_HTTP__TRUSTED_PROXIES="127.0.0.1", DRAGOMAN_ACCESS_LOG="true")


def coded(text: str) -> str:
    return "".join(f"%{ord(each):02x}" for each in text)


def say(server: Server, raw: bytes) -> None:
    """Send exactly these bytes, and read the answer to its end."""
    url = urlsplit(server.url)
    with socket.create_connection((url.hostname or "", url.port or 0), timeout=10) as connection:
        connection.sendall(raw)
        while connection.recv(65_536):
            pass


TARGETS = (
    "/v2/toys/{}", "/v2/toys/kite&access_token={}", "/v2/{}", "/{}", "/room/{}/", "/accounts/{}", "/v2/toys?access_token={}",
    "/v2/toys/x%26remote_auth%3D{}", "/toys/data/toys/&access_token={}", "/toys/{}/?application_id=demo", "/api/toys/list&api_token={}",
    "/api/{}/list", "/api/rest/data/json/toys&remote_auth={}", "/api/rest/data/json/{}", "/api/rest/{}/json/toys",
    "/v2/letters/break?text={}", "/oauth/authorize/{}", "/accounts/link/{}/", "/health/{}",
)


@pytest.mark.parametrize("kind", Kind)
def test_no_secret_of_anybody_is_in_the_log(server: Server, kind: Kind) -> None:
    """In the path, the query, a header, a body, the verb or what an exception says; as it is, in other case, encoded once or twice."""
    secret = mint(kind)
    for written in (secret, secret.swapcase(), coded(secret), quote(coded(secret)), secret[: len(secret) - 6]):
        for target in TARGETS:
            head = f"GET {target.format(written)} HTTP/1.1\r\nHost: x\r\nReferer: http://x/?access_token={written}\r\n"
            more = (f"User-Agent: {written}\r\nAuthorization: Bearer {written}\r\nX-Request-Id: {secret}\r\n"
                    f"Cookie: sessionid={written}\r\n")
            say(server, f"{head}{more}Connection: close\r\n\r\n".encode())
    for raw in (f"{secret} /v2/toys HTTP/1.1\r\nHost: x\r\n\r\n", f"GET /v2/toys?a={secret}\xff HTTP/1.1\r\nHost: x\r\n\r\n",
                f"GET /v2/toys&access_token={secret}\xff HTTP/1.1\r\nHost: x\r\n\r\n",
                f"GET http://{secret}/v2/toys HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                f"POST /accounts/login/ HTTP/1.1\r\nHost: x\r\nContent-Length: {len(secret)}\r\nConnection: close\r\n\r\n{secret}"):
        say(server, raw.encode("latin-1"))
    until = time.monotonic() + 10
    while "letters/break" not in (text := server.log.read_text()) or text.count('"event":"crashed"') < 5:
        assert time.monotonic() < until
        time.sleep(0.1)
    time.sleep(1.1)                             # lines on answers are kept for a second
    text = server.log.read_text()
    for _ in range(4):
        text += unquote(text)
    plain = secret.lower().removeprefix(secret.lower()[:8] if secret.startswith("drg_") else "")
    assert text.count('"event":"answered"') >= 50
    for start in range(len(plain) - 11):
        piece = plain[start:start + 12]
        assert piece not in text.lower(), [line for line in server.log.read_text().splitlines() if piece in line.lower()][:3]


def test_what_is_asked_most_is_logged_as_it_is(server: Server) -> None:
    """With the id that a proxy gave it, which looks like a key."""
    id = "0123456789abcdef0123456789abcdef"
    server.get("/v2/toys/kite", headers={"X-Request-Id": id})
    until = time.monotonic() + 10
    while not any((line.get("path"), line.get("request_id")) == ("/v2/toys/kite", id) for line in server.logged):
        assert time.monotonic() < until
        time.sleep(0.1)


def test_statistics_keep_no_secret_either(server: Server) -> None:
    """The files beside the accounts hold nothing that was sent as a key."""
    secret, foreign = mint(Kind.REMOTE_AUTH), "Old-Key_17"
    for each in (secret, foreign):
        server.get(f"/v2/toys/kite&remote_auth={each}")
        server.get("/v2/toys/the-last-of-them")
    until = time.monotonic() + 20
    while not any(b"the-last-of-them" in kept for kept in kept_by(server)):
        assert time.monotonic() < until
        time.sleep(0.2)
    for kept in kept_by(server):
        assert secret.encode() not in kept
        assert foreign.encode() not in kept


def kept_by(server: Server) -> list[bytes]:
    """What is in the files of a server's data directory."""
    return [file.read_bytes() for file in (server.folder / "data").rglob("*") if file.is_file()]

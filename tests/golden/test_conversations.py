"""Golden conversations: each file under `<dialect>/` holds requests and the exact answers, over real HTTP.

A file is a list of exchanges, parted by lines of `====`: the request line and headers, a line `----`, the answer.
Of the answer the status line, the headers that the file names and the body count; `<...>` in it stands for anything.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ..conftest import Server

HERE = Path(__file__).parent
CATALOG = (HERE / "catalog.py").read_text()
CONVERSATIONS = sorted(HERE.glob("*/*.txt"))


@pytest.fixture(scope="module")
def server(serve: Callable[..., Server]) -> Server:
    """A server of the catalog that all conversations speak of."""
    return serve(catalog=CATALOG)


@pytest.fixture(scope="module")
def names(server: Server) -> dict[str, str]:
    """What conversations call what differs with every run: `{application_id}` of a standalone application, `{api_token}`,
    `{user_token}` and `{remote_auth}` of Alice."""
    server.prepare("account", "add", "alice", "--subject", "alice-1")
    made = server.prepare("application", "add", "Golden", "--owner", "alice", "--type", "standalone")
    token = server.prepare("key", "add", "--account", "alice", "--kind", "api-token")
    user = server.prepare("key", "add", "--account", "alice", "--kind", "user-token", "--permission", "letters")
    webmaster = server.prepare("key", "add", "--account", "alice", "--kind", "remote-auth", "--permission", "letters")
    names = {"{application_id}": made["application_id"], "{api_token}": token["secret"], "{user_token}": user["secret"],
             "{remote_auth}": webmaster["secret"]}
    deadline = time.monotonic() + 10
    tokens = {"api_token": token["secret"], "user_token": user["secret"]}
    while (server.get("/api/toys", params=tokens).status_code != 200        # the last was made last
           or server.get("/api/rest/data/json/toys", params={"remote_auth": webmaster["secret"]}).json()["status"] != 200):
        assert time.monotonic() < deadline
    return names


def converse(url: str, request: str) -> tuple[str, dict[str, str], str]:
    """Send a request as it stands, after an empty line with a body; the status line, the headers and the body of the answer."""
    place = urlsplit(url)
    assert place.hostname is not None
    with socket.create_connection((place.hostname, place.port or 80), timeout=10) as connection:
        asked, _, body = request.partition("\n\n")
        lines = [*asked.split("\n"), "Host: test", "Connection: close", *([f"Content-Length: {len(body.encode())}"] if body else [])]
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
        raw = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, body = raw.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    return status, {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}, body.decode()


def pattern(expected: str) -> re.Pattern[str]:
    """A text of the file as a pattern: `<...>` stands for anything."""
    return re.compile(".*".join(map(re.escape, expected.split("<...>"))), re.DOTALL)


@pytest.mark.covers("L10", "L13", "L15", "D5", "D6", "D7", "D8", "G1", "G2", "G3", "G4", "G5", "G9", "G11", "G12", "G13", "G14",
                    "W1", "W2", "W4", "W6", "W7")
@pytest.mark.parametrize("file", CONVERSATIONS, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_conversation_goes_as_written(server: Server, names: dict[str, str], file: Path) -> None:
    """Each exchange of the file is answered letter by letter."""
    text = file.read_text()
    for name, value in names.items():
        text = text.replace(name, value)
    for exchange in text.split("\n====\n"):
        request, _, answer = exchange.strip("\n").partition("\n----\n")
        told, *rest = answer.split("\n")
        named = rest[: rest.index("")] if "" in rest else rest
        body = "\n".join(rest[rest.index("") + 1:]) if "" in rest else ""
        status, headers, found = converse(server.url, request)
        assert status.removeprefix("HTTP/1.1 ") == told, request
        for line in named:
            name, _, value = line.partition(": ")
            if value == "(absent)":
                assert name.lower() not in headers, request
            else:
                assert pattern(value).fullmatch(headers.get(name.lower(), "(absent)")), (request, line, headers)
        assert pattern(body).fullmatch(found.replace("\r\n", "\n").rstrip("\n")), (request, found)       # lines of CSV end so

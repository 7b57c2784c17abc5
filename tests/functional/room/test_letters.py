"""Letters by SMTP: a real server takes them; one that is away loses nothing but the letter."""

from __future__ import annotations

import email
import email.policy
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage

import pytest

from .visitor import PASSWORD, Room, link_in


class Office(socketserver.ThreadingTCPServer):
    """A mail server; what it took is in `letters`."""

    daemon_threads = True
    letters: list[EmailMessage]
    refused: tuple[str, ...] = ()
    """Names of people who have no mailbox."""


class Post(socketserver.StreamRequestHandler):
    """As much of SMTP (RFC 5321) as takes letters."""

    server: Office

    def handle(self) -> None:
        self.say("220 post")
        while line := self.rfile.readline().decode().strip():
            verb = line.upper().partition(" ")[0]
            if verb == "RCPT" and any(name in line for name in self.server.refused):
                self.say("550 nobody here")
                continue
            if verb == "DATA":
                self.say("354 go on")
                lines = list(iter(lambda: self.rfile.readline(), b".\r\n"))
                self.server.letters.append(email.message_from_bytes(b"".join(lines), policy=email.policy.default))
            elif verb == "QUIT":
                self.say("221 bye")
                return
            self.say("250 ok")

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


@pytest.fixture
def post() -> Iterator[Office]:
    """A mail server that has taken nothing yet."""
    with Office(("127.0.0.1", 0), Post) as server:
        server.letters = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_letters_leave_by_smtp_and_lead_to_the_public_address(
    open_room: Callable[..., Room], post: Office,
) -> None:
    """Whatever host a visitor claims: a letter's link is the publisher's, and so are the name and the sender."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    room = open_room(
        "--port", str(port),
        DRAGOMAN_MAIL__HOST="127.0.0.1", DRAGOMAN_MAIL__PORT=str(post.server_address[1]), DRAGOMAN_MAIL__SECURITY="none",
        DRAGOMAN_MAIL__SENDER="room@studio.example", DRAGOMAN_ROOM__PUBLISHER="Studio Ö", DRAGOMAN_BASE_URL="http://api.example.org",
    )
    room.server.url = f"http://127.0.0.1:{port}"
    alice = room.person()
    with room.visitor() as visitor:
        page = visitor.get("/accounts/password/reset/")
        visitor.send(page, {"email": f"{alice}@example.org"})
        ends = time.monotonic() + 5
        while not post.letters and time.monotonic() < ends:
            time.sleep(0.02)
        (letter,) = post.letters
        assert (letter["From"], letter["To"]) == ("room@studio.example", f"{alice}@example.org")
        assert str(letter["Subject"]).strip().startswith("Studio Ö: ")
        assert link_in(str(letter.get_content())).startswith("http://api.example.org/accounts/password/reset/key/")
        assert visitor.get("/accounts/login/", headers={"host": "evil.example"}).status == 400
        assert visitor.get("/accounts/login/", headers={"x-forwarded-host": "evil.example"}).status == 200


def test_a_mail_server_that_is_away_is_told_and_breaks_nothing(open_room: Callable[..., Room]) -> None:
    """Who signs up finds a clear page and can go on later; what notifies only does not stop what it tells of."""
    room = open_room(DRAGOMAN_MAIL__HOST="127.0.0.1", DRAGOMAN_MAIL__PORT="9", DRAGOMAN_MAIL__SECURITY="none")
    alice = room.person()
    with room.visitor() as visitor:
        fields = {"username": "hugo", "email": "hugo@example.org", "password1": PASSWORD, "password2": PASSWORD}
        page = visitor.fill("/accounts/signup/", fields)
        assert page.status == 503
        assert "could not be sent" in page.text
        assert not visitor.inside
    with room.signed_in(alice) as visitor:
        new = "another good passphrase"
        page = visitor.fill("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
        assert page.status == 200
        assert "could not be sent" in page.text
    with room.visitor() as visitor:
        assert visitor.sign_in(alice, new).path == "/room/applications/"


def test_an_address_that_is_refused_holds_up_nobody_and_nobody_is_written_to_twice(
    open_room: Callable[..., Room], post: Office,
) -> None:
    """An announcement goes to everybody else, once."""
    room = open_room(DRAGOMAN_MAIL__HOST="127.0.0.1", DRAGOMAN_MAIL__PORT=str(post.server_address[1]),
                     DRAGOMAN_MAIL__SECURITY="none")
    people = [room.person() for _ in range(3)]
    post.refused = (f"{people[1]}@example.org",)
    room.run("announce", "Fields go", "One field goes.")
    ends = time.monotonic() + 30
    while len(post.letters) < 2 and time.monotonic() < ends:
        time.sleep(0.1)
    time.sleep(3)                           # long enough for another round
    assert sorted(str(letter["To"]) for letter in post.letters) == sorted(
        f"{name}@example.org" for name in (people[0], people[2]))

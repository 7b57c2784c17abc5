"""Letters by SMTP: a real server takes them; one that is away loses nothing but the letter."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

from .post import Office
from .visitor import PASSWORD, Room, link_in


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
        ends = time.monotonic() + 20
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

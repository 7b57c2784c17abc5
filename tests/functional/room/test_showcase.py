"""The showcase over HTTP: owners offer and withdraw, operators approve, everybody sees; pictures are pictures."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import httpx
import pytest

from .cast import Person
from .test_operators import do
from .visitor import Page, Room, read


def png(width: int = 64, height: int = 36) -> bytes:
    """A small gray picture."""
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = b"".join(b"\0" + b"\x88" * width for _ in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


JPEG = b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x0b\x08\0\x40\0\x60" + b"\x01\x01\x11\0" + b"\xff\xd9"
WEBP = b"RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + (99).to_bytes(3, "little") + (49).to_bytes(3, "little")


def send(who: Person, id: str, picture: bytes | None, **fields: Any) -> Page:
    """Offer an application."""
    place = f"/room/applications/{id}/showcase/"
    token = who.get("/room/applications/").tree.xpath("//input[@name='csrfmiddlewaretoken']/@value")[0]
    data = {"csrfmiddlewaretoken": token, "text": "Flies <b>high</b>.", "link": "https://rocket.example/", "consent": "on", **fields}
    files = {"picture": ("a.svg", picture, "image/svg+xml")} if picture is not None else None
    return read(who.visitor.client.post(place, data=data, files=files, headers={"origin": who.visitor.origin}))


def seen(room: Room, path: str = "/room/showcase/") -> Page:
    """A page, as anybody sees it."""
    return read(httpx.get(room.url + path, timeout=60))


@pytest.mark.covers("L22")
def test_an_application_is_shown_once_its_owner_agrees_and_an_operator_approves(room: Room) -> None:
    """And no more once the consent is taken back; its picture can do nothing but be looked at."""
    names = room.person("olga", "--operator"), room.person(), room.person("charlie")
    with room.signed_in(names[0]) as first, room.signed_in(names[1]) as second, room.signed_in(names[2]) as third:
        olga, alice, charlie = (Person(name, each) for name, each in zip(names, (first, second, third), strict=True))
        id = alice.add("Rocket")
        assert "required" in send(alice, id, png(), consent="").text
        assert "before it is shown" in send(alice, id, png()).text
        assert "Rocket" not in seen(room).text
        page = olga.get("/room/operator/showcase/")
        picture = str(page.tree.xpath("//img[@class='offered']/@src")[0])
        assert httpx.get(room.url + picture).status_code == charlie.get(picture).status == 404
        assert olga.get(picture).status == alice.get(picture).status == 200
        action = str(page.tree.xpath("//form[.//button[@name='grant']]/@action")[0])
        moment = str(page.tree.xpath("//input[@name='seen']/@value")[0])
        do(olga, action, {"grant": "1", "answer": "", "seen": moment})
        for path in ("/room/showcase/", "/"):
            shown = seen(room, path)
            assert "Flies <b>high</b>." in shown.text
            assert shown.tree.xpath("//a[@href='https://rocket.example/' and contains(@rel, 'nofollow')]")
        answer = httpx.get(room.url + picture)
        assert answer.headers["content-type"] == "image/png"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
        assert "showcase.granted" in olga.get("/room/operator/log/").text
        do(olga, f"/room/operator/applications/{id}/", {"block": "1", "reason": ""})
        assert "Rocket" not in seen(room).text
        do(olga, f"/room/operator/applications/{id}/", {"unblock": "1"})
        send(alice, id, None, text="Flies higher.")
        assert "Rocket" not in seen(room).text                   # what was changed is looked at again
        assert "answered, changed or withdrawn" in do(olga, action, {"grant": "1", "answer": "", "seen": moment}).text
        alice.post(f"/room/applications/{id}/showcase/", {"withdraw": "1"})
        assert olga.get(picture).status == 404
        assert charlie.get(f"/room/applications/{id}/showcase/").status == 404


@pytest.mark.parametrize(("picture", "told"), [
    (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "as PNG, JPEG or WebP"),
    (b"GIF89a" + b"\0" * 40, "as PNG"),
    (b"\x89PNG\r\n\x1a\n", "as PNG"), (b"", "empty"), (png(8, 8), "pixels a side"), (b"\xff\xd8\xff" + b"\0" * 5, "as PNG"),
    (png() + b"\0" * 530_000, "at most 512 kB"), (png(5_000, 16), "pixels a side"), (None, "as PNG, JPEG or WebP"),
], ids=["svg", "gif", "cut png", "empty", "tiny", "broken jpeg", "heavy", "wide", "none"])
def test_what_is_no_small_picture_is_refused(room: Room, picture: bytes | None, told: str) -> None:
    """Whatever it is called; nothing is kept."""
    name = room.person()
    with room.signed_in(name) as visitor:
        alice = Person(name, visitor)
        id = alice.add()
        page = send(alice, id, picture)
        assert page.status == 422
        assert told in page.text


@pytest.mark.parametrize(("picture", "kind"), [(png(), "image/png"), (JPEG, "image/jpeg"), (WEBP, "image/webp")])
def test_a_picture_is_what_its_content_says(room: Room, picture: bytes, kind: str) -> None:
    """Not what its name or the sender says."""
    name = room.person()
    with room.signed_in(name) as visitor:
        alice = Person(name, visitor)
        id = alice.add()
        page = send(alice, id, picture)
        shown = alice.get(str(page.tree.xpath("//img[@class='offered']/@src")[0]))
        assert shown.response.headers["content-type"] == kind
        assert shown.response.content == picture


@pytest.mark.parametrize("link", [
    "javascript:alert(1)", "http://example.org/", "https://", "https://x", 'https://a.b/"onclick=', "//example.org",
])
def test_a_link_is_a_whole_https_address(room: Room, link: str) -> None:
    """Nothing else becomes one."""
    name = room.person()
    with room.signed_in(name) as visitor:
        alice = Person(name, visitor)
        assert "whole address" in send(alice, alice.add(), png(), link=link).text

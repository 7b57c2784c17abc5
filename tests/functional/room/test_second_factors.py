"""Authenticators and recovery codes over HTTP."""

from __future__ import annotations

import base64
import hmac
import struct
import time

from .visitor import Room, confirmed


def code_of(secret: str, after_s: int = 0) -> str:
    """What an authenticator shows (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(time.time() + after_s) // 30), "sha1")
    place = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[place:place + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def test_a_second_factor_is_asked_for_and_can_be_lost(room: Room) -> None:
    """Turning it on needs the password again; a code works once, and so does each recovery code; wrong ones are limited."""
    alice = room.person()
    with room.signed_in(alice) as visitor:
        page = confirmed(visitor, visitor.get("/accounts/2fa/totp/activate/"))
        page = visitor.send(page, {"code": "000000"})
        assert page.path == "/accounts/2fa/totp/activate/"
        secret = page.tree.xpath("string(//input[@id='authenticator_secret']/@value)")
        page = visitor.send(page, {"code": code_of(secret)})
        assert page.path == "/accounts/2fa/recovery-codes/"
        codes = page.tree.xpath("string(//textarea)").split()
        assert len(codes) == 10
    assert secret not in (held := held_by(room)), "it lies encrypted"
    assert codes[0] not in held
    with room.visitor() as visitor:
        page = visitor.sign_in(alice)
        assert page.path == "/accounts/2fa/authenticate/"
        assert not visitor.inside
        assert visitor.send(page, {"code": "000000"}).path == "/accounts/2fa/authenticate/"
        visitor.send(visitor.get("/accounts/2fa/authenticate/"), {"code": codes[0]})
        assert visitor.inside
    with room.visitor() as visitor:
        page = visitor.send(visitor.sign_in(alice), {"code": codes[0]})
        assert not visitor.inside, "used up"
        for number in range(10):
            page = visitor.send(visitor.get("/accounts/2fa/authenticate/"), {"code": f"{number:06}"})
        visitor.send(visitor.get("/accounts/2fa/authenticate/"), {"code": codes[1]})
        assert not visitor.inside, "too many tries"


def held_by(room: Room) -> str:
    """Everything in the database, as its files or tables have it."""
    url = room.server.environment.get("DRAGOMAN_DATABASE_URL")
    if not url:
        return "".join(file.read_bytes().decode("latin-1") for file in (room.server.folder / "data").glob("control.db*"))
    import psycopg

    with psycopg.connect(url) as connection:
        return str(connection.execute("SELECT data FROM mfa_authenticator").fetchall())

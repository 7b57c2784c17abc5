"""Signing in and out over HTTP."""

from __future__ import annotations

from .visitor import PASSWORD, Room


def test_a_person_signs_in_by_name_or_address(room: Room) -> None:
    """Whatever its case; a wrong password says nothing of which was wrong."""
    alice = room.person()
    for login in (alice, alice.upper(), f"{alice}@example.org", f"{alice}@EXAMPLE.org"):
        with room.visitor() as visitor:
            assert visitor.sign_in(login).path == "/room/applications/"
    with room.visitor() as visitor:
        told = [visitor.sign_in(login, password).text for login, password in ((alice, "wrong password"), ("nobody", PASSWORD))]
        assert told[0] == told[1]
        assert visitor.session is None

"""`dragoman account` and `dragoman terms`: what they do, and what they say when it makes no sense."""

from __future__ import annotations

from pathlib import Path

import pytest

from .visitor import PASSWORD, Room


def test_an_account_is_opened_with_what_was_asked_for(room: Room) -> None:
    """A password, an address that counts as verified, a subject; without a password, a link is the way in."""
    told = room.run("account", "add", "Frieda", "--password-stdin", "--email", "Frieda@Example.org", "--subject", "7", stdin=PASSWORD)
    assert told == {"account": "frieda", "id": told["id"], "subject": "7", "operator": False}
    with room.signed_in("frieda@example.org") as visitor:
        assert "7" in visitor.get("/room/account/").text
    told = room.run("account", "add", "gerd")
    with room.visitor() as visitor:
        page = visitor.fill(told["sign_in_link"].removeprefix(room.url))
        assert page.path == "/room/applications/"


@pytest.fixture(scope="module")
def taken(room: Room) -> str:
    """The name of an account that is there already."""
    told = room.run("account", "add", "taken", "--subject", "taken-subject", "--email", "taken@example.org")
    name: str = told["account"]
    return name


@pytest.mark.parametrize(("arguments", "stdin", "remedy"), [
    (("a",), None, "2 to 60"), (("x" * 61,), None, "2 to 60"), (("a-",), None, "letters, digits"), (("jörg",), None, "letters"),
    (("<b>",), None, "letters, digits"), (("taken",), None, "choose another name"), (("TAKEN",), None, "choose another name"),
    (("new", "--subject", "taken-subject"), None, "belongs to"), (("new", "--subject", "x" * 256), None, "255"),
    (("new", "--subject", "a\nb"), None, "cannot be seen"), (("new", "--email", "nonsense"), None, "alice@example.org"),
    (("new", "--email", "taken@example.org"), None, "belongs to another"), (("new", "--password-stdin"), "", "first line"),
    (("new", "--password-stdin"), "\n", "first line"), (("new", "--password-stdin"), "short\n", "10 characters"),
    (("new", "--password-stdin"), "x" * 5_000, "4096"), (("new", "--password-stdin"), "password123\n", "common"),
    (("new-person", "--password-stdin"), "new-person1\n", "similar"),
])
def test_what_makes_no_sense_is_refused_with_the_remedy(
    room: Room, taken: str, arguments: tuple[str, ...], stdin: str | None, remedy: str,
) -> None:
    """Whoever reads it knows what to write instead."""
    assert taken == "taken"
    assert remedy in room.fail("account", "add", *arguments, stdin=stdin)


def test_people_who_are_not_there_cannot_be_banned(room: Room) -> None:
    """Nor for a reason that nobody could read."""
    assert "no account" in room.fail("account", "ban", "nobody")
    assert "no account" in room.fail("account", "unban", "nobody")
    assert "no account" in room.fail("account", "link", "nobody")
    assert "1000" in room.fail("account", "ban", room.person(), "--reason", "x" * 1_001)


def test_terms_that_are_none_are_refused(room: Room, tmp_path: Path) -> None:
    """Empty ones, those in force already, and what is no text."""
    file = tmp_path / "terms.md"
    for content, remedy in ((b"  \n", "1 to 200000"), (b"a\0b", "1 to 200000"), (b"\xff\xfe", "no UTF-8"), (b"x" * 200_001, "1 to 200000")):
        file.write_bytes(content)
        assert remedy in room.fail("terms", "publish", str(file))

"""Signing up, verifying an address, forgetting a password, and the terms of use, over HTTP and by letter."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .visitor import PASSWORD, Page, Room, Visitor, link_in

_numbers = itertools.count(1)


def sign_up(visitor: Visitor, name: str, email: str = "", **more: Any) -> Page:
    fields = {"username": name, "email": email or f"{name}@example.org", "password1": PASSWORD, "password2": PASSWORD, **more}
    return visitor.fill("/accounts/signup/", fields)


def path_in(room: Room, letter: str) -> str:
    link = link_in(letter)
    assert link.startswith(room.url), letter
    return link.removeprefix(room.url)


def test_a_person_signs_up_verifies_an_address_and_is_in(room: Room) -> None:
    """Without the letter nobody gets in; its link works once, from any browser, and only by a button."""
    with room.visitor() as visitor, room.visitor() as elsewhere:
        page = sign_up(visitor, "Anna")
        assert page.path == "/accounts/confirm-email/"
        assert not visitor.inside
        assert elsewhere.sign_in("anna").path == "/accounts/confirm-email/"
        letter = room.letter("anna@example.org")
        assert "Shop" in letter
        assert "127.0.0.1" in letter
        path = path_in(room, letter)
        assert visitor.get(path).status == 200
        assert not visitor.inside
        visitor.send(visitor.get(path))
        assert elsewhere.sign_in("ANNA").path == "/room/applications/"
        assert "anna" in elsewhere.get("/room/account/").response.text


def test_letters_speak_the_language_of_their_account(room: Room) -> None:
    """That in which somebody signed up; later, that of the profile, whoever asks for the letter."""
    with room.visitor(headers={"accept-language": "ru"}) as visitor, room.visitor(headers={"accept-language": "en"}) as stranger:
        sign_up(visitor, "boris")
        letter = room.letters("boris@example.org")[-1]
        assert str(letter["Subject"]).strip().startswith("Shop: ")
        assert re.search("[а-я]", str(letter["Subject"]))
        assert letter.get_content_type() == "text/plain"
        visitor.send(visitor.get(path_in(room, str(letter.get_content()))))
        stranger.fill("/accounts/password/reset/", {"email": "boris@example.org"})
        assert re.search("[а-я]", room.letter("boris@example.org"))


def test_an_address_that_is_taken_is_told_to_its_owner_alone(room: Room) -> None:
    """The page looks as if a letter for a new account had been sent; so does a reset for an address that nobody has."""
    owner = room.person()
    with room.visitor() as visitor:
        fresh = sign_up(visitor, "carl")
    with room.visitor() as visitor:
        taken = sign_up(visitor, "dora", f"{owner}@example.org")
        assert (taken.path, taken.text.replace(f"{owner}@example.org", "X")) == (fresh.path, fresh.text.replace("carl@example.org", "X"))
        assert "already exists" in room.letter(f"{owner}@example.org")
    with room.visitor() as visitor:
        known = visitor.fill("/accounts/password/reset/", {"email": f"{owner}@example.org"})
        unknown = visitor.fill("/accounts/password/reset/", {"email": "nobody@example.org"})
        assert (known.status, known.path, known.text) == (unknown.status, unknown.path, unknown.text)


def test_a_forgotten_password_is_set_anew_and_ends_other_sessions(room: Room) -> None:
    """The link works once; a damaged, used or foreign one is a clear page."""
    alice = room.person()
    with room.signed_in(alice) as before, room.visitor() as visitor:
        visitor.fill("/accounts/password/reset/", {"email": f"{alice}@example.org"})
        path = path_in(room, room.letter(f"{alice}@example.org"))
        page = visitor.get(path)
        assert page.path.endswith("-set-password/"), "the secret leaves the address bar"
        new = "another good passphrase"
        done = visitor.send(page, {"password1": new, "password2": new})
        assert done.status in (200, 404)
        assert visitor.inside
        assert not before.inside
        assert before.sign_in(alice).path == "/accounts/login/", "the old password is over"
        with room.visitor() as again:
            assert not again.get(path).tree.xpath("//input[@type='password']")
            assert not again.get(path[:-2] + "x/").tree.xpath("//input[@type='password']")
    assert "changed" in room.letter(f"{alice}@example.org") or "reset" in room.letter(f"{alice}@example.org")


@pytest.mark.covers("L21")
def test_terms_are_read_by_anybody_accepted_at_sign_up_and_asked_again_when_they_change(
    open_room: Callable[..., Room], tmp_path: Path,
) -> None:
    """Nobody goes on without them, but to read them, to take data along and to leave; `next` leads nowhere else."""
    room = open_room()
    publish = publisher_of(room, tmp_path)
    with room.visitor() as visitor:
        assert visitor.get("/room/terms/").status == 404
        publish("# Be kind\n\n- <script>alert(1)</script>\n- second\n\nLast line.")
        page = visitor.get("/room/terms/")
        assert page.tree.xpath("//h2/text()") == ["Be kind"]
        assert page.tree.xpath("//main//li/text()") == ["<script>alert(1)</script>", "second"]
        name = f"emil-{next(_numbers)}"
        assert sign_up(visitor, name, terms=None).path == "/accounts/signup/"
        form = visitor.get("/accounts/signup/")
        publish("Second version.")
        fields = {"username": name, "email": f"{name}@example.org", "password1": PASSWORD, "password2": PASSWORD, "terms": "on"}
        page = visitor.send(form, fields)
        assert "changed meanwhile" in page.text
        page = visitor.send(page, {"password1": PASSWORD, "password2": PASSWORD, "terms": "on"})
        assert page.path == "/accounts/confirm-email/"
        visitor.send(visitor.get(path_in(room, room.letter(f"{name}@example.org"))))
        assert visitor.inside or visitor.sign_in(name).path == "/room/applications/"
        assert visitor.inside
        publish("Third version.")
        asked = visitor.get("/room/account/sessions/?x=1")
        assert asked.path == "/room/terms/?next=%2Froom%2Faccount%2Fsessions%2F%3Fx%3D1"
        assert visitor.get("/room/account/delete/").path.startswith(("/room/account/delete/", "/accounts/reauthenticate/"))
        publish("Fourth version.")
        again = visitor.send(asked)
        assert "changed meanwhile" in again.text
        assert visitor.send(again).path == "/room/account/sessions/?x=1"
        assert visitor.inside


def publisher_of(room: Room, tmp_path: Path) -> Callable[[str], None]:
    def publish(text: str) -> None:
        (tmp_path / "terms.txt").write_text(text)
        room.run("terms", "publish", str(tmp_path / "terms.txt"))
    return publish


@pytest.mark.parametrize("wanted", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)",
                                    "http:evil.example", "///evil.example", "\t//evil.example"])
def test_no_address_leads_out_of_the_room(room: Room, carla: str, wanted: str) -> None:
    """After signing in, after signing out, after the terms."""
    with room.visitor(follow_redirects=False) as visitor:
        page = visitor.send(visitor.get("/accounts/login/", params={"next": wanted}), {"login": carla, "password": PASSWORD})
        targets = [page.response.headers.get("location", "")]
        targets.append(visitor.post("/room/terms/", {"next": wanted}).response.headers.get("location", ""))
        page = visitor.send(visitor.get("/accounts/logout/", params={"next": wanted}))
        targets.append(page.response.headers.get("location", ""))
        assert not any("evil" in target or "javascript" in target for target in targets)


@pytest.fixture(scope="module")
def carla(room: Room) -> str:
    """Somebody who signs in often."""
    return room.person("carla")

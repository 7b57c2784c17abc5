"""Signing in and out over HTTP: by name, by address, by a one-time link; and who may not."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable

import pytest

from .visitor import PASSWORD, Page, Room


def test_a_person_signs_in_by_name_or_address(room: Room) -> None:
    """Whatever its case; a wrong password says nothing of which was wrong."""
    alice = room.person()
    for login in (alice, alice.upper(), f"{alice}@example.org", f"{alice}@EXAMPLE.org"):
        with room.visitor() as visitor:
            assert visitor.sign_in(login).path == "/room/applications/"
    with room.visitor() as visitor:
        told = [visitor.sign_in(login, password).text for login, password in ((alice, "wrong password"), ("nobody", PASSWORD))]
        assert told[0] == told[1]
        assert not visitor.inside


def test_signing_in_changes_the_session_and_signing_out_ends_it(room: Room) -> None:
    """A session that somebody was given before is worth nothing afterwards, and neither is one that was signed out."""
    with room.visitor() as visitor, room.visitor() as attacker:
        visitor.client.cookies.set("dragoman-session", "fixedfixedfixedfixedfixedfixed12", domain="127.0.0.1")
        visitor.sign_in(room.person())
        assert visitor.session != "fixedfixedfixedfixedfixedfixed12"
        stolen = visitor.session
        assert stolen is not None
        visitor.fill("/accounts/logout/", action="/accounts/logout/")
        assert not visitor.inside
        attacker.client.cookies.set("dragoman-session", stolen, domain="127.0.0.1")
        assert not attacker.inside


def test_a_one_time_link_signs_in_once(room: Room) -> None:
    """Looking at it does not use it up; afterwards it is over, in any browser, and two presses at once sign in one."""
    made = room.run("account", "add", "olga", "--operator")
    assert made["sign_in_link"].startswith(room.url + "/accounts/link/")
    path = made["sign_in_link"].removeprefix(room.url)
    with room.visitor() as first, room.visitor() as second:
        pages = [each.get(path) for each in (first, first, second)]
        assert [page.status for page in pages] == [200, 200, 200]
        with concurrent.futures.ThreadPoolExecutor() as pool:
            ends = list(pool.map(lambda pair: pair[0].send(pair[1]), ((first, pages[0]), (second, pages[2]))))
        assert sorted(page.status for page in ends) == [404 if _missing(ends) else 200, 410]
        assert [first.inside, second.inside].count(True) == 1
        assert first.get(path).status == 410
        assert "used already" in first.get(path).text


def _missing(pages: list[Page]) -> bool:
    """Whether the page that follows a sign-in is not there yet."""
    return any(page.path == "/room/applications/" and page.status == 404 for page in pages)


def test_a_link_of_another_ends_the_session_that_was_open(room: Room) -> None:
    """Nothing of the account before is left in the browser."""
    path = room.run("account", "link", room.person("bob"))["sign_in_link"].removeprefix(room.url)
    with room.signed_in(room.person()) as visitor:
        before = visitor.session
        visitor.send(visitor.get(path))
        assert visitor.session not in (None, before)
        assert "bob-" in visitor.get("/room/account/").response.text


@pytest.mark.parametrize("token", ["x", "0" * 43, "%00", "..%2F..", "<script>", "é" * 20, "a" * 3_000])
def test_a_link_that_is_none_is_a_clear_page(room: Room, token: str) -> None:
    """Whatever stands in it."""
    with room.visitor() as visitor:
        page = visitor.get(f"/accounts/link/{token}/")
        assert page.status == 404
        assert "Traceback" not in page.text


def test_a_link_of_a_banned_account_is_refused(room: Room) -> None:
    """One made before the ban, and none is made after it."""
    bob = room.person("bob")
    path = room.run("account", "link", bob)["sign_in_link"].removeprefix(room.url)
    room.run("account", "ban", bob)
    with room.visitor() as visitor:
        page = visitor.get(path)
        assert page.status == 410
        assert "banned" in page.text
    assert "unban" in room.fail("account", "link", bob)


def test_a_ban_ends_every_session_at_once(room: Room) -> None:
    """Its reason is told to whoever proves to be the account's owner, and to nobody else."""
    bob = room.person("bob")
    with room.signed_in(bob) as visitor, room.visitor() as other:
        assert visitor.inside
        room.run("account", "ban", bob, "--reason", "<b>spam</b>")
        assert not visitor.inside
        page = other.sign_in(bob)
        assert page.status == 403
        assert "<b>spam</b>" in page.text
        assert not other.inside
        assert "spam" not in other.sign_in(bob, "wrong password").text
        room.run("account", "unban", bob)
        assert other.sign_in(bob).path == "/room/applications/"
        assert not visitor.inside


def test_a_hundred_wrong_tries_are_refused_by_all_workers_together(open_room: Callable[..., Room]) -> None:
    """No forwarded header helps, no second name of the account, and no good sign-in between; the owner is told when."""
    room = open_room("--workers", "3")
    alice, eve = room.person(), room.person("eve")
    statuses = []
    for number in range(100):
        with room.visitor(headers={"x-forwarded-for": f"198.51.100.{number}", "x_forwarded_for": f"203.0.113.{number}"}) as visitor:
            if number % 4 == 3:
                with room.visitor() as own:
                    own.sign_in(eve)            # a success of the attacker's account
            page = visitor.sign_in(alice if number % 2 else f"{alice}@example.org", f"wrong {number}")
            statuses.append(page.status)
    assert statuses[:5] == [200] * 5
    assert set(statuses[10:]) == {429}
    with room.visitor() as visitor:
        page = visitor.sign_in(alice)
        assert page.status == 429
        assert int(page.response.headers["retry-after"]) > 0
        assert not visitor.inside

"""One's own account over HTTP: name, language, addresses, password, sessions, export, deletion."""

from __future__ import annotations

import pytest

from .asking import wait_for
from .visitor import PASSWORD, Room, confirmed, link_in

NEW = "another good passphrase"


def test_name_and_language_are_changed_and_names_stay_text(room: Room) -> None:
    """A name that is taken, none, or too long is refused in the form; the language holds in other browsers too."""
    alice, bob = room.person(), room.person("bob")
    with room.signed_in(alice) as visitor:
        for wrong in (bob, bob.upper(), "<script>alert(1)</script>", "x", "y" * 61, "a\0b", "-", " "):
            page = visitor.fill("/room/account/", {"username": wrong})
            assert page.status == 200
            assert page.tree.xpath("//*[contains(@class, 'errorlist')]"), wrong
            assert "<script>alert" not in page.response.text
        page = visitor.fill("/room/account/", {"username": f"New.{alice}", "language": "ru"})
        assert page.tree.get("lang") == "ru"
    with room.signed_in(f"new.{alice}") as visitor:
        assert visitor.get("/room/account/").tree.get("lang") == "ru"
        assert visitor.fill("/room/account/", {"language": "xx"}).status == 200
        assert visitor.get("/room/account/").tree.get("lang") == "ru"


def test_sessions_are_listed_and_ended(room: Room) -> None:
    """One, or all others; an ended one is signed out at once, and nobody ends another's."""
    alice, bob = room.person(), room.person("bob")
    firefox = {"user-agent": "Mozilla/5.0 (Windows NT 10.0; rv:150.0) Gecko/20100101 Firefox/150.0"}
    with room.visitor(headers=firefox) as first, room.signed_in(alice) as second, room.signed_in(alice) as third:
        first.sign_in(alice)
        page = second.get("/room/account/sessions/")
        assert page.text.count("Firefox, Windows") == 1
        assert page.text.count("127.0.0.1") == 3
        ids = page.tree.xpath("//button[@name='session']/@value")
        assert len(ids) == 4
        with room.signed_in(bob) as stranger:
            for id in ids:
                stranger.send(stranger.get("/room/account/sessions/"), button=("session", id))
        assert all(each.inside for each in (first, second)), "those are Alice's"
        (theirs,) = page.tree.xpath("//li[.//h3[contains(., 'Firefox')]]//button/@value")
        second.send(page, button=("session", theirs))
        assert [each.inside for each in (first, second, third)] == [False, True, True]
        second.send(second.get("/room/account/sessions/"), button=("session", "others"))
        assert [each.inside for each in (second, third)] == [True, False]
        assert second.get("/accounts/sessions/").path == "/room/account/sessions/"


def test_a_changed_password_ends_the_other_sessions(room: Room) -> None:
    """Whoever changes it stays; a letter tells of it."""
    alice = room.person()
    with room.signed_in(alice) as visitor, room.signed_in(alice) as other:
        page = visitor.fill("/accounts/password/change/", {"oldpassword": "wrong", "password1": NEW, "password2": NEW})
        assert other.inside
        visitor.send(page, {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
        assert visitor.inside
        assert not other.inside
    assert "127.0.0.1" in room.letter(f"{alice}@example.org")


def test_an_address_is_added_verified_and_made_the_first(room: Room) -> None:
    """The old one learns of it; one that is taken is told to nobody here."""
    alice = room.person()
    with room.signed_in(alice) as visitor:
        page = confirmed(visitor, visitor.fill("/accounts/email/", {"email": f"{alice}@new.example", "action_add": ""}))
        if page.path == "/accounts/email/" and f"{alice}@new.example" not in page.text:
            page = visitor.send(page, {"email": f"{alice}@new.example", "action_add": ""})
        visitor.send(visitor.get(link_in(room.letter(f"{alice}@new.example")).removeprefix(room.url)))
        page = visitor.get("/accounts/email/")
        visitor.send(page, {"email": f"{alice}@new.example", "action_primary": ""})
        assert f"{alice}@new.example" in room.letter(f"{alice}@example.org")
        assert visitor.fill("/accounts/email/", {"email": "nonsense", "action_add": ""}).status == 200
    with room.visitor() as visitor:
        assert visitor.sign_in(f"{alice}@new.example").path == "/room/applications/"


def test_everything_that_is_held_can_be_taken_along_but_no_secret(room: Room) -> None:
    """After the password was asked for again."""
    alice = room.person("alice", "--subject", "s-77")
    application = room.run("application", "add", "My <b>app</b>", "--owner", alice, "--type", "standalone")
    key = room.run("key", "add", "--account", alice, "--kind", "gw2", "--name", "my key")
    with room.signed_in(alice) as visitor:
        page = confirmed(visitor, visitor.get("/room/account/export/"))
        held = page.response.json()
        assert "attachment" in page.response.headers["content-disposition"]
        assert (held["account"]["username"], held["account"]["subject"]) == (alice, "s-77")
        assert held["applications.application"][0]["name"] == "My <b>app</b>"
        assert held["keys.key"][0]["name"] == "my key"
        assert held["account.emailaddress"][0]["email"] == f"{alice}@example.org"
        assert held["usersessions.usersession"][0]["ip"] == "127.0.0.1"
        text = page.response.text
        assert application["application_id"] in text
        for secret in (key["secret"], visitor.session, "argon2", "digest", "session_key", "password"):
            assert secret
            assert secret not in text


def test_an_export_tells_nobody_whether_an_invitation_reached_somebody(room: Room) -> None:
    """Charlie exists and nobody@ does not; Alice's file says the same of both."""
    alice, charlie = room.person(), room.person("charlie")
    application = room.run("application", "add", "Mine", "--owner", alice, "--type", "standalone")["application_id"]
    with room.signed_in(alice) as visitor:
        for addressee in (f"{charlie}@example.org", "nobody@example.org"):
            visitor.fill(f"/room/applications/{application}/", {"addressee": addressee, "role": "viewer"},
                         action=f"/room/applications/{application}/invite/")
        held = confirmed(visitor, visitor.get("/room/account/export/")).response.json()
        invited = held["applications.application"][0]["applications.invitation"]
        assert [each["addressee"] for each in invited] == [f"{charlie}@example.org", "nobody@example.org"]
        kept = [{name for name, value in each.items() if value is not None} for each in invited]
        assert kept[0] == kept[1]
        assert "account_id" not in kept[0]


def test_a_deleted_account_is_gone_with_all_that_is_its_own(room: Room) -> None:
    """Its key and application are refused at once; what is not confirmed stays; nothing personal is left."""
    alice = room.person()
    key = room.run("key", "add", "--account", alice, "--kind", "gw2")
    room.run("application", "add", "Mine", "--owner", alice, "--type", "standalone")
    wait_for(room, key["secret"], 200, "/v2/tokeninfo")
    with room.signed_in(alice) as visitor, room.signed_in(alice) as other:
        page = confirmed(visitor, visitor.get("/room/account/delete/"))
        assert "Mine" in page.text
        assert "1 key" in page.text
        for wrong in ({"username": alice}, {"username": "bob", "applications": "on"}, {"username": "a\0", "applications": "on"}):
            page = visitor.send(visitor.get("/room/account/delete/"), wrong)
            assert page.tree.xpath("//*[contains(@class, 'errorlist')]")
        assert visitor.inside
        visitor.send(visitor.get("/room/account/delete/"), {"username": alice.upper(), "applications": "on"})
        assert not visitor.inside
        assert not other.inside
    wait_for(room, key["secret"], 403, "/v2/tokeninfo")
    assert "deleted" in room.letter(f"{alice}@example.org")
    assert "no account" in room.fail("account", "ban", alice)
    with room.visitor() as visitor:
        assert visitor.sign_in(alice).path == "/accounts/login/"
        visitor.fill("/accounts/password/reset/", {"email": f"{alice}@example.org"})
        assert "any record" in room.letter(f"{alice}@example.org")


def test_an_application_that_was_added_in_another_tab_is_not_deleted_unasked(room: Room) -> None:
    """The form that was open says nothing of it."""
    alice = room.person()
    with room.signed_in(alice) as visitor:
        page = confirmed(visitor, visitor.get("/room/account/delete/"))
        room.run("application", "add", "Late", "--owner", alice, "--type", "standalone")
        page = visitor.send(page, {"username": alice})
        assert page.tree.xpath("//input[@name='applications']")
        assert visitor.inside


@pytest.mark.parametrize("path", ["/room/account/", "/room/account/sessions/", "/room/account/data/", "/room/account/export/",
                                  "/room/account/delete/", "/accounts/email/", "/accounts/password/change/", "/accounts/2fa/",
                                  "/accounts/2fa/recovery-codes/download/", "/accounts/3rdparty/"])
def test_nothing_of_an_account_is_shown_to_nobody(room: Room, path: str) -> None:
    """The way is to the sign-in, and back from there."""
    with room.visitor(follow_redirects=False) as visitor:
        page = visitor.get(path)
        assert page.status == 302
        assert page.response.headers["location"].startswith("/accounts/login/?next=")
        assert "no-store" in page.response.headers["cache-control"]

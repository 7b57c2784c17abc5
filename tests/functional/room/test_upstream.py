"""Sign-in with the publisher's own accounts, at a provider that answers over real HTTP, well and badly."""

from __future__ import annotations

import itertools
import re
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from .scripts import script
from .upstream import CLIENT_ID, CLIENT_SECRET, Provider
from .visitor import Page, Room, Visitor

_numbers = itertools.count(1_000)


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """The publisher's own accounts."""
    made = Provider()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def room(open_room: Callable[..., Room], provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Room:
    """A Room that takes accounts of the provider in two ways."""
    folder = tmp_path_factory.mktemp("upstream")
    (folder / "dragoman.toml").write_text(f"""
        [sign_in.main]
        name = "Main <b>studio</b>"
        client_id = "{CLIENT_ID}"
        client_secret = "{CLIENT_SECRET}"
        issuer = "{provider.url}"
        subject = "player"

        [sign_in.plain]
        name = "Plain"
        client_id = "{CLIENT_ID}"
        client_secret = "{CLIENT_SECRET}"
        authorize_url = "{provider.url}/authorize"
        token_url = "{provider.url}/token"
        profile_url = "{provider.url}/userinfo"
        scope = ["profile"]
        subject = "player"
    """)
    return open_room(folder=folder)


@pytest.fixture(autouse=True)
def well(provider: Provider) -> None:
    """Each test begins with a provider that works."""
    provider.fault = ""


def somebody(**more: Any) -> dict[str, Any]:
    number = next(_numbers)
    return {"sub": f"sub-{number}", "player": number, "preferred_username": f"Player <i>{number}</i>", **more}


def sign_in(visitor: Visitor, name: str = "main", query: str = "") -> Page:
    """Press the button, go to the provider as a browser would, and come back."""
    page = visitor.get("/accounts/login/")
    action = next(form.get("action") for form in page.tree.forms if f"/accounts/from/{name}/" in (form.get("action") or ""))
    return follow(visitor, visitor.send(page, action=action)) if not query else follow(
        visitor, visitor.fill(f"/accounts/from/{name}/{query}"))


def follow(visitor: Visitor, page: Page) -> Page:
    refresh = page.tree.xpath("string(//meta[@http-equiv='refresh']/@content)")
    if not refresh:
        return page
    answer = httpx.get(refresh.partition("url=")[2], timeout=30)
    assert answer.status_code == 302, answer.text
    return visitor.get(answer.headers["location"])


@pytest.mark.parametrize("name", ["main", "plain"])
def test_the_same_person_reaches_the_same_account_with_its_subject(room: Room, provider: Provider, name: str) -> None:
    """From any browser; the name is made fit, and an address that is proven there is taken over as proven."""
    email = f"p{next(_numbers)}@example.org"
    provider.person = somebody(email=email, email_verified=True)
    with room.visitor() as first, room.visitor() as second:
        assert sign_in(first, name).path == "/room/applications/"
        profile = first.get("/room/account/")
        assert str(provider.person["player"]) in profile.text
        kept = profile.tree.xpath("string(//input[@name='username']/@value)")
        assert re.fullmatch(rf"player-i-{provider.person['player']}-i", kept)
        assert email in first.get("/accounts/email/").text
        sign_in(second, name)
        assert second.get("/room/account/").tree.xpath("string(//input[@name='username']/@value)") == kept


def test_an_unproven_address_says_nothing(room: Room, provider: Provider) -> None:
    """Nobody becomes another by claiming their address, and it is not kept."""
    alice = room.person()
    provider.person = somebody(email=f"{alice}@example.org", email_verified=False)
    with room.visitor() as visitor:
        sign_in(visitor)
        assert visitor.inside
        assert alice not in visitor.get("/room/account/").response.text
        assert f"{alice}@example.org" not in visitor.get("/accounts/email/").text


def test_a_proven_address_of_another_account_is_refused_until_they_are_connected(room: Room, provider: Provider) -> None:
    """Its owner signs in here first, then connects; from then on the provider leads to that account."""
    alice = room.person()
    provider.person = somebody(email=f"{alice}@example.org", email_verified=True)
    with room.visitor() as visitor:
        assert sign_in(visitor).status == 409
        assert not visitor.inside
    with room.signed_in(alice) as visitor:
        page = visitor.get("/accounts/3rdparty/")
        action = next(form.get("action") for form in page.tree.forms if "/accounts/from/main/" in (form.get("action") or ""))
        page = follow(visitor, visitor.send(page, action=action))
        if "reauthenticate" in page.path:
            page = visitor.send(page, {"password": "correct horse battery staple"})
        assert str(provider.person["player"]) in visitor.get("/room/account/").text
    with room.visitor() as visitor:
        sign_in(visitor)
        assert alice in visitor.get("/room/account/").response.text


def test_two_accounts_never_share_a_subject(room: Room, provider: Provider) -> None:
    """Not by another provider, not by connecting; an account that an operator made for the person is theirs."""
    provider.person = first = somebody()
    with room.visitor() as visitor:
        sign_in(visitor)
    provider.person = {**somebody(), "player": first["player"]}
    with room.visitor() as visitor:
        assert sign_in(visitor).status == 409
        assert sign_in(visitor, "plain").status == 409
        assert not visitor.inside
    provider.person = somebody()
    made = room.run("account", "add", f"imported-{provider.person['player']}", "--subject", str(provider.person["player"]))
    with room.visitor() as visitor:
        sign_in(visitor)
        assert made["account"] in visitor.get("/room/account/").response.text
    provider.person = somebody()
    taken = room.person("carol", "--subject", str(provider.person["player"]))
    with room.visitor() as visitor:
        assert sign_in(visitor).status == 409, f"{taken} has a password: somebody uses it"


def test_a_banned_account_stays_out(room: Room, provider: Provider) -> None:
    """Wherever its owner comes from."""
    provider.person = somebody()
    with room.visitor() as visitor:
        sign_in(visitor)
        name = visitor.get("/room/account/").tree.xpath("string(//input[@name='username']/@value)")
        room.run("account", "ban", name)
        assert sign_in(visitor).status == 403
        assert not visitor.inside


@pytest.mark.parametrize(("fault", "status", "told"), [
    ("denied", 403, "did not let you in"), ("failed", 403, "did not let you in"), ("token-nonsense", 502, "no sense"),
    ("token-list", 502, "no sense"), ("token-500", 502, "no sense"), ("slow", 504, "does not answer"), ("unsigned", 502, "no sense"),
    ("symmetric", 502, "no sense"), ("forged", 502, "no sense"), ("audience", 502, "no sense"), ("expired", 502, "no sense"),
    ("other-profile", 502, "no sense"), ("profile-nonsense", 502, "no sense"), ("profile-huge", 502, "no sense"),
    ("discovery-nonsense", 502, "no sense"), ("issuer", 502, "no sense"), ("scheme", 502, "no sense"),
])
def test_a_provider_that_answers_nonsense_gets_nobody_in(
    room: Room, provider: Provider, fault: str, status: int, told: str,
) -> None:
    """The page says what happened and what to do, the log why; no secret is in either."""
    provider.person, provider.fault = somebody(), fault
    with room.visitor() as visitor:
        page = sign_in(visitor)
        assert (page.status, told in page.text) == (status, True), page.text
        assert "studio</b>" not in page.response.text
        assert not visitor.inside
        assert CLIENT_SECRET not in room.server.log.read_text()


@pytest.mark.parametrize("claim", [{"player": None}, {"player": ""}, {"player": {"a": 1}}, {"player": True}, {"sub": ["x"]},
                                   {"sub": "x" * 300}, {"player": "x" * 300}, {"player": "a\0b"}])
def test_claims_that_name_nobody_get_nobody_in(room: Room, provider: Provider, claim: dict[str, Any]) -> None:
    """An id is a text or a number, of a length that can be kept."""
    provider.person = {**somebody(), **claim}
    with room.visitor() as visitor:
        assert sign_in(visitor).status == 502
        assert not visitor.inside


def test_only_the_browser_that_left_can_come_back_and_once(room: Room, provider: Provider) -> None:
    """A callback for another browser, without a state, or a second time is refused; visitors add no parameters."""
    provider.person = somebody()
    with room.visitor() as visitor, room.visitor() as other:
        page = visitor.send(visitor.get("/accounts/from/main/?auth_params=prompt%3Dnone%26redirect_uri%3Dhttps://evil&scope=admin"))
        address = page.tree.xpath("string(//meta[@http-equiv='refresh']/@content)").partition("url=")[2]
        assert "evil" not in address
        assert "admin" not in address
        assert urllib.parse.parse_qs(urllib.parse.urlsplit(address).query)["code_challenge_method"] == ["S256"]
        back = httpx.get(address).headers["location"]
        assert other.get(back).status == 400
        assert other.get("/accounts/from/main/callback/").status == 400
        assert visitor.get("/accounts/from/main/callback/?state=x&code=y").status == 400
        assert visitor.get(back).path == "/room/applications/"
        assert visitor.get(back).status == 400
        assert visitor.get("/accounts/from/nobody/").status == 404


def age(room: Room, visitor: Visitor) -> None:
    """Let it be long ago that somebody proved who they are."""
    script(room, """
        from importlib import import_module
        from django.conf import settings as configured
        session = import_module(configured.SESSION_ENGINE).SessionStore(sys.argv[1])
        for each in session["account_authentication_methods"]:
            each["at"] -= 9_999
        session.save()
    """, visitor.session or "")


def test_what_is_dangerous_wants_a_new_proof_from_where_one_comes(room: Room, provider: Provider) -> None:
    """Whoever has nothing else to prove themselves with goes there once more, is asked there, and goes on with what they did; a
    session that was left open is not enough, nor is somebody else's account there."""
    provider.person = me = somebody()
    with room.visitor() as visitor:
        sign_in(visitor)
        assert "me" not in visitor.get("/room/account/export/").path, "a moment after signing in nothing more is asked"
        age(room, visitor)
        for path in ("/room/account/delete/", "/accounts/password/set/", "/accounts/2fa/totp/activate/", "/room/account/export/"):
            page = visitor.get(path)
            assert page.path.startswith("/accounts/from/main/again/"), path
        assert "Main <b>studio</b>" in page.text
        provider.person = somebody()
        leaving = visitor.send(page)
        assert "prompt=login" in leaving.tree.xpath("string(//meta[@http-equiv='refresh']/@content)")
        page = follow(visitor, leaving)
        assert (page.status, "somebody else than here" in page.text) == (403, True)
        page = visitor.get("/room/account/export/")
        provider.person = me
        assert f'"subject": "{me["player"]}"' in follow(visitor, visitor.send(page)).response.text
        form = visitor.get("/room/account/delete/")
        age(room, visitor)
        name = visitor.get("/room/account/").tree.xpath("string(//input[@name='username']/@value)")
        page = follow(visitor, visitor.send(visitor.send(form, {"username": name})))
        assert "Your account is deleted" in page.text
        assert not visitor.inside


def test_an_application_that_wants_a_fresh_sign_in_gets_it_from_there(room: Room, provider: Provider) -> None:
    """Or is told that there is no such thing, for who came by a one-time link alone."""
    made = room.run("application", "add", "Finder", "--owner", room.person(), "--type", "server", "--redirect", "https://app.example.org/")
    asked = "/oauth/authorize?" + urllib.parse.urlencode({
        "client_id": made["application_id"], "response_type": "code", "redirect_uri": "https://app.example.org/", "prompt": "login",
        "code_challenge": "x" * 43, "code_challenge_method": "S256"})
    provider.person = somebody()
    with room.visitor() as visitor:
        sign_in(visitor)
        page = visitor.get(asked)
        assert page.path.startswith("/accounts/from/main/again/")
        assert "Let Finder" in follow(visitor, visitor.send(page)).title
    with room.visitor() as visitor:
        room.run("account", "add", name := f"olga-{next(_numbers)}")
        visitor.fill(room.run("account", "link", name)["sign_in_link"].removeprefix(room.url))
        assert "error=login_required" in visitor.get(asked, follow_redirects=False).response.headers["location"]
        assert visitor.get("/room/account/export/").status == 200, "nothing that is theirs is out of reach"

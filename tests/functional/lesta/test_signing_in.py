"""Signing in to an application in the lesta dialect: `auth/login`, the page, and the life of the token, on both databases."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from ...timing import settle_s
from ..room.conftest import database_url, open_room  # noqa: F401  # fixtures
from ..room.visitor import Page, Room, Visitor

CATALOG = """
import sqlite3
from pathlib import Path
from typing import Annotated
from dragoman import Caller, Catalog, Key, Needs, Record, Table

with sqlite3.connect(Path(__file__).with_name("game.db")) as base:
    base.execute("CREATE TABLE IF NOT EXISTS players (account_id INTEGER PRIMARY KEY, nickname TEXT, gold INTEGER)")
    base.execute("INSERT OR IGNORE INTO players VALUES (1, 'Alice', 111), (2, 'Bob', 222)")
base.close()

catalog = Catalog("armory", api_name="wot", languages=("en", "de"), database="sqlite:///game.db",
                  permissions={"account": "Your wallet", "clan": "Your clan"})

@catalog.resource("account/info", Table("players", columns={"private": "gold"}), owner="account_id", live=True)
class Player(Record):
    '''A player; what is private is shown to the player alone.'''
    account_id: Annotated[int, Key()]
    nickname: str
    private: Annotated[int | None, Needs("account")] = None

@catalog.method("account/me", permission="clan")
def me(caller: Caller) -> str | None:
    '''Whose token it is.'''
    return caller.subject
"""
BACK = "https://app.example.org/signed-in?from=game"
TWO_WEEKS_S = 1_209_600
PROXIED = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}


@dataclass
class Game:
    """The game's server, and an application as it speaks to it."""

    room: Room
    id: str
    owner: str

    def ask(self, method: str, verb: str = "GET", headers: dict[str, str] | None = None, **asked: Any) -> httpx.Response:
        """Call a method with the application's id; a parameter of None is left out."""
        known = {name: value for name, value in {"application_id": self.id, **asked}.items() if value is not None}
        given: dict[str, Any] = {"params": known} if verb == "GET" else {"data": known}
        return httpx.request(verb, f"{self.room.url}/wot/{method}/", headers=headers, timeout=60, **given)

    def told(self, method: str, verb: str = "GET", **asked: Any) -> dict[str, Any]:
        """The envelope of an answer."""
        answer = self.ask(method, verb, **asked)
        assert answer.status_code == 200, answer.text
        envelope: dict[str, Any] = answer.json()
        return envelope

    def error(self, method: str, verb: str = "GET", **asked: Any) -> tuple[int, str] | None:
        """Code and message, or None where it was answered."""
        told = self.told(method, verb, **asked)
        return (told["error"]["code"], told["error"]["message"]) if told["status"] == "error" else None

    def location(self, **asked: Any) -> str:
        """Where `nofollow=1` says that the browser must go."""
        told = self.told("auth/login", nofollow="1", **{"redirect_uri": BACK, **asked})
        assert told["status"] == "ok", told
        assert told["meta"] == {"count": 1}
        return str(told["data"]["location"])

    def sign_in(self, visitor: Visitor, answer: str = "allow", **asked: Any) -> dict[str, str]:
        """What somebody's browser brings back."""
        page = visitor.get(self.location(**asked), follow_redirects=False)
        return brought(page if page.status == 303 else visitor.send(page, button=("answer", answer), follow_redirects=False))

    def token(self, visitor: Visitor, **asked: Any) -> str:
        """A token of somebody, once it is in force."""
        token = self.sign_in(visitor, **asked)["access_token"]
        self.wait_for(token, None)
        return token

    def wait_for(self, token: str, error: tuple[int, str] | None) -> float:
        """For how many seconds a token is still answered otherwise."""
        return settle_s(lambda: self.error("account/me", access_token=token) == error)


def brought(page: Page) -> dict[str, str]:
    """What a redirect tells an application."""
    assert page.status == 303, f"{page.status}: {page.text}"
    told = parse_qs(urlsplit(page.response.headers["location"]).query, keep_blank_values=True)
    assert all(len(values) == 1 for values in told.values())
    return {name: values[0] for name, values in told.items()}


INVALID = (407, "INVALID_ACCESS_TOKEN")


@pytest.fixture(scope="module")
def room(open_room: Callable[..., Room]) -> Room:  # noqa: F811  # the fixture
    return open_room(catalog=CATALOG, DRAGOMAN_HTTP__TRUSTED_PROXIES="127.0.0.1")


def register(room: Room, name: str = "Ball Finder", type: str = "standalone", back: str | None = BACK, *more: str) -> Game:
    """A new application of an owner of its own, once it is in force."""
    owner = room.person("owner")
    back_to = ["--redirect", back] if back else []
    made = room.server.prepare("application", "add", name, "--owner", owner, "--type", type, *back_to, *more)
    game = Game(room, made["application_id"], owner)
    ends = time.monotonic() + 10
    while game.error("account/info", account_id="1") == (407, "INVALID_APPLICATION_ID"):
        assert time.monotonic() < ends
        time.sleep(0.02)
    return game


@pytest.fixture(scope="module")
def game(room: Room) -> Game:
    return register(room)


@pytest.fixture(scope="module")
def alice(room: Room) -> Iterator[Visitor]:
    """Alice's browser; in the game she is player 1."""
    with room.signed_in(room.person("alice", "--subject", "1")) as visitor:
        yield visitor


@pytest.fixture(scope="module")
def bob(room: Room) -> Iterator[Visitor]:
    """Bob's browser; in the game he is player 2."""
    with room.signed_in(room.person("bob", "--subject", "2")) as visitor:
        yield visitor


@pytest.fixture(scope="module")
def token(room: Room, game: Game) -> Iterator[str]:
    """One of Dana's, for many questions that do not end it."""
    with room.signed_in(room.person("dana", "--subject", "4")) as visitor:
        yield game.token(visitor)


# ---------------------------------------------------------------------------------------- the way


@pytest.mark.covers("L8", "L11", "L12")
def test_somebody_signs_in_sees_what_is_private_and_ends_the_session(room: Room, alice: Visitor) -> None:
    """From the application's link to the page of sessions, which ends it within a second."""
    game, begun = register(room), time.time()
    told = game.sign_in(alice)
    assert set(told) == {"from", "status", "access_token", "expires_at", "account_id", "nickname"}
    assert (told["from"], told["status"], told["account_id"], told["nickname"][:6]) == ("game", "ok", "1", "alice-")
    assert TWO_WEEKS_S - 5 <= int(told["expires_at"]) - begun <= TWO_WEEKS_S + 60
    token = told["access_token"]
    assert token == token.lower()
    assert game.wait_for(token, None) < 1
    both = {"account_id": "1,2", "fields": "nickname,private"}
    assert game.told("account/info", access_token=token, **both)["data"] == {
        "1": {"nickname": "Alice", "private": 111}, "2": {"nickname": "Bob", "private": None}}
    assert game.told("account/info", **both)["data"]["1"] == {"nickname": "Alice", "private": None}
    private = game.ask("account/info", access_token=token, account_id="1")
    assert "no-store" in private.headers["cache-control"]
    assert "etag" not in private.headers
    page = alice.get("/room/account/sessions/")
    for text in ("Ball Finder", game.owner, "Your wallet", "Your clan"):
        assert text in page.text
    alice.send(page, button=("application", game.id), action="/room/account/sessions/applications/")
    assert game.wait_for(token, INVALID) < 1
    assert game.error("account/info", access_token=token, account_id="1") == INVALID


def test_a_browser_is_sent_on_and_asked_in_plain_words(room: Room, game: Game) -> None:
    """Without `nofollow` by 302; the page says who asks, for what, and where the answer goes."""
    answer = game.ask("auth/login", redirect_uri=BACK)
    assert (answer.status_code, answer.headers["cache-control"]) == (302, "no-store")
    assert answer.headers["location"] == game.location()
    assert game.ask("auth/login", "POST", redirect_uri=BACK).headers["location"] == game.location()
    name = room.person("dora", "--subject", "dora")
    with room.visitor() as visitor:
        page = visitor.get(f"/wot/auth/login/?{urlencode({'application_id': game.id, 'redirect_uri': BACK})}")
        assert page.path.startswith("/accounts/login/?next=")
        page = visitor.send(page, {"login": name, "password": "correct horse battery staple"})
        assert page.title == "Let Ball Finder in?"
        for text in (game.owner, name, "standalone", "Your wallet", "Your clan", "the id of your account", "app.example.org"):
            assert text in page.text
        assert page.response.headers["content-security-policy"].endswith("form-action 'self' https://app.example.org")
        told = brought(visitor.send(page, button=("answer", "allow"), follow_redirects=False))
        assert (told["account_id"], told["nickname"]) == ("dora", name)


def test_a_no_is_told_and_gives_nothing(game: Game, bob: Visitor) -> None:
    """In the words that clients know."""
    assert game.sign_in(bob, "deny") == {"from": "game", "status": "error", "code": "401", "message": "AUTH_CANCEL"}
    assert "Ball Finder" not in bob.get("/room/account/sessions/").text


def test_who_has_consented_is_not_asked_again(room: Room, bob: Visitor) -> None:
    """Until the session is ended; a program on the person's own machine, which any other could stand in for, asks each time."""
    game = register(room, "Once")
    game.sign_in(bob)
    assert brought(bob.get(game.location(), follow_redirects=False))["status"] == "ok"
    bob.send(bob.get("/room/account/sessions/"), button=("application", game.id), action="/room/account/sessions/applications/")
    assert bob.get(game.location()).title == "Let Once in?"
    native = register(room, "Native", "standalone", "http://127.0.0.1/cb")
    for _ in range(2):
        page = bob.get(native.location(redirect_uri="http://127.0.0.1:49152/cb"))
        assert page.title == "Let Native in?"
        told = bob.send(page, button=("answer", "allow"), follow_redirects=False).response.headers["location"]
        assert told.startswith("http://127.0.0.1:49152/cb?status=ok&")


def test_without_an_address_the_answer_goes_to_a_blank_page_of_ours(room: Room, bob: Visitor) -> None:
    """A program that shows the browser itself reads it there; nobody else is told."""
    game = register(room, "Window", "standalone", None)
    location = game.location(redirect_uri=None)
    for _ in range(2):
        page = bob.send(bob.get(location), button=("answer", "allow"))
        assert (page.title, page.status) == ("You have signed in", 200)
        assert page.path.startswith("/oauth/lesta/blank?status=ok&access_token=drg_acc_")
        assert page.response.headers["referrer-policy"] == "no-referrer"
        assert "no-store" in page.response.headers["cache-control"]
    assert bob.send(bob.get(location), button=("answer", "deny")).title == "You have not signed in"


def test_who_is_nobody_in_the_data_is_told_so(room: Room, game: Game) -> None:
    """And may go back to the application, which learns that it failed."""
    with room.signed_in(room.person("nobody")) as visitor:
        page = visitor.get(game.location())
        assert (page.status, page.title) == (403, "Your account is not connected yet")
        (back,) = page.tree.xpath("//main//a[@role='button']/@href")
        assert back == f"{BACK}&status=error&code=410&message=AUTH_ERROR"


def test_an_operator_says_who_an_account_is(room: Room, game: Game, alice: Visitor) -> None:
    """From then on it signs in; what it signed in to as somebody else is refused once it is another one."""
    name = room.person("late")
    with room.signed_in(name) as late:
        assert late.get(game.location()).status == 403
        assert room.server.prepare("account", "connect", name, "late-1") == {"account": name, "subject": "late-1"}
        token = game.token(late)
        room.server.prepare("account", "connect", name, "late-1")
        assert game.told("account/me", access_token=token)["data"] == "late-1"
        room.server.prepare("account", "connect", name, "late-2")
        game.wait_for(token, INVALID)
        assert game.sign_in(late)["account_id"] == "late-2"
        room.server.prepare("account", "connect", name, "")
        assert late.get(game.location()).status == 403
    for arguments, remedy in ((("nobody", "x"), "no account"), ((name, "1"), "belongs to"), ((name, "x" * 256), "255")):
        status, told, errors = room.server.command("account", "connect", *arguments)
        assert (status, remedy in told + errors) == (1, True), told + errors


def test_a_popup_has_no_frame_from_sign_in_to_the_end(room: Room, game: Game) -> None:
    """Nor a menu in which somebody could lose the way; the language is that which the application names."""
    name = room.person("pia", "--subject", "pia")
    with room.visitor() as visitor:
        page = visitor.get(game.location(display="popup", language="ru"), headers={"accept-language": "en"})
        assert page.title == "Войти"
        assert not page.tree.xpath("//header | //footer | //nav")
        page = visitor.send(page, {"login": name, "password": "correct horse battery staple"})
        assert page.title == "Впустить Ball Finder?"
        assert not page.tree.xpath("//header | //footer | //nav")
        assert visitor.get(game.location()).tree.xpath("//header")


@pytest.mark.parametrize("language", ["zh-cn", "xx", "de", "../../etc"])
def test_any_language_may_be_named(room: Room, game: Game, language: str) -> None:
    """The page shows what it has."""
    with room.visitor() as visitor:
        assert visitor.get(game.location(language=language)).title == "Sign in"


# ---------------------------------------------------------------------------------------- where an answer may go


WRONG = [
    f"{BACK}/more", f"{BACK}&more=1", BACK.partition("?")[0], BACK.replace("signed-in", "Signed-In"), BACK.replace("app.", "APP."),
    BACK.replace("https:", "HTTPS:"), BACK.replace(".org/", ".org:443/"), BACK.replace(".org/", ".org:8443/"),
    BACK.replace("https", "http"), BACK.replace("//", "//user@"), BACK.replace("//app.example.org", "//app.example.org@evil.example"),
    f"{BACK}#x", f"{BACK}%2e", BACK.replace("/signed-in", "/./signed-in"), BACK.replace("/signed-in", "/x/../signed-in"),
    BACK.replace(".org", ".org."), BACK.replace("/signed", "\\signed"), "https://evil.example/", "//evil.example", "/",
    "/oauth/lesta/blank", "javascript:alert(1)", "data:text/html,x", "http://127.0.0.1:1/", "http://127.0.0.1",
    "https://evil.example/?" + BACK, " " + BACK, "\t", "x" * 3000,
    f"{BACK}\r\nLocation: https://evil.example", BACK.replace("app", "аpp"), BACK.replace("/s", "%2fs"), BACK.replace("https://", "https:///"),
]


@pytest.mark.parametrize("wrong", WRONG)
def test_an_answer_goes_nowhere_that_is_not_registered(game: Game, alice: Visitor, wrong: str) -> None:
    """The dialect says so in place; the page, whose address anybody can write, shows that it cannot go on."""
    for nofollow in ("0", "1"):
        answer = game.ask("auth/login", redirect_uri=wrong, nofollow=nofollow)
        assert answer.status_code == 200
        assert "location" not in answer.headers
        error = answer.json()["error"]
        assert (error["code"], error["message"], error["field"]) == (407, "INVALID_REDIRECT_URI", "redirect_uri")
        assert error["value"] is None or wrong.startswith(error["value"].rstrip("…"))
    query = urlencode({"application_id": game.id, "catalog": "armory", "redirect_uri": wrong})
    page = alice.get(f"/oauth/lesta?{query}", follow_redirects=False)
    assert (page.status, page.title) == (400, "This sign-in cannot go on")
    assert "location" not in page.response.headers
    assert not page.tree.xpath("//*[contains(@href, 'evil') or contains(@action, 'evil') or contains(@content, 'evil')]")


def test_an_address_of_another_application_is_no_address(room: Room, game: Game) -> None:
    """Nor one for an application that has none."""
    other = register(room, "Other", "standalone", None)
    assert other.error("auth/login", redirect_uri=BACK, nofollow="1") == (407, "INVALID_REDIRECT_URI")


def test_one_parameter_twice_is_refused(game: Game, alice: Visitor) -> None:
    """Two programs may believe different ones."""
    query = urlencode({"application_id": game.id, "nofollow": "1", "redirect_uri": BACK})
    answer = game.room.server.get(f"/wot/auth/login/?{query}&redirect_uri=https%3A%2F%2Fevil.example%2F")
    assert answer.json()["error"]["message"] == "INVALID_REDIRECT_URI"
    page = alice.get(game.location() + "&redirect_uri=https%3A%2F%2Fevil.example%2F", follow_redirects=False)
    assert (page.status, page.response.headers.get("location")) == (400, None)


@pytest.mark.parametrize("change", [
    {"application_id": "0" * 32}, {"application_id": ""}, {"application_id": "a\0b"}, {"application_id": "x" * 3000}, {"catalog": "none"},
    {"expires_at": "soon"}, {"expires_at": "-1"}, {"expires_at": "9" * 40}, {"expires_at": "١٢"}, {"catalog": ""},
])
def test_a_page_that_nobody_sent_to_is_refused(game: Game, alice: Visitor, change: dict[str, str]) -> None:
    """Nobody is sent anywhere for it."""
    query = urlencode({"application_id": game.id, "catalog": "armory", "redirect_uri": BACK, **change})
    page = alice.get(f"/oauth/lesta?{query}", follow_redirects=False)
    assert (page.status, page.response.headers.get("location")) == (400, None)


def test_an_answer_is_one_to_what_was_shown(game: Game, room: Room) -> None:
    """Not to another address, nor in another session, nor without the page's own seal."""
    with room.signed_in(room.person("alma", "--subject", "alma")) as alma, room.signed_in(room.person("carl", "--subject", "carl")) as carl:
        shown, other = alma.get(game.location()), carl.get(game.location())
        seal = other.tree.xpath("string(//input[@name='seal']/@value)")
        assert alma.send(shown, {"seal": seal}, button=("answer", "allow"), follow_redirects=False).status == 400
        form = {"csrfmiddlewaretoken": shown.tree.xpath("string(//main//input[@name='csrfmiddlewaretoken']/@value)"),
                "seal": shown.tree.xpath("string(//input[@name='seal']/@value)"), "answer": "allow"}
        origin = {"origin": room.url}
        assert alma.post(game.location(display="popup"), form, headers=origin, follow_redirects=False).status == 400
        assert alma.post(game.location(), form, headers={"origin": "https://evil.example"}).status == 403
        assert brought(alma.post(game.location(), form, headers=origin, follow_redirects=False))["status"] == "ok"


def test_no_page_can_frame_it(game: Game, alice: Visitor) -> None:
    """A click goes to what is seen, in a small window too."""
    for display in ("page", "popup"):
        answer = alice.get(game.location(redirect_uri=None, display=display)).response
        assert answer.headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


# ---------------------------------------------------------------------------------------- who may ask


@pytest.mark.parametrize("method", ["auth/login", "auth/prolongate", "auth/logout"])
def test_every_method_wants_an_application(game: Game, method: str) -> None:
    """With its own error, as anywhere."""
    assert game.error(method, application_id=None, nofollow="1") == (402, "APPLICATION_ID_NOT_SPECIFIED")
    told = game.told(method, application_id="demo", nofollow="0")
    assert told["error"] == {"code": 407, "message": "INVALID_APPLICATION_ID", "field": "application_id", "value": "demo"}


def test_a_browser_comes_to_a_server_application_from_anywhere_and_a_call_from_its_addresses_alone(room: Room) -> None:
    """The link is followed by people; `nofollow=1` is asked by the application itself."""
    game = register(room, "Server", "server", BACK, "--address", "192.0.2.7")
    assert game.ask("auth/login", redirect_uri=BACK).status_code == 302
    assert game.error("auth/login", redirect_uri=BACK, nofollow="1") == (407, "INVALID_IP_ADDRESS")
    assert game.error("auth/login", redirect_uri=BACK, nofollow="1", headers=PROXIED) is None
    forged = {"X-Forwarded-For": "192.0.2.7, 198.51.100.1"}
    assert game.error("auth/login", redirect_uri=BACK, nofollow="1", headers=forged) == (407, "INVALID_IP_ADDRESS")


def test_a_blocked_application_signs_nobody_in(room: Room, bob: Visitor) -> None:
    """Neither from its link nor from a page that was open."""
    game = register(room, "Blocked")
    location = game.location()
    page, token = bob.get(location), game.token(bob)
    bob.send(bob.get("/room/account/sessions/"), button=("application", game.id), action="/room/account/sessions/applications/")
    room.server.prepare("application", "block", game.id)
    assert game.wait_for(token, (407, "APPLICATION_IS_BLOCKED")) < 1
    assert game.error("auth/login", redirect_uri=BACK, nofollow="0") == (407, "APPLICATION_IS_BLOCKED")
    assert bob.get(location).status == 400
    assert bob.send(page, button=("answer", "allow"), follow_redirects=False).status == 400


@pytest.mark.parametrize(("asked", "message"), [
    ({"display": "iframe"}, "INVALID_DISPLAY"), ({"nofollow": "2"}, "INVALID_NOFOLLOW"), ({"nofollow": "yes"}, "INVALID_NOFOLLOW"),
])
def test_what_else_makes_no_sense_is_told(game: Game, asked: dict[str, str], message: str) -> None:
    """In place, with 200."""
    assert game.error("auth/login", redirect_uri=BACK, **{"nofollow": "1", **asked}) == (407, message)


# ---------------------------------------------------------------------------------------- until when


@pytest.mark.parametrize("wrong", ["soon", "-1", "0", "1", "1.5", "1e5", "1209601", "99999999999999999999", "١٢٣", "0x10", "1 2",
                                   "2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "2026-13-01", "in the past", "three weeks", "now"])
def test_a_time_that_cannot_be_is_refused(game: Game, token: str, wrong: str) -> None:
    """Nonsense, the past, and more than two weeks, as a number of seconds and as a moment."""
    now = int(time.time())
    moment = {"in the past": str(now - 10), "three weeks": str(now + 3 * 604_800), "now": str(now), "1": "1000000000"}.get(wrong, wrong)
    invalid = (407, "INVALID_EXPIRES_AT")
    assert game.error("auth/login", redirect_uri=BACK, nofollow="1", expires_at=moment) == invalid
    assert game.error("auth/prolongate", "POST", access_token=token, expires_at=moment) == invalid


@pytest.mark.parametrize("form", ["seconds", "moment", "written"])
def test_a_time_is_a_number_of_seconds_or_a_moment(game: Game, alice: Visitor, form: str) -> None:
    """At most two weeks, which a clock that is a little ahead may name too; the answer says when it is."""
    now = int(time.time())
    asked = {"seconds": "3600", "moment": str(now + 3600), "written": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + 3600))}[form]
    assert abs(int(game.sign_in(alice, expires_at=asked)["expires_at"]) - now - 3600) < 60
    assert game.location(expires_at=str(now + TWO_WEEKS_S + 5))
    assert game.location(expires_at=str(TWO_WEEKS_S))


def test_a_body_of_json_may_hold_numbers_and_texts_for_the_same(game: Game, token: str) -> None:
    """Whatever library wrote it: everything here is read as the text of a form."""
    def ask(method: str, **asked: Any) -> Any:
        return httpx.post(f"{game.room.url}/wot/auth/{method}/", json={"application_id": game.id, **asked}, timeout=60).json()

    for nofollow in (1, "1", [1]):
        told = ask("login", redirect_uri=BACK, nofollow=nofollow, expires_at=3600, language=None)
        assert told["status"] == "ok", told
        (ends_at,) = parse_qs(urlsplit(told["data"]["location"]).query)["expires_at"]
        assert abs(int(ends_at) - time.time() - 3600) < 60
    for wrong in (-1, 3600.5, 0, [3600, 7], {"in": 3600}):
        assert ask("prolongate", access_token=token, expires_at=wrong)["error"]["message"] == "INVALID_EXPIRES_AT"
    assert ask("login", redirect_uri={"to": BACK}, nofollow=1)["error"]["message"] == "INVALID_REDIRECT_URI"


def test_who_took_too_long_has_not_signed_in(room: Room, bob: Visitor) -> None:
    """Before the answer came, the time had passed."""
    game = register(room, "Slow")
    page = bob.get(game.location(expires_at="2"))
    time.sleep(2.1)
    told = brought(bob.send(page, button=("answer", "allow"), follow_redirects=False))
    assert told == {"from": "game", "status": "error", "code": "403", "message": "AUTH_EXPIRED"}


@pytest.mark.covers("L11")
def test_a_token_ends_when_it_was_said_to(game: Game, alice: Visitor) -> None:
    """By itself."""
    token = game.told("auth/prolongate", access_token=game.token(alice), expires_at="2")["data"]["access_token"]
    game.wait_for(token, INVALID)
    assert game.error("auth/prolongate", "POST", access_token=token) == INVALID


# ---------------------------------------------------------------------------------------- the life of a token


@pytest.mark.covers("L11")
@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_a_token_is_exchanged_for_a_new_one_and_ended(game: Game, alice: Visitor, verb: str) -> None:
    """The new one is in force when it is told; the old one ends within a second; then the new one ends as well."""
    old = game.token(alice)
    told = game.told("auth/prolongate", verb, access_token=old)
    assert told["status"] == "ok"
    assert set(told["data"]) == {"access_token", "account_id", "expires_at"}
    new = told["data"]["access_token"]
    assert (told["data"]["account_id"], new != old) == (1, True)
    assert abs(told["data"]["expires_at"] - time.time() - TWO_WEEKS_S) < 60
    assert game.told("account/me", access_token=new)["data"] == "1"
    assert game.wait_for(old, INVALID) < 1
    assert game.error("auth/prolongate", verb, access_token=old) == INVALID
    soon = game.told("auth/prolongate", verb, access_token=new, expires_at="600")["data"]
    assert abs(soon["expires_at"] - time.time() - 600) < 60
    assert game.told("auth/logout", verb, access_token=soon["access_token"]) == {"status": "ok", "meta": {}, "data": {}}
    assert game.wait_for(soon["access_token"], INVALID) < 1
    assert game.error("auth/logout", verb, access_token=soon["access_token"]) == INVALID


@pytest.mark.parametrize("method", ["auth/prolongate", "auth/logout"])
def test_only_a_good_token_of_the_application_will_do(room: Room, game: Game, bob: Visitor, method: str) -> None:
    """None, another application's, nonsense and somebody's key are told apart from it, and repeated nowhere."""
    other = register(room, "Other")
    token = other.token(bob)
    assert game.error(method, "POST") == (402, "ACCESS_TOKEN_NOT_SPECIFIED")
    key = room.server.prepare("key", "add", "--account", game.owner, "--kind", "gw2")["secret"]
    for wrong in (token, "nonsense", "0" * 128, token[:-1] + ("0" if token[-1] != "0" else "1"), "é" * 128, key, "x" * 5000):
        told = game.told(method, "POST", access_token=wrong)
        assert told["error"] == {"code": 407, "message": "INVALID_ACCESS_TOKEN", "field": "access_token", "value": None}
    assert game.error("account/info", access_token=token, account_id="2") == INVALID
    assert other.error("account/me", access_token=token) is None


def test_a_token_in_the_clear_is_refused_whatever_a_client_says_of_itself(game: Game, token: str) -> None:
    """Behind a proxy its word counts, and nobody else's."""
    clear = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "http"}
    forged = [clear, {**clear, "Forwarded": "for=127.0.0.1;proto=https"}, {"X-Forwarded-For": "127.0.0.1"},
              *({name: text} for name, text in (("Via", "1.1 proxy"), ("X-Real-IP", "127.0.0.1"), ("X-Forwarded-Proto", "http"),
                                                ("X-Forwarded-Host", game.room.url[7:]), ("Forwarded", "for=127.0.0.1;proto=https"))),
              {**clear, "X-Forwarded-Ssl": "on", "Front-End-Https": "on", "X_Forwarded_Proto": "https", "X-Url-Scheme": "https"}]
    for method in ("account/me", "auth/prolongate", "auth/logout"):
        for headers in forged:
            assert game.error(method, access_token=token, headers=headers) == (403, "HTTPS_REQUIRED"), (method, headers)
    assert game.error("account/me", access_token=token, headers=PROXIED) is None
    assert game.error("account/me", access_token=token) is None


@pytest.mark.covers("L11")
def test_the_case_of_tokens_and_ids_means_nothing(room: Room, alice: Visitor) -> None:
    """Some clients change that of whole addresses."""
    game = register(room, "Loud")
    shouting = Game(room, game.id.upper(), game.owner)
    token = shouting.token(alice)
    assert shouting.error("account/me", access_token=token.upper()) is None
    new = shouting.told("auth/prolongate", access_token=token.title())["data"]["access_token"]
    assert game.error("account/me", access_token=new.swapcase()) is None
    assert shouting.error("auth/logout", access_token=new.upper()) is None


def test_tokens_are_kept_as_digests_alone(game: Game, alice: Visitor) -> None:
    """In no file of the server's, log included, stands one."""
    tokens = [game.token(alice), game.told("auth/prolongate", access_token=game.token(alice))["data"]["access_token"]]
    page = alice.send(alice.get(game.location(redirect_uri=None)), button=("answer", "allow"))
    tokens.append(parse_qs(page.path.partition("?")[2])["access_token"][0])
    for file in game.room.server.folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError, IsADirectoryError):     # some are there for a moment alone
            held = file.read_bytes()
            assert not [token for token in tokens if token.encode() in held], file


def test_of_many_that_prolong_one_token_at_once_one_gets_a_new_one(game: Game, alice: Visitor) -> None:
    """And no second one lives on unseen."""
    for _ in range(3):
        token = game.token(alice)
        with ThreadPoolExecutor(6) as pool:
            told = list(pool.map(lambda _, token=token: game.told("auth/prolongate", "POST", access_token=token), range(6)))  # type: ignore[misc]  # bound at once
        good = [each["data"]["access_token"] for each in told if each["status"] == "ok"]
        assert len(good) == 1, told
        assert {each["error"]["message"] for each in told if each["status"] == "error"} == {"INVALID_ACCESS_TOKEN"}
        assert game.error("account/me", access_token=good[0]) is None


def test_whoever_ends_a_session_ends_a_renewal_that_is_under_way(room: Room) -> None:
    """The token that it gives is refused as well."""
    game = register(room, "Busy")
    with room.signed_in(room.person("yann", "--subject", "yann")) as yann, ThreadPoolExecutor(1) as pool:
        for _ in range(2):
            renewing = pool.submit(renew_until_refused, game, game.token(yann))
            page = yann.get("/room/account/sessions/")
            yann.send(page, button=("application", game.id), action="/room/account/sessions/applications/")
            for token in renewing.result(60):
                game.wait_for(token, INVALID)
            assert "Busy" not in yann.get("/room/account/sessions/").text


def test_somebody_signs_in_while_operators_say_who_they_are(room: Room) -> None:
    """Nobody waits for somebody who waits for them, and no token is told to be another's."""
    game, name = register(room, "Meanwhile"), room.person("mia", "--subject", "mia-0")
    location, over = game.location(), threading.Event()

    def sign_in(visitor: Visitor) -> list[dict[str, str]]:
        told = []
        while not over.is_set():
            page = visitor.get(location, follow_redirects=False)
            told.append(brought(page if page.status == 303 else visitor.send(page, button=("answer", "allow"), follow_redirects=False)))
            if told[-1]["status"] == "ok":
                game.told("auth/prolongate", "POST", access_token=told[-1]["access_token"])
        return told

    with room.signed_in(name) as one, room.signed_in(name) as two, ThreadPoolExecutor(2) as pool:
        signing_in = [pool.submit(sign_in, visitor) for visitor in (one, two)]
        try:
            for number in range(1, 16):
                assert room.server.prepare("account", "connect", name, f"mia-{number}")["subject"] == f"mia-{number}"
        finally:
            over.set()
        told = [each for done in signing_in for each in done.result(60)]
    assert {each.get("message", "") for each in told} <= {"", "AUTH_CANCEL"}
    good = [each for each in told if each["status"] == "ok"]
    assert good
    for each in good[-5:]:
        found = game.told("account/me", access_token=each["access_token"])
        assert found["status"] == "error" or found["data"] == each["account_id"]


def renew_until_refused(game: Game, token: str) -> list[str]:
    """The tokens that an application gets, one in the place of another, for as long as it does."""
    tokens = [token]
    while (told := game.told("auth/prolongate", "POST", access_token=tokens[-1]))["status"] == "ok":
        tokens.append(told["data"]["access_token"])
    return tokens


def test_a_ban_ends_what_tokens_are_worth(room: Room, game: Game) -> None:
    """Also where they are exchanged."""
    name = room.person("zoe", "--subject", "zoe")
    with room.signed_in(name) as zoe:
        token = game.token(zoe)
    room.server.prepare("account", "ban", name)
    assert game.wait_for(token, INVALID) < 1
    assert game.error("auth/prolongate", "POST", access_token=token) == INVALID


PLAIN = """
from dragoman import Caller, Catalog

catalog = Catalog("plain", api_name="wot")

@catalog.method("account/info")
def info(account_id: int) -> bool:
    return True

@catalog.method("account/me", authenticated=True)
def me(caller: Caller) -> str | None:
    return caller.subject
"""


def test_a_sign_in_where_nothing_needs_a_permission_opens_what_takes_any_key(open_room: Callable[..., Room]) -> None:  # noqa: F811  # the fixture
    """It is one to the API, and not for signing in alone."""
    room = open_room(catalog=PLAIN)
    game = register(room)
    with room.signed_in(room.person("dora", "--subject", "7")) as dora:
        token = game.token(dora)
        assert game.told("account/me", access_token=token)["data"] == "7"

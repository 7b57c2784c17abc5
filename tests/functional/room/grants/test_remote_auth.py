"""What comes of a sign-in, as `remote_auth` of the webmaster interface beside the keys that accounts make themselves (W3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from ....timing import settle_s
from ..asking import CATALOG
from ..visitor import Room, Visitor
from .application import WITHIN_S, App, register
from .test_webmaster import BARE, PLAIN, at_auth

TOYS, MINE, HELLO = "data/json/toys", "toys/json/mine", "toys/json/hello"


@pytest.fixture(scope="module")
def room(open_room: Callable[..., Room]) -> Room:
    """A Room beside a catalog that wants permissions."""
    return open_room(catalog=CATALOG)


@pytest.fixture(scope="module")
def shop(confidential: App) -> App:
    """A confidential application, as clients of this interface are."""
    return at_auth(confidential)


@pytest.fixture(scope="module")
def bob(room: Room) -> Iterator[Visitor]:
    """Bob's browser."""
    with room.signed_in(room.person("bob", "--subject", "player-8")) as visitor:
        yield visitor


def signs_in(app: App, visitor: Visitor, scope: str | None = "account inventories") -> dict[str, Any]:
    """The tokens of a whole sign-in, as such a client does it."""
    answer = app.exchange(app.code(visitor, **{**BARE, "scope": scope}), **PLAIN)
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def ask(room: Room, secret: str | None, path: str = TOYS, **more: str) -> httpx.Response:
    """Call the interface."""
    return httpx.get(f"{room.url}/api/rest/{path}", params={**({} if secret is None else {"remote_auth": secret}), **more}, timeout=60)


def status(room: Room, secret: str | None, path: str = TOYS) -> int:
    """What the envelope says."""
    told: int = ask(room, secret, path).json()["status"]
    return told


def wait_for(room: Room, secret: str, wanted: int) -> float:
    """For how many seconds it is still answered otherwise."""
    return settle_s(lambda: status(room, secret, HELLO) == wanted)


@pytest.mark.covers("W3")
def test_a_key_of_the_account_and_the_token_of_a_sign_in_are_both_remote_auth(room: Room, shop: App, alice: Visitor, name: str) -> None:
    """Each is answered at once, in every format; nobody is answered without."""
    token = signs_in(shop, alice)["access_token"]
    key = room.run("key", "add", "--account", name, "--kind", "remote-auth", "--permission", "inventories")["secret"]
    wait_for(room, key, 200)
    for secret in (token, key, token.upper()):
        assert ask(room, secret, HELLO).json()["data"] == ["hello"]
        for form in ("json", "xml", "csv"):
            assert ask(room, secret, f"data/{form}/toys", http_status="1").status_code == 200
    assert status(room, None) == 403
    assert ask(room, token, MINE).json()["data"] == ["account", "inventories"]
    assert ask(room, key, MINE).json()["data"] == ["inventories"]


def test_a_token_may_do_what_was_allowed_and_no_more(room: Room, shop: App, alice: Visitor) -> None:
    """Who asked for nothing may know whose account it is; a renewal may ask for less."""
    little, much = signs_in(shop, alice, None), signs_in(shop, alice)
    assert "inventories" in ask(room, little["access_token"], MINE).json()["error"]
    assert [status(room, each["access_token"], MINE) for each in (little, much)] == [403, 200]
    less = shop.refresh(much["refresh_token"], scope="account").json()
    assert [status(room, less["access_token"], path) for path in (MINE, HELLO)] == [403, 200]


def test_what_is_no_remote_auth_is_told_apart(room: Room, shop: App, alice: Visitor, name: str) -> None:
    """Neither a refresh token, a code, a secret nor another kind of key opens anything; an ended token is told as one."""
    tokens, code = signs_in(shop, alice), shop.code(alice, **BARE)
    gw2 = room.run("key", "add", "--account", name, "--kind", "gw2")["secret"]
    for secret in (tokens["refresh_token"], code, shop.secret, shop.id, gw2, "x", tokens["access_token"][:-1] + "x"):
        told = ask(room, secret).json()
        assert (told["status"], told["data"]) == (403, [])
        assert told["error"] == "remote_auth is not valid. Copy the key whole, or make a new one."
    assert shop.post("/oauth/revoke", token=tokens["access_token"]).status_code == 200
    wait_for(room, tokens["access_token"], 403)
    assert ask(room, tokens["access_token"]).json()["error"] == "remote_auth is not valid. Renew it, or let the account sign in again."
    assert ask(room, None).json()["error"].startswith("remote_auth is missing")


@pytest.mark.covers("W3")
def test_it_ends_within_a_second_of_the_account_taking_it_back(room: Room, shop: App, bob: Visitor) -> None:
    """That of this application; a key of the account stays."""
    tokens, other = signs_in(shop, bob), at_auth(register(room, secret=True))
    others = signs_in(other, bob)
    assert [status(room, each["access_token"], HELLO) for each in (tokens, others)] == [200, 200]
    bob.send(bob.get("/room/account/sessions/"), button=("application", shop.id), action="/room/account/sessions/applications/")
    assert wait_for(room, tokens["access_token"], 403) < WITHIN_S
    assert shop.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert status(room, others["access_token"], HELLO) == 200


def test_it_ends_with_a_second_use_of_its_code(room: Room, shop: App, bob: Visitor) -> None:
    """Somebody has stolen it."""
    code = shop.code(bob, **BARE)
    token = shop.exchange(code, **PLAIN).json()["access_token"]
    assert status(room, token, HELLO) == 200
    assert shop.exchange(code, **PLAIN).json()["error"] == "invalid_grant"
    assert wait_for(room, token, 403) < WITHIN_S


def test_a_blocked_application_and_a_banned_account_are_told_as_such(room: Room, bob: Visitor) -> None:
    """While it lasts."""
    app = at_auth(register(room, secret=True))
    token = signs_in(app, bob)["access_token"]
    room.run("application", "block", app.id, "--reason", "too loud")
    assert wait_for(room, token, 403) < WITHIN_S
    assert "the application of remote_auth is blocked" in ask(room, token).json()["error"]
    room.run("application", "unblock", app.id)
    assert wait_for(room, token, 200) < WITHIN_S
    charlie = room.person("charlie")
    with room.signed_in(charlie) as visitor:
        token = signs_in(app, visitor)["access_token"]
    room.run("account", "ban", charlie)
    assert wait_for(room, token, 403) < WITHIN_S
    assert "the account of remote_auth is banned" in ask(room, token).json()["error"]


def test_a_token_of_a_server_application_is_taken_from_its_addresses_alone(room: Room, bob: Visitor) -> None:
    """As with every call of one (L5)."""
    app = register(room, type="server", secret=True)
    token = signs_in(at_auth(app), bob)["access_token"]
    told = ask(room, token).json()
    assert (told["status"], "address" in told["error"]) == (403, True)

"""Codes: how they are asked for, what they are good for, and what a thief cannot do with them."""

from __future__ import annotations

import re

import httpx
import pytest

from dragoman.credentials.secrets import Kind, is_ours

from ..visitor import Room, Visitor
from .application import BACK, WITHIN_S, App, register, told


def test_a_code_becomes_a_token_that_the_api_knows(app: App, alice: Visitor, name: str) -> None:
    """128 lower-case characters, good for two weeks, with the permissions that were allowed and no more (L11)."""
    answer = app.consent(alice, scope="account openid")
    assert answer.keys() == {"from", "code", "state", "iss"}
    assert (answer["state"], answer["iss"]) == ("s&=?/é", app.room.url)
    tokens = app.exchange(answer["code"]).json()
    token = tokens["access_token"]
    assert re.fullmatch(r"drg_acc_[0-9a-f]{120}", token)
    assert is_ours(Kind.ACCESS_TOKEN, token)
    assert (tokens["token_type"], tokens["expires_in"], set(tokens["scope"].split())) == ("Bearer", 1_209_600, {"account", "openid"})
    assert app.wait_for(token, 200) < WITHIN_S
    assert app.call(token).json()["permissions"] == ["account"]
    assert app.call(token.upper()).json()["name"].startswith("Ball Finder")


def test_who_asks_for_nothing_may_know_who_the_account_is(app: App, alice: Visitor) -> None:
    """As with keys without a named permission."""
    assert app.sign_in(alice, scope=None)["scope"] == "account"


def test_a_code_is_good_once_and_its_second_use_ends_what_came_of_the_first(app: App, alice: Visitor) -> None:
    """Somebody has stolen it: who came first cannot be known."""
    code = app.code(alice)
    tokens = app.exchange(code).json()
    app.wait_for(tokens["access_token"], 200)
    again = app.exchange(code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert app.wait_for(tokens["access_token"], 403) < WITHIN_S
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_code_of_another_application_is_worth_nothing_and_stays_good(app: App, confidential: App, alice: Visitor) -> None:
    """Neither with its own address nor with that of the other one."""
    code = app.code(alice)
    stolen = confidential.exchange(code, code_verifier=app.verifier)
    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
    assert app.exchange(code).status_code == 200


@pytest.mark.parametrize(("change", "error"), [
    ({"code_verifier": "x" * 64}, "invalid_grant"), ({"code_verifier": None}, "invalid_grant"),
    ({"redirect_uri": "https://app.example.org/other"}, "invalid_request"), ({"code": "made-up"}, "invalid_grant"),
    ({"code": "a\0b"}, "invalid_grant"), ({"code": None}, "invalid_request"), ({"grant_type": None}, "invalid_request"),
    ({"client_id": "0" * 32}, "invalid_client"), ({"client_id": "a\0b"}, "invalid_client"),
    ({"client_secret": "made up"}, "invalid_client"),
])
def test_a_token_is_not_given_for_less_than_everything(app: App, alice: Visitor, change: dict[str, str | None], error: str) -> None:
    """The verifier, the same address, the application itself."""
    fields = {"grant_type": "authorization_code", "code": app.code(alice), "redirect_uri": BACK, "code_verifier": app.verifier}
    answer = app.post("/oauth/token", **(fields | change))
    assert answer.status_code in (400, 401), answer.text
    assert answer.json()["error"] in (error, "invalid_request" if change.get("code_verifier", "") is None else error)
    assert len(answer.json()["error_description"]) > 10
    assert answer.headers["cache-control"] == "no-store"


def test_an_application_with_a_secret_proves_itself_by_it(room: Room, confidential: App, alice: Visitor) -> None:
    """In the body or in the header, by any of its secrets; no other, and not without one."""
    code = confidential.code(alice)
    assert confidential.exchange(code, client_secret=None).json()["error"] == "invalid_client"
    wrong = confidential.exchange(code, client_secret=confidential.secret[:-1] + "x")
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    assert confidential.exchange(code).status_code == 200
    second = room.run("application", "secret", confidential.id)["secret"]
    for secret in (second, confidential.secret):
        assert confidential.exchange(confidential.code(alice), client_secret=secret).status_code == 200


def test_without_pkce_nobody_is_signed_in(room: Room, app: App, confidential: App, alice: Visitor) -> None:
    """Unless the application has a secret, and was excused; and then nobody can take a challenge out unseen."""
    bare = {"code_challenge": None, "code_challenge_method": None}
    for each in (app, confidential):
        assert told(alice.get(each.asks(**bare), follow_redirects=False))["error"] == "invalid_request"
    assert "secret" in room.fail("application", "pkce", app.id, "optional")
    old = register(room, secret=True)
    room.run("application", "pkce", old.id, "optional")
    assert old.exchange(old.code(alice, **bare), code_verifier=None).status_code == 200
    downgraded = old.exchange(old.code(alice, **bare))      # the application has made a verifier, its challenge was taken out
    assert downgraded.json()["error"] == "invalid_grant"
    room.run("application", "pkce", old.id, "required")
    assert told(alice.get(old.asks(**bare), follow_redirects=False))["error"] == "invalid_request"


@pytest.mark.parametrize("change", [
    {"code_challenge_method": "plain"}, {"code_challenge_method": None}, {"code_challenge_method": "S512"},
    {"code_challenge": "short"}, {"code_challenge": "\u00e9" * 43}, {"code_challenge": "=" * 43},
    {"code_challenge": "x" * 2000}, {"nonce": "n" * 256, "scope": "openid"},
    {"nonce": "a\0b", "scope": "openid"},
])
def test_a_challenge_is_an_s256_and_nothing_is_too_long(app: App, alice: Visitor, change: dict[str, str]) -> None:
    """`plain` proves nothing to somebody who has seen the request."""
    answer = told(alice.get(app.asks(**change), follow_redirects=False))
    assert answer["error"] in ("invalid_request", "server_error")
    assert answer["error"] == "invalid_request"
    assert answer["state"] == "s&=?/é"


@pytest.mark.parametrize("header", [b"Basic \xc3\xa9", b"Basic \xff\xfe", b"Basic ////", b"Basic", b"Basic YQ==", b"\xff"])
@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke"])
def test_a_header_that_proves_nothing_is_refused_whatever_stands_in_it(app: App, path: str, header: bytes) -> None:
    """Letters that no base64 has are no failure of ours."""
    fields = {"grant_type": "refresh_token", "refresh_token": "x", "token": "x"}
    answer = httpx.post(app.room.url + path, data=fields, headers={b"Authorization": header}, timeout=30)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(("response_type", "error"), [
    ("token", "unauthorized_client"), ("id_token", "unauthorized_client"), ("id_token token", "unauthorized_client"),
    ("code token", "unauthorized_client"), ("code id_token", "unauthorized_client"), ("made-up", "unsupported_response_type"),
    (None, "invalid_request"),
])
def test_the_implicit_grant_is_refused(app: App, alice: Visitor, response_type: str | None, error: str) -> None:
    """Tokens never travel in addresses."""
    page = alice.get(app.asks(response_type=response_type, scope="openid", nonce="n"), follow_redirects=False)
    assert page.status == 303
    location = page.response.headers["location"]
    assert "token=" not in location
    assert f"error={error}" in location
    assert "error_description=" in location


@pytest.mark.parametrize("grant", ["password", "client_credentials", "urn:ietf:params:oauth:grant-type:device_code", "authorizationCode",
                                   "made-up"])
def test_passwords_and_other_grants_are_refused(app: App, confidential: App, name: str, grant: str) -> None:
    """Nobody types a password into an application."""
    for each in (app, confidential):
        answer = each.post("/oauth/token", grant_type=grant, username=name, password="correct horse battery staple",
                           scope="account", device_code="x")
        assert answer.status_code in (400, 401)
        assert answer.json()["error"] in ("unauthorized_client", "unsupported_grant_type", "invalid_client", "invalid_request")
        assert "access_token" not in answer.text

"""What the provider says of itself, and whom a token stands for: RFC 8414, OpenID Connect Discovery and Core."""

from __future__ import annotations

import base64
import hashlib
import socket
import time
from collections.abc import Callable

import httpx
import jwt
import pytest

from ..visitor import Room, Visitor
from .application import App, register
from .test_tokens import who

NAMES = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")


@pytest.fixture(scope="module")
def database_url() -> str:
    """Where accounts are kept: in a file, since it cannot matter here."""
    return ""


def test_the_documents_say_where_everything_is(app: App) -> None:
    """One under two names; what they name is there."""
    first, second = (httpx.get(app.room.url + name, timeout=60) for name in NAMES)
    told = first.json()
    assert told == second.json()
    assert told["issuer"] == app.room.url
    for endpoint in ("token_endpoint", "revocation_endpoint"):
        assert httpx.post(told[endpoint]).status_code in (400, 401)
    assert httpx.get(told["authorization_endpoint"]).status_code == 400
    assert httpx.get(told["userinfo_endpoint"]).status_code == 401
    assert httpx.get(told["jwks_uri"]).status_code == 200
    assert first.headers["content-type"] == "application/json"
    assert first.headers["cache-control"] == "public, max-age=3600"


def test_the_documents_promise_nothing_that_is_refused(app: App) -> None:
    """Codes with S256, and no more."""
    told = httpx.get(app.room.url + NAMES[0], timeout=60).json()
    assert told["response_types_supported"] == ["code"]
    assert told["grant_types_supported"] == ["authorization_code", "refresh_token"]
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert {"openid", "account", "inventories"} <= set(told["scopes_supported"])
    assert told["authorization_response_iss_parameter_supported"] is True


def test_an_identity_token_tells_who_signed_in_and_can_be_proven(app: App, alice: Visitor) -> None:
    """Signed by a key of the document, for this application, with its nonce; the key is a public one."""
    begun = int(time.time())
    tokens = app.sign_in(alice, scope="openid profile account", nonce="once")
    keys = jwt.PyJWKClient(app.room.url + "/.well-known/jwks.json")
    key = keys.get_signing_key_from_jwt(tokens["id_token"])
    claims = jwt.decode(tokens["id_token"], key.key, ["RS256"], audience=app.id, issuer=app.room.url)
    assert claims["nonce"] == "once"
    assert begun <= claims["iat"] <= time.time()
    assert claims["auth_time"] <= time.time()
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert claims["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    (published,) = httpx.get(app.room.url + "/.well-known/jwks.json").json()["keys"]
    assert published.keys() == {"alg", "use", "kid", "kty", "n", "e"}
    assert claims["sub"] == who(app, tokens["access_token"]).json()["sub"]


def test_a_token_tells_each_scope_its_own(app: App, alice: Visitor, name: str) -> None:
    """Nothing without `openid`; the name, and the id in the publisher's data, with `profile`."""
    assert who(app, app.sign_in(alice, scope="account")["access_token"]).status_code in (401, 403)
    assert who(app, app.sign_in(alice, scope="openid")["access_token"]).json().keys() == {"sub"}
    told = who(app, app.sign_in(alice, scope="openid profile")["access_token"]).json()
    assert (told["preferred_username"], told["account_id"]) == (name, "player-7")


@pytest.mark.parametrize("scope", ["openid", "openid profile", "profile"])
def test_a_token_for_signing_in_opens_nothing_of_the_api(app: App, alice: Visitor, scope: str) -> None:
    """Who somebody is says nothing of what an application may see of them; what is for everybody it gets as everybody does."""
    token = app.sign_in(alice, scope=scope)["access_token"]
    app.wait_for(token, 403)
    refused = app.call(token)
    assert (refused.status_code, refused.json()["text"]) == (
        403, "the token is for signing in alone: ask the account for a permission, too")
    bearer = {"Authorization": f"Bearer {token}"}
    assert httpx.get(app.room.url + "/v2/toys?ids=all", headers=bearer).status_code == 200
    assert httpx.get(app.room.url + "/v2/createsubtoken", headers=bearer).status_code == 403
    more = app.sign_in(alice, scope=f"{scope} account")["access_token"]
    app.wait_for(more, 200)
    assert app.call(more).json()["permissions"] == ["account"]


def test_an_account_is_one_and_the_same_to_an_application_and_another_to_each(app: App, confidential: App, alice: Visitor) -> None:
    """Two applications cannot put together what they know of somebody."""
    subjects = [who(each, each.sign_in(alice, scope="openid")["access_token"]).json()["sub"] for each in (app, app, confidential)]
    assert subjects[0] == subjects[1] != subjects[2]


@pytest.mark.parametrize("token", ["x", "made up", "drg_acc_" + "0" * 120])
def test_a_bad_token_tells_of_nobody(app: App, token: str) -> None:
    """401, and how to ask (RFC 6750, section 3)."""
    answer = who(app, token)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_token_in_an_address_is_refused(app: App, alice: Visitor) -> None:
    """Addresses stand in logs (RFC 9700, section 4.3.2)."""
    token = app.sign_in(alice, scope="openid")["access_token"]
    assert httpx.get(app.room.url + f"/oauth/userinfo?access_token={token}").status_code == 400
    assert app.post(f"/oauth/token?client_id={app.id}", grant_type="refresh_token").status_code == 400


def test_pages_of_other_origins_may_ask_what_needs_no_cookie(app: App) -> None:
    """An application that lives in a browser gets its tokens by itself; the page that asks is read by nobody."""
    for path, verb in (("/oauth/token", "POST"), ("/oauth/revoke", "POST"), ("/oauth/userinfo", "GET"), (NAMES[0], "GET")):
        asked = httpx.options(app.room.url + path, headers={"origin": "https://evil.example", "access-control-request-method": verb})
        assert asked.headers["access-control-allow-origin"] == "*"
        assert verb in asked.headers["access-control-allow-methods"]
        assert "access-control-allow-credentials" not in asked.headers
    assert httpx.put(app.room.url + "/oauth/token").status_code == 405
    answer = httpx.options(app.room.url + "/oauth/authorize", headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


def test_the_public_address_is_our_name(open_room: Callable[..., Room]) -> None:
    """In documents and identity tokens, whatever a request calls us."""
    port = free_port()
    open_room("--port", str(port), DRAGOMAN_BASE_URL="https://api.example.org")
    told = httpx.get(f"http://127.0.0.1:{port}{NAMES[0]}", headers={"host": "evil.example"}, timeout=60)
    assert told.status_code == 400                          # a host that is not ours
    told = httpx.get(f"http://127.0.0.1:{port}{NAMES[0]}", timeout=60).json()
    assert told["issuer"] == "https://api.example.org"
    assert told["token_endpoint"] == "https://api.example.org/oauth/token"


def free_port() -> int:
    """A port that nothing listens on at present."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_token_lives_as_long_as_the_operator_allows(open_room: Callable[..., Room]) -> None:
    """Shorter than two weeks; then it has to be renewed."""
    room = open_room(DRAGOMAN_ROOM__TOKEN_MAX_S="60")
    app = register(room)
    with room.signed_in(room.person()) as alice:
        assert app.sign_in(alice)["expires_in"] == 60

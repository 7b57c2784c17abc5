"""Sign-in as clients of the webmaster interface know it: `/auth/` and `/auth/token`, without PKCE where a secret proves who asks (W3)."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import httpx
import pytest

from ....conftest import run_dragoman
from ..conftest import CATALOG
from ..visitor import Room, Visitor
from .application import BACK, WITHIN_S, App, register, told

BARE: dict[str, str | None] = {"code_challenge": None, "code_challenge_method": None, "scope": None}
"""What such a client leaves out when it asks."""
PLAIN: dict[str, str | None] = {"code_verifier": None}
"""And when it comes for tokens."""


def at_auth(app: App) -> App:
    """An application at these addresses."""
    return dataclasses.replace(app, authorize_at="/auth/", token_at="/auth/token")


@pytest.fixture(scope="module")
def shop(confidential: App) -> App:
    """A confidential application, as such clients are."""
    return at_auth(confidential)


@pytest.mark.covers("W3")
@pytest.mark.parametrize("grant", ["authorization_code", "authorizationCode"])
def test_a_client_with_a_secret_signs_somebody_in_without_pkce(shop: App, alice: Visitor, grant: str) -> None:
    """The code comes back with the state as it was; the token acts for the account, for what was allowed."""
    answer = shop.consent(alice, **BARE)
    assert (answer["state"], answer["iss"]) == ("s&=?/é", shop.room.url)
    given = shop.exchange(answer["code"], grant_type=grant, **PLAIN)
    assert (given.status_code, given.headers["cache-control"]) == (200, "no-store")
    tokens = given.json()
    assert tokens.keys() == {"access_token", "token_type", "expires_in", "scope", "refresh_token"}
    assert (tokens["token_type"], tokens["scope"]) == ("Bearer", "account")
    assert shop.call(tokens["access_token"]).json()["permissions"] == ["account"]


def test_a_client_need_not_send_a_state_and_gets_none_back(shop: App, alice: Visitor) -> None:
    """Only a code."""
    assert shop.consent(alice, state=None, **BARE).keys() == {"from", "code", "iss"}


def test_more_is_allowed_where_more_was_asked_for(shop: App, alice: Visitor) -> None:
    """By the words of the catalog; what nobody knows is told to the application."""
    tokens = shop.exchange(shop.code(alice, **{**BARE, "scope": "account inventories"}), **PLAIN).json()
    assert shop.call(tokens["access_token"]).json()["permissions"] == ["account", "inventories"]
    refused = told(alice.get(shop.asks(**{**BARE, "scope": "made-up"}), follow_redirects=False))
    assert refused["error"] == "invalid_scope"


def test_tokens_are_renewed_there_too(shop: App, alice: Visitor) -> None:
    """Once with each refresh token; a second use ends all that came of the sign-in."""
    first = shop.exchange(shop.code(alice, **BARE), **PLAIN).json()
    second = shop.refresh(first["refresh_token"]).json()
    assert shop.call(second["access_token"]).status_code == 200
    assert shop.wait_for(first["access_token"], 403) < WITHIN_S
    assert shop.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    assert shop.wait_for(second["access_token"], 403) < WITHIN_S


@pytest.mark.parametrize("path", ["/auth", "/auth/token/"])
def test_a_slash_at_the_end_makes_no_difference(shop: App, alice: Visitor, path: str) -> None:
    """Clients write one or leave it out."""
    other = dataclasses.replace(shop, **{"token_at" if "token" in path else "authorize_at": path})
    assert other.exchange(other.code(alice, **BARE), **PLAIN).status_code == 200


def test_who_is_not_signed_in_does_so_first_and_comes_back(room: Room, shop: App, name: str) -> None:
    """Through 303, which never sends a password on."""
    with room.visitor() as visitor:
        page = visitor.get(shop.asks(**BARE))
        assert page.path.startswith("/accounts/login/?next=%2Fauth%2F%3F")
        sent = visitor.send(page, {"login": name, "password": "correct horse battery staple"}, follow_redirects=False)
        assert (sent.status, sent.response.headers["location"]) == (303, shop.asks(**BARE))


def test_a_no_is_told(shop: App, alice: Visitor) -> None:
    """To the application."""
    assert shop.consent(alice, "deny", **BARE)["error"] == "access_denied"


# -------------------------------------------------------------------------------------------- what stays as strict


def test_a_public_application_is_nowhere_excused(app: App, alice: Visitor) -> None:
    """Nothing else would prove that the code is its own; with a challenge it is welcome."""
    public = at_auth(app)
    refused = told(alice.get(public.asks(**BARE), follow_redirects=False))
    assert (refused["error"], refused["state"]) == ("invalid_request", "s&=?/é")
    assert "code" not in refused
    assert public.exchange(public.code(alice)).status_code == 200
    assert public.exchange(public.code(alice), **PLAIN).json()["error"] == "invalid_request"


def test_elsewhere_pkce_stays_required(shop: App, confidential: App, alice: Visitor) -> None:
    """For whoever asks, and for a code that was had without it."""
    assert told(alice.get(confidential.asks(**BARE), follow_redirects=False))["error"] == "invalid_request"
    code = shop.code(alice, **BARE)
    for given in (PLAIN, {}):
        refused = confidential.exchange(code, **given)
        assert (refused.status_code, "access_token" in refused.text) == (400, False)
    assert shop.exchange(code, **PLAIN).status_code == 200


def test_a_challenge_that_was_sent_is_honoured(shop: App, confidential: App, alice: Visitor) -> None:
    """Wherever the code came from: without the verifier, or with another one, it is worth nothing; `plain` is refused."""
    for app in (shop, confidential):
        code = app.code(alice)
        for wrong in (None, "", "x" * 64):
            assert shop.exchange(code, code_verifier=wrong).json()["error"] in ("invalid_request", "invalid_grant")
        assert shop.exchange(code).status_code == 200
    for change in ({"code_challenge_method": "plain"}, {"code_challenge_method": None}, {"code_challenge": ""},
                   {"code_challenge": None, "code_challenge_method": "S256"}):
        answer = told(alice.get(shop.asks(**change), follow_redirects=False))
        assert (answer["error"], answer["state"]) == ("invalid_request", "s&=?/é")


def test_who_took_the_challenge_out_is_found_out(shop: App, alice: Visitor) -> None:
    """The application made a verifier, and the code knows of none."""
    code = shop.code(alice, **BARE)
    assert shop.exchange(code).json()["error"] == "invalid_grant"
    assert shop.exchange(code, **PLAIN).status_code == 200


@pytest.mark.parametrize("wrong", [
    f"{BACK}/more", f"{BACK}&more=1", BACK.replace("signed-in", "Signed-In"), BACK.replace("app.", "APP."), BACK.replace("https", "http"),
    BACK.replace(".org/", ".org:443/"), BACK.replace("//", "//user@"), f"{BACK}#x", "https://evil.example/", "javascript:alert(1)", "",
])
def test_an_answer_goes_nowhere_that_is_not_registered(shop: App, alice: Visitor, wrong: str) -> None:
    """A page, and no Location for a stranger; and a code is good for the address alone that it was sent to."""
    page = alice.get(shop.asks(**{**BARE, "redirect_uri": wrong}), follow_redirects=False)
    assert (page.status, page.response.headers.get("location"), page.title) == (400, None, "This sign-in cannot go on")
    code = shop.code(alice, **BARE)
    refused = shop.exchange(code, redirect_uri=wrong, **PLAIN)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    assert shop.exchange(code, **PLAIN).status_code == 200


def test_a_code_is_good_once_and_its_second_use_ends_what_came_of_the_first(shop: App, alice: Visitor) -> None:
    """By whichever of the two names of the grant."""
    code = shop.code(alice, **BARE)
    tokens = shop.exchange(code, **PLAIN).json()
    assert shop.call(tokens["access_token"]).status_code == 200
    again = shop.exchange(code, grant_type="authorizationCode", **PLAIN)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert shop.wait_for(tokens["access_token"], 403) < WITHIN_S
    assert shop.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(("change", "status", "error"), [
    ({"client_secret": None}, 401, "invalid_client"), ({"client_secret": "wrong"}, 401, "invalid_client"),
    ({"client_id": None}, 401, "invalid_client"), ({"client_id": "0" * 32}, 401, "invalid_client"),
    ({"client_id": "a\0b"}, 401, "invalid_client"),
    ({"code": None}, 400, "invalid_request"), ({"code": ""}, 400, "invalid_grant"), ({"code": "made-up"}, 400, "invalid_grant"),
    ({"code": "a\0b"}, 400, "invalid_grant"),
    ({"grant_type": None}, 400, "invalid_request"), ({"grant_type": ""}, 400, "invalid_request"),
    ({"grant_type": "made-up"}, 400, "unsupported_grant_type"), ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ({"grant_type": "client_credentials"}, 400, "unsupported_grant_type"),
    ({"grant_type": "authorizationcode"}, 400, "unsupported_grant_type"),
    ({"grant_type": "refresh_token"}, 400, "invalid_request"),
])
def test_a_token_is_not_given_for_less_than_everything(
    shop: App, alice: Visitor, change: dict[str, str | None], status: int, error: str,
) -> None:
    """And what is wrong is told, with what to do."""
    code = shop.code(alice, **BARE)
    answer = shop.exchange(**({"code": code} | PLAIN | change))  # type: ignore[arg-type]  # a code may be left out here
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
    assert len(answer.json()["error_description"]) > 10
    assert shop.exchange(code, **PLAIN).status_code == 200


def test_the_address_that_a_code_was_sent_to_may_be_left_out_where_it_is_the_only_one(room: Room, shop: App, alice: Visitor) -> None:
    """Of several it could be another one, to which somebody has lured the code."""
    assert shop.exchange(shop.code(alice, **BARE), redirect_uri=None, **PLAIN).status_code == 200
    owner = room.person("owner")
    made = room.run("application", "add", "Two doors", "--owner", owner, "--type", "standalone", "--redirect", BACK,
                    "--redirect", f"{BACK}&other=1")
    two = at_auth(App(room, made["application_id"], owner, room.run("application", "secret", made["application_id"])["secret"]))
    code = two.code(alice, **BARE)
    for wrong in (None, f"{BACK}&other=1"):
        assert two.exchange(code, redirect_uri=wrong, **PLAIN).json()["error"] == "invalid_request"
    assert two.exchange(code, **PLAIN).status_code == 200


def test_the_secret_of_another_application_proves_nothing(room: Room, shop: App, alice: Visitor) -> None:
    """Nor does its own id get it somebody else's code."""
    thief = at_auth(register(room, secret=True))
    code = shop.code(alice, **BARE)
    assert thief.exchange(code, **PLAIN).json()["error"] == "invalid_grant"
    assert thief.exchange(code, client_id=shop.id, **PLAIN).json()["error"] == "invalid_client"
    assert shop.exchange(code, **PLAIN).status_code == 200


def test_once_all_its_secrets_have_ended_an_application_gets_nothing(room: Room, alice: Visitor) -> None:
    """It stays confidential, and can prove nothing: that it needs no PKCE makes nobody public."""
    old = at_auth(register(room, secret=True))
    code = old.code(alice, **BARE)
    with room.signed_in(old.owner) as owner:
        page = owner.get(f"/room/applications/{old.id}/")
        action = page.tree.xpath("string(//form[.//select[@name='within']]/@action)")
        owner.send(page, {"within": ""}, action=action)
    for secret in (None, old.secret, ""):
        assert old.exchange(code, client_secret=secret, **PLAIN).json()["error"] == "invalid_client"


def test_what_the_token_endpoint_is_asked_is_a_form_in_a_body(shop: App, alice: Visitor) -> None:
    """Nothing in the address, where it would stand in logs; neither JSON nor XML; each parameter once."""
    url, code = shop.room.url + "/auth/token", shop.code(alice, **BARE)
    fields: dict[str, Any] = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "client_id": shop.id,
                              "client_secret": shop.secret}
    for wrong in (httpx.post(url, json=fields), httpx.post(url, content="<code/>", headers={"content-type": "application/xml"}),
                  httpx.post(url, content=f"code={code}"), httpx.post(url, params=fields), httpx.post(f"{url}?x=1", data=fields),
                  httpx.post(url, data={**fields, "code": ["other", code]}), httpx.post(url, data={**fields, "client_id": ["x", shop.id]}),
                  httpx.post(url, data={**fields, "grant_type": ["password", "authorizationCode"]}), httpx.post(url)):
        assert (wrong.status_code, wrong.json()["error"], wrong.headers["cache-control"]) == (400, "invalid_request", "no-store")
        assert len(wrong.json()["error_description"]) > 10
    parts = {name: (None, text) for name, text in fields.items()}
    assert httpx.post(url, files=parts, timeout=30).status_code == 200


@pytest.mark.parametrize("verb", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_the_token_endpoint_takes_post_alone(shop: App, verb: str) -> None:
    """A code or secret in an address gets nothing."""
    answer = httpx.request(verb, shop.room.url + "/auth/token", params={"client_id": shop.id, "client_secret": shop.secret})
    assert (answer.status_code, answer.headers.get("location")) == (405, None)
    assert "POST" in answer.headers["allow"]


def test_no_page_of_another_origin_reads_or_frames_the_page_that_asks(shop: App, alice: Visitor) -> None:
    """As with the usual address."""
    headers = alice.get(shop.asks(**BARE)).response.headers
    assert headers["x-frame-options"] == "DENY"
    assert headers["content-security-policy"].endswith("form-action 'self' https://app.example.org")
    assert "access-control-allow-origin" not in headers
    asked = httpx.options(shop.room.url + "/auth/", headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in asked.headers
    asked = httpx.options(shop.room.url + "/auth/token", headers={"origin": "https://evil.example"})
    assert (asked.headers["access-control-allow-methods"], "access-control-allow-credentials" in asked.headers) == ("POST", False)


@pytest.mark.parametrize("response_type", ["token", "id_token", "code token", None])
def test_the_implicit_grant_is_refused(shop: App, alice: Visitor, response_type: str | None) -> None:
    """Tokens never travel in addresses."""
    page = alice.get(shop.asks(**{**BARE, "response_type": response_type}), follow_redirects=False)
    assert page.status == 303
    assert "error=" in page.response.headers["location"]
    assert "token=" not in page.response.headers["location"]


# -------------------------------------------------------------------------------------------- its end, and its place


def test_the_account_ends_it_within_a_second(room: Room, shop: App) -> None:
    """On the page of sessions: the token, what renews it, and a code on its way."""
    with room.signed_in(room.person("bob")) as bob:
        tokens = shop.exchange(shop.code(bob, **BARE), **PLAIN).json()
        code = shop.code(bob, **BARE)
        assert shop.call(tokens["access_token"]).status_code == 200
        bob.send(bob.get("/room/account/sessions/"), button=("application", shop.id), action="/room/account/sessions/applications/")
    assert shop.wait_for(tokens["access_token"], 403) < WITHIN_S
    assert shop.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert shop.exchange(code, **PLAIN).json()["error"] == "invalid_grant"


def test_the_page_of_a_confidential_application_tells_the_addresses(room: Room, shop: App, app: App) -> None:
    """To its developers, in their language; a public one has nothing to do there."""
    with room.signed_in(shop.owner) as owner:
        page = owner.get(f"/room/applications/{shop.id}/")
        assert f"send people to {room.url}/auth/ and get tokens at {room.url}/auth/token" in page.text
        owner.client.cookies.set("dragoman-language", "ru")
        assert f"направляйте людей на {room.url}/auth/" in owner.get(f"/room/applications/{shop.id}/").text
    with room.signed_in(app.owner) as owner:
        assert "/auth/token" not in owner.get(f"/room/applications/{app.id}/").text


def test_no_catalog_takes_these_addresses(tmp_path: Path) -> None:
    """A start that would is refused, with the remedy."""
    (tmp_path / "catalog.py").write_text(CATALOG.replace('"shop"', '"auth"'))
    done = run_dragoman("serve", "catalog.py", "--port", "0", cwd=tmp_path, timeout_s=60)
    assert done.returncode != 0
    assert "/auth/" in done.stderr
    assert "is the server's own" in done.stderr
    assert "rename what is published" in done.stderr

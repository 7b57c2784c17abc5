"""Tokens: how they are renewed, and everything that ends them, within a second."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path

import httpx
import psycopg
import pytest

from ..visitor import PASSWORD, Page, Room, Visitor, link_in
from .application import WITHIN_S, App, register


def test_refreshing_replaces_both_tokens(app: App, alice: Visitor) -> None:
    """The old access token ends; the permissions stay, or become fewer."""
    first = app.sign_in(alice)
    app.wait_for(first["access_token"], 200)
    second = app.refresh(first["refresh_token"]).json()
    assert second["access_token"] != first["access_token"]
    assert app.wait_for(second["access_token"], 200) < WITHIN_S
    assert app.wait_for(first["access_token"], 403) < WITHIN_S
    third = app.refresh(second["refresh_token"], scope="account").json()
    app.wait_for(third["access_token"], 200)
    assert app.call(third["access_token"]).json()["permissions"] == ["account"]
    assert app.refresh(third["refresh_token"], scope="account inventories").json()["error"] == "invalid_scope"


def test_a_refresh_token_used_twice_ends_all_that_came_of_the_sign_in(app: App, alice: Visitor) -> None:
    """One of the two is a thief (RFC 9700, section 4.14.2); another sign-in of the same account goes on."""
    other = app.sign_in(alice)
    first = app.sign_in(alice)
    second = app.refresh(first["refresh_token"]).json()
    app.wait_for(second["access_token"], 200)
    again = app.refresh(first["refresh_token"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert app.wait_for(second["access_token"], 403) < WITHIN_S
    assert app.refresh(second["refresh_token"]).json()["error"] == "invalid_grant"
    assert app.call(other["access_token"]).status_code == 200


def test_a_refresh_token_is_good_for_its_application_alone(app: App, confidential: App, alice: Visitor) -> None:
    """And for one that proves itself."""
    theirs = confidential.sign_in(alice)["refresh_token"]
    assert app.refresh(theirs).json()["error"] == "invalid_grant"
    assert confidential.refresh(theirs, client_secret=None).json()["error"] == "invalid_client"
    assert confidential.refresh(theirs).status_code == 200


def test_a_refresh_token_opens_nothing_by_itself(app: App, alice: Visitor) -> None:
    """It is no key of the API."""
    tokens = app.sign_in(alice)
    app.wait_for(tokens["access_token"], 200)
    assert app.call(tokens["refresh_token"]).status_code == 403


def test_an_application_ends_its_own_tokens(app: App, confidential: App, alice: Visitor) -> None:
    """By either of them (RFC 7009); nobody else's, and no word about what it did not know."""
    for which in ("access_token", "refresh_token"):
        tokens = app.sign_in(alice)
        app.wait_for(tokens["access_token"], 200)
        assert confidential.post("/oauth/revoke", token=tokens[which]).status_code == 200
        assert app.call(tokens["access_token"]).status_code == 200
        assert app.post("/oauth/revoke", token=tokens[which]).status_code == 200
        assert app.wait_for(tokens["access_token"], 403) < WITHIN_S
        assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert app.post("/oauth/revoke", token="made up").status_code == 200
    assert confidential.post("/oauth/revoke", token="x", client_secret="wrong").status_code == 401
    assert app.post("/oauth/revoke").status_code == 400


@pytest.mark.covers("L8")
def test_the_account_ends_a_session_and_the_application_is_refused_within_a_second(room: Room, app: App) -> None:
    """The page tells its name, for what, since when and when it was used; others stay."""
    with room.signed_in(room.person("bob")) as bob:
        other = register(room)
        tokens, others = app.sign_in(bob), other.sign_in(bob, scope="account")
        for each in (tokens, others):
            app.wait_for(each["access_token"], 200)
        page = bob.get("/room/account/sessions/")
        ends = time.monotonic() + 10
        while "last used" not in page.text and time.monotonic() < ends:      # the data plane notes uses every other second
            time.sleep(0.2)
            page = bob.get("/room/account/sessions/")
        for text in ("Ball Finder", app.owner, "Your account", "What you own", "since", "last used"):
            assert text in page.text
        page = bob.send(page, button=("application", app.id), action="/room/account/sessions/applications/")
        assert "may act for you no more" in page.text
        assert app.wait_for(tokens["access_token"], 403) < WITHIN_S
        assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
        assert other.call(others["access_token"]).status_code == 200
        again = bob.post("/room/account/sessions/applications/", {
            "application": app.id, "csrfmiddlewaretoken": page.tree.xpath("string(//main//input[@name='csrfmiddlewaretoken']/@value)"),
        }, headers={"origin": room.url})
        assert "signed out already" in again.text


def test_a_code_that_was_not_used_ends_with_the_session(app: App, room: Room) -> None:
    """Whoever ends an application has ended all of it."""
    with room.signed_in(room.person("bob")) as bob:
        app.sign_in(bob)
        code = app.code(bob)
        bob.send(bob.get("/room/account/sessions/"), button=("application", app.id), action="/room/account/sessions/applications/")
        assert app.exchange(code).json()["error"] == "invalid_grant"


def test_nobody_ends_somebody_elses_session(room: Room, app: App, alice: Visitor) -> None:
    """What Charlie sends counts for Charlie."""
    token = app.sign_in(alice)["access_token"]
    app.wait_for(token, 200)
    with room.signed_in(room.person("charlie")) as charlie:
        page = charlie.get("/room/account/sessions/")
        assert "Ball Finder" not in page.text
        charlie.post("/room/account/sessions/applications/", {
            "application": app.id, "csrfmiddlewaretoken": page.tree.xpath("string(//main//input[@name='csrfmiddlewaretoken']/@value)"),
        }, headers={"origin": room.url})
    time.sleep(0.5)
    assert app.call(token).status_code == 200


def test_a_ban_ends_what_tokens_are_worth(room: Room, app: App) -> None:
    """At the API, where they are renewed, and where they tell who somebody is; codes as well."""
    name = room.person("bob")
    with room.signed_in(name) as bob:
        tokens, code = app.sign_in(bob, scope="account openid"), app.code(bob)
    app.wait_for(tokens["access_token"], 200)
    room.run("account", "ban", name)
    assert app.wait_for(tokens["access_token"], 403) < WITHIN_S
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert app.exchange(code).json()["error"] == "invalid_grant"
    assert who(app, tokens["access_token"]).status_code == 401


def test_a_block_ends_what_tokens_are_worth(room: Room, alice: Visitor) -> None:
    """Until it is taken back."""
    app = register(room)
    tokens = app.sign_in(alice, scope="account openid")
    app.wait_for(tokens["access_token"], 200)
    room.run("application", "block", app.id, "--reason", "too loud")
    assert app.wait_for(tokens["access_token"], 403) < WITHIN_S
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_client"
    assert who(app, tokens["access_token"]).status_code == 401
    room.run("application", "unblock", app.id)
    assert app.wait_for(tokens["access_token"], 200) < WITHIN_S


def test_a_deleted_account_leaves_no_token(room: Room, app: App) -> None:
    """As with its keys."""
    name = room.person("bob")
    with room.signed_in(name) as bob:
        tokens = app.sign_in(bob)
        app.wait_for(tokens["access_token"], 200)
        bob.send(confirmed(bob, "/room/account/delete/"), {"username": name})
    assert app.wait_for(tokens["access_token"], 403) < WITHIN_S
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_reset_password_ends_tokens(room: Room, app: App) -> None:
    """Whoever had to take an account back wants nobody else in it."""
    name = room.person("bob")
    with room.signed_in(name) as bob:
        tokens = app.sign_in(bob)
    app.wait_for(tokens["access_token"], 200)
    with room.visitor() as visitor:
        visitor.fill("/accounts/password/reset/", {"email": f"{name}@example.org"})
        page = visitor.get(link_in(room.letter(f"{name}@example.org")))
        visitor.send(page, {"password1": "another horse battery staple", "password2": "another horse battery staple"})
    assert app.wait_for(tokens["access_token"], 403) < WITHIN_S
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_an_export_holds_what_was_allowed_and_no_secret(room: Room, app: App) -> None:
    """The account's own data, all of it; neither tokens nor their digests."""
    with room.signed_in(room.person("bob")) as bob:
        tokens = app.sign_in(bob)
        text = confirmed(bob, "/room/account/export/").response.text
    assert '"grants.consent"' in text
    assert app.id in text
    for secret in (tokens["access_token"], tokens["refresh_token"], "checksum"):
        assert secret not in text


def test_the_database_holds_no_token_and_no_code(room: Room, app: App, database_url: str, alice: Visitor) -> None:
    """Whoever copies it can call nothing."""
    code = app.code(alice)
    tokens = app.exchange(code).json()
    waiting = app.code(alice)
    if database_url:
        with psycopg.connect(database_url) as base:
            tables = [row[0] for row in base.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
            dump = "".join(str(base.execute(f'SELECT * FROM "{table}"'.encode()).fetchall()) for table in tables)
    else:
        with contextlib.closing(sqlite3.connect(Path(room.server.folder) / "data" / "control.db")) as base:
            dump = "\n".join(base.iterdump())
    assert app.id in dump
    for secret in (code, waiting, tokens["access_token"], tokens["refresh_token"]):
        assert secret not in dump


def who(app: App, token: str) -> httpx.Response:
    """Ask whom a token stands for."""
    return httpx.get(app.room.url + "/oauth/userinfo", headers={"Authorization": f"Bearer {token}"}, timeout=60)


def confirmed(visitor: Visitor, path: str) -> Page:
    """A page that wants the password once more."""
    page = visitor.get(path)
    return visitor.send(page, {"password": PASSWORD}) if "/reauthenticate/" in page.path else page

"""Two at once with one code or one refresh token: one is answered, and what came of it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx

from ..visitor import Room, Visitor
from .application import App

AT_ONCE = 4


def at_once(ask: Callable[[], httpx.Response]) -> list[httpx.Response]:
    """The answers to some requests that are sent at one moment."""
    ready = threading.Barrier(AT_ONCE)

    def work(_: int) -> httpx.Response:
        ready.wait(20)
        return ask()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(work, range(AT_ONCE)))


def won(answers: list[httpx.Response]) -> httpx.Response:
    """The one answer that gave tokens; the others say that there are none to have."""
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * (AT_ONCE - 1), [each.text for each in answers]
    assert {answer.json()["error"] for answer in answers if answer.status_code == 400} == {"invalid_grant"}
    return next(answer for answer in answers if answer.status_code == 200)


def test_a_code_that_many_redeem_at_once_is_good_for_one_whose_tokens_end(app: App, alice: Visitor) -> None:
    """One of them is a thief, and nobody knows which."""
    for _ in range(4):
        code = app.code(alice)
        tokens = won(at_once(lambda code=code: app.exchange(code))).json()  # type: ignore[misc]  # bound at once
        app.wait_for(tokens["access_token"], 403)
        assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_refresh_token_that_many_use_at_once_is_good_for_one_whose_tokens_end(app: App, alice: Visitor) -> None:
    """The same with what renews tokens."""
    for _ in range(4):
        first = app.sign_in(alice)
        tokens = won(at_once(lambda first=first: app.refresh(first["refresh_token"]))).json()  # type: ignore[misc]  # bound at once
        app.wait_for(tokens["access_token"], 403)
        assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_tokens_of_an_application_that_is_deleted_open_nothing(room: Room, app: App, alice: Visitor) -> None:
    """Neither at the API nor at the endpoints of sign-in; and a code of it is worth nothing."""
    tokens, code = app.sign_in(alice), app.code(alice)
    app.wait_for(tokens["access_token"], 200)
    with room.signed_in(app.owner) as owner:
        name = next(word for word in owner.get(f"/room/applications/{app.id}/").tree.xpath("//h1/text()")).strip()
        assert "is deleted" in owner.fill(f"/room/applications/{app.id}/delete/", {"typed": name}).text
    app.wait_for(tokens["access_token"], 403)
    for answer in (app.refresh(tokens["refresh_token"]), app.exchange(code)):
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    told = httpx.get(room.url + "/oauth/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"}, timeout=30)
    assert told.status_code == 401

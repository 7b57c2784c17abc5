"""Tokens: who asks, on every request, and on some endpoints for whom; each refusal is told apart (D1, D2)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from ...conftest import Server
from .conftest import AUTH, PERMISSION, Interface, errors_of, read

MISSING = [(AUTH, "API token parameter is missing.", 400)]
REPEATED = [(AUTH, "API token parameter is given more than once.", 400)]
MALFORMED = [(AUTH, "API token is malformed: it must have 128 characters.", 400)]


@pytest.mark.covers("D1", "D6")
def test_a_missing_api_token_is_told_as_the_document_says(api: Interface) -> None:
    """Letter by letter."""
    for path in ("/api/home/default", "/api/servers/list", "/api/tools/mine", "/api/bans", "/api/tools/tell"):
        for parameters in ({}, {"api_token": ""}, {"user_token": api.alice}, {"count": "x"}):
            answer = api.ask(path, **{"api_token": None, **parameters})
            assert answer.status_code == 400
            assert answer.content == (b'{"data":[],"error":[{"exception":"App\\\\ApiModule\\\\AuthException",'
                                      b'"message":"API token parameter is missing.","code":400}],"success":false}')


@pytest.mark.covers("D1")
def test_a_token_has_128_characters_and_stands_in_a_parameter(api: Interface) -> None:
    """By query, form or JSON; not in a header, where a second one could stand."""
    assert len(api.token) == 128
    url = "/api/home?var2=13"
    assert read(api.server.ask("POST", url, data={"api_token": api.token}))["success"]
    assert read(api.server.ask("POST", url, json={"api_token": api.token}))["success"]
    assert errors_of(api.server.get(url, headers={"Authorization": f"Bearer {api.token}"})) == MISSING
    assert read(api.ask("/api/home", api_token=api.token.upper()))["success"]


@pytest.mark.covers("D1")
@pytest.mark.parametrize("text", ["x", "x" * 127, "x" * 129, "x" * 4_000, "Ж" * 127, "' OR 1=1 --", "<b>", "null"])
def test_what_is_no_token_is_told_from_what_nobody_issued(api: Interface, text: str) -> None:
    """And is never told back."""
    answer = api.ask("/api/home", api_token=text)
    assert errors_of(answer) == MALFORMED
    assert len(text) < 5 or text not in answer.text
    assert errors_of(api.server.ask("POST", "/api/home", data={"api_token": text})) == MALFORMED


def test_ten_thousand_characters_are_too_many_for_an_address_and_malformed_in_a_body(api: Interface) -> None:
    """Whoever refuses them, the envelope is the same."""
    assert errors_of(api.server.ask("POST", "/api/home", data={"api_token": "x" * 10_000})) == MALFORMED
    (error,) = errors_of(api.ask("/api/home", api_token="x" * 10_000))
    assert error[2] in (400, 414, 431)


@pytest.mark.covers("D1")
def test_a_token_that_nobody_issued_and_one_that_is_of_another_kind_are_unknown(api: Interface) -> None:
    """Near misses too."""
    last = "0" if api.token[-1] != "0" else "1"
    for text in ("x" * 128, "Ж" * 128, api.token[:-1] + last, api.alice):
        assert errors_of(api.ask("/api/home", api_token=text)) == [(AUTH, "API token is unknown.", 403)]


@pytest.mark.parametrize("second", ["itself", "another", "x", ""])
def test_a_token_that_is_given_twice_is_refused_whatever_its_values(api: Interface, second: str) -> None:
    """In the query, and in query and body."""
    text = {"itself": api.token, "another": api.bob}.get(second, second)
    assert errors_of(api.server.get(f"/api/home?api_token={api.token}&api_token={text}")) == REPEATED
    assert errors_of(api.server.ask("POST", f"/api/home?api_token={api.token}", data={"api_token": text})) == REPEATED
    assert errors_of(api.server.ask("POST", f"/api/home?api_token={api.token}", json={"api_token": [text]})) == REPEATED
    assert errors_of(api.server.get(f"/api/home?api_token={api.token}&user_token={text}&user_token={api.alice}")) == [
        (AUTH, "User token parameter is given more than once.", 400)]
    assert len(errors_of(api.server.get(f"/api/home?api_token=a&api_token=b&user_token={text}&user_token=c"))) == 2


@pytest.mark.covers("D2")
def test_every_state_of_a_token_is_told_apart_at_each_use(api: Interface) -> None:
    """Of either token; and it is good again when the reason is gone."""
    run = api.server.prepare
    for kind, name in (("api-token", "API token"), ("user-token", "User token")):
        tokens = [api.add("bob", kind) for _ in range(3)]
        brief = api.add("bob", kind, expires="1s")["secret"]
        parameter = kind.replace("-", "_")

        def told(token: dict[str, Any] | str, parameter: str = parameter) -> list[tuple[str, str, int]] | None:
            secret = token if isinstance(token, str) else token["secret"]
            answer = api.ask("/api/home", **{parameter: secret})
            return None if answer.status_code == 200 else errors_of(answer)

        def becomes(token: Any, text: str | None, name: str = name, told: Callable[..., Any] = told) -> None:
            expected = None if text is None else [(AUTH, f"{name} {text}.", 403)]
            api.wait_until(lambda: told(token) == expected)

        for token in tokens:
            becomes(token, None)
        run("key", "disable", tokens[0]["id"], "--reason", "Odd traffic.")
        run("key", "revoke", tokens[1]["id"])
        becomes(tokens[0], "is disabled by an administrator")
        becomes(tokens[1], "was revoked")
        becomes(brief, "has expired")
        run("key", "enable", tokens[0]["id"])
        becomes(tokens[0], None)
        run("account", "ban", "bob")
        becomes(tokens[2], "belongs to an account that is banned")
        run("account", "unban", "bob")
        becomes(tokens[2], None)


@pytest.mark.covers("D2")
def test_a_token_that_its_owner_disabled_is_told_so(api: Interface) -> None:
    """As the page in the Room does it."""
    token = api.add("charlie", "api-token")
    api.wait_until(lambda: api.ask("/api/home", api_token=token["secret"]).status_code == 200)
    disable_as_owner(api.server, token["id"])
    api.wait_until(lambda: api.ask("/api/home", api_token=token["secret"]).status_code == 403)
    assert errors_of(api.ask("/api/home", api_token=token["secret"])) == [(AUTH, "API token is disabled by its owner.", 403)]


def disable_as_owner(server: Server, id: str) -> None:
    """What the page calls, in a process of its own."""
    script = ("import sys; from dragoman.cli.common import open_control; open_control(sys.argv[1])\n"
              "from dragoman.control.keys import services; services.disable(services.find(sys.argv[2]))")
    subprocess.run([sys.executable, "-c", script, str(server.folder / "data"), id], check=True, timeout=60)


# ---------------------------------------------------------------------------------------- for whom


def test_a_user_token_is_asked_for_where_it_is_needed_and_nowhere_else(api: Interface) -> None:
    """By resources and methods, with a permission or without."""
    for path in ("/api/bans", "/api/bans/get", "/api/profile", "/api/tools/mine", "/api/tools/any"):
        assert api.errors(path) == [(AUTH, "User token parameter is missing.", 400)], path
        assert api.errors(path, user_token="") == [(AUTH, "User token parameter is missing.", 400)], path
    for path in ("/api/servers", "/api/home", "/api/tools/who"):
        assert read(api.ask(path))["success"]
        assert read(api.ask(path, user_token=api.alice))["success"]


@pytest.mark.parametrize(("text", "message", "code"), [
    ("x", "User token is malformed: it must have 128 characters.", 400),
    ("x" * 129, "User token is malformed: it must have 128 characters.", 400),
    ("x" * 128, "User token is unknown.", 403),
])
def test_a_user_token_that_is_worth_nothing_is_told_where_it_is_not_needed_too(api: Interface, text: str, message: str, code: int) -> None:
    """It was sent for something."""
    for path in ("/api/bans", "/api/home", "/api/servers"):
        assert api.errors(path, user_token=text) == [(AUTH, message, code)]
    assert api.errors("/api/bans", user_token=api.token) == [(AUTH, "User token is unknown.", 403)]


def test_a_user_token_without_the_permission_is_told_which_one(api: Interface) -> None:
    """403, whatever the API token may do."""
    told = [(PERMISSION, "User token does not have the permission bans.", 403)]
    assert api.errors("/api/tools/mine", user_token=api.weak) == told
    assert api.errors("/api/bans", user_token=api.weak) == told
    assert api.data("/api/tools/mine", user_token=api.alice) == {"result": "a-1"}


def test_rights_are_those_of_the_user_token_alone(api: Interface) -> None:
    """An API token lets nobody act for its owner; a user token of somebody else sees nothing of Alice's."""
    assert api.data("/api/tools/who")["account"] is None
    assert api.data("/api/tools/who")["permissions"] == []
    hers, his = (api.data("/api/tools/who", user_token=token) for token in (api.alice, api.bob))
    assert (hers["subject"], his["subject"]) == ("a-1", "b-2")
    assert hers["permissions"] == ["account", "bans"]
    assert hers["key"] == his["key"] == api.data("/api/tools/who")["key"], "calls are counted as the API token's"
    assert api.data("/api/profile", user_token=api.bob) == {"id": "b-2", "coins": 8}
    assert api.data("/api/bans/get", id=2, user_token=api.bob)["player"] == "Mallory"
    foreign, missing = (api.ask("/api/bans/get", id=id, user_token=api.alice) for id in (2, 3))
    assert foreign.text.replace("`2`", "`3`") == missing.text
    assert foreign.status_code == 404
    assert [ban["player"] for ban in api.data("/api/bans", user_token=api.alice)["items"]] == ["Eve"]


def test_private_answers_are_kept_nowhere_and_others_are_asked_for_again(api: Interface) -> None:
    """No cache may serve what a token opened to whoever has none."""
    for path, user in (("/api/bans", api.alice), ("/api/profile", api.alice), ("/api/tools/mine", api.alice), ("/api/home", None)):
        answer = api.ask(path, user_token=user)
        assert "no-store" in answer.headers["cache-control"]
        assert "etag" not in answer.headers
    first = api.ask("/api/servers")
    assert first.headers["cache-control"] == "private, no-cache"
    tagged = {"If-None-Match": first.headers["etag"]}
    assert api.server.get("/api/servers", params={"api_token": api.token}, headers=tagged).status_code == 304
    assert errors_of(api.server.get("/api/servers", headers=tagged)) == MISSING
    assert api.server.get("/api/servers/get", params={"api_token": api.token, "id": 1}, headers=tagged).status_code == 200


def test_calls_are_counted_as_the_api_tokens_whoever_they_are_for(api: Interface) -> None:
    """A user token opens no second allowance."""
    alone, beside = (api.data("/api/tools/who", user_token=user) for user in (None, api.bob))
    assert alone["limits"] == beside["limits"] == [f"key:{alone['key']}"]
    assert api.ask("/api/home").headers["ratelimit"].startswith('"key";')

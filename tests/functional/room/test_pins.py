"""An application settles on a version of the schema: by page and by command, in force in every dialect, mixed up by no cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ...timing import settle_s
from ..test_caches import NGINX, caching
from ..versions.test_versions import CATALOG
from .grants.application import App, register
from .visitor import Room, Visitor

NEW, MIDDLE = "2022-03-09T02:00:00Z", "2020-01-01T00:00:00Z"
NAMES = {"": "level", MIDDLE: "min_rating", NEW: "min_rating"}
WITHIN_S = 1.0


@pytest.fixture(scope="module")
def room(open_room: Callable[..., Room]) -> Room:
    """Two processes that answer."""
    return open_room(catalog=CATALOG, DRAGOMAN_WORKERS="2")


@pytest.fixture(scope="module")
def app(room: Room) -> App:
    return register(room)


@pytest.fixture(scope="module")
def token(room: Room, app: App) -> str:
    """What Alice gave the application."""
    with room.signed_in(room.person("alice", "--subject", "a-1")) as visitor:
        given: str = app.sign_in(visitor, scope="account")["access_token"]
    app.wait_for(given, 200)
    return given


def ask(room: Room, path: str, **options: Any) -> httpx.Response:
    """By a connection of its own, so that any process may answer."""
    return httpx.get(room.url + path, timeout=30, **options)


def recipe(room: Room, app: App, **asked: str) -> httpx.Response:
    return ask(room, "/tyria/data/recipes/", params={"application_id": app.id, "id": 1, **asked})


def pin(room: Room, app: App, version: str) -> None:
    """Settle by command, and see that every process knows within a second."""
    told = room.run("application", "pin", app.id, version)
    assert told == {"application_id": app.id, "version": None if version == "none" else version}
    served = "earliest" if version == "none" else version
    late = settle_s(lambda: all(recipe(room, app).headers["x-schema-version"] == served for _ in range(8)))
    assert late < WITHIN_S


def test_a_pin_is_in_force_within_a_second_wherever_the_application_is_known(room: Room, app: App, token: str) -> None:
    """By its id in lesta, by its tokens in gw2 and the webmaster dialect; what a request says comes first; others are not met."""
    other = register(room)
    for version in (NEW, MIDDLE, "none"):
        pin(room, app, version)
        served = "earliest" if version == "none" else version
        name = NAMES["" if version == "none" else version]
        answers = [
            recipe(room, app), ask(room, "/v2/recipes/1", headers={"Authorization": f"Bearer {token}"}),
            ask(room, "/v2/recipes/1", params={"access_token": token}),
            ask(room, "/tyria/data/recipes/", params={"application_id": app.id, "access_token": token, "id": 1}),
            ask(room, "/api/rest/data/json/recipes", params={"remote_auth": token, "limit": 1}),
        ]
        for answer in answers:
            assert answer.headers["x-schema-version"] == served, answer.url
            assert f'"{name}"' in answer.text
        for asked in ({"params": {"v": "latest", "access_token": token}},
                      {"params": {"access_token": token}, "headers": {"X-Schema-Version": "latest"}}):
            assert ask(room, "/v2/recipes/1", **asked).headers["x-schema-version"] == "2024-07-20T01:00:00Z"
        assert recipe(room, app, v="2020-01-02").headers["x-schema-version"] == MIDDLE
        assert recipe(room, other).headers["x-schema-version"] == "earliest"
        assert ask(room, "/v2/recipes/1").headers["x-schema-version"] == "earliest"


def test_a_subtoken_of_a_token_is_answered_as_the_token_is(room: Room, app: App, token: str) -> None:
    """It belongs to the same application."""
    pin(room, app, NEW)
    made = ask(room, "/v2/createsubtoken", headers={"Authorization": f"Bearer {token}"}, params={"v": "latest"}).json()["subtoken"]
    answer = ask(room, "/v2/recipes/1", headers={"Authorization": f"Bearer {made}"})
    assert answer.headers["x-schema-version"] == NEW


def test_no_cache_can_take_an_answer_of_one_pin_for_another(room: Room, app: App, token: str) -> None:
    """What hangs on a pin is asked for again each time, by a tag that is another one in another version; nobody shares it."""
    pin(room, app, NEW)
    bearer = {"Authorization": f"Bearer {token}"}
    asked: list[tuple[str, dict[str, Any]]] = [
        ("/v2/recipes/1", {"headers": bearer}), ("/v2/recipes?ids=all", {"headers": bearer}), (f"/v2/recipes/1?access_token={token}", {}),
        (f"/tyria/data/recipes/?application_id={app.id}&id=1", {}), (f"/api/rest/data/json/recipes?remote_auth={token}&limit=1", {}),
    ]
    before = [ask(room, path, **options) for path, options in asked]
    for answer in before:
        assert answer.headers["cache-control"] == "private, no-cache"
        assert "X-Schema-Version" in answer.headers["vary"]
    assert all("Authorization" in answer.headers["vary"] for answer in before[:3])
    for (path, options), answer in zip(asked, before, strict=True):
        tag = answer.headers["etag"]
        given = {**options, "headers": {**options.get("headers", {}), "If-None-Match": tag}}
        held = ask(room, path, **given)
        assert held.status_code == 304
        assert held.headers["cache-control"] == "private, no-cache"
    pin(room, app, "none")
    for (path, options), answer in zip(asked, before, strict=True):
        given = {**options, "headers": {**options.get("headers", {}), "If-None-Match": answer.headers["etag"]}}
        now = ask(room, path, **given)
        assert now.status_code == 200, path
        assert '"level"' in now.text
        assert now.headers["etag"] != answer.headers["etag"]


def test_what_hangs_on_no_pin_may_be_kept_as_ever(room: Room, app: App, token: str) -> None:
    """Answers to nobody, and those whose request says its version itself."""
    bearer = {"Authorization": f"Bearer {token}"}
    assert ask(room, "/v2/recipes/1").headers["cache-control"] == "public, max-age=60"
    assert ask(room, "/v2/recipes/1?v=latest", headers=bearer).headers["cache-control"] == "public, max-age=60"


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed: no real cache to try")
def test_through_a_real_cache_each_application_is_answered_in_its_own_version(room: Room, app: App, token: str, tmp_path: Path) -> None:
    """Whoever came first: of two tokens, of nobody, and of whoever says the version; what hangs on a pin is never kept."""
    pin(room, app, NEW)
    other = register(room)
    with room.signed_in(room.person("bob", "--subject", "b-2")) as visitor:
        second = other.sign_in(visitor, scope="account")["access_token"]
    other.wait_for(second, 200)
    with caching(room.server, tmp_path) as cache:
        for path in ("/v2/recipes/1", "/v2/recipes?ids=all"):
            for _ in range(2):
                for given, version in ((token, NEW), (second, "earliest"), (None, "earliest")):
                    headers = {} if given is None else {"Authorization": f"Bearer {given}"}
                    answer = cache.get(path, **headers)
                    assert answer.headers["x-schema-version"] == version
                    assert ('"min_rating"' in answer.text) == (version == NEW)
                    if given is not None:
                        assert answer.headers["x-cache"] == "MISS"
                    said = cache.get(path, X_Schema_Version=MIDDLE, **headers)
                    assert said.headers["x-schema-version"] == MIDDLE
        for _ in range(2):
            for key, name in ((app.id, "min_rating"), (other.id, "level")):
                assert f'"{name}"' in cache.get(f"/tyria/data/recipes/?application_id={key}&id=1").text


@pytest.mark.parametrize("version", ["2020-01-02", "latest", "earliest", "never", "", "9" * 400])
def test_what_is_no_version_is_no_pin(room: Room, app: App, version: str) -> None:
    """Told with those that there are."""
    if not version:
        assert room.run("application", "pin", app.id, version)["version"] is None
        return
    told = room.fail("application", "pin", app.id, version)
    assert "is no version of what is published" in told
    assert "2024-07-20T01:00:00Z" in told
    assert "There is no application" in room.fail("application", "pin", "f" * 32, NEW)


@pytest.fixture
def owner(room: Room, app: App) -> Iterator[Visitor]:
    with room.signed_in(app.owner) as visitor:
        yield visitor


def test_an_owner_settles_on_the_page(room: Room, app: App, owner: Visitor) -> None:
    """By a choice of what there is, or none; the log of operators' acts is of commands alone."""
    page = owner.get(f"/room/applications/{app.id}/")
    assert "Version of the schema" in page.text
    choices = page.tree.xpath("//select[@name='version']/option/@value")
    assert choices[0] == ""
    assert len(choices) == len(set(choices)) > 10
    change = f"/room/applications/{app.id}/version/"
    done = owner.send(page, {"version": "2022-03-09T02:00:00.000000Z"}, action=change)
    assert "The version is kept" in done.text
    assert done.tree.xpath("//select[@name='version']/option[@selected]/text()") == [NEW]
    settle_s(lambda: recipe(room, app).headers["x-schema-version"] == NEW)
    wrong = owner.send(done, {"version": "2001-01-01T00:00:00.000000Z"}, action=change)
    assert wrong.status == 422
    owner.send(done, {"version": ""}, action=change)
    settle_s(lambda: recipe(room, app).headers["x-schema-version"] == "earliest")


def test_who_only_looks_on_sees_the_pin_and_cannot_change_it(room: Room, app: App, owner: Visitor) -> None:
    """And strangers do not even see it."""
    room.run("application", "pin", app.id, NEW)
    viewer = room.person("viewer")
    owner.send(owner.get(f"/room/applications/{app.id}/"), {"addressee": viewer, "role": "viewer"})
    with room.signed_in(viewer) as looking:
        action = looking.get("/room/applications/").tree.xpath("//form[contains(@action, '/invitations/')]/@action")[0]
        looking.send(looking.get("/room/applications/"), action=action, button=("accept", "1"))
        page = looking.get(f"/room/applications/{app.id}/")
        assert page.tree.xpath("//section[@id='version']//code/text()") == [NEW]
        assert not page.tree.xpath("//select[@name='version']")


def test_the_page_speaks_russian(app: App, owner: Visitor) -> None:
    """The choice, too."""
    page = owner.get(f"/room/applications/{app.id}/", headers={"Accept-Language": "ru"})
    assert "Версия схемы" in page.text
    assert "нет: самая ранняя из поддерживаемых" in page.text

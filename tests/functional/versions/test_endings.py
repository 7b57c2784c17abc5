"""Versions that are deprecated, and such that are gone, as clients of every dialect meet them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from ...conftest import Server
from ...timing import settle_s
from .test_versions import CATALOG as DECLARED

CATALOG = DECLARED + """
@catalog.resource("dogs", Rows(lambda: [{"id": 1}]), until="2023-01-01")
class Dog(Record):
    id: Annotated[int, Key()]

catalog.deprecate("2020-01-01", on="2021-01-01", sunset="2022-01-01")
catalog.deprecate("2022-03-09T02:00:00Z", on="2024-01-01", sunset="2099-01-01", link="https://example.org/changes")
catalog.deprecate("2023-01-01", on="2098-01-01", sunset="2099-06-01")
catalog.deprecate("2023-06-01", on="2099-01-01")
"""
FIRST, LATEST = "2020-06-01T00:00:00Z", "2024-07-20T01:00:00Z"


@pytest.fixture(scope="module")
def server(serve: Callable[..., Server]) -> Server:
    """The interface, some of whose history is over."""
    return serve(catalog=CATALOG)


def addresses(keys: dict[str, str]) -> dict[str, tuple[str, dict[str, str]]]:
    """One question in every dialect."""
    return {
        "gw2": ("/v2/recipes/1", {}), "lesta": ("/tyria/data/recipes/", {"application_id": keys["application"], "id": "1"}),
        "dast": ("/api/recipes/get", {"api_token": keys["api-token"], "id": "1"}),
        "webmaster": ("/api/rest/data/json/recipes", {"remote_auth": keys["remote-auth"], "limit": "1"}),
    }


@pytest.mark.covers("G10")
@pytest.mark.parametrize("dialect", ["gw2", "lesta", "dast", "webmaster"])
@pytest.mark.parametrize(("version", "deprecated", "sunset", "link"), [
    ("2022-03-09T02:00:00Z", "2024-01-01", "2099-01-01", "https://example.org/changes"), ("2021-01-01", "2024-01-01", "2099-01-01",
                                                                                       "https://example.org/changes"),
    ("2023-01-01", "2098-01-01", "2099-06-01", "/room/changelog/"), ("2023-12-31", "2099-01-01", None, "/room/changelog/"),
])
def test_answers_tell_when_their_version_ends(
    server: Server, keys: dict[str, str], dialect: str, version: str, deprecated: str, sunset: str | None, link: str,
) -> None:
    """By headers that scripts of any origin may read; with the address of the version that comes after."""
    path, asked = addresses(keys)[dialect]
    answer = server.get(path, params={**asked, "v": version}, headers={"Origin": "https://app.example"})
    assert answer.headers["deprecation"] == f"@{int(datetime.fromisoformat(deprecated).replace(tzinfo=UTC).timestamp())}"
    told = answer.headers.get("sunset")
    assert (told and parsedate_to_datetime(told).date().isoformat()) == sunset
    assert len(answer.headers.get_list("link")) == 1
    links = answer.headers["link"]
    assert f'<{link}>; rel="deprecation"; type="text/html"' in links
    assert f'<{path}?v={LATEST}>; rel="successor-version"' in links
    exposed = [each.strip() for each in answer.headers["access-control-expose-headers"].split(",")]
    assert {"Deprecation", "Sunset", "Link"} <= set(exposed)
    assert len(exposed) == len(set(exposed))
    assert not any(secret in links for secret in keys.values())


def test_links_to_pages_and_to_successors_share_one_line(server: Server) -> None:
    """What gw2 tells of pages stays as it is."""
    answer = server.get("/v2/recipes", params={"page": 0, "page_size": 1, "v": "2021-01-01"})
    assert len(answer.headers.get_list("link")) == 1
    assert answer.headers["link"].startswith("</v2/recipes?page=1&page_size=1&v=2021-01-01>; rel=next, ")
    assert answer.headers["link"].endswith('rel="successor-version"')
    assert "deprecation" in answer.links
    assert set(answer.links) >= {"next", "self", "first", "last", "deprecation", "successor-version"}
    assert server.get(answer.links["successor-version"]["url"]).json() == [1, 2]


@pytest.mark.parametrize("dialect", ["gw2", "lesta", "dast", "webmaster"])
def test_what_is_supported_tells_of_no_end(server: Server, keys: dict[str, str], dialect: str) -> None:
    """Nor does an answer that has no version."""
    path, asked = addresses(keys)[dialect]
    answer = server.get(path, params={**asked, "v": "latest"})
    assert not {"deprecation", "sunset"} & set(answer.headers)
    assert "deprecation" not in answer.headers["access-control-expose-headers"].lower()
    assert "deprecation" not in server.get("/v2").headers


def test_what_has_no_successor_names_none(server: Server) -> None:
    """Nor has what is sent instead of asked."""
    assert server.get("/v2/mounts/1", params={"v": "2022-01-01"}).links.keys() == {"deprecation", "successor-version"}
    cat = server.get("/v2/dogs/1", params={"v": "2022-01-01"})
    assert cat.links.keys() == {"deprecation"}
    posted = server.ask("POST", "/v2/maps/distance", params={"v": "2022-02-01"}, json={
        "start": {"x": 1, "y": 2}, "end": {"x": 1, "y": 2}, "unit": "inch"})
    assert posted.status_code == 200
    assert posted.links.keys() == {"deprecation"}


def test_who_holds_an_answer_learns_of_its_end_too(server: Server) -> None:
    """A 304 tells what the answer would."""
    first = server.get("/v2/recipes/1", params={"v": "2021-01-01"})
    held = server.get("/v2/recipes/1", params={"v": "2021-01-01"}, headers={"If-None-Match": first.headers["etag"]})
    assert held.status_code == 304
    for name in ("deprecation", "sunset", "link", "x-schema-version"):
        assert held.headers[name] == first.headers[name]
    head = server.ask("HEAD", "/v2/recipes/1", params={"v": "2021-01-01"})
    assert head.headers["link"] == first.headers["link"]


GONE: dict[str, tuple[int, Callable[[Any], Any], Any]] = {
    "gw2": (410, lambda told: told["text"].partition(" `")[0], "v: this schema version is gone"),
    "lesta": (200, lambda told: (told["error"]["code"], told["error"]["message"], told["error"]["field"]),
              (404, "VERSION_NOT_FOUND", "v")),
    "dast": (410, lambda told: (told["error"][0]["exception"], told["error"][0]["code"]), ("App\\ApiModule\\VersionGoneException", 410)),
    "webmaster": (200, lambda told: (told["status"], told["error"].partition(" `")[0]), (404, "v: this schema version is gone")),
}


@pytest.mark.covers("G10")
@pytest.mark.parametrize("dialect", GONE)
@pytest.mark.parametrize("version", ["2020-01-01", "2020-05-31T23:59:59Z", "2019-12-19", "1999-01-01", "earliest"])
def test_whoever_asks_for_what_is_gone_is_told_what_to_ask_for(server: Server, keys: dict[str, str], dialect: str, version: str) -> None:
    """In the form of each dialect, by parameter and by header."""
    path, asked = addresses(keys)[dialect]
    status, read, expected = GONE[dialect]
    for answer in (server.get(path, params={**asked, "v": version}), server.get(path, params=asked, headers={"X-Schema-Version": version})):
        assert answer.status_code == status
        assert read(answer.json()) == expected, answer.text
        assert answer.headers["cache-control"] == "no-store"
        if dialect in ("gw2", "webmaster"):
            assert "It ended on 2022-01-01 (UTC)." in answer.text
            assert FIRST in answer.text
    assert server.get(path, params={**asked, "v": "2020-06-01"}).headers["x-schema-version"] == FIRST


@pytest.mark.covers("G10")
@pytest.mark.parametrize("dialect", ["gw2", "lesta", "dast", "webmaster"])
def test_who_asks_for_none_gets_the_earliest_that_is_supported(server: Server, keys: dict[str, str], dialect: str) -> None:
    """Not what is gone."""
    path, asked = addresses(keys)[dialect]
    answer = server.get(path, params=asked)
    assert answer.headers["x-schema-version"] == FIRST
    assert "min_rating" in answer.text


def test_a_pin_to_what_is_gone_means_the_earliest_that_is_supported(serve: Callable[..., Server]) -> None:
    """Settled on while it was there; nobody settles on it any more."""
    one = serve(catalog=DECLARED)
    one.prepare("account", "add", "alice")
    application = one.prepare("application", "add", "Reader", "--owner", "alice", "--type", "standalone")["application_id"]
    one.prepare("application", "pin", application, "2020-01-01")
    assert one.stop() == 0
    with_end = serve(catalog=CATALOG, folder=one.folder)
    path, asked = "/tyria/data/recipes/", {"application_id": application, "id": "1"}
    settle_s(lambda: with_end.get(path, params=asked).headers.get("x-schema-version") == FIRST)
    status, told, _ = with_end.command("application", "pin", application, "2019-12-19", "--json")
    assert status == 1
    assert "is no version of what is published" in told

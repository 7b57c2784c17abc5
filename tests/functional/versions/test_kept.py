"""Answers of old versions that are kept are those that were rendered, for every client and after every publication."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ...conftest import Server

CATALOG = (Path(__file__).parent / "catalog.py").read_text()
QUESTIONS = ["/v2/recipes/1", "/v2/recipes?ids=2,1", "/v2/recipes?ids=all", "/v2/recipes?page=0&page_size=1",
             "/v2/recipes?page=1&page_size=1",
             "/v2/achievements/categories?ids=all", "/v2/achievements/categories/2", "/v2/achievements/categories?ids=3,9,1,3",
             "/v2/recipes?level=400&ids=all", "/v2/recipes/9", "/v2/achievements/categories?page=0&page_size=2"]


@pytest.fixture(scope="module")
def anew(serve: Callable[..., Server]) -> Server:
    """A server that keeps nothing."""
    return serve(catalog=CATALOG, DRAGOMAN_MEMORY__RENDERED_MAX_BYTES="0")


@pytest.fixture(scope="module")
def keeping(serve: Callable[..., Server]) -> Server:
    """One that keeps what is asked for again."""
    return serve(catalog=CATALOG)


@pytest.mark.covers("G10")
@pytest.mark.parametrize("version", ["earliest", "2020-06-01", "2021-06-01", "2022-03-10", "latest"])
def test_what_is_kept_is_what_was_rendered(anew: Server, keeping: Server, version: str) -> None:
    """Asked four times, in two languages, with other questions between: the same answers as those of a server that keeps nothing."""
    for _ in range(4):
        for path in QUESTIONS:
            for language in ("en", "de"):
                told = {"X-Schema-Version": version, "Accept-Language": language}
                first, second = anew.get(path, headers=told), keeping.get(path, headers=told)
                assert (first.status_code, first.content) == (second.status_code, second.content)
                assert first.headers.get("x-schema-version") == second.headers.get("x-schema-version")


MENDED = CATALOG.replace('"count": each["count"]} for each in ingredients if each["type"] == "Item"]',
                         '"count": 10 * each["count"]} for each in ingredients if each["type"] == "Item"]')


def test_nobody_keeps_what_a_change_said_before_it_was_mended(serve: Callable[..., Server]) -> None:
    """The same records, shown by another function: who has the old answer is given the new one, and no 304; from the start on, and when
    the edition is served that is published for that."""
    server = serve(catalog=CATALOG)
    paths = [f"{path}{'&' if '?' in path else '?'}v=2021-06-01" for path in QUESTIONS if path.startswith("/v2/recipes") and "9" not in path]
    before = {path: server.get(path) for path in paths}
    latest = server.get("/v2/recipes/1?v=latest").headers["etag"]
    assert server.stop() == 0
    mended = serve(catalog=MENDED, folder=server.folder)
    for published in (1, 2):
        deadline = time.monotonic() + 20
        while len(list((server.folder / "data/editions/tyria/default").glob("2*"))) < published:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        for path, old in before.items():
            new = mended.get(path, headers={"If-None-Match": old.headers["etag"]})
            assert (new.status_code, new.content != old.content) == (200, b"12134" in old.content), path
        assert mended.get("/v2/recipes/1?v=latest", headers={"If-None-Match": latest}).status_code == 304

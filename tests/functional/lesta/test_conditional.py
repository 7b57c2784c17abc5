"""Who holds an answer is told that it is still so, without a body; what is private is kept by nobody (L16)."""

from __future__ import annotations

import time

import pytest

from .stand import TANKS, Stand

FOR_ALL = [
    (TANKS, ""), (TANKS, "tank_id=1"), (TANKS, "tank_id=1,2"), (TANKS, "tank_id=99"), (TANKS, "nation=uk"), (TANKS, "search=be"),
    (TANKS, "limit=1"), (TANKS, "limit=1&page_no=2"), (TANKS, "tank_id=1&language=ru"), (TANKS, "tank_id=1&fields=name"),
    (TANKS, "tank_id=1&fields=tier"), (TANKS, "tank_id=1&extra=modules"), ("encyclopedia/find", "search=be"),
    ("encyclopedia/find", "search=bee&type=exact"), ("encyclopedia/labels", "label=a"),
]
KEPT_BY_NOBODY = [
    ("account/info", "account_id=7", "a live record"), ("account/info", "", "a page of live records"),
    ("account/info", "account_id=7&{token}", "one's own record"), ("account/info", "search=ali&{token}", "a search with one's own record"),
    ("account/mine", "{token}", "the record of an account"), ("far/stars", "star_id=1", "a record from elsewhere"),
    ("tools/crew", "role=cook", "what a method returns"), ("tools/echo", "", "a map that a method returns"),
]
REFUSED = [(TANKS, "tank_id=x"), (TANKS, "fields=drum"), ("drums", ""), ("tools/off", ""), ("tools/fail", ""), ("tools/find", "role=cook"),
           ("account/mine", "")]


@pytest.mark.covers("L16")
@pytest.mark.parametrize(("method", "query"), FOR_ALL)
def test_who_holds_what_everybody_gets_is_told_so_without_a_body(stand: Stand, method: str, query: str) -> None:
    """By GET and by HEAD, in whatever form the tag is named."""
    first = stand.ask(method, query)
    tag = first.headers["etag"]
    assert (tag[0], tag[-1], first.headers["cache-control"]) == ('"', '"', "private, no-cache")
    for condition in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        for verb in ("GET", "HEAD"):
            again = stand.ask(method, query, verb=verb, headers={"If-None-Match": condition})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag), (verb, condition)
            assert again.headers.get("content-language") == first.headers.get("content-language")
    for condition in ('"x"', tag[1:-1], tag[:-2] + '"', ""):
        assert stand.ask(method, query, headers={"If-None-Match": condition}).json() == first.json()


@pytest.mark.covers("L16")
def test_answers_that_differ_have_tags_that_differ(stand: Stand) -> None:
    """Of one record, by language and by what is shown of it."""
    tags = {stand.ask(TANKS, f"tank_id=1&{query}").headers["etag"] for query in (
        "", "language=ru", "fields=name", "fields=tier", "fields=-tier", "extra=modules", "extra=depot.garage", "fields=name&language=ru")}
    assert len(tags) == 8


@pytest.mark.covers("L16")
@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_an_answer_in_a_coding_has_a_tag_of_its_own(stand: Stand, coding: str) -> None:
    """And is held in that coding."""
    plain = stand.ask("encyclopedia/numbers", headers={"Accept-Encoding": "identity"})
    coded, ends = plain, time.monotonic() + 20
    while coded.headers.get("content-encoding") != coding:          # coded beside, for those who ask again
        assert time.monotonic() < ends
        coded = stand.ask("encyclopedia/numbers", headers={"Accept-Encoding": coding})
    assert coded.headers["etag"] != plain.headers["etag"]
    assert "Accept-Encoding" in coded.headers["vary"]
    again = stand.ask("encyclopedia/numbers", headers={"Accept-Encoding": coding, "If-None-Match": coded.headers["etag"]})
    assert int(coded.headers["content-length"]) < len(plain.content)
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.covers("L16")
@pytest.mark.parametrize(("method", "query"), [row[:2] for row in KEPT_BY_NOBODY], ids=[row[2] for row in KEPT_BY_NOBODY])
def test_what_is_private_or_of_this_moment_is_kept_by_nobody(stand: Stand, method: str, query: str) -> None:
    """No tag, and no condition is heard, by GET, HEAD or POST."""
    query = query.format(token=f"access_token={stand.token('7')}")
    for verb in ("GET", "HEAD", "POST"):
        answer = stand.ask(method, query, verb=verb, headers={"If-None-Match": "*"})
        assert (answer.status_code, "etag" in answer.headers) == (200, False)
        assert "no-store" in answer.headers["cache-control"]
        assert verb == "HEAD" or answer.json()["status"] == "ok"


@pytest.mark.covers("L16")
@pytest.mark.parametrize(("method", "query"), REFUSED)
def test_a_refusal_is_kept_by_nobody(stand: Stand, method: str, query: str) -> None:
    """Whatever a client says it holds."""
    for verb in ("GET", "HEAD", "POST"):
        answer = stand.ask(method, query, verb=verb, headers={"If-None-Match": "*"})
        assert (answer.status_code, answer.headers["cache-control"], "etag" in answer.headers) == (200, "no-store", False)


def test_what_everybody_gets_is_the_same_with_a_token(stand: Stand) -> None:
    """One's token changes nothing of public records, nor of their tag."""
    with_token = stand.ask(TANKS, f"tank_id=1&access_token={stand.token('7')}")
    assert with_token.content == stand.ask(TANKS, "tank_id=1").content
    assert with_token.headers["etag"] == stand.ask(TANKS, "tank_id=1").headers["etag"]


@pytest.mark.covers("L16")
def test_only_who_may_ask_is_told_that_nothing_changed(stand: Stand) -> None:
    """A condition opens no door."""
    tag = {"If-None-Match": stand.ask(TANKS, "tank_id=1").headers["etag"]}
    for id, message in (("demo", "INVALID_APPLICATION_ID"), ("", "APPLICATION_ID_NOT_SPECIFIED")):
        assert stand.message(TANKS, "tank_id=1", id=id, headers=tag) == message


@pytest.mark.parametrize(("method", "query"), [
    *FOR_ALL, ("tools/crew", "role=cook"), ("account/info", "account_id=7"), (TANKS, "tank_id=x"), ("encyclopedia/numbers", ""),
])
def test_head_has_the_headers_of_get_and_no_body(stand: Stand, method: str, query: str) -> None:
    """RFC 9110, 9.3.2; a POST, whose answer no cache may keep, has the same body without a tag."""
    get, head, post = (stand.ask(method, query, verb=verb, headers={"Accept-Encoding": "identity"}) for verb in ("GET", "HEAD", "POST"))
    own = {"date", "x-request-id", "ratelimit"}
    assert head.content == b""
    assert ({name: value for name, value in get.headers.items() if name not in own}
            == {name: value for name, value in head.headers.items() if name not in own})
    assert post.content == get.content
    assert "etag" not in post.headers


def test_who_asks_for_the_head_alone_ends_no_token(stand: Stand) -> None:
    """A link checker, for instance: signing out and prolonging do something, so they are asked by GET and POST."""
    for method in ("auth/logout", "auth/prolongate"):
        answer = stand.ask(method, f"access_token={stand.token('7')}", verb="HEAD")
        assert answer.headers["allow"] == "GET, POST, OPTIONS"
    assert stand.ask("account/mine", f"access_token={stand.token('7')}").json()["status"] == "ok"


def test_an_address_with_needless_escapes_is_the_same(stand: Stand) -> None:
    """RFC 3986, 6.2.2.2."""
    plain = stand.ask(TANKS, "tank_id=1").json()
    assert plain["status"] == "ok"
    assert stand.ask(TANKS.replace("e", "%65", 1), "tank_id=1").json() == plain

"""The changelog in the Room: a page and a feed, made of the changes that catalogs declare."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import httpx
import pytest
from lxml import etree, html

from ..versions.test_endings import CATALOG
from .visitor import Page, Room, read

ATOM = "{http://www.w3.org/2005/Atom}"
PLACE = "/room/changelog/"
LATEST = "2024-07-20T01:00:00Z"


@pytest.fixture(scope="module")
def database_url() -> str:
    """Where accounts are kept: in a file, since it cannot matter here."""
    return ""


@pytest.fixture(scope="module")
def versioned(open_room: Callable[..., Room]) -> Room:
    """A Room beside what has a history."""
    return open_room(catalog=CATALOG)


def shown(room: Room, language: str = "en") -> Page:
    """The page, as anybody sees it."""
    return read(httpx.get(room.url + PLACE, headers={"accept-language": language}, timeout=60))


def rows(page: Page, version: str) -> list[tuple[str, str]]:
    """What was before and what is now, of one version."""
    found = page.tree.xpath("//article[@id=$id]//tbody/tr", id=f"tyria-{version}")
    return [tuple(" ".join(cell.text_content().split()) for cell in row.iter("td")) for row in found]  # type: ignore[misc]  # two cells


@pytest.mark.covers("G11")
def test_every_version_stands_there_with_its_state(versioned: Room) -> None:
    """The newest first, and what was before all changes last."""
    page = shown(versioned)
    assert (page.status, page.title) == (200, "Changelog")
    table = page.tree.xpath("//table")[0]
    told = [[" ".join(cell.text_content().split()) for cell in row.iter("th", "td")] for row in table.iter("tr")][1:]
    names = [row[0].split()[0] for row in told]
    assert names == [*sorted(names[:-1], reverse=True), "earliest"]
    assert told[0] == [f"{LATEST} latest", "supported", "—"]
    by_name = {row[0].split()[0]: row[1:] for row in told}
    assert by_name["2023-06-01T00:00:00Z"] == ["supported", "deprecated from Jan. 1, 2099 on"]
    assert by_name["2023-01-01T00:00:00Z"] == ["supported", "deprecated from Jan. 1, 2098 on; gone from June 1, 2099 on"]
    assert by_name["2022-03-09T02:00:00Z"][0] == "deprecated"
    assert by_name["2022-03-09T02:00:00Z"][1].startswith("since Jan. 1, 2024; gone from Jan. 1, 2099 on read on")
    assert by_name["2020-01-01T00:00:00Z"] == by_name["earliest"] == ["gone", "since Jan. 1, 2022"]
    assert page.tree.xpath("//table[1]//a/@href")[0] == f"#tyria-{LATEST}"
    assert "https://example.org/changes" in page.tree.xpath("//table[1]//a/@href")


@pytest.mark.covers("G11")
@pytest.mark.parametrize(("version", "expected"), [
    (LATEST, [("not there", "wvw.team_id"), ("wvw_rank", "wvw.rank")]),
    ("2020-01-01T00:00:00Z", [("level", "min_rating")]),
    ("2022-03-23T19:00:00Z", [("achievements (list of integer)", "achievements")]),
    ("2021-05-01T00:00:00Z", [("state = open", "state = daily"), ("state = over", "state = closed")]),
    ("2022-01-01T00:00:00Z", [("unit by default 'inch'", "unit with another default, or none"), ("finish", "end"),
                              ("steps by default 2", "steps with another default, or none")]),
    ("2021-09-01T00:00:00Z", []),
])
def test_each_step_is_told_by_what_was_and_what_is(versioned: Room, version: str, expected: list[tuple[str, str]]) -> None:
    """In words, with the description of its change."""
    found = rows(shown(versioned), version)
    assert found[:len(expected)] == expected
    assert bool(found) == bool(expected)


def test_what_came_and_what_went_is_told_and_what_a_change_met(versioned: Room) -> None:
    """By the names that people ask for it."""
    page = shown(versioned)
    texts = {version: " ".join(page.tree.xpath("string(//article[@id=$id])", id=f"tyria-{version}").split())
             for version in ("2021-09-01T00:00:00Z", "2020-06-01T00:00:00Z", "2023-06-01T00:00:00Z", LATEST)}
    assert "New: mounts" in texts["2021-09-01T00:00:00Z"]
    assert "Gone: cats" in texts["2020-06-01T00:00:00Z"]
    assert "Affected: achievements/categories" in texts["2023-06-01T00:00:00Z"]
    assert "Affected: account, maps/who" in texts[LATEST]
    assert "wvw holds the team and the rank, which was wvw_rank." in texts[LATEST]


def test_it_is_linked_from_every_page_where_there_are_changes_and_from_none_else(versioned: Room, room: Room) -> None:
    """In the foot, and on the first page."""
    for path in ("/", "/room/announcements/", PLACE):
        assert read(httpx.get(versioned.url + path)).tree.xpath("//footer//a[@href='/room/changelog/']")
    assert read(httpx.get(versioned.url)).tree.xpath("//main//a[@href='/room/changelog/#tyria']")
    assert not read(httpx.get(room.url)).tree.xpath("//a[starts-with(@href, '/room/changelog/')]")
    for path in (PLACE, f"{PLACE}feed.xml"):
        assert httpx.get(room.url + path).status_code == 404


def test_a_deprecated_answer_leads_to_it(versioned: Room) -> None:
    """By its link."""
    answer = httpx.get(f"{versioned.url}/v2/recipes/1?v=2023-01-01")
    assert httpx.get(str(httpx.URL(versioned.url).join(answer.links["deprecation"]["url"]))).status_code == 200


@pytest.mark.covers("G11", "D9")
@pytest.mark.parametrize(("language", "before"), [("en", "Before"), ("ru", "Было")])
def test_feed_readers_get_the_same(versioned: Room, language: str, before: str) -> None:
    """An Atom feed that a strict parser takes (RFC 4287)."""
    answer = httpx.get(f"{versioned.url}{PLACE}feed.xml", headers={"accept-language": language}, timeout=60)
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = etree.fromstring(answer.content, etree.XMLParser(resolve_entities=False))
    entries = feed.findall(f"{ATOM}entry")
    for parent in (feed, *entries):
        for name in ("id", "title", "updated"):
            (found,) = parent.findall(f"{ATOM}{name}")
            assert found.text
        assert re.match(r"https?://", parent.findtext(f"{ATOM}id") or "")
        assert dt.datetime.fromisoformat(parent.findtext(f"{ATOM}updated") or "").tzinfo is not None
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == len(entries) == len(shown(versioned).tree.xpath("//article"))
    assert entries[0].findtext(f"{ATOM}title") == f"Tyria {LATEST}: Account"
    assert entries[0].findtext(f"{ATOM}updated") == "2024-07-20T01:00:00+00:00"
    text = html.fromstring(entries[0].findtext(f"{ATOM}summary") or "").text_content()
    assert before in text
    assert "wvw.team_id" in text
    page = shown(versioned)
    assert page.tree.xpath("//link[@type='application/atom+xml']/@href") == [f"{PLACE}feed.xml"]


def test_the_page_speaks_russian(versioned: Room) -> None:
    """States, days and steps."""
    page = shown(versioned, "ru")
    assert page.title == "Изменения схемы"
    for words in ("поддерживается", "устарела", "снята", "Было", "Стало", "с 1 января 2022", "будет снята 1 января 2099"):
        assert words in page.text


MARKUP = '''
from typing import Annotated
from dragoman import Added, Catalog, Key, Record, Renamed, Rows

catalog = Catalog("shop", title="<b>Shop</b>\\x01")

@catalog.resource("toys", Rows(lambda: [{"id": 1, "name": "Ball"}]))
class Toy(Record):
    """A toy."""
    id: Annotated[int, Key()]
    name: str

catalog.change("2020-02-29", Toy, "<script>alert(1)</script> `</code><i>` {{ 7|add:7 }} ]]> \\x0b\\x00\\ufffe&#1;",
               Renamed("name", before="label"))
'''


def test_what_a_publisher_writes_is_text(open_room: Callable[..., Room]) -> None:
    """Never markup."""
    room = open_room(catalog=MARKUP)
    page = shown(room)
    assert page.status == 200
    assert "<script>alert(1)</script>" in page.text
    assert not page.tree.xpath("//main//script|//main//i|//main//b")
    feed = httpx.get(f"{room.url}{PLACE}feed.xml")
    assert feed.status_code == 200
    told = html.fromstring(etree.fromstring(feed.content).findtext(f"{ATOM}entry/{ATOM}summary") or "").text_content()
    assert "<script>alert(1)</script> </code><i> {{ 7|add:7 }} ]]> \ufffd\ufffd&#1;" in " ".join(told.split())


@pytest.mark.parametrize("verb", ["POST", "PUT", "DELETE"])
def test_it_is_only_read(versioned: Room, verb: str) -> None:
    assert httpx.request(verb, versioned.url + PLACE, headers={"origin": versioned.url}).status_code in (403, 405)

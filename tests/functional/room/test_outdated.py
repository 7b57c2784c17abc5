"""Who still uses a version that ends is written to, once for each stage, and reads it on every page."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ..versions.test_versions import CATALOG
from .cast import Person
from .visitor import Page, Room

NAME = "<b>Reader</b> & 'co'"
WITHIN_S = 30.0
TODAY = dt.datetime.now(dt.UTC).date()
AT_ONCE = {"DRAGOMAN_ROOM__USAGE_S": "1"}


def day(days: int) -> str:
    """A day from today on."""
    return (TODAY + dt.timedelta(days=days)).isoformat()


def ending(**sunsets: int | None) -> str:
    """The catalog with versions that are deprecated since last week, and end in some days."""
    versions = {"first": "2020-01-01", "second": "2021-01-01", "third": "2022-03-09T02:00:00Z"}
    lines = [f'catalog.deprecate("{versions[name]}", on="{day(-9)}"' + (f', sunset="{day(days)}")' if days is not None else ")")
             for name, days in sunsets.items()]
    return "\n".join([CATALOG, *lines, ""])


def application_of(room: Room, owner: str, name: str = "Reader") -> str:
    made: str = room.run("application", "add", name, "--owner", owner, "--type", "standalone")["application_id"]
    return made


def call(room: Room, application: str, **asked: str) -> httpx.Response:
    """One call, once the application is known everywhere."""
    ends = time.monotonic() + WITHIN_S
    while True:
        answer = httpx.get(f"{room.url}/tyria/data/recipes/", params={"application_id": application, "id": "1", **asked}, timeout=30)
        if answer.json()["status"] == "ok":
            return answer
        assert time.monotonic() < ends, answer.text
        time.sleep(0.05)


def letters(room: Room, owner: str, count: int) -> list[tuple[str, str]]:
    """The letters of an owner, subject and text, once there are so many."""
    ends = time.monotonic() + WITHIN_S
    while len(found := room.letters(f"{owner}@example.org")) < count:
        assert time.monotonic() < ends, f"{len(found)} letters to {owner}"
        time.sleep(0.1)
    return [(str(each["Subject"]), str(each.get_content())) for each in found]


def banners(page: Page) -> list[str]:
    """What stands about deprecated versions on a page."""
    found = page.tree.xpath("//aside[.//details]//p[a[contains(@href, '/applications/')]]")
    return [" ".join(each.text_content().split()) for each in found]


@pytest.fixture(scope="module")
def room(open_room: Callable[..., Room]) -> Room:
    """Two processes, each of which looks who uses what."""
    return open_room(catalog=ending(first=5, second=20, third=None), DRAGOMAN_WORKERS="2", **AT_ONCE)


@pytest.mark.parametrize(("version", "subject"), [
    ("2020-01-01", "is gone from"), ("2020-06-01", "is gone from"), ("2022-01-01", "is deprecated"),
])
def test_an_owner_is_written_to_once_however_often_it_is_looked(room: Room, version: str, subject: str) -> None:
    """By two processes, every second; with the application, the version, the day and what changed since."""
    owner = room.person("owner")
    application = application_of(room, owner, NAME)
    served = call(room, application, v=version).headers["x-schema-version"]
    (told, text), = letters(room, owner, 1)
    assert NAME in told
    assert served in told
    assert subject in told
    for words in (NAME, application, served, "deprecated since", "wvw holds", "/room/changelog/", f"/room/applications/{application}/"):
        assert words in text.replace("`", ""), words
    assert ("From " in text) == ("gone" in subject)
    assert "last_modified` is new" not in text
    later = room.person("later")                # when somebody else is written to, it was looked anew
    call(room, application_of(room, later), v=version)
    letters(room, later, 1)
    call(room, application, v=version)
    third = room.person("third")
    call(room, application_of(room, third), v=version)
    letters(room, third, 1)
    assert len(letters(room, owner, 1)) == 1


def test_who_asks_for_nothing_uses_the_earliest_and_is_told_in_russian(room: Room) -> None:
    """In the language of the account; letters about announcements may be off."""
    owner = room.person("owner")
    with room.signed_in(owner) as visitor:
        visitor.fill("/room/account/", {"language": "ru", "announcements": None})
    application = application_of(room, owner, "Читатель")
    call(room, application)
    (subject, text), = letters(room, owner, 1)
    assert "«Читатель» использует версию earliest, которая будет снята" in subject
    assert "Что с тех пор изменилось:" in text


def test_whoever_chooses_a_version_sees_which_are_deprecated(room: Room) -> None:
    """By a word beside each, not only when letters come."""
    owner = room.person("owner")
    application = application_of(room, owner)
    with room.signed_in(owner) as visitor:
        shown = visitor.get(f"/room/applications/{application}/").tree.xpath("//select[@name='version']/option/text()")
    assert "2021-01-01T00:00:00Z (deprecated)" in shown
    assert "2020-01-01T00:00:00Z (deprecated)" in shown
    assert not shown[1].endswith("(deprecated)")


def test_who_uses_what_stays_is_left_in_peace(room: Room) -> None:
    """And so is whoever has no application."""
    owner, other = room.person("owner"), room.person("other")
    call(room, application_of(room, owner), v="latest")
    call(room, application_of(room, other), v="2020-01-01")
    letters(room, other, 1)
    assert room.letters(f"{owner}@example.org") == []
    with room.signed_in(owner) as visitor:
        assert banners(visitor.get("/")) == []


def test_every_page_says_so_to_whoever_works_on_the_application(room: Room) -> None:
    """With what changed since; to nobody else; as text, whatever its name is."""
    owner, member, stranger = room.person("owner"), room.person("member"), room.person("stranger")
    application = application_of(room, owner, NAME)
    call(room, application, v="2021-01-01")
    letters(room, owner, 1)
    with room.signed_in(owner) as first, room.signed_in(member) as second, room.signed_in(stranger) as third:
        alice, bob = Person(owner, first), Person(member, second)
        alice.invite(application, bob, "viewer")
        for person in (alice, bob):
            for path in ("/", "/room/applications/", f"/room/applications/{application}/"):
                page = person.get(path)
                (banner,) = banners(page)
                assert banner.startswith(f"{NAME} is answered in version 2021-01-01T00:00:00Z, which is deprecated. It is gone from ")
                changes = [" ".join(each.text_content().split()) for each in page.tree.xpath("//aside//details//li")]
                assert "Account: wvw holds the team and the rank, which was wvw_rank." in changes
                assert not any("build_storage_slots" in each for each in changes)
                assert not page.tree.xpath("//aside//b")
        assert banners(third.get("/")) == []
        assert "в устаревшей версии" in alice.get("/", headers={"Accept-Language": "ru"}).text
    assert "is answered in version" not in httpx.get(room.url).text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_each_stage_is_told_once_and_what_is_gone_no_more(room: Room, open_room: Callable[..., Room]) -> None:
    """As the end comes nearer: deprecated, a month, a week; a restart tells nothing twice."""
    assert room.server.stop() == 0              # it may share the database, and would write letters by its own catalog
    room = open_room(catalog=ending(third=None), **AT_ONCE)
    owner = room.person("owner")
    application = application_of(room, owner)
    call(room, application, v="2021-01-01")
    expected = ["is deprecated"]
    assert all(word in subject for word, (subject, _) in zip(expected, letters(room, owner, 1), strict=True))
    folder: Any = room.server.folder
    for days, words in ((90, None), (29, "is gone from"), (29, None), (6, "is gone from"), (-1, None)):
        assert room.server.stop() == 0
        clerk = room.server.clerk
        room = open_room(catalog=ending(third=days), folder=folder, **AT_ONCE)
        room.server.clerk = clerk
        expected += [words] if words is not None else []
        found = letters(room, owner, len(expected))
        witness = room.person("witness")        # when somebody else is written to, it was looked
        if days > 0:
            call(room, application_of(room, witness), v="2021-01-01")
            letters(room, witness, 1)
            found = letters(room, owner, len(expected))
        else:
            with room.signed_in(owner) as visitor:
                assert banners(visitor.get("/")) == []
        assert len(found) == len(expected)
        assert all(word in subject for word, (subject, _) in zip(expected, found, strict=True))

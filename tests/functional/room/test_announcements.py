"""Announcements over HTTP: page, feed, banner, letters; and the base address, whose change announces itself."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from lxml import etree

from ...conftest import run_dragoman
from .cast import Person
from .test_operators import do
from .visitor import Page, Room, read

ATOM = "{http://www.w3.org/2005/Atom}"
UTC = dt.UTC


def wait_for_letter(room: Room, to: str, text: str) -> str:
    """The letter to an address that says something."""
    ends = time.monotonic() + 20
    while time.monotonic() < ends:
        for letter in room.letters(to):
            if text in str(letter["Subject"]):
                return str(letter.get_content())
        time.sleep(0.2)
    raise AssertionError(f"no letter about {text}")


def announced(room: Room, language: str = "en") -> Page:
    """The page, as anybody sees it."""
    return read(httpx.get(room.url + "/room/announcements/", headers={"accept-language": language}, timeout=60))


def entries(room: Room, language: str = "en") -> list[etree._Element]:
    """The entries of the feed, read by a parser that takes no faults."""
    answer = httpx.get(room.url + "/room/announcements/feed.xml", headers={"accept-language": language}, timeout=60)
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = etree.fromstring(answer.content, etree.XMLParser(resolve_entities=False))
    assert feed.tag == f"{ATOM}feed"
    for parent in (feed, *feed.findall(f"{ATOM}entry")):            # RFC 4287, 4.1.1 and 4.1.2
        for name in ("id", "title", "updated"):
            (found,) = parent.findall(f"{ATOM}{name}")
            assert found.text
        assert dt.datetime.fromisoformat(parent.findtext(f"{ATOM}updated") or "").tzinfo is not None
        assert re.match(r"(urn:uuid:|https?://)", parent.findtext(f"{ATOM}id") or "")
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    assert [link for link in feed.findall(f"{ATOM}link") if link.get("rel") == "self"]
    found = feed.findall(f"{ATOM}entry")
    assert all(entry.find(f"{ATOM}link").get("href", "").startswith(room.url) for entry in found)
    assert len({entry.findtext(f"{ATOM}id") for entry in found}) == len(found)
    return found


@pytest.mark.covers("D9")
def test_what_is_announced_is_on_the_page_in_the_feed_on_every_page_and_in_letters(room: Room) -> None:
    """In the reader's language; as text, whatever stands in it; letters go to those who want them."""
    names = room.person("olga", "--operator"), room.person(), room.person("bob")
    with room.signed_in(names[0]) as first, room.signed_in(names[1]) as second, room.signed_in(names[2]) as third:
        olga, alice, bob = (Person(name, each) for name, each in zip(names, (first, second, third), strict=True))
        bob.visitor.fill("/room/account/", {"announcements": None})
        told = do(olga, "/room/operator/announcements/", {
            "kind": "change", "title_en": "Fields go", "text_en": "From May on:\n\n- no <b>crew</b>", "title_ru": "Поля уходят",
            "text_ru": "С мая.", "from_at": "",
        })
        assert "It is announced" in told.text
        assert "no <b>crew</b>" in announced(room).text
        assert "Поля уходят" in announced(room, "ru").text
        assert entries(room)[0].findtext(f"{ATOM}title") == "Fields go"
        assert entries(room, "ru")[0].findtext(f"{ATOM}title") == "Поля уходят"
        assert "no <b>crew" in wait_for_letter(room, f"{alice.name}@example.org", "Fields go")
        assert not [each for each in room.letters(f"{bob.name}@example.org") if "Fields go" in str(each["Subject"])]
        home = alice.get("/room/applications/")
        assert home.tree.xpath("//aside//a[.='Fields go']")
        alice.visitor.send(home, action=str(home.tree.xpath("//aside//form/@action")[0]))
        assert not alice.get("/").tree.xpath("//aside//a[.='Fields go']")
        assert bob.get("/").tree.xpath("//aside//a[.='Fields go']")
        assert alice.post("/room/operator/announcements/").status == 404


def test_what_is_planned_is_shown_to_nobody_and_what_is_withdrawn_goes(room: Room) -> None:
    """Each is written down for operators."""
    name = room.person("olga", "--operator")
    with room.signed_in(name) as visitor:
        olga = Person(name, visitor)
        later = (dt.datetime.now(UTC) + dt.timedelta(days=1)).strftime("%Y-%m-%d %H:%M")
        fields = {"kind": "notice", "title_en": "Tomorrow", "text_en": "Wait.", "from_at": later}
        page = do(olga, "/room/operator/announcements/", fields)
        assert "planned" in page.text
        assert "Tomorrow" not in announced(room).text
        assert "Tomorrow" not in {entry.findtext(f"{ATOM}title") for entry in entries(room)}
        room.run("announce", "By command", "Now.")
        assert "By command" in announced(room).text
        place = olga.get("/room/operator/announcements/").tree.xpath("//tr[th='By command']//a/@href")[0]
        do(olga, str(place), {})
        assert "By command" not in announced(room).text
        log = olga.get("/room/operator/log/").text
        assert "announcement.withdraw" in log
        assert "announcement.publish" in log


@pytest.mark.parametrize(("title", "text", "told"), [("", "x", "Write a title"), ("x", "", "go together"), ("x" * 151, "x", "at most 150")])
def test_what_is_no_announcement_is_refused(room: Room, title: str, text: str, told: str) -> None:
    """With what to do."""
    assert told in room.fail("announce", title, text)


@pytest.mark.covers("D10")
def test_a_changed_base_address_announces_itself_and_the_old_one_answers_until_its_day(
    open_room: Callable[..., Room], tmp_path: Path,
) -> None:
    """As the new one does, then says where to go; starting again announces nothing more."""
    first = open_room(folder=tmp_path)
    assert first.server.get("/v2/toys").status_code == 200
    assert announced(first).status == 200               # the Room stands, and has noted the address
    first.server.stop()
    soon = (dt.datetime.now(UTC) + dt.timedelta(days=30)).date().isoformat()
    (tmp_path / "dragoman.toml").write_text(f'mounts = {{ gw2 = ["/v3", "/v2 until {soon}"] }}\n')
    second = open_room(folder=tmp_path)
    for path in ("/v2/toys?page=0", "/v2.json", "/v2", "/v2/toys/1"):
        old, new = second.server.get(path), second.server.get(path.replace("/v2", "/v3"))
        assert (old.status_code, old.content) == (200, new.content), path
        assert "sunset" in old.headers
        assert "sunset" not in new.headers
        assert old.headers["access-control-expose-headers"] == new.headers["access-control-expose-headers"] + ", Sunset"
    assert "</v3/toys" in second.server.get("/v2/toys?page=0").headers["link"]
    assert second.server.get("/v2/nothing").status_code == 404
    assert second.server.get("/v22/toys").status_code == 404
    page = announced(second)
    assert f"Use /v3 instead of /v2. The old address goes on answering until {soon} (UTC)." in page.text
    second.server.stop()
    (tmp_path / "dragoman.toml").write_text('mounts = { gw2 = ["/v3", "/v2 until 2020-01-31"] }\n')
    third = open_room(folder=tmp_path)
    gone = third.server.get("/v2/toys/1")
    assert gone.status_code == 404
    assert gone.json() == {"text": "this base address was given up after 2020-01-31; the API is at /v3"}
    assert gone.headers["access-control-allow-origin"] == "*"
    asked_first = third.server.ask("OPTIONS", "/v2/toys/1", headers={"access-control-request-method": "GET"})
    assert (asked_first.status_code, asked_first.headers["access-control-allow-origin"]) == (204, "*")
    assert third.server.get("/v3/toys/1").status_code == 200
    assert len(announced(third).tree.xpath("//article[contains(., 'base address')]")) == 1


def test_a_former_host_says_where_to_go(open_room: Callable[..., Room], tmp_path: Path) -> None:
    """Before its last day it answers, with the end in a header."""
    for day, status in (("2020-01-31", 404), ("2999-01-31", 200)):
        room = open_room(folder=tmp_path, DRAGOMAN_FORMER_HOSTS=f"old.example.org until {day}")
        answer = room.server.get("/v2/toys/1", headers={"host": "old.example.org"})
        assert answer.status_code == status
        assert ("sunset" in answer.headers) is (status == 200)
        assert room.server.get("/v2/toys/1").status_code == 200
        room.server.stop()


@pytest.mark.parametrize("mounts", ['["/v3", "/v2"]', '["/v3", "/v2 until soon"]', '["/v3", "/room until 2030-01-01"]', "[]", '["v3"]'])
def test_settings_that_make_no_sense_start_nothing(tmp_path: Path, mounts: str) -> None:
    """And say what to write."""
    (tmp_path / "dragoman.toml").write_text(f"mounts = {{ gw2 = {mounts} }}\n")
    (tmp_path / "toys.csv").write_text("id\n1\n")
    done = run_dragoman("serve", "toys.csv", "--port", "0", cwd=tmp_path, timeout_s=30)
    assert done.returncode == 1
    assert "write" in done.stderr or "Mount" in done.stderr

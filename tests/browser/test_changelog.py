"""The changelog in a browser: for everybody's eyes, in both languages and schemes, and by keyboard."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from ..conftest import Server
from ..functional.room.visitor import Room
from ..functional.versions.test_endings import CATALOG
from ..timing import settle_s
from .conftest import faults
from .test_applications_and_keys import signed_in
from .test_operators import look

PLACE = "/room/changelog/"


@pytest.fixture(scope="module")
def room(serve: Callable[..., Server]) -> Room:
    """A Room beside what has a history, some of which is over."""
    return Room(serve(catalog=CATALOG, DRAGOMAN_ROOM__USAGE_S="1"))


@pytest.mark.parametrize(("scheme", "width", "locale"), [
    ("light", 1_280, "en"), ("dark", 390, "ru"), ("light", 390, "ru"), ("dark", 1_280, "en"),
])
def test_nothing_stands_in_the_way_of_anybody(browser: Browser, room: Room, scheme: str, width: int, locale: str) -> None:
    """axe finds no fault, and nothing is wider than its window."""
    with browser.new_context(base_url=room.url, color_scheme=scheme, viewport={"width": width, "height": 900}, locale=locale) as context:
        look(context.new_page(), (PLACE, "/"), {}, f"{scheme}-{width}-{locale}")


def test_a_version_is_found_by_keyboard(browser: Browser, room: Room) -> None:
    """From the first page to what it changed."""
    with browser.new_context(base_url=room.url, locale="en") as context:
        page = context.new_page()
        page.goto("/")
        page.get_by_role("main").get_by_role("link", name="What changed").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Changelog")).to_be_visible()
        page.get_by_role("link", name="2022-03-09T02:00:00Z", exact=True).focus()
        page.keyboard.press("Enter")
        card = page.get_by_role("article", name="2022-03-09T02:00:00Z")
        expect(card).to_be_in_viewport()
        expect(card).to_contain_text("guild_ingredients")


@pytest.mark.parametrize(("scheme", "width", "locale"), [("light", 1_280, "en"), ("dark", 390, "ru")])
def test_the_banner_of_an_old_version_stands_in_nobodys_way(browser: Browser, room: Room, scheme: str, width: int, locale: str) -> None:
    """Closed and open, which the keyboard does."""
    name = room.person("alice")
    id = room.run("application", "add", "Reader", "--owner", name, "--type", "standalone")["application_id"]
    answered = f"/tyria/data/recipes/?application_id={id}&id=1&v=2021-01-01"
    with signed_in(browser, room, name, color_scheme=scheme, viewport={"width": width, "height": 900}, locale=locale) as page:
        settle_s(lambda: room.server.get(answered).json()["status"] == "ok")
        settle_s(lambda: page.goto("/") is not None and page.locator("aside details").count() == 1, timeout_s=30)
        look(page, ("/room/applications/",), {}, f"{scheme}-{width}-banner")
        page.locator("aside summary").focus()
        page.keyboard.press("Enter")
        expect(page.locator("aside details li").last).to_be_visible()
        expect(page.locator("aside")).to_contain_text("2021-01-01T00:00:00Z")
        assert faults(page) == []
        if folder := os.environ.get("SHOTS"):
            page.screenshot(path=str(Path(folder) / f"{scheme}-{width}-banner-open.png"), full_page=True)


def test_an_application_settles_by_keyboard(browser: Browser, room: Room) -> None:
    """By the choice on its page."""
    alice = room.person("alice")
    id = room.run("application", "add", "Reader", "--owner", alice, "--type", "standalone")["application_id"]
    with signed_in(browser, room, alice, locale="en") as page:
        look(page, (f"/room/applications/{id}/",), {}, "light-1280-en-pin")
        page.get_by_label("Version", exact=True).focus()
        page.get_by_label("Version", exact=True).select_option("2022-03-09T02:00:00.000000Z")
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Save version")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("The version is kept")
        expect(page.get_by_label("Version", exact=True)).to_have_value("2022-03-09T02:00:00.000000Z")

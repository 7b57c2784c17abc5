"""Operators' pages, announcements and the showcase in a browser: for everybody's eyes, by keyboard, in both languages and schemes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from ..functional.room.asking import CATALOG
from ..functional.room.cast import Person
from ..functional.room.test_showcase import png, send
from ..functional.room.visitor import PASSWORD, Room
from .conftest import faults
from .test_applications_and_keys import signed_in

PAGES = (
    "/room/operator/", "/room/operator/requests/", "/room/operator/accounts/", "/room/operator/accounts/{account}/",
    "/room/operator/keys/{key}/", "/room/operator/applications/", "/room/operator/applications/{id}/", "/room/operator/switches/",
    "/room/operator/switches/shop/data/toys/", "/room/operator/announcements/", "/room/operator/showcase/", "/room/operator/terms/",
    "/room/operator/settings/", "/room/operator/log/", "/room/announcements/", "/room/showcase/", "/",
)
OWN = ("/room/applications/{id}/limits/", "/room/applications/{id}/showcase/", "/room/applications/{id}/", "/room/account/")


@pytest.fixture(scope="module")
def room(serve: Callable[..., object]) -> Room:
    """A Room beside a catalog that wants keys."""
    return Room(serve(catalog=CATALOG))  # type: ignore[arg-type]  # the fixture starts servers


@pytest.fixture(scope="module")
def there(room: Room) -> dict[str, str]:
    """An account with an application that is offered and asks for more, a key that is suspended, and an announcement."""
    name = room.person("alice")
    with room.signed_in(name) as visitor:
        alice = Person(name, visitor)
        id = alice.add("Rocket")
        send(alice, id, png(640, 360))
        alice.visitor.fill(f"/room/applications/{id}/limits/", {"rate": "100/s", "reason": "A great many players."})
    key = room.run("key", "add", "--account", name, "--kind", "gw2")["id"]
    room.run("application", "limit", id, "--rate", "50/s")
    room.run("method", "disable", "toys/hello", "--reason", "It is being mended.")
    room.run("announce", "The field crew goes in May", "From **May** on:\n\n- no crew\n- no modules", "--kind", "change")
    account = room.run("account", "link", name)["account"]
    return {"name": name, "id": id, "key": key, "account": account}


def number_of(page: Page, name: str) -> str:
    """The number of an account, from the list of accounts."""
    page.goto(f"/room/operator/accounts/?q={name}")
    return (page.get_by_role("link", name=name, exact=True).first.get_attribute("href") or "").split("/")[-2]


@pytest.mark.parametrize(("scheme", "width", "locale"), [("light", 1_280, "en"), ("dark", 390, "ru")])
def test_nothing_stands_in_the_way_of_anybody(
    browser: Browser, room: Room, there: dict[str, str], scheme: str, width: int, locale: str,
) -> None:
    """axe finds no fault, and nothing is wider than its window. `SHOTS` names a folder for pictures to look at."""
    olga = room.person("olga", "--operator")
    options = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}, "locale": locale}
    with signed_in(browser, room, olga, **options) as page:
        look(page, PAGES, there | {"account": number_of(page, there["name"])}, f"{scheme}-{width}")
    with signed_in(browser, room, there["name"], **options) as page:
        look(page, OWN, there, f"{scheme}-{width}")


def look(page: Page, places: tuple[str, ...], there: dict[str, str], label: str) -> None:
    """Open each page and see that it is as it should be."""
    wrong: list[str] = []
    for place in places:
        page.goto(place.format(**there))
        if folder := os.environ.get("SHOTS"):
            name = place.format(**dict.fromkeys(there, "x")).strip("/").replace("/", "-") or "home"
            page.screenshot(path=str(Path(folder) / f"{label}-{name}.png"), full_page=True)
        wrong += [f"{place}: {fault}" for fault in faults(page)]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append(f"{place}: wider than the window")
    assert wrong == []


def test_an_operator_bans_by_keyboard_after_proving_who_it_is(browser: Browser, room: Room) -> None:
    """From the overview to the banned account, without a mouse."""
    name, olga = room.person("mallory"), room.person("olga", "--operator")
    with signed_in(browser, room, olga, locale="en") as page:
        page.goto("/room/operator/accounts/")
        page.get_by_label("Name, address or subject").fill(name)
        page.keyboard.press("Enter")
        page.get_by_role("link", name=name).focus()
        page.keyboard.press("Enter")
        page.get_by_label("Reason").fill("Spam.")
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Ban the account")).to_be_focused()
        page.keyboard.press("Enter")
        page.locator("input[name=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Banned")
        expect(page.get_by_role("button", name="Lift the ban")).to_be_visible()


def test_a_banner_is_dismissed_for_good(browser: Browser, room: Room, there: dict[str, str]) -> None:
    """In this browser; what comes later is shown again."""
    with signed_in(browser, room, there["name"], locale="en") as page:
        banner = page.get_by_role("complementary", name="Announcement")
        expect(banner).to_contain_text("crew goes in May")
        banner.get_by_role("button", name="Dismiss").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("My applications")
        expect(banner).to_have_count(0)
        room.run("announce", "Something else", "Now.")
        page.reload()
        expect(banner).to_contain_text("Something else")

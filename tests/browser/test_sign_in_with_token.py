"""Sign-in to an application of the lesta dialect in a browser, on a page and in a small window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from ..conftest import Server
from ..functional.room.conftest import CATALOG
from ..functional.room.visitor import PASSWORD, Room
from .conftest import faults

BACK = "https://app.example.org/signed-in"


@pytest.fixture(scope="module")
def room(serve: Callable[..., Server]) -> Room:
    """A Room beside a catalog with two permissions."""
    return Room(serve(catalog=CATALOG))


@pytest.fixture(scope="module")
def alice(room: Room) -> str:
    """Alice's account; in the data she is 7."""
    return room.person("alice", "--subject", "7")


@pytest.fixture(scope="module")
def login(room: Room, alice: str) -> str:
    """Where the application's link leads, by the way that needs no browser."""
    made = room.server.prepare("application", "add", "Ball Finder", "--owner", alice, "--type", "standalone", "--redirect", BACK)
    return f"{room.url}/shop/auth/login/?application_id={made['application_id']}"


def sign_in(page: Page, name: str) -> None:
    """By the one form that the page has in its middle."""
    page.locator("[name=login]").fill(name)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url("**/oauth/lesta?**")


def is_whole(page: Page) -> None:
    """Without fault, and no wider than the window."""
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.covers("L11")
def test_a_link_leads_through_sign_in_and_consent_back_to_the_application(browser: Browser, room: Room, alice: str, login: str) -> None:
    """Without scripts; what comes back calls the API."""
    context = browser.new_context(locale="en", java_script_enabled=False)
    page = context.new_page()
    page.route(f"{BACK}**", lambda route: route.fulfill(content_type="text/plain", body="Welcome back"))
    page.goto(f"{login}&{urlencode({'redirect_uri': BACK})}")
    sign_in(page, alice)
    expect(page.get_by_role("heading", level=1)).to_have_text("Let Ball Finder in?")
    expect(page.locator("main")).to_contain_text("What you own")
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url(f"{BACK}?**")
    told = {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}
    assert (told["status"], told["account_id"], told["nickname"]) == ("ok", "7", alice)
    asked = urlencode({"application_id": parse_qs(urlsplit(login).query)["application_id"][0], "access_token": told["access_token"]})
    answer = httpx.post(f"{room.url}/shop/auth/prolongate/", content=asked, timeout=60).json()
    for _ in range(50):                             # a new token comes into force within a second
        if answer["status"] == "ok":
            break
        page.wait_for_timeout(100)
        answer = httpx.post(f"{room.url}/shop/auth/prolongate/", content=asked, timeout=60).json()
    assert answer["data"]["account_id"] == 7
    context.close()


@pytest.mark.parametrize(("scheme", "display", "width", "height", "language"), [
    ("light", "page", 1200, 900, "en"), ("dark", "page", 360, 740, "ru"),
    ("dark", "popup", 480, 620, "en"), ("light", "popup", 360, 640, "ru"),
])
def test_its_pages_are_without_fault(
    browser: Browser, room: Room, alice: str, login: str, scheme: Any, display: str, width: int, height: int, language: str,
) -> None:
    """Sign-in, what asks, where it ends; in light and dark, wide and narrow, in both languages; the keyboard is enough."""
    context = browser.new_context(locale="en", color_scheme=scheme, viewport={"width": width, "height": height})
    page = context.new_page()
    page.goto(f"{login}&{urlencode({'display': display, 'language': language})}")
    is_whole(page)
    sign_in(page, alice)
    is_whole(page)
    expect(page.locator("header")).to_have_count(0 if display == "popup" else 1)
    expect(page.locator("html")).to_have_attribute("lang", language)
    page.locator("button[value=allow]").press("Enter")
    page.wait_for_url("**/oauth/lesta/blank?**")
    expect(page.get_by_role("heading", level=1)).to_have_text({"en": "You have signed in", "ru": "Вы вошли"}[language])
    is_whole(page)
    context.close()


def test_who_is_nobody_in_the_data_is_told_so(browser: Browser, room: Room, login: str) -> None:
    """On a page without fault, with a way back."""
    context = browser.new_context(locale="en", color_scheme="dark", viewport={"width": 360, "height": 640})
    page = context.new_page()
    page.goto(f"{login}&display=popup")
    sign_in(page, room.person("nobody"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account is not connected yet")
    is_whole(page)
    page.get_by_role("button", name="Back to the application").click()
    page.wait_for_url("**/oauth/lesta/blank?status=error&code=410&message=AUTH_ERROR")
    context.close()

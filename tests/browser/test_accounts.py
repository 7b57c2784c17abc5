"""Passkeys in a browser, with an authenticator that Chromium imitates; and the path of a newcomer, page by page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from ..conftest import Server
from ..functional.room.conftest import CATALOG
from ..functional.room.visitor import PASSWORD, Room, link_in
from .conftest import faults


@pytest.fixture(scope="module")
def room(serve: Callable[..., Server]) -> Room:
    """A Room on localhost, which browsers take for secure."""
    made = Room(serve(catalog=CATALOG))
    made.server.url = made.server.url.replace("127.0.0.1", "localhost")
    return made


@pytest.fixture
def context(browser: Browser, room: Room) -> Iterator[BrowserContext]:
    """A browser of one's own, in English."""
    made = browser.new_context(locale="en", base_url=room.url)
    made.set_default_timeout(15_000)
    yield made
    made.close()


def sign_in(page: Page, name: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Name or e-mail address").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/room/applications/")


def test_a_passkey_is_made_and_signs_in_without_a_password(context: BrowserContext, room: Room) -> None:
    """Its owner confirms the password first; afterwards the passkey alone is enough, and without it nobody gets in."""
    alice = room.person()
    page = context.new_page()
    devtools: Any = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }})
    sign_in(page, alice)
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button").first.click()
    page.locator("#id_passwordless").check()
    page.locator("#mfa_webauthn_add").click()
    page.wait_for_url(re.compile("/accounts/2fa/(webauthn|recovery-codes)/.*"))
    page.get_by_role("button", name="Sign out").click()
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/room/applications/")
    page.goto("/room/account/")
    expect(page.get_by_label("Name", exact=True)).to_have_value(alice)


def test_a_newcomer_signs_up_by_keyboard_and_every_page_of_the_account_is_without_fault(context: BrowserContext, room: Room) -> None:
    """Sign up, verify, sign in, and look at every page; axe finds nothing, in either language, in light and in dark."""
    page = context.new_page()
    page.goto("/accounts/signup/")
    assert faults(page) == []
    page.get_by_label("Name", exact=True).focus()
    for text in ("ingrid", "ingrid@example.org", PASSWORD, PASSWORD):
        page.keyboard.insert_text(text)
        page.keyboard.press("Tab")
    page.locator("main").get_by_role("button", name="Sign up").press("Enter")
    page.wait_for_url("**/accounts/confirm-email/")
    page.goto(link_in(room.letter("ingrid@example.org")))
    page.locator("main").get_by_role("button").click()
    sign_in(page, "ingrid")
    paths = ("/room/account/", "/room/account/sessions/", "/room/account/data/", "/accounts/email/", "/accounts/password/change/",
             "/accounts/2fa/", "/accounts/reauthenticate/", "/room/terms/", "/accounts/link/nonsense/")
    for scheme, language in (("light", "EN"), ("dark", "RU")):
        page.emulate_media(color_scheme=scheme)
        for path in paths:
            page.goto(path)
            assert faults(page) == [], f"{path} {scheme}"
        if language == "EN":
            page.goto("/room/account/")
            page.get_by_role("button", name="Русский").click()

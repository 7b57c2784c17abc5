"""The whole way in a browser: sign in, add an application, make a key, call the API with it, revoke it, be refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from ..functional.room.asking import CATALOG, HELLO, MINE, ask, wait_for
from ..functional.room.visitor import PASSWORD, Room
from .conftest import faults

HARMLESS = re.compile(r"422|\[DOM\] Password forms")
"""A refused form, and advice about a page that asks for a password again."""
ALL_PAGES = ("/room/applications/", "/room/applications/add/", "/room/applications/{id}/", "/room/applications/{id}/transfer/",
             "/room/applications/{id}/delete/", "/room/keys/", "/room/keys/add/user-token/", "/room/keys/{key}/revoke/",
             "/room/permissions/")


@pytest.fixture(scope="module")
def room(serve: Callable[..., object], tmp_path_factory: pytest.TempPathFactory) -> Room:
    """A Room beside a catalog that wants keys; webmasters ask for theirs."""
    folder = tmp_path_factory.mktemp("room")
    (folder / "dragoman.toml").write_text('[room]\nissue = {remote-auth = "ask"}\n')
    return Room(serve(catalog=CATALOG, folder=folder))  # type: ignore[arg-type]  # the fixture starts servers


@contextmanager
def signed_in(browser: Browser, room: Room, name: str, **options: object) -> Iterator[Page]:
    """A page of somebody who has signed in; afterwards nothing was complained of, and nobody else was asked."""
    context = browser.new_context(base_url=room.url, **options)  # type: ignore[arg-type]  # of Playwright's own kinds
    page = context.new_page()
    complaints: list[str] = []
    hosts: set[str] = set()
    page.on("console", lambda message: complaints.append(message.text) if not HARMLESS.search(message.text) else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill(name)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url("**/room/applications/")
    yield page
    assert complaints == []
    assert hosts == {urlsplit(room.url).netloc}
    context.close()


@pytest.mark.covers("L1", "L2", "G8")
def test_from_signing_in_to_being_refused(browser: Browser, room: Room) -> None:
    """Every step by what stands on the pages; the key opens the API, and within a second of its revocation does not."""
    with signed_in(browser, room, room.person(), permissions=["clipboard-read", "clipboard-write"]) as page:
        page.get_by_role("button", name="Add application").click()
        page.get_by_label("Name", exact=True).fill("Rocket")
        page.get_by_label("standalone").check()
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("My applications")
        id = page.locator("td code").first.inner_text()
        page.get_by_role("button", name="Copy the id of Rocket").click()
        assert page.evaluate("navigator.clipboard.readText()") == id
        page.get_by_role("link", name="Keys", exact=True).click()
        page.get_by_role("button", name="Make one: API keys").click()
        page.get_by_label("Name").fill("Rocket's key")
        page.get_by_label("inventories").check()
        page.get_by_role("button", name="Make the key").click()
        secret = page.locator("#secret").inner_text()
        page.get_by_role("button", name="Copy").click()
        assert page.evaluate("navigator.clipboard.readText()") == secret
        assert wait_for(room, secret, 200, MINE).json() == ["account", "inventories"]
        page.get_by_role("link", name="Done").click()
        expect(page.get_by_role("row", name="Rocket's key")).to_contain_text(secret[:12])
        page.get_by_role("button", name="Revoke Rocket's key").click()
        assert ask(room, secret, MINE).status_code == 200
        page.get_by_role("button", name="Revoke for good").click()
        wait_for(room, secret, 403, MINE)
        expect(page.get_by_role("status")).to_contain_text("is revoked, for good")


def test_going_back_does_not_show_a_key_again(browser: Browser, room: Room) -> None:
    """Nor does going forward to the page that showed it."""
    with signed_in(browser, room, room.person()) as page:
        page.goto("/room/keys/add/gw2/")
        page.get_by_label("Name").fill("Once")
        page.get_by_role("button", name="Make the key").click()
        secret = page.locator("#secret").inner_text()
        wait_for(room, secret, 200, HELLO)
        page.get_by_role("link", name="Done").click()
        for go in (page.go_back, page.go_back, page.go_forward):
            try:
                go(timeout=2_000)
            except Error as error:              # the browser itself will not show the answer to a form again
                told = str(error)
                assert "ERR_CACHE_MISS" in told or "Timeout" in told, told   # it may come, or not
            expect(page.locator("body")).not_to_contain_text(secret)
        page.goto("/room/keys/")
        expect(page.get_by_role("rowheader", name="Once")).to_have_count(1)


def test_the_list_is_searched_while_one_types(browser: Browser, room: Room) -> None:
    """And the address tells what was searched, so that it can be kept."""
    alice = room.person()
    for name in ("Rocket", "Comet", "Ракета"):
        room.run("application", "add", name, "--owner", alice, "--type", "standalone")
    with signed_in(browser, room, alice) as page:
        expect(page.locator("tbody tr")).to_have_count(3)
        page.get_by_role("searchbox").press_sequentially("ракет")
        expect(page.locator("tbody tr")).to_have_count(1)
        expect(page.get_by_role("button", name="Copy the id of Ракета")).to_be_visible()
        assert "q=" in page.url


@pytest.mark.parametrize(("scheme", "width", "language"), [
    ("light", 360, "ru"), ("dark", 360, "en"), ("light", 1280, "en"), ("dark", 1280, "ru"),
])
def test_nothing_is_wrong_with_the_pages(browser: Browser, room: Room, scheme: str, width: int, language: str) -> None:
    """No fault by axe, and nothing that sticks out of a narrow window, in each pair of color scheme, width and language."""
    alice, bob = room.person(), room.person("bob")
    id = room.run("application", "add", "Rocket " + "x" * 60, "--owner", alice, "--type", "server")["application_id"]
    room.run("application", "block", id, "--reason", "Too loud.")
    key = room.run("key", "add", "--account", alice, "--kind", "user-token", "--name", "Bot", "--expires", "90d")["id"]
    options = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
    with signed_in(browser, room, alice, **options) as page:
        page.goto(f"/room/applications/{id}/")
        page.get_by_label("Account name or e-mail address").fill(bob)
        page.get_by_role("button", name="Invite", exact=True).click()
        page.get_by_role("button", name="Make a secret").click()
        expect(page.locator("#secret")).to_be_visible()
        look(page, "secret")
        page.goto("/room/keys/add/remote-auth/")
        page.get_by_label("Name").fill("Mine")
        page.get_by_role("button", name="Ask").click()
        page.locator(f"button[name=language][value={language}]").click()
        for path in ALL_PAGES:
            page.goto(path.format(id=id, key=key))
            look(page, path)
        page.goto("/room/applications/add/")
        page.locator("textarea").fill("nonsense")
        page.locator("input[name=name]").fill("x")
        page.locator("main form button").click()
        look(page, "wrong")


def look(page: Page, what: str) -> None:
    """See that a page is as it should be."""
    assert faults(page) == [], what
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{what} is too wide"

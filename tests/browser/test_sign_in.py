"""Sign-in to a third-party application in a browser: the application is a small web server that knows our documents alone."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from ..conftest import Server
from ..functional.room.conftest import CATALOG
from ..functional.room.visitor import PASSWORD, Room
from .conftest import faults


@pytest.fixture(scope="module")
def room(serve: Callable[..., Server]) -> Room:
    """A Room."""
    return Room(serve(catalog=CATALOG))


class BallFinder(ThreadingHTTPServer):
    """The application: a link that signs people in, and a page that shows what the API tells of them."""

    daemon_threads = True

    def __init__(self, room: Room) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.room, self.known, self.token = room, httpx.get(room.url + "/.well-known/openid-configuration", timeout=60).json(), ""
        self.id = room.run("application", "add", "Ball Finder", "--owner", room.person("owner"), "--type", "standalone",
                           "--redirect", self.url + "/back")["application_id"]
        self.waiting: dict[str, str] = {}

    def begin(self) -> str:
        """Where a browser is sent to sign in."""
        state, verifier = secrets.token_urlsafe(16), secrets.token_urlsafe(48)
        self.waiting[state] = verifier
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        return self.known["authorization_endpoint"] + "?" + urlencode({
            "response_type": "code", "client_id": self.id, "redirect_uri": self.url + "/back", "scope": "account inventories",
            "state": state, "code_challenge": challenge, "code_challenge_method": "S256",
        })

    def finish(self, told: dict[str, str]) -> str:
        """What a browser that came back is shown."""
        verifier = self.waiting.pop(told["state"])
        assert told["iss"] == self.known["issuer"]
        if "error" in told:
            return f"Not signed in: {told['error']}"
        answer = httpx.post(self.known["token_endpoint"], timeout=60, data={
            "grant_type": "authorization_code", "code": told["code"], "redirect_uri": self.url + "/back", "client_id": self.id,
            "code_verifier": verifier})
        self.token = answer.json()["access_token"]
        return "Signed in"

    def call(self) -> httpx.Response:
        """Ask the API with the token."""
        return httpx.get(self.room.url + "/v2/tokeninfo", headers={"authorization": f"Bearer {self.token}"}, timeout=60)


class Answering(BaseHTTPRequestHandler):
    """The pages of the application."""

    server: BallFinder

    def do_GET(self) -> None:  # the name that the library calls
        """Begin, finish, or call."""
        url = urlsplit(self.path)
        if url.path == "/":
            self.send_response(303)
            self.send_header("location", self.server.begin())
            self.end_headers()
            return
        if url.path == "/back":
            text = self.server.finish({name: values[0] for name, values in parse_qs(url.query).items()})
        else:
            answer = self.server.call()
            text = f"{answer.status_code} {json.dumps(answer.json())}"
        self.send_response(200)
        self.send_header("content-type", "text/plain")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def finder(room: Room) -> Iterator[BallFinder]:
    """The application, as long as a test runs."""
    server = BallFinder(room)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser without scripts, in English: none of this needs them."""
    made = browser.new_context(locale="en", java_script_enabled=False)
    made.set_default_timeout(15_000)
    yield made
    made.close()


def sign_in(page: Page, name: str) -> None:
    page.get_by_label("Name or e-mail address").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in", exact=True).click()


@pytest.mark.covers("L8")
def test_an_application_signs_somebody_in_calls_and_is_refused_within_a_second_once_that_is_ended(
    context: BrowserContext, room: Room, finder: BallFinder,
) -> None:
    """From the application's link through sign-in and consent, and back; then the account ends it on its page of sessions."""
    page = context.new_page()
    page.goto(finder.url)
    sign_in(page, room.person())
    expect(page.get_by_role("heading", level=1)).to_have_text("Let Ball Finder in?")
    expect(page.locator("main")).to_contain_text("What you own")
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url(finder.url + "/back**")
    expect(page.locator("body")).to_have_text("Signed in")
    ends = time.monotonic() + 10
    while finder.call().status_code != 200:
        assert time.monotonic() < ends
        time.sleep(0.05)
    page.goto(finder.url + "/me")
    expect(page.locator("body")).to_contain_text('200 {"id"')
    page.goto(room.url + "/room/account/sessions/")
    card = page.locator("section", has=page.get_by_role("heading", name="Applications")).locator("li.card")
    expect(card).to_contain_text("Your account")
    card.get_by_role("button", name="End").click()
    ended = time.monotonic()
    expect(page.locator("main")).to_contain_text("may act for you no more")
    while finder.call().status_code != 403:
        assert time.monotonic() - ended < 1
        time.sleep(0.02)
    page.goto(finder.url + "/me")
    expect(page.locator("body")).to_contain_text("403")


def test_a_no_goes_back_to_the_application(context: BrowserContext, room: Room, finder: BallFinder) -> None:
    """Which gets nothing."""
    page = context.new_page()
    page.goto(finder.url)
    sign_in(page, room.person())
    page.get_by_role("button", name="No", exact=True).click()
    page.wait_for_url(finder.url + "/back**")
    expect(page.locator("body")).to_have_text("Not signed in: access_denied")


def test_the_page_that_asks_is_never_shown_in_a_frame(context: BrowserContext, room: Room, finder: BallFinder) -> None:
    """Though its visitor has signed in."""
    page = context.new_page()
    page.goto(finder.url)
    sign_in(page, room.person())
    expect(page.get_by_role("heading", level=1)).to_have_text("Let Ball Finder in?")
    address = page.url
    page.route("http://127.0.0.1:*/trap", lambda route: route.fulfill(
        content_type="text/html", body=f'<iframe src="{address.replace("&", "&amp;")}"></iframe>'))
    page.goto(finder.url + "/trap")
    page.wait_for_timeout(1_000)
    assert all("Let Ball Finder" not in frame.content() for frame in page.frames[1:])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_its_pages_are_without_fault(browser: Browser, room: Room, finder: BallFinder, scheme: Any, width: int) -> None:
    """What asks, what refuses and what lists; by axe, in light and in dark, narrow and wide; the keyboard is enough."""
    context = browser.new_context(locale="en", color_scheme=scheme, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(finder.url)
    sign_in(page, room.person())
    expect(page.get_by_role("heading", level=1)).to_have_text("Let Ball Finder in?")
    assert faults(page) == []
    page.get_by_role("button", name="Allow").press("Enter")
    page.wait_for_url(finder.url + "/back**")
    for path in ("/room/account/sessions/", "/oauth/authorize?client_id=x"):
        page.goto(room.url + path)
        assert faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    context.close()

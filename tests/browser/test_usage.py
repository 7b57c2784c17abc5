"""Pages of usage in a browser: live, in both languages and colour schemes, without scripts, and for nobody else."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from dragoman.observations import Answered
from dragoman.statistics.counting import Counter
from dragoman.statistics.places import Place
from dragoman.statistics.writing import Writer

from ..conftest import Server
from ..functional.room.asking import wait_for
from ..functional.room.conftest import CATALOG
from ..functional.room.visitor import PASSWORD, Room
from ..timing import best_s, took_s
from .conftest import faults

PERIODS = ("hour", "day", "week", "month", "year")


@pytest.fixture(scope="module")
def room(serve: Callable[..., Server]) -> Room:
    """A Room beside a catalog."""
    return Room(serve(catalog=CATALOG))


@pytest.fixture(scope="module")
def alice(room: Room) -> str:
    return room.person("alice")


@pytest.fixture(scope="module")
def application(room: Room, alice: str) -> str:
    """An application of Alice's that the data plane knows."""
    return str(room.run("application", "add", "Shop window", "--owner", alice, "--type", "standalone")["application_id"])


@contextmanager
def signed_in(browser: Browser, room: Room, name: str, path: str, **options: Any) -> Iterator[Page]:
    """A page of somebody who has signed in; afterwards nothing was complained of, and nobody else was asked."""
    context = browser.new_context(base_url=room.url, **options)
    page = context.new_page()
    complaints: list[str] = []
    hosts: set[str] = set()
    page.goto("/accounts/login/?next=" + path)
    page.locator("input[name=login]").fill(name)
    page.locator("input[name=password]").fill(PASSWORD)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.locator("main form button").first.click()
    page.wait_for_url("**" + path)
    yield page
    context.close()
    assert complaints == []
    assert hosts == {urlsplit(room.url).netloc}


@pytest.fixture(scope="module")
def secret(room: Room, alice: str) -> str:
    """A key of hers that the data plane knows, and that was never used: it knows a later one of somebody else."""
    made = str(room.run("key", "add", "--account", alice, "--kind", "gw2")["secret"])
    later = str(room.run("key", "add", "--account", room.person("bob"), "--kind", "gw2")["secret"])
    wait_for(room, later, 200, "/v2/tokeninfo")
    return made


def call(room: Room, secret: str, path: str = "/v2/toys") -> str:
    """Call the API; the request's id."""
    return str(room.server.get(f"{path}?access_token={secret}").headers["x-request-id"])


def note(room: Room, application: str) -> None:
    """Count a good and a bad call of an application beside the server, as another worker would."""
    counter = Counter(200)
    for number, outcome in enumerate(("ok", "not-found")):
        counter(Answered(request_id=f"{time.monotonic_ns()}-{number}", peer="192.0.2.1", verb="GET", path="/v2/toys", dialect="gw2",
                         status=(200, 404)[number], outcome=outcome, target="toys", application=application, time_us=1_500 * number + 90))
    with Place("", room.server.folder / "data").own() as base:
        Writer(base, 200).write(counter.take())


def test_a_call_appears_on_the_open_page_within_two_seconds(
    browser: Browser, room: Room, alice: str, secret: str,
) -> None:
    """In the figures, in the graph, in the table and in the log, without loading the page again."""
    with signed_in(browser, room, alice, "/room/keys/usage/") as page:
        expect(page.get_by_text("No call yet.")).to_be_visible()
        numbers = itertools.count(1)

        def shown_s() -> float:
            call(room, secret)
            return took_s(lambda: expect(page.locator(".figures dd").first).to_have_text(str(next(numbers)), timeout=20_000))

        assert best_s(shown_s, 2.2) < 2.2
        id = call(room, secret, "/v2/toys/9")
        expect(page.locator(f"#call-{id}")).to_contain_text("not-found", timeout=20_000)
        expect(page.locator("#steps tr")).not_to_have_count(0)
        expect(page.locator("#graph canvas")).to_have_count(2)
        page.get_by_label("Request id").fill(id)
        page.get_by_role("button", name="Find").click()
        expect(page.locator("table.log tbody tr")).to_have_count(1)
        page.get_by_label("Request id").fill("no-such-id")
        page.get_by_role("button", name="Find").click()
        expect(page.get_by_text("No call of this id")).to_be_visible()


@pytest.mark.parametrize(("locale", "scheme", "width", "first"), [
    ("en", "light", 1280, 0), ("en", "dark", 360, 1), ("ru", "dark", 1280, 2), ("ru", "light", 360, 0),
])
def test_every_page_of_usage_is_without_fault(
    browser: Browser, room: Room, alice: str, secret: str, application: str, locale: str, scheme: Any, width: int, first: int,
) -> None:
    """For people who see and who do not, and no wider than the window. Each period is looked at on one of the three pages,
    on another each time, so that together they show each pair of page, period, language, scheme and width."""
    call(room, secret)
    call(room, secret, "/v2/toys/9")
    note(room, application)
    options = {"locale": locale, "color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    pages = [(alice, f"/room/applications/{application}/usage/"), (alice, "/room/keys/usage/"),
             (room.person("bob", "--operator"), "/room/operator/usage/")]
    for number, (name, path) in enumerate(pages[first:] + pages[:first]):
        with signed_in(browser, room, name, path, **options) as page:
            for period in PERIODS[number::len(pages)]:
                page.goto(f"{path}?period={period}")
                expect(page.locator("#graph canvas")).to_have_count(2)
                assert faults(page) == [], (path, period)
                assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_page_tells_all_without_scripts(browser: Browser, room: Room, alice: str, application: str) -> None:
    """The table is there, and a link that renews it."""
    note(room, application)
    with signed_in(browser, room, alice, f"/room/applications/{application}/usage/", java_script_enabled=False) as page:
        time.sleep(1.5)
        page.get_by_role("link", name="Renew").click()
        expect(page.locator("#steps tr").first).to_be_visible()
        expect(page.locator("#graph")).to_be_hidden()


def test_figures_that_are_no_longer_renewed_say_so(browser: Browser, room: Room, alice: str, application: str) -> None:
    """When the session has ended meanwhile, for instance."""
    context = browser.new_context(base_url=room.url)
    page = context.new_page()
    page.goto(f"/accounts/login/?next=/room/applications/{application}/usage/")
    page.locator("input[name=login]").fill(alice)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form button").first.click()
    expect(page.locator(".figures")).to_be_visible()
    context.clear_cookies()
    expect(page.locator("#stale")).to_be_visible(timeout=5_000)
    expect(page.locator(".figures")).to_be_visible()
    context.close()


def test_usage_is_for_those_whom_it_concerns(room: Room, alice: str, application: str) -> None:
    """Owners and operators see an application's, operators alone everything, everybody their own keys'."""
    page = f"/room/applications/{application}/usage/"
    with room.visitor() as nobody:
        assert nobody.get("/room/operator/usage/").status == 404
        for path in (page, "/room/keys/usage/"):
            assert nobody.get(path).path.startswith("/accounts/login/")
            assert nobody.client.get(path, headers={"hx-request": "true"}).status_code == 401
    with room.signed_in(room.person("charlie")) as charlie:
        assert charlie.get(page).status == 404
        assert charlie.get("/room/operator/usage/").status == 404
        assert charlie.get("/room/keys/usage/").status == 200
        assert charlie.get("/room/keys/usage/?key=6f9619ff-8b86-d011-b42d-00cf4fc964ff").status == 404
    with room.signed_in(room.person("bob", "--operator")) as bob:
        assert bob.get(page).status == 200
        assert bob.get("/room/operator/usage/").status == 200
    with room.signed_in(alice) as owner:
        assert owner.get(page).status == 200
        assert owner.get("/room/operator/usage/").status == 404

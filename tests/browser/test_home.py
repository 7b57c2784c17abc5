"""The Room's first page in a browser: what is shown, in both languages and colour schemes, by keyboard, and from us alone."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from dragoman import Catalog
from dragoman.control.published import Published
from dragoman.control.room import home

from ..conftest import Server
from .conftest import faults

ATLAS = Path(__file__).parents[2] / "examples" / "atlas" / "catalog.py"
HOSTILE = """
from typing import Annotated
from dragoman import Catalog, Filter, Key, Localized, Record, Refers, Rows

catalog = Catalog("hostile", title="<script>alert('title')</script>", languages=("en", "ru"),
                  description="</p><img src=x onerror=alert(1)> & `<b>code</b>`")

class Inner(Record):
    note: str | None

@catalog.resource("inns", Rows(lambda: [{"id": "it's; a <b> & \\\\\\"quote\\\\\\"/..", "name": {"en": "Inn"}, "inner": []}]))
class Inn(Record):
    '''An inn </p><script>alert("inn")</script>.'''
    id: Annotated[str, Key()]
    name: Localized
    inner: list[Inner]

@catalog.resource("empty-shelves", Rows(lambda: []))
class Shelf(Record):
    number: Annotated[int, Key()]
    inn: Annotated[str, Filter(), Refers(Inn)]
"""


@pytest.fixture(scope="module")
def atlas(serve: Callable[..., Server]) -> Server:
    """The demo."""
    return serve(str(ATLAS))


@pytest.fixture(scope="module")
def hostile(serve: Callable[..., Server]) -> Server:
    """A catalog whose author tries to break out of the page."""
    return serve(catalog=HOSTILE)


@contextmanager
def visit(browser: Browser, server: Server, path: str = "/", **options: Any) -> Iterator[Page]:
    """Open a page in a context of its own; afterwards nothing was complained of, and nobody else was asked."""
    context = browser.new_context(**options)
    page = context.new_page()
    complaints: list[str] = []
    hosts: set[str] = set()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
    page.on("response", lambda answer: complaints.append(answer.url) if answer.status >= 400 else None)
    try:
        page.goto(server.url + path)
        yield page
    finally:
        context.close()
    assert complaints == []
    assert hosts == {urlsplit(server.url).netloc}


@pytest.mark.parametrize(("locale", "scheme", "width"), [
    ("en-GB", "light", 1280), ("en-US", "dark", 360), ("ru-RU", "light", 360), ("ru", "dark", 1280), ("fr", "light", 800),
])
def test_the_page_speaks_english_or_russian_and_fits(
    browser: Browser, atlas: Server, locale: str, scheme: Any, width: int,
) -> None:
    """The browser's language and colours are followed, and nothing is wider than the window."""
    with visit(browser, atlas, locale=locale, color_scheme=scheme, viewport={"width": width, "height": 900}) as page:
        russian = locale.startswith("ru")
        expect(page.locator("html")).to_have_attribute("lang", "ru" if russian else "en")
        expect(page.get_by_role("heading", level=1)).to_have_text("Atlas")
        expect(page.get_by_text("305 записей · 8 полей" if russian else "305 records · 8 fields")).to_be_visible()
        page.locator("summary").nth(3).click()
        assert page.evaluate("document.documentElement.scrollWidth") == width
        light, ink = (_brightness(page, "background-color"), _brightness(page, "color"))
        assert (light > 200 and ink < 60) if scheme == "light" else (light < 60 and ink > 200)


def _brightness(page: Page, of: str) -> float:
    colour = page.evaluate(f"getComputedStyle(document.documentElement).getPropertyValue({json.dumps(of)})")
    return sum(map(int, re.findall(r"\d+", colour)[:3])) / 3


def test_the_language_can_be_chosen_and_stays(browser: Browser, atlas: Server) -> None:
    """The choice beats the browser's language on every page, and the current one is marked for screen readers."""
    with visit(browser, atlas, locale="en") as page:
        page.get_by_role("button", name="Русский").click()
        expect(page.locator("html")).to_have_attribute("lang", "ru")
        expect(page.get_by_role("button", name="Русский")).to_have_attribute("aria-current", "true")
        expect(page.get_by_role("form", name="Язык страниц")).to_be_visible()
        page.wait_for_load_state("networkidle")
        page.get_by_role("link", name="Войти").click()
        expect(page.get_by_label("Пароль", exact=True)).to_be_visible()
        page.wait_for_load_state("networkidle")
        page.get_by_role("button", name="English").click()
        expect(page.get_by_role("link", name="Sign in")).to_be_visible()
        page.wait_for_load_state("networkidle")
        page.goto(atlas.url)
        expect(page.get_by_text("Reading is public")).to_be_visible()


@pytest.mark.covers("W10")
@pytest.mark.parametrize(("locale", "words"), [("en", "For programs: data"), ("ru", "Для программ: data")])
def test_programs_find_their_descriptions_from_the_first_page(browser: Browser, atlas: Server, locale: str, words: str) -> None:
    """XSD, WSDL and OpenAPI of each library, beside what is told to people of every resource."""
    with visit(browser, atlas, locale=locale) as page:
        expect(page.get_by_text(words, exact=True)).to_be_visible()
        found = {name: page.get_by_role("link", name=f"{name} data", exact=True).get_attribute("href")
                 for name in ("XSD", "WSDL", "OpenAPI")}
        assert found == {"XSD": "/api/rest/data/xsd", "WSDL": "/api/rest/data/wsdl", "OpenAPI": "/api/rest/data/openapi.json"}
        for address in found.values():
            assert b"getCurrencies" in httpx.get(atlas.url + str(address)).content


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_the_way_of_anybody(browser: Browser, atlas: Server, scheme: Any) -> None:
    """axe finds no fault, with all that can be unfolded unfolded."""
    with visit(browser, atlas, color_scheme=scheme) as page:
        page.locator("details").evaluate_all("all => all.forEach(each => each.open = true)")
        assert faults(page) == []


def test_everything_can_be_reached_and_opened_by_keyboard(browser: Browser, atlas: Server) -> None:
    """Tab goes first to the skip link, then to every link and summary in order; each shows where the focus is."""
    with visit(browser, atlas, locale="en") as page:
        page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to the content")
        expect(skip).to_be_focused()
        expect(skip).to_be_in_viewport()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()
        reached = [_focused_next(page) for _ in range(11)]
        assert reached == ["Sign up", "currencies", "scripts", "languages", "territories", "timezones", "XSD data", "WSDL data",
                           "OpenAPI data", "/v2/currencies", "/v2/currencies/EUR?lang=es"]
        summary = page.locator("summary").first
        summary.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("region", name="Fields: currencies")).to_be_visible()
        page.keyboard.press("Enter")
        expect(page.get_by_role("region", name="Fields: currencies")).to_be_hidden()


def _focused_next(page: Page) -> str:
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    text: str = page.evaluate("document.activeElement.textContent")
    return text


def test_every_link_and_every_curl_line_answers(browser: Browser, atlas: Server) -> None:
    """What the page shows can be followed and pasted as it is; ids of fragments exist, and none stands twice."""
    with visit(browser, atlas) as page:
        links = page.locator("a").evaluate_all("all => all.map(each => each.getAttribute('href'))")
        ids = page.locator("[id]").evaluate_all("all => all.map(each => each.id)")
        lines = page.locator("pre").all_inner_texts()
    assert len(set(ids)) == len(ids)
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    for address in dict.fromkeys(link for link in links if not link.startswith("#")):
        assert atlas.get(address).status_code == 200, address
    assert len(lines) == 5
    for line in lines:
        command, url = shlex.split(line)
        assert command == "curl"
        assert httpx.get(url).json()


SEARCHED = """
from typing import Annotated
from dragoman import Catalog, Key, Localized, Needs, Record, Rows, Search

catalog = Catalog("dishes", languages=("en", "de"), permissions={"account": "Your account"})

class Dish(Record):
    '''A dish.'''
    id: Annotated[int, Key()]
    name: Annotated[Localized, Search(at_least=4)]
    place: Annotated[str, Search()]
    chef: str

ROWS = [{"id": 1, "name": {"en": "", "de": ""}, "place": " <b>", "chef": "A"},
        {"id": 2, "name": {"en": "Pea & ham soup", "de": "Suppe"}, "place": "Ä&B=c", "chef": "B"}]

@catalog.resource("kitchen/dishes", Rows(lambda: ROWS))
class Served(Dish):
    '''A dish that is served.'''

@catalog.resource("kitchen/orders", Rows(lambda: ROWS), live=True, permission="account")
class Ordered(Dish):
    '''A dish that was ordered.'''

catalog.search("kitchen/find", Served, by="name", fields=("id", "name"))
catalog.search("kitchen/places", Served, by="place")
catalog.search("kitchen/ordered", Ordered, by="name")
"""


@pytest.fixture(scope="module")
def searched(serve: Callable[..., Server]) -> Server:
    """A catalog with searches."""
    return serve(catalog=SEARCHED)


@pytest.mark.parametrize(("locale", "scheme", "words", "what"), [
    ("en", "light", ("3 searches", "search by name · at least 4 characters · 2 fields"), "Records that begin like this"),
    ("ru", "dark", ("3 поиска", "поиск по полю name · не короче 4 знаков · 2 поля"), "Записи с таким началом"),
])
def test_searches_stand_beside_resources_with_an_example_that_finds_something(
    browser: Browser, searched: Server, locale: str, scheme: Any, words: tuple[str, ...], what: str,
) -> None:
    """A text of the data itself, or where those are not for everybody a word to put one in the place of."""
    with visit(browser, searched, locale=locale, color_scheme=scheme, viewport={"width": 360, "height": 900}) as page:
        for each in words:
            expect(page.get_by_text(each, exact=True)).to_be_visible()
        assert page.get_by_text(what).count() == 2
        card = page.locator("#dishes-kitchen-find")
        example = card.locator("ul.examples a").first.get_attribute("href")
        places = page.locator("#dishes-kitchen-places ul.examples a").first.get_attribute("href")
        ordered = page.locator("#dishes-kitchen-ordered")
        line = ordered.locator("pre").inner_text()
        assert ordered.locator("ul.examples a").count() == 0
        expect(ordered.locator(".badge")).to_be_visible()
        card.locator("summary").click()
        assert card.locator("tbody th").all_inner_texts() == ["id", "name"]
        page.locator("details").evaluate_all("all => all.forEach(each => each.open = true)")
        assert faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        lines = page.locator("pre").all_inner_texts()
    assert example == "/v2/kitchen/find?search=Pea%20%26%20ham%20soup"
    assert searched.get(example).json() == [{"id": 2, "name": "Pea & ham soup"}]
    assert [each["id"] for each in searched.get(places or "").json()] == [2]
    assert shlex.split(line) == ["curl", "-H", "Authorization: Bearer YOUR-KEY", f"{searched.url}/v2/kitchen/ordered?search=NAME"]
    assert sum("search=" in each for each in lines) == 3


def test_a_hostile_catalog_stays_text(browser: Browser, hostile: Server) -> None:
    """Titles, descriptions, docstrings and keys are shown as written; nothing of them runs or asks for anything."""
    with visit(browser, hostile) as page:
        expect(page.get_by_role("heading", level=1)).to_have_text("<script>alert('title')</script>")
        expect(page.get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()
        expect(page.get_by_text('<script>alert("inn")</script>.')).to_be_visible()
        assert page.locator("main script, main img, main b").count() == 0
        line = page.locator("pre").first.inner_text()
        address = page.locator('a[href*="/v2/inns?id="]').get_attribute("href")
    _, url = shlex.split(line)
    assert httpx.get(url).json()["name"] == "Inn"
    assert hostile.get(address or "").json()["name"] == "Inn"


def test_a_pasted_line_is_one_argument_whatever_the_address_holds() -> None:
    """A public address may hold characters that a shell takes for its own."""
    asked = home.Asked(Catalog("inns"), Published(), "http://a';touch$IFS'x", "earliest")
    line = home._line(asked, "/v2/inns", {"page": "/v2/inns?page=0&x=`id`"})
    shown = subprocess.run(["/bin/sh", "-c", line.replace("curl ", "printf '%s\\n' ", 1)], capture_output=True, text=True,
                           check=True, timeout=10)
    assert shown.stdout == "http://a';touch$IFS'x/v2/inns?page=0&x=`id`\n"


def test_the_page_asks_for_nothing_that_a_strict_policy_forbids(atlas: Server) -> None:
    """No script, no inline style, nobody else's address; the policy says the same, and no cache keeps the page."""
    answer = atlas.get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in answer.headers
    assert "<script" not in answer.text
    assert " style=" not in answer.text
    assert "<style" not in answer.text
    sources = re.findall(r'(?:src|href)="([^"]*)"', answer.text)
    assert all(source.startswith(("/", "#")) and not source.startswith("//") for source in sources)


def test_head_has_the_headers_of_get(atlas: Server) -> None:
    """For the page and for what browsers and robots ask for by themselves."""
    varying = ("date", "x-request-id", "set-cookie", "content-length")
    for path in ("/", "/favicon.ico", "/favicon.svg", "/robots.txt"):
        got, head = atlas.get(path), atlas.ask("HEAD", path)
        assert got.status_code == head.status_code == 200, path
        assert head.content == b""
        assert ({name: value for name, value in head.headers.items() if name not in varying}
                == {name: value for name, value in got.headers.items() if name not in varying})
    assert "Disallow: /health/" in atlas.get("/robots.txt").text


@pytest.mark.parametrize(("query", "header", "language"), [
    ("", "de, ru;q=0.9", "ru"), ("", "xx", "en"), ("", "en;q=0.1, ru;q=0.2", "ru"), ("?lang=%zz", "ru", "ru"), ("?%00", "", "en"),
    ("", "ru-RU-x-" + "a" * 200, "en"), ("", ",;q=,", "en"),
])
def test_odd_languages_still_get_a_page(atlas: Server, query: str, header: str, language: str) -> None:
    """A page has no parameters that could be wrong."""
    answer = atlas.get(f"/{query}", headers={"Accept-Language": header})
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text


def test_data_in_no_language_claim_none_and_an_empty_table_is_not_unpublished(
    serve: Callable[..., Server], tmp_path: Path,
) -> None:
    """The page says what is so."""
    (tmp_path / "toys.csv").write_text("id,name\n")
    server = serve("toys.csv", folder=tmp_path)
    text = server.get("/").text
    assert "0 records · 3 fields" in text
    assert "Not published yet" not in text
    assert "Languages of the data" not in text
    assert server.get("/v2/toys?ids=all").json() == []

"""From the first page to the first answer: what is published is listed, and each page shows a line that works."""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Callable

import pytest

from ...conftest import Server
from .visitor import Page, Room

CATALOG = """
from typing import Annotated, Literal
from dragoman import Attachment, Caller, Catalog, Key, Needs, Record, Rows

catalog = Catalog("shop", title="Shop", permissions={"account": "Your account", "orders": "What you ordered"})

@catalog.resource("toys", Rows(lambda: [{"id": 1, "name": "Ball"}]))
class Toy(Record):
    '''A toy.'''
    id: Annotated[int, Key()]
    name: str

@catalog.resource("shelves/dolls", Rows(lambda: [{"id": 1}]))
class Doll(Record):
    '''A doll.'''
    id: Annotated[int, Key()]

@catalog.resource("people", Rows(lambda: [{"id": 1, "owner": "7", "orders": 3}]), owner="owner", live=True)
class Person(Record):
    '''Everybody sees who there is; the number of orders is for its owner.'''
    id: Annotated[int, Key()]
    owner: str
    orders: Annotated[int | None, Needs("orders")] = None

@catalog.method("toys/any")
def any_toy() -> int:
    '''Any toy.'''
    return 1

@catalog.method("toys/price")
def price(toy: int, currency: Literal["eur", "usd"], whole: bool = False) -> int:
    '''What a toy costs.'''
    return 3

@catalog.method("orders/add", verb="POST", permission="orders")
def order(caller: Caller, toy: int) -> bool:
    '''Order a toy.'''
    return True

@catalog.method("orders/paint", verb="POST")
def paint(toy: int, picture: Attachment) -> int:
    '''Paint a toy so; how many bytes the picture has.'''
    return len(picture.content)
"""


@pytest.fixture(scope="module")
def shop(serve: Callable[..., Server]) -> Room:
    """A Room where something can be called."""
    return Room(serve(catalog=CATALOG))


def cards(page: Page) -> dict[str, str]:
    """Each card of the first page by its name, as a person reads it."""
    return {card.findtext("h2"): " ".join(" ".join(card.itertext()).split()) for card in page.tree.xpath("//article")}


def lines(page: Page) -> list[str]:
    """The commands that a page shows."""
    return [line.text for line in page.tree.xpath("//main//pre/code")]


def ask(line: str) -> str:
    """What a line answers when it is pasted, as soon as what it names is known: a second after the page, on a busy machine more."""
    until = time.monotonic() + 10
    while True:
        done = subprocess.run(["curl", "--silent", "--fail", *shlex.split(line)[1:]], text=True, timeout=60,
                              capture_output=True, check=False)
        if done.returncode == 0 or time.monotonic() > until:
            assert done.returncode == 0, (line, done.stdout, done.stderr)
            return done.stdout
        time.sleep(0.05)


def test_methods_stand_on_the_first_page_with_how_they_are_called(shop: Room) -> None:
    """Verb, parameters, a line; what needs a key says so."""
    with shop.visitor() as visitor:
        page = visitor.get("/")
        found = cards(page)
        assert list(found) == ["toys", "shelves/dolls", "people", "toys/any", "toys/price", "orders/add", "orders/paint"]
        assert "3 resources" in page.text
        assert "4 methods" in page.text
        assert "Call it /v2/toys/any" in found["toys/any"]
        assert f"curl '{shop.url}/v2/toys/price?toy=TOY&currency=eur'" in found["toys/price"]
        assert "toy integer required" in found["toys/price"]
        assert "POST needs a key" in found["orders/add"]
        assert f"curl -X POST -H 'Authorization: Bearer YOUR-KEY' -d toy=TOY {shop.url}/v2/orders/add" in found["orders/add"]
        assert f"curl -X POST -F toy=TOY -F picture=@PICTURE {shop.url}/v2/orders/paint" in found["orders/paint"]
        assert page.tree.xpath("//main//a[@href='/room/permissions/']")


def test_a_line_of_the_first_page_works_with_a_key_and_values_in_it(shop: Room) -> None:
    """As a developer would fill it in."""
    shop.run("account", "add", "buyer")
    key = shop.run("key", "add", "--account", "buyer", "--kind", "gw2", "--permission", "orders")["secret"]
    with shop.visitor() as visitor:
        shown = next(line for line in lines(visitor.get("/")) if "orders/add" in line)
    assert ask(shown.replace("YOUR-KEY", key).replace("TOY", "1")) == "true"


def test_what_everybody_sees_is_not_said_to_need_a_key(shop: Room) -> None:
    """A resource with an owner whose fields alone are private is answered without one."""
    with shop.visitor() as visitor:
        row = next(row for row in visitor.get("/room/permissions/").tree.xpath("//tr") if "/v2/people" in row.text_content())
        assert "no key" in row.text_content()
    assert shop.server.get("/v2/people").status_code == 200


def test_an_application_and_a_key_show_lines_that_work(shop: Room) -> None:
    """Whoever has just made one need not look for where to use it; a blocked application shows none."""
    alice = shop.person()
    id = shop.run("application", "add", "Mine", "--owner", alice, "--type", "standalone")["application_id"]
    with shop.signed_in(alice) as visitor:
        (line,) = lines(visitor.get(f"/room/applications/{id}/"))
        assert f"application_id={id}" in line
        assert '"status":"ok"' in ask(line)
        page = visitor.fill("/room/keys/add/gw2/", {"name": "first"})
        (line,) = lines(page)
        assert '"name":"first"' in ask(line)
        shop.run("application", "block", id)
        assert lines(visitor.get(f"/room/applications/{id}/")) == []

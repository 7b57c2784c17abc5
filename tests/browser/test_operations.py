"""The pages of long operations in a browser: for everybody's eyes, in both languages and schemes, ended by keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from ..functional.operations.conftest import working
from ..functional.operations.test_room import EVERYBODYS, PAGE, begin
from ..functional.room.visitor import Room
from .test_applications_and_keys import signed_in
from .test_operators import look


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """A Room beside a catalog with operations, and one worker."""
    with working(tmp_path_factory.mktemp("browser")) as works:
        yield Room(works.server)


@pytest.mark.parametrize(("scheme", "width", "locale"), [("light", 1_280, "en"), ("dark", 390, "ru")])
def test_nothing_stands_in_the_way_of_anybody(browser: Browser, room: Room, scheme: str, width: int, locale: str) -> None:
    """axe finds no fault, and nothing is wider than its window."""
    alice, olga = room.person("alice"), room.person("olga", "--operator")
    begin(room, alice, "squares?number=7", "POST")
    for path in ("lines?count=3000", "wait?how=watched&seconds=20", "nap?seconds=9"):
        begin(room, alice, path)
    options = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}, "locale": locale}
    with signed_in(browser, room, alice, **options) as page:
        page.goto(PAGE)
        expect(page.locator("tbody tr")).to_have_count(4)
        page.wait_for_timeout(1_500)
        look(page, (PAGE,), {}, f"{scheme}-{width}")
    with signed_in(browser, room, olga, **options) as page:
        look(page, (EVERYBODYS,), {}, f"{scheme}-{width}")


def test_one_is_ended_by_keyboard(browser: Browser, room: Room) -> None:
    name = room.person("alice")
    id = begin(room, name, "nap?seconds=60")
    with signed_in(browser, room, name, locale="en") as page:
        page.goto(PAGE)
        page.get_by_role("button", name=f"Cancel operation {id}").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("The operation")

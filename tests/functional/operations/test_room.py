"""The Room's pages of operations: one's own and those of one's applications, everybody's for operators; ended from there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from ..room.cast import Person
from ..room.visitor import Page, Room, confirmed
from .conftest import await_until, working

PAGE, EVERYBODYS = "/room/operations/", "/room/operator/operations/"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """A Room beside a catalog with operations."""
    with working(tmp_path_factory.mktemp("room")) as works:
        yield Room(works.server)


def begin(room: Room, name: str, path: str, verb: str = "GET") -> int:
    """Begin an operation with a new key of somebody; its id."""
    key = room.run("key", "add", "--account", name, "--kind", "gw2")["secret"]
    answer = await_until(
        lambda: room.server.ask(verb, f"/v2/works/{path}", headers={"Authorization": f"Bearer {key}"}),
        lambda answer: answer.status_code == 202, within_s=20)
    return int(answer.json()["operation"])


def row_of(page: Page, id: int) -> str:
    """The text of the row of an operation."""
    return " ".join("".join(page.tree.xpath("//tr[th[starts-with(normalize-space(), $id)]]//text()", id=f"{id} ")).split())


def until(look: Callable[[], Page], id: int, text: str) -> Page:
    """The page, once the row of an operation says something."""
    return await_until(look, lambda page: text in row_of(page, id))  # type: ignore[no-any-return]  # whatever the function gives


def test_ones_own_are_listed_with_their_ends(room: Room) -> None:
    """Nobody else's; with the reason of a failure, in both languages."""
    alice, bob = room.person("alice"), room.person("bob")
    good, bad = begin(room, alice, "stream?count=3"), begin(room, alice, "squares?number=7", "POST")
    with room.signed_in(alice) as visitor:
        until(lambda: visitor.get(PAGE), good, "done")
        page = until(lambda: visitor.get(PAGE), bad, "failed")
        assert "number: It is odd." in row_of(page, bad)
        assert "works works/stream done 3" in row_of(page, good)
        assert page.tree.xpath("//nav//a[@href=$to][@aria-current]", to=PAGE)
        assert not page.tree.xpath("//main//button"), "what has ended is not cancelled"
        russian = visitor.get(PAGE, headers={"accept-language": "ru"})
        assert "выполнена" in row_of(russian, good)
    with room.signed_in(bob) as visitor:
        assert "None yet." in visitor.get(PAGE).text


def test_one_is_ended_by_its_owner_alone(room: Room) -> None:
    """Another's is not there."""
    alice, bob = room.person("alice"), room.person("bob")
    id = begin(room, alice, "nap?seconds=60")
    with room.signed_in(bob) as visitor:
        person = Person(bob, visitor)
        assert person.post(f"{PAGE}{id}/cancel/").status == 404
        assert person.post(f"{PAGE}999999/cancel/").status == 404
        assert person.post(f"{PAGE}{2**80}/cancel/").status == 404
        assert visitor.get(EVERYBODYS).status == 404
    with room.signed_in(alice) as visitor:
        page = until(lambda: visitor.get(PAGE), id, "runs")
        page = visitor.send(page, action=f"{PAGE}{id}/cancel/")
        assert "ends at its next step" in page.text or "is cancelled" in page.text
        until(lambda: visitor.get(PAGE), id, "cancelled")
        good = begin(room, alice, "stream?count=3")
        until(lambda: visitor.get(PAGE), good, "done")
        sent = Person(alice, visitor).post(f"{PAGE}{good}/cancel/", page=PAGE)
        assert "has ended already" in visitor.get(sent.response.headers["location"]).text


def test_those_of_ones_applications_are_ones_own(room: Room) -> None:
    name = room.person("alice")
    with room.signed_in(name) as visitor:
        application = Person(name, visitor).add("Rocket")
        answer = await_until(
            lambda: httpx.get(f"{room.url}/works/works/lines/", params={"application_id": application, "count": 2}, timeout=30),
            lambda answer: answer.json()["status"] == "ok", within_s=20)
        until(lambda: visitor.get(PAGE), int(answer.json()["data"]["operation_id"]), "done")


def test_operators_see_everybodys_and_may_end_them(room: Room) -> None:
    alice, olga = room.person("alice"), room.person("olga", "--operator")
    id = begin(room, alice, "nap?seconds=60")
    with room.signed_in(olga) as visitor:
        page = until(lambda: visitor.get(EVERYBODYS), id, "runs")
        assert alice in row_of(page, id)
        confirmed(visitor, visitor.send(page, action=f"{EVERYBODYS}{id}/cancel/"))
        for _ in range(3):                      # whoever has proven who they are sends it again
            page = visitor.get(EVERYBODYS)
            if "cancelled" in row_of(page, id) or "is being ended" in row_of(page, id):
                break
            visitor.send(page, action=f"{EVERYBODYS}{id}/cancel/")
        until(lambda: visitor.get(EVERYBODYS), id, "cancelled")
        assert visitor.post(f"{EVERYBODYS}{id}/cancel/").status in (403, 404)
        log = visitor.get("/room/operator/log/").text
        assert "operation.cancel" in log
        assert f"{id} works:works/nap" in log


def test_nobody_is_led_to_sign_in_and_forms_are_forms(room: Room) -> None:
    with room.visitor(follow_redirects=False) as visitor:
        assert visitor.get(PAGE).status == 302
        assert visitor.get(EVERYBODYS).status == 404
    name = room.person("alice")
    with room.signed_in(name) as visitor:
        assert visitor.get(f"{PAGE}1/cancel/").status == 405
        assert visitor.post(PAGE).status in (403, 405)


def test_a_room_without_operations_does_not_speak_of_them(tmp_path: Path, serve: Callable[..., object]) -> None:
    """Nor has a page of them."""
    (tmp_path / "plain.csv").write_text("id\n1\n")
    room = Room(serve("plain.csv", folder=tmp_path))  # type: ignore[arg-type]  # the fixture starts servers
    with room.signed_in(room.person("olga", "--operator")) as visitor:
        assert "None yet." in visitor.get(EVERYBODYS).text
        assert not visitor.get("/room/operator/").tree.xpath("//nav//a[@href=$to]", to=EVERYBODYS)
    with room.signed_in(room.person("alice")) as visitor:
        assert visitor.get(PAGE).status == 404
        assert not visitor.get("/").tree.xpath("//nav//a[@href=$to]", to=PAGE)

"""Operators' pages over HTTP: for them alone, each act in force at once and written down, on both databases."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import httpx
import pytest

from ...timing import best_s, took_s
from .asking import CATALOG, HELLO, ask, wait_for
from .cast import Person
from .visitor import PASSWORD, Page, Room

MISSING = {"number": "999999", "application": "0" * 32, "uuid": "00000000-0000-4000-8000-000000000000"}
ADDRESSES = (
    "", "log/", "accounts/", "accounts/{number}/", "keys/{uuid}/", "applications/", "applications/{application}/", "requests/",
    "requests/keys/{uuid}/", "requests/limits/{uuid}/", "switches/", "switches/shop/data/toys/", "announcements/", "announcements/{uuid}/",
    "showcase/", "showcase/{uuid}/", "terms/", "settings/", "usage/", "operations/", "operations/{number}/cancel/",
)
"""Every address of operators."""


@pytest.fixture(scope="module")
def shop(open_room: Callable[..., Room]) -> Room:
    """A Room over methods that want keys, where user tokens are asked for."""
    return open_room(catalog=CATALOG, DRAGOMAN_LIMITS__KEY="")


@pytest.fixture
def olga(shop: Room) -> Iterator[Person]:
    """An operator, signed in."""
    name = shop.person("olga", "--operator")
    with shop.signed_in(name) as visitor:
        yield Person(name, visitor)


@pytest.fixture
def alice(shop: Room) -> Iterator[Person]:
    """Somebody who is none."""
    name = shop.person()
    with shop.signed_in(name) as visitor:
        yield Person(name, visitor)


def do(who: Person, path: str, fields: dict[str, str]) -> Page:
    """Send a form of operators' pages, proving who one is where that is asked for; the page in the end."""
    page = who.visitor.get("/room/operator/")
    token = page.tree.xpath("//input[@name='csrfmiddlewaretoken']/@value")[0]
    sent = who.visitor.post(path, {"csrfmiddlewaretoken": token, **fields}, headers={"origin": who.visitor.origin})
    if sent.path.startswith("/accounts/reauthenticate/"):
        sent = who.visitor.send(sent, {"password": PASSWORD})
    return sent


def newest_line(who: Person) -> str:
    """The first row of the log."""
    return " ".join(who.get("/room/operator/log/").tree.xpath("string(//tbody/tr[1])").split())


def number_of(who: Person, name: str) -> str:
    """Where an account is looked at."""
    found = who.get(f"/room/operator/accounts/?q={name}")
    return str(found.tree.xpath("//tbody//a/@href")[0])


def test_for_everybody_else_there_is_nothing_at_any_address(shop: Room, alice: Person, olga: Person) -> None:
    """The same page as for an address that nobody has; the operator gets pages, and no act is done by opening one."""
    places = ["/room/operator/" + each.format(**MISSING) for each in ADDRESSES]
    for place in places:
        for verb in ("GET", "POST"):
            with httpx.Client(base_url=shop.url) as nobody:
                assert nobody.request(verb, place).status_code == (404 if verb == "GET" else 403), place     # no form's token
            answer = alice.visitor.get(place) if verb == "GET" else alice.post(place)
            assert answer.status == 404, place
    seen = {place: olga.visitor.get(place, follow_redirects=False).status for place in places}
    assert set(seen.values()) <= {200, 302, 404}
    assert {place for place, status in seen.items() if status == 404} == {
        "/room/operator/" + each.format(**MISSING) for each in ADDRESSES if "{" in each and "requests/" not in each}
    before = newest_line(olga)
    for place in places:
        olga.get(place)
    assert newest_line(olga) == before


def test_the_list_of_addresses_is_whole(shop: Room, olga: Person) -> None:
    """Whatever the menu links to is in it."""
    links = olga.get("/room/operator/").tree.xpath("//nav//a/@href[starts-with(., '/room/operator/')]")
    assert {str(link).removeprefix("/room/operator/") for link in links} <= set(ADDRESSES)


def test_an_act_needs_a_recent_proof_of_who_does_it(shop: Room, alice: Person) -> None:
    """A session that was left open is no operator; once proven, the form that was sent is done."""
    name = shop.person("olga", "--operator")
    with shop.signed_in(name) as visitor:
        olga = Person(name, visitor)
        path = number_of(olga, alice.name)
        sent = olga.post(path, {"ban": "1", "reason": "spam"}, page=path)
        assert sent.response.headers["location"].startswith("/accounts/reauthenticate/")
        assert alice.visitor.inside
        done = olga.visitor.send(olga.get(sent.response.headers["location"]), {"password": PASSWORD})
        assert "Banned" in done.text
        assert not alice.visitor.inside


def test_a_ban_is_in_force_written_down_and_lifted(shop: Room, alice: Person, olga: Person) -> None:
    """Sessions end, keys are refused within a second; the log says who did what to whom, when and from where."""
    secret = shop.run("key", "add", "--account", alice.name, "--kind", "gw2")["secret"]
    wait_for(shop, secret, 200)
    path = number_of(olga, alice.name)
    assert "Banned" in do(olga, path, {"ban": "1", "reason": "Sold keys."}).text
    assert "banned" in wait_for(shop, secret, 403).text
    assert not alice.visitor.inside
    line = newest_line(olga)
    for part in (olga.name, "account.ban", alice.name, "Sold keys.", "127.0.0.1"):
        assert part in line
    do(olga, path, {"unban": "1"})
    wait_for(shop, secret, 200)
    assert "account.unban" in newest_line(olga)


def test_an_application_is_blocked_with_a_reason_that_its_owner_reads(shop: Room, alice: Person, olga: Person) -> None:
    """And limits of its own can be set; what is no limit is refused with the remedy."""
    id = alice.add("Rocket")
    path = f"/room/operator/applications/{id}/"
    do(olga, path, {"block": "1", "reason": "It asks for what it does not use."})
    assert "It asks for what it does not use." in alice.get(f"/room/applications/{id}/").text
    assert "application.block" in newest_line(olga)
    do(olga, path, {"unblock": "1"})
    assert "blocked" not in alice.get(f"/room/applications/{id}/").text
    wrong = do(olga, path, {"limits": "1", "rate": "fast", "quota": ""})
    assert "is no limit" in wrong.text
    do(olga, path, {"limits": "1", "rate": "50/s", "quota": "1000000/d"})
    assert "50/s" in alice.get(f"/room/applications/{id}/limits/").text
    assert "application.limit" in newest_line(olga)


def test_higher_limits_are_asked_for_and_granted_with_a_letter(shop: Room, alice: Person, olga: Person) -> None:
    """One request waits at a time; what is granted is in force."""
    id = alice.add("Station")
    place = f"/room/applications/{id}/limits/"
    asked = alice.visitor.fill(place, {"rate": "100/s", "quota": "", "reason": "A great many players."})
    assert "Waiting for an operator" in asked.text
    page = olga.get("/room/operator/requests/")
    assert "A great many players." in page.text
    (action,) = page.tree.xpath("//section[contains(., 'Station')]/form/@action")
    do(olga, str(action), {"grant": "1", "answer": "Have fun."})
    assert "Have fun." in shop.letter(f"{alice.name}@example.org")
    told = alice.get(place).text
    assert "100/s set by an operator" in told
    assert "granted" in told
    again = do(olga, str(action), {"refuse": "1", "answer": "No."})
    assert "answered, changed or withdrawn" in again.text
    assert "100/s" in alice.get(place).text


def test_a_key_is_suspended_and_released(shop: Room, alice: Person, olga: Person) -> None:
    """Its owner reads why."""
    made = shop.run("key", "add", "--account", alice.name, "--kind", "gw2")
    wait_for(shop, made["secret"], 200)
    do(olga, f"/room/operator/keys/{made['id']}/", {"suspend": "1", "reason": "It leaked."})
    wait_for(shop, made["secret"], 403)
    assert "It leaked." in alice.get("/room/keys/").text
    do(olga, f"/room/operator/keys/{made['id']}/", {"release": "1"})
    wait_for(shop, made["secret"], 200)


def test_a_method_is_disabled_on_its_page(shop: Room, olga: Person, alice: Person) -> None:
    """Within a second, and back."""
    secret = shop.run("key", "add", "--account", alice.name, "--kind", "gw2")["secret"]
    wait_for(shop, secret, 200)
    do(olga, "/room/operator/switches/shop/toys/hello/", {"disable": "1", "reason": "mending"})
    assert wait_for(shop, secret, 503).json() == {"text": "API not active"}
    assert "mending" in olga.get("/room/operator/switches/").text
    do(olga, "/room/operator/switches/shop/toys/hello/", {"enable": "1"})
    wait_for(shop, secret, 200)
    assert olga.get("/room/operator/switches/shop/toys/nothing/").status == 404


@pytest.mark.covers("D11")
def test_who_makes_keys_is_shown_with_where_it_is_said(open_room: Callable[..., Room]) -> None:
    """The operator reads the setting; who wants a key asks for it, and gets it once that is granted."""
    room = open_room(catalog=CATALOG, folder=None)
    (room.server.folder / "dragoman.toml").write_text('[room]\nissue = { api-token = "ask", user-token = "operator" }\n')
    room = open_room(catalog=CATALOG, folder=room.server.folder)
    name, other = room.person("olga", "--operator"), room.person()
    with room.signed_in(name) as first, room.signed_in(other) as second:
        olga, alice = Person(name, first), Person(other, second)
        told = olga.get("/room/operator/settings/").text
        for issue in ('room.issue.gw2 = "self"', 'room.issue.api-token = "ask"', 'room.issue.user-token = "operator"'):
            assert issue in told
        alice.visitor.fill("/room/keys/add/api-token/", {"name": "Bot", "permissions": ["account"]})
        page = olga.get("/room/operator/requests/")
        (action,) = page.tree.xpath("//section[contains(., 'Bot')]/form/@action")
        do(olga, str(action), {"grant": "1", "answer": ""})
        assert "granted" in alice.get("/room/keys/").text
        assert "Operators alone make them here." in alice.get("/room/keys/").text


def test_commands_are_written_down_with_the_system_user(shop: Room, olga: Person) -> None:
    """What was done by whom, though nobody had signed in."""
    name = shop.person("bob")
    shop.run("account", "ban", name, "--reason", "by command")
    line = newest_line(olga)
    for part in ("account.ban", name, "by command", "command", "uid"):
        assert part in line


def test_ten_thousand_accounts_and_applications_are_searched_quickly(shop: Room, olga: Person) -> None:
    """A list, a search and the last page, each within a second on a busy machine."""
    script = (
        "from dragoman.settings import load; from dragoman.control.configuration import configure; configure(load())\n"
        "from dragoman.control.accounts.models import Account; from dragoman.control.applications.models import Application\n"
        "from dragoman.control.ledger.told import add_all\n"
        "crowd = [Account(username=f'crowd-{n}', password='!', email=f'c{n}@example.org') for n in range(10_000)]\n"
        "Account.objects.bulk_create(crowd, 500)\n"
        "people = list(Account.objects.filter(username__startswith='crowd-'))\n"
        "add_all([Application(name=f'Crowd {n}', folded=f'crowd {n}', owner=one, type='standalone') for n, one in enumerate(people)])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=shop.server.folder, timeout=120, capture_output=True, text=True,
                          env={**os.environ, **shop.server.environment, "DRAGOMAN_DATA_DIR": str(shop.server.folder / "data")})
    assert done.returncode == 0, done.stderr
    for place in ("accounts/", "accounts/?q=crowd-9999", "accounts/?page=400", "applications/", "applications/?q=crowd 77",
                  "applications/?page=9999"):
        assert olga.get("/room/operator/" + place).status == 200
        assert best_s(lambda place=place: took_s(lambda: olga.get("/room/operator/" + place)), 1.0) < 1.0, place
    assert ask(shop, "x", HELLO).status_code == 403


@pytest.mark.covers("L21")
def test_terms_are_looked_at_before_they_are_in_force(shop: Room, olga: Person, alice: Person) -> None:
    """What stands in them is text; then everybody is asked."""
    place = "/room/operator/terms/"
    shown = do(olga, place, {"text": "# Fair use\n\nAsk <b>little</b>.", "preview": "1"})
    assert "Ask <b>little</b>." in shown.text
    assert alice.get("/room/applications/").path == "/room/applications/"
    do(olga, place, {"text": "# Fair use\n\nAsk <b>little</b>.", "publish": "1"})
    assert alice.get("/room/applications/").path.startswith("/room/terms/")
    olga.visitor.send(olga.get("/room/terms/"))
    assert "terms.publish" in newest_line(olga)

"""Keys in the Room: made, shown once, listed, disabled, revoked, asked for; in force on the data plane within a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from .asking import CATALOG, MINE, ask, wait_for
from .cast import Cast, Person, gather
from .visitor import Page, Room

KINDS = {"gw2": 72, "api-token": 128, "user-token": 128, "remote-auth": 32}
MARKUP = "<img src=x onerror=alert(1)> & 'quotes'"


@pytest.fixture(scope="module")
def asking(open_room: Callable[..., Room], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    """Where GW2 keys want an operator's consent and remote_auth keys are made by operators alone."""
    folder = tmp_path_factory.mktemp("asking")
    (folder / "dragoman.toml").write_text(
        '[room]\ncontact = "help@example.org"\nissue = {gw2 = "ask", remote-auth = "operator"}\n')
    with ExitStack() as stack:
        yield gather(open_room(catalog=CATALOG, folder=folder), stack)


def make(person: Person, kind: str = "gw2", **fields: object) -> tuple[str, str]:
    """Make a key; its secret and its public id."""
    shown = person.visitor.fill(f"/room/keys/add/{kind}/", {"name": "A key", "permissions": ["account"], **fields})
    secret = shown.tree.xpath("string(//*[@id='secret'])")
    assert secret, shown.text
    return secret, id_of(person, secret)


def id_of(person: Person, secret: str) -> str:
    row = row_of(person.get("/room/keys/"), secret)
    return str(row.xpath(".//a[contains(@href, '/revoke/')]/@href")[0]).split("/")[-3]


def row_of(page: Page, secret: str) -> object:
    """The line of the list that begins as a secret does."""
    (row,) = page.tree.xpath("//tr[.//code[starts-with(., $shown)]]", shown=secret[:12])
    return row


@pytest.mark.covers("G8", "D3", "D4", "W3")
@pytest.mark.parametrize("kind", KINDS)
def test_a_key_is_made_with_a_name_and_permissions_and_listed(cast: Cast, kind: str) -> None:
    """Of each kind, in the form that its clients know; the list shows how it begins, never the key."""
    form = cast.alice.get(f"/room/keys/add/{kind}/")
    assert form.tree.xpath("//input[@name='permissions']/@value") == ["account", "inventories", "trading-post"]
    assert "inventories: What you <b>own</b>" in form.text
    secret, _ = make(cast.alice, kind, name=f"{kind} of mine", permissions=["account", "inventories"], days="90")
    assert len(secret) == KINDS[kind]
    page = cast.alice.get("/room/keys/")
    row = row_of(page, secret)
    text = " ".join(row.text_content().split())
    assert f"{kind} of mine" in text
    assert "account, inventories" in text
    assert secret not in page.response.text
    assert secret[:12] not in cast.bob.get("/room/keys/").response.text


@pytest.mark.covers("G8")
def test_a_key_works_at_once_and_is_refused_within_a_second_of_its_revocation(cast: Cast) -> None:
    """Made, used, disabled, enabled, revoked, off the list; each state told apart, with when it was used last."""
    secret, id = make(cast.alice, permissions=["inventories"])
    assert wait_for(cast.room, secret, 200, MINE).json() == ["inventories"]

    def state() -> str:
        return " ".join(row_of(cast.alice.get("/room/keys/"), secret).text_content().split())

    ends = time.monotonic() + 10
    while "now" not in state() and "seconds ago" not in state() and "second ago" not in state():
        assert time.monotonic() < ends, state()
        time.sleep(0.2)
    assert "active" in state()
    cast.alice.post(f"/room/keys/{id}/disable/")
    assert "disabled by its owner" in state()
    wait_for(cast.room, secret, 403, MINE)
    cast.alice.post(f"/room/keys/{id}/enable/")
    wait_for(cast.room, secret, 200, MINE)
    cast.room.run("key", "disable", id, "--reason", "odd traffic")
    assert "disabled by an operator odd traffic" in state()
    wait_for(cast.room, secret, 403, MINE)
    cast.alice.post(f"/room/keys/{id}/enable/")
    assert "An operator disabled this key" in cast.alice.get("/room/keys/").text
    assert ask(cast.room, secret, MINE).status_code == 403
    cast.room.run("key", "enable", id)
    wait_for(cast.room, secret, 200, MINE)
    sure = cast.alice.get(f"/room/keys/{id}/revoke/")
    assert ask(cast.room, secret, MINE).status_code == 200
    assert "within a second" in sure.text
    cast.alice.post(f"/room/keys/{id}/revoke/")
    wait_for(cast.room, secret, 403, MINE, within_s=1)
    assert "revoked" in state()
    for what in ("enable", "disable"):
        cast.alice.post(f"/room/keys/{id}/{what}/")
        assert "A revoked key stays revoked" in cast.alice.get("/room/keys/").text
    cast.alice.post(f"/room/keys/{id}/forget/")
    assert secret[:12] not in cast.alice.get("/room/keys/").response.text


def test_neither_owner_nor_operator_undoes_what_the_other_did(cast: Cast) -> None:
    """Disabled by both, and enabled by one, it is disabled still."""
    secret, id = make(cast.alice)
    cast.alice.post(f"/room/keys/{id}/disable/")
    cast.room.run("key", "disable", id)
    assert cast.room.run("key", "enable", id)["state"] == "disabled"
    wait_for(cast.room, secret, 403)
    cast.alice.post(f"/room/keys/{id}/enable/")
    wait_for(cast.room, secret, 200)


def test_a_secret_is_on_one_page_alone(cast: Cast) -> None:
    """Not in its address, not in the list, not in the database, not in the log; the form sent again shows none."""
    form = cast.alice.get("/room/keys/add/gw2/")
    fields = {"name": "Once", "permissions": ["account"]}
    shown = cast.alice.visitor.send(form, fields)
    secret = shown.tree.xpath("string(//*[@id='secret'])")
    assert shown.path == "/room/keys/add/gw2/"
    assert "no-store" in shown.response.headers["cache-control"]
    assert not shown.response.history
    again = cast.alice.visitor.send(form, fields)
    assert (again.status, "sent before" in again.text) == (422, True)
    assert secret not in again.response.text
    assert secret not in cast.alice.get("/room/keys/").response.text
    kept = cast.room.server.log.read_bytes() + b"".join(
        file.read_bytes() for file in (cast.room.server.folder / "data").iterdir() if file.is_file())
    for text in (secret, secret.lower(), secret.replace("-", "")):
        assert text.encode() not in kept


def test_names_of_keys_are_texts_whatever_stands_in_them(cast: Cast) -> None:
    """In the list, in questions, in messages."""
    _, id = make(cast.alice, name=MARKUP)
    for page in (cast.alice.get("/room/keys/"), cast.alice.get(f"/room/keys/{id}/revoke/"),
                 cast.alice.visitor.send(cast.alice.get("/room/keys/"), action=f"/room/keys/{id}/disable/")):
        assert MARKUP in page.text
        assert "<img src=x" not in page.response.text


@pytest.mark.parametrize(("fields", "words"), [
    ({"name": ""}, "required"), ({"name": "x" * 81}, "at most 80"), ({"permissions": []}, "at least one permission"),
    ({"permissions": ["flying"]}, "flying is not one"), ({"days": "31"}, "31 is not one"), ({"days": "-1"}, "-1 is not one"),
    ({"once": "x"}, "too old"), ({"once": None}, "too old"),
])
def test_what_makes_no_sense_is_told_in_the_form(cast: Cast, fields: dict[str, object], words: str) -> None:
    """And no key is made."""
    page = cast.charlie.visitor.fill("/room/keys/add/gw2/", {"name": "Nonsense", "permissions": ["account"], **fields})
    assert (page.status, words in page.text) == (422, True), page.text
    assert "Nonsense" not in cast.charlie.get("/room/keys/").text


def test_a_form_of_somebody_else_makes_nothing(cast: Cast) -> None:
    """What a form carries is for one account."""
    once = cast.alice.get("/room/keys/add/gw2/").tree.xpath("//input[@name='once']/@value")[0]
    page = cast.charlie.visitor.fill("/room/keys/add/gw2/", {"name": "Nonsense", "permissions": ["account"], "once": once})
    assert "too old" in page.text


def test_forms_from_elsewhere_are_refused(cast: Cast) -> None:
    """Without the token of a page of ours, whoever is signed in."""
    secret, id = make(cast.alice)
    wait_for(cast.room, secret, 200)
    for path in ("add/gw2/", f"{id}/disable/", f"{id}/revoke/", f"{id}/forget/"):
        assert "form is too old" in cast.alice.visitor.post(f"/room/keys/{path}", {"name": "x", "permissions": "account"}).text
    assert ask(cast.room, secret).status_code == 200


def test_two_tabs_at_once_do_not_pass_the_limit_of_keys(open_room: Callable[..., Room]) -> None:
    """Those that are over do not count."""
    with ExitStack() as stack:
        cast = gather(open_room(catalog=CATALOG, DRAGOMAN_ROOM__KEYS_MAX="3"), stack)
        forms = [cast.alice.get("/room/keys/add/gw2/") for _ in range(6)]
        with ThreadPoolExecutor(6) as pool:
            pages = list(pool.map(lambda form: cast.alice.visitor.send(form, {"name": "Tab", "permissions": ["account"]}), forms))
        assert sorted(page.status for page in pages) == [200, 200, 200, 422, 422, 422]
        assert "at most 3 keys" in next(page.text for page in pages if page.status == 422)
        id = cast.alice.get("/room/keys/").tree.xpath("//a[contains(@href, '/revoke/')]/@href")[0]
        cast.alice.post(id)
        make(cast.alice)


@pytest.mark.covers("G8")
def test_the_permissions_of_every_endpoint_are_published(cast: Cast) -> None:
    """For anybody, with the words of the publisher."""
    with cast.room.visitor() as visitor:
        page = visitor.get("/room/permissions/")
    assert page.status == 200
    rows = [[" ".join(cell.text_content().split()) for cell in row] for row in page.tree.xpath("//tbody/tr")]
    assert ["inventories", "What you <b>own</b>"] in rows
    assert ["/v2/toys", "A toy.", "no keytrading-post for price"] in rows
    assert ["/v2/toys/mine", "What the account owns.", "inventories"] in rows
    assert ["/v2/toys/hello", "Any key will do.", "any key"] in rows


# -------------------------------------------------------------------------------------------- the operator's switch


def test_what_operators_alone_make_is_said_and_refused(asking: Cast) -> None:
    """With whom to turn to."""
    page = asking.alice.get("/room/keys/")
    assert "Operators alone make them here. Turn to help@example.org." in page.text
    assert not page.tree.xpath("//a[contains(@href, 'add/remote-auth')]")
    assert "Operators alone make keys of this kind" in asking.alice.get("/room/keys/add/remote-auth/").text
    assert asking.alice.post("/room/keys/add/remote-auth/", {"name": "x", "permissions": "account"}, "/room/keys/").status == 303
    assert "remote_auth keys" in asking.alice.get("/room/keys/").text
    assert asking.room.run("key", "requests") == {"requests": []}


def test_a_key_is_asked_for_granted_and_made_once(asking: Cast) -> None:
    """By its owner alone, who alone sees it; a refusal says why."""
    for name in ("Granted one", "Refused one"):
        told = asking.alice.visitor.fill("/room/keys/add/gw2/", {"name": name, "permissions": ["inventories"], "days": "30"})
        assert "operator is asked" in told.text
        assert "waiting for an operator" in told.text
    granted, refused = asking.room.run("key", "requests")["requests"]
    assert (granted["name"], granted["permissions"], granted["days"], granted["account"]) == (
        "Granted one", ["inventories"], 30, asking.alice.name)
    make_it = f"/room/keys/requests/{granted['id']}/make/"
    asking.alice.post(make_it, page="/room/keys/")
    assert "not granted" in asking.alice.get("/room/keys/").text
    asking.room.run("key", "grant", granted["id"])
    asking.room.run("key", "refuse", refused["id"], "--reason", "too much")
    assert "answered, changed or withdrawn" in asking.room.fail("key", "grant", refused["id"])
    assert "too much" in asking.alice.get("/room/keys/").text
    assert asking.bob.post(make_it, page="/room/keys/").status == 404
    shown = asking.alice.visitor.send(asking.alice.get("/room/keys/"), action=make_it)
    secret = shown.tree.xpath("string(//*[@id='secret'])")
    assert wait_for(asking.room, secret, 200, MINE).json() == ["inventories"]
    assert asking.alice.post(make_it, page="/room/keys/").status == 404
    asking.alice.post(f"/room/keys/requests/{refused['id']}/withdraw/", page="/room/keys/")
    assert "too much" not in asking.alice.get("/room/keys/").text

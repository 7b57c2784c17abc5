"""Applications in the Room: listed, added, found, changed, deleted; and known to the data plane within a second."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from dragoman.credentials.follower import Follower
from dragoman.credentials.ledger import open_ledger
from dragoman.credentials.register import Register
from dragoman.credentials.secrets import Digester, is_application_id, load_key
from dragoman.credentials.switches import Switches
from dragoman.errors import Code, Refusal
from dragoman.exchange import Request
from dragoman.query import Credential

from ...timing import best_s, took_s
from .cast import Cast

MARKUP = "<img src=x onerror=alert(1)> & \"quote's\" {{ 7|add:7 }} %(name)s"


class Plane:
    """Another process of the data plane: what it knows of applications, followed as each of them does."""

    def __init__(self, cast: Cast) -> None:
        data_dir = Path(cast.room.server.folder) / "data"
        url = cast.room.server.environment.get("DRAGOMAN_DATABASE_URL", "")
        self.register = Register(Digester(load_key("", data_dir)), stale_max_s=60)
        self.follower = Follower(open_ledger(url, data_dir), self.register, Switches(), lambda _: None)

    def verdict(self, id: str, peer: str = "192.0.2.7") -> Code | None:
        """Why a call of an application is refused; None where it is not."""
        self.follower.follow()
        request = Request(verb="GET", path=b"/", peer=peer, host="api.example", scheme="https", id="1")
        try:
            self.register.identify((Credential("application-id", id),), request)
        except Refusal as refusal:
            return refusal.faults[0].code
        return None


@pytest.mark.covers("L1", "L2")
def test_what_is_added_stands_in_the_list_with_an_id_that_works_at_once(cast: Cast) -> None:
    """A form with name and type; lower case, never `demo`; known to nobody else."""
    plane = Plane(cast)
    first, second = cast.alice.add("Rocket"), cast.alice.add("Comet", "server", "192.0.2.0/24\n2001:db8::1")
    assert [plane.verdict(id) for id in (first, second, first.upper(), "demo")] == [None, None, None, Code.APPLICATION_INVALID]
    assert plane.verdict(second, "198.51.100.1") is Code.ADDRESS_NOT_ALLOWED
    assert first == first.lower()
    assert is_application_id(first)
    mine = cast.alice.get("/room/applications/")
    assert mine.title == "My applications"
    assert {first, second} <= set(mine.tree.xpath("//td/code/text()"))
    assert first not in cast.charlie.get("/room/applications/").response.text


def test_the_form_says_what_the_types_mean(cast: Cast) -> None:
    """Beside it, how they differ."""
    text = cast.alice.get("/room/applications/add/").text
    for words in ("Which type?", "from the addresses that you list alone, 5 at most", "taken from anywhere"):
        assert words in text


@pytest.mark.parametrize(("fields", "words"), [
    ({"name": " \t "}, "This field is required"), ({"name": "x" * 81}, "at most 80 characters"),
    ({"name": "a\u202eb"}, "1 to 80 characters"),
    ({"type": "robot"}, "not one of the available choices"), ({"addresses": "192.0.2.7"}, "from anywhere"),
    ({"type": "server", "addresses": "nonsense\n192.0.2.7\n10.0.0.1/8"}, "“nonsense” is no address"),
    ({"type": "server", "addresses": "nonsense\n192.0.2.7\n10.0.0.1/8"}, "write 10.0.0.0/8"),
    ({"type": "server", "addresses": "\n".join(f"192.0.2.{n}" for n in range(6))}, "At most 5"),
])
def test_what_makes_no_sense_is_told_in_the_form(cast: Cast, fields: dict[str, str], words: str) -> None:
    """What was written stands there still, and nothing is added."""
    before = cast.charlie.get("/room/applications/").text
    page = cast.charlie.visitor.fill("/room/applications/add/", {"name": "Nonsense", **fields})
    assert (page.status, page.path) == (422, "/room/applications/add/")
    assert words in page.text
    assert fields.get("addresses", "") == page.tree.xpath("string(//textarea[@name='addresses'])").strip()
    assert cast.charlie.get("/room/applications/").text == before


def test_names_are_texts_whatever_stands_in_them(cast: Cast) -> None:
    """In the list, on the page, in messages and in questions before deleting."""
    id = cast.alice.add("Harmless")
    cast.alice.post(f"/room/applications/{id}/name/", {"name": MARKUP})
    for path in ("", "?q=onerror", f"{id}/", f"{id}/delete/", f"{id}/transfer/"):
        page = cast.alice.get(f"/room/applications/{path}")
        assert page.status == 200
        assert MARKUP in page.text
        assert "<img src=x" not in page.response.text
    gone = cast.alice.visitor.fill(f"/room/applications/{id}/delete/", {"typed": MARKUP})
    assert f"“{MARKUP}” is deleted" in gone.text
    assert "<img src=x" not in gone.response.text


def test_settings_are_changed_and_in_force_within_a_second(cast: Cast) -> None:
    """Name, addresses and redirect addresses, each in a form of its own that says what is wrong."""
    plane, id = Plane(cast), cast.alice.add("Old name", "server", "192.0.2.7")
    path = f"/room/applications/{id}/"
    page = cast.alice.visitor.send(cast.alice.get(path), {"name": "  New   name "}, action=f"{path}name/")
    assert (page.title, "The name is changed" in page.text) == ("New name", True)
    page = cast.alice.visitor.send(page, {"addresses": "198.51.100.0/24"}, action=f"{path}addresses/")
    assert [plane.verdict(id, peer) for peer in ("192.0.2.7", "198.51.100.9")] == [Code.ADDRESS_NOT_ALLOWED, None]
    described = str(page.tree.xpath("//section[@id='redirects']//a/@href")[0])
    assert cast.alice.get(described).status == 200
    page = cast.alice.visitor.send(page, {"redirects": "https://example.org/in\nhttp://127.0.0.1:3000/"}, action=f"{path}redirects/")
    assert page.status == 200
    for form, name, text in (("redirects", "redirects", "http://example.org/"), ("addresses", "addresses", "198.51.100.1/24"),
                             ("name", "name", "")):
        wrong = cast.alice.visitor.send(page, {name: text}, action=f"{path}{form}/")
        assert wrong.status == 422
        assert len(wrong.tree.xpath(f"//*[@id='{form}']//*[contains(@class, 'errorlist')]")) == 1
    page = cast.alice.get(path)
    assert page.tree.xpath("string(//textarea[@name='redirects'])").split() == ["https://example.org/in", "http://127.0.0.1:3000/"]
    assert plane.verdict(id, "198.51.100.9") is None


def test_two_tabs_change_two_things_and_neither_is_lost(cast: Cast) -> None:
    """Each form changes what it shows alone."""
    id = cast.alice.add("Tabs", "server")
    path = f"/room/applications/{id}/"
    one, two = cast.alice.get(path), cast.alice.get(path)
    cast.alice.visitor.send(one, {"name": "Renamed"}, action=f"{path}name/")
    after = cast.alice.visitor.send(two, {"addresses": "192.0.2.9"}, action=f"{path}addresses/")
    assert (after.title, "192.0.2.9" in after.text) == ("Renamed", True)


def test_two_tabs_at_once_do_not_pass_the_limit(cast: Cast) -> None:
    """However many send the form together."""
    dora = cast.room.person("dora")
    with cast.room.signed_in(dora) as visitor:
        cast.room.run("application", "add", "First", "--owner", dora, "--type", "standalone")
        page = visitor.get("/room/applications/add/")
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda number: visitor.send(page, {"name": f"Tab {number}"}), range(8)))
        assert "9 applications" in visitor.get("/room/applications/").text


def test_deleting_wants_the_name_and_ends_what_hangs_on_it(cast: Cast) -> None:
    """The id is refused within a second; another tab learns that it is gone."""
    plane, id = Plane(cast), cast.alice.add("Doomed")
    path = f"/room/applications/{id}/"
    cast.alice.invite(id, cast.bob, "viewer")
    other = cast.alice.get(path)
    wrong = cast.alice.visitor.fill(f"{path}delete/", {"typed": "doomed"})
    assert (wrong.status, plane.verdict(id)) == (422, None)
    done = cast.alice.visitor.fill(f"{path}delete/", {"typed": "Doomed"})
    assert "“Doomed” is deleted" in done.text
    assert plane.verdict(id) is Code.APPLICATION_INVALID
    assert cast.alice.visitor.send(other, {"name": "Alive"}, action=f"{path}name/").status == 404
    assert id not in cast.bob.get("/room/applications/").response.text


def test_a_blocked_application_says_so_with_the_reason(cast: Cast) -> None:
    """To its members; and its calls are refused until it is unblocked."""
    plane, id = Plane(cast), cast.alice.add("Noisy")
    cast.room.run("application", "block", id, "--reason", f"too loud {MARKUP}")
    page = cast.alice.get(f"/room/applications/{id}/")
    assert "blocked this application" in page.text
    assert f"too loud {MARKUP}" in page.text
    assert plane.verdict(id) is Code.APPLICATION_BLOCKED
    assert page.tree.xpath("count(//span[@class='badge danger'])") == 1
    cast.room.run("application", "unblock", id)
    assert plane.verdict(id) is None


def test_secrets_overlap_are_shown_once_and_end(cast: Cast) -> None:
    """Five at most; a form that is sent twice makes one."""
    id = cast.alice.add("Confidential")
    path = f"/room/applications/{id}/"
    page = cast.alice.get(path)
    made = cast.alice.visitor.send(page, action=f"{path}secrets/")
    secret = made.tree.xpath("string(//*[@id='secret'])")
    assert (len(secret), secret.startswith("drg_app_")) == (64, True)
    assert "no-store" in made.response.headers["cache-control"]
    again = cast.alice.visitor.send(page, action=f"{path}secrets/")
    assert "sent before" in again.text
    assert secret not in again.response.text
    assert secret[:12] in again.text
    for _ in range(4):
        page = cast.alice.visitor.send(cast.alice.get(path), action=f"{path}secrets/")
    assert "at most 5" in cast.alice.visitor.send(cast.alice.get(path), action=f"{path}secrets/").text
    page = cast.alice.get(path)
    actions = page.tree.xpath("//form[contains(@action, '/secrets/') and .//select]/@action")
    assert len(actions) == 5
    page = cast.alice.visitor.send(page, {"within": "7d"}, action=actions[0])
    assert "runs out by itself" in page.text
    page = cast.alice.visitor.send(page, {"within": ""}, action=actions[1])
    assert len(page.tree.xpath("//form[contains(@action, '/secrets/') and .//select]")) == 4
    assert "gone already" in cast.alice.visitor.post(actions[1], {
        "csrfmiddlewaretoken": page.tree.xpath("//input[@name='csrfmiddlewaretoken']/@value")[0]}).text


def test_forms_from_elsewhere_are_refused(cast: Cast) -> None:
    """Without the token of a page of ours, whoever is signed in."""
    id = cast.alice.add("Forged")
    for path, fields in (("add/", {"name": "x", "type": "server"}), (f"{id}/name/", {"name": "x"}), (f"{id}/delete/", {"typed": "Forged"}),
                         (f"{id}/secrets/", {}), (f"{id}/leave/", {})):
        page = cast.alice.visitor.post(f"/room/applications/{path}", fields)
        assert page.status == 403
        assert "form is too old" in page.text
    assert cast.alice.get(f"/room/applications/{id}/").title == "Forged"


def test_ten_thousand_applications_are_listed_and_found_quickly(cast: Cast) -> None:
    """A page at a time, by name whatever its case, and by id."""
    olga = cast.room.person("olga")
    told = cast.room.server.run("application", "add", "Никогда", "--owner", olga, "--type", "standalone")
    assert told.returncode == 0, told.stderr
    needle = told.stdout.strip()
    add_many(cast, needle, 10_000)
    with cast.room.signed_in(olga) as visitor:
        for query, words in (("", "10001 applications"), ("?page=401", "Page 401 of 401"), ("?page=9999", "Page 401 of 401"),
                             ("?page=x", "Page 1 of 401"), ("?q=НИКОГДА", "1 application"), (f"?q={needle}", "1 application"),
                             ("?q=copy 77", "111 applications"), ("?q=%25", "0 applications"), ("?q=_", "0 applications")):
            page = visitor.get(f"/room/applications/{query}")
            assert words in page.text, (query, page.text[:300])
            assert best_s(lambda query=query: took_s(lambda: visitor.get(f"/room/applications/{query}")), 2) < 2, query
            assert len(page.tree.xpath("//tbody/tr")) <= 25


def add_many(cast: Cast, model: str, count: int) -> None:
    """Copy one application many times, in the database itself."""
    import sqlite3

    import psycopg

    url = cast.room.server.environment.get("DRAGOMAN_DATABASE_URL", "")
    base: Any = psycopg.connect(url) if url else sqlite3.connect(cast.room.server.folder / "data" / "control.db")
    names = [each[0] for each in base.execute("SELECT * FROM applications_application LIMIT 0").description]
    made = {"id": "md5('' || n)" if url else "lower(hex(randomblob(16)))", "name": "'Copy ' || n", "folded": "'copy ' || n"}
    with base:
        base.execute(
            f"INSERT INTO applications_application ({', '.join(names)}) WITH RECURSIVE many(n) AS "
            f"(SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < {count}) SELECT {', '.join(made.get(name, name) for name in names)} "
            f"FROM many, applications_application WHERE id = '{model}'")
    base.close()


def test_numbers_beyond_every_column_are_missing_ones(cast: Cast) -> None:
    """No failure of the database reaches anybody."""
    id, huge = cast.alice.add("Numbers"), "9" * 60
    assert cast.alice.post(f"/room/applications/invitations/{huge}/").status == 404
    assert cast.alice.post(f"/room/applications/{id}/members/{huge}/").status == 303
    assert cast.alice.post(f"/room/applications/{id}/invitations/{huge}/").status == 303
    assert cast.alice.get(f"/room/applications/?page={huge}&q=%00").status == 200



"""What is wrong is told under the name that the client wrote, whatever it is called in other dialects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ..conftest import Server
from ..timing import settle_s

CATALOG = '''
from typing import Annotated, Literal

from dragoman import Catalog, Extra, Key, Localized, Named, Record, Rows, Search, Sort

catalog = Catalog("fleet", title="Fleet", languages=("en", "de"))


@catalog.resource("sea/ships", Rows(lambda: [{"id": 1, "name": {"en": "Ark"}, "crew": 2}]))
class Ship(Record):
    """A ship."""

    id: Annotated[int, Key(), Named(lesta="ship_id", dast="ship", webmaster="vessel")]
    name: Annotated[Localized, Search(at_least=3), Sort()]
    crew: Annotated[int, Extra()]


catalog.search("sea/find", Ship, by="name")


@catalog.method("sea/hail")
def hail(lang: Annotated[Literal["en", "ru"], Named(gw2="tongue")] = "en", search: Annotated[int, Named(gw2="deep")] = 0) -> str:
    """Parameters that are called like what has a meaning of its own elsewhere."""
    return lang
'''
ASKED = {
    "gw2": [
        ("sea/ships?lang=xx", "lang"), ("sea/ships?v=never", "v"), ("sea/ships?page=0&sort=crew", "sort"), ("sea/ships?search=a", "search"),
        ("sea/ships?page=x", "page"), ("sea/ships?page_size=0", "page_size"), ("sea/find?page=0", "search"),
        ("sea/hail?tongue=de", "tongue"), ("sea/hail?deep=x", "deep"),
    ],
    "lesta": [
        ("sea/ships/?language=xx", "language"), ("sea/ships/?v=never", "v"), ("sea/ships/?search=a", "search"),
        ("sea/ships/?page_no=x", "page_no"), ("sea/ships/?limit=0", "limit"), ("sea/ships/?fields=hull", "fields"),
        ("sea/ships/?extra=name", "extra"), ("sea/ships/?ship_id=x", "ship_id"), ("sea/find/", "search"),
        ("sea/find/?search=Ark&type=like", "type"), ("sea/hail/?lang=de", "lang"), ("sea/hail/?search=x", "search"),
    ],
    "dast": [
        ("ships?language=xx", "language"), ("ships?v=never", "v"), ("ships?sort=-crew", "sort"), ("ships?search=a", "search"),
        ("ships?page=x", "page"), ("ships?limit=0", "limit"), ("ships/get?ship=x", "ship"), ("ships/get", "ship"),
        ("ships/get?ship=9", "ship"), ("sea/find?type=like", "type search"), ("sea/hail?lang=de&search=x", "lang search"),
        ("sea/hail?sort=x", "sort"),
    ],
    "webmaster": [
        ("sea/json/ships?language=xx", "language"), ("sea/json/ships?v=never", "v"),
        ("sea/json/ships?sort=crew&sort_type=desc", "sort"), ("sea/json/ships?sort=name&sort_type=down", "sort_type"),
        ("sea/json/ships?q=a", "q"), ("sea/json/ships?start=x", "start"), ("sea/json/ships?limit=0", "limit"),
        ("sea/json/ships?vessel=x", "vessel"), ("sea/json/find", "q"), ("sea/json/find?q=Ark&type=like", "type"),
        ("sea/json/hail?lang=de&search=x", "lang search"), ("sea/json/hail?q=x", "q"),
    ],
}
MOUNTS = {"gw2": "/v2/", "lesta": "/fleet/", "dast": "/api/", "webmaster": "/api/rest/"}
KINDS = {"dast": ("api-token", "api_token"), "webmaster": ("remote-auth", "remote_auth")}


class Voices:
    """One server as Alice asks it in every dialect."""

    def __init__(self, server: Server) -> None:
        self.server = server
        server.prepare("account", "add", "alice")
        made = server.prepare("application", "add", "Fleet", "--owner", "alice", "--type", "standalone")
        self.proofs = {"gw2": {}, "lesta": {"application_id": made["application_id"]}}
        for dialect, (kind, name) in KINDS.items():
            self.proofs[dialect] = {name: server.prepare("key", "add", "--account", "alice", "--kind", kind)["secret"]}
        settle_s(lambda: self.ask("webmaster", "sea/json/ships").json()["status"] == 200)         # the last was made last

    def ask(self, dialect: str, address: str) -> Any:
        path, _, query = address.partition("?")
        asked = dict(pair.split("=") for pair in query.split("&") if pair)
        return self.server.get(MOUNTS[dialect] + path, params={**self.proofs[dialect], **asked})

    def wrong(self, dialect: str, address: str) -> list[str]:
        """What each thing that is wrong is told to be about, in the dialect's own form."""
        told = self.ask(dialect, address).json()
        if dialect == "lesta":
            return [told["error"]["field"]]
        if dialect == "dast":
            return [error["message"].partition(" parameter")[0] for error in told["error"]]
        return [part.rpartition(" ")[2] for part in told["text" if dialect == "gw2" else "error"].split(": ")[:-1]]


@pytest.fixture(scope="module")
def voices(serve: Callable[..., Server]) -> Voices:
    return Voices(serve(catalog=CATALOG))


@pytest.mark.parametrize(("dialect", "address", "names"), [
    (dialect, address, names) for dialect, asked in ASKED.items() for address, names in asked])
def test_each_thing_is_called_as_the_client_called_it(voices: Voices, dialect: str, address: str, names: str) -> None:
    """Language, version, fields, search, order, pages, keys; and parameters of methods that are called like one of them elsewhere."""
    assert voices.wrong(dialect, address) == names.split()


def test_the_direction_of_an_order_is_told_where_it_is_asked_for(voices: Voices) -> None:
    """A `-` before the field, or a parameter of its own."""
    assert "`-crew`" in (told := voices.ask("dast", "ships?sort=-crew").text)
    assert "with - before it" in told
    told = voices.ask("webmaster", "sea/json/ships?sort=crew&sort_type=desc").json()["error"]
    assert told == "sort: cannot sort by this `crew`. Use one of name."

"""gw2api-client from npm, unchanged, against a catalog of ours with the paths that it asks for."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ..conftest import Server
from .npm import install

HERE = Path(__file__).parent / "gw2"
CATALOG = '''
"""A tavern, told with the names that the client knows."""
import itertools
from typing import Annotated
from dragoman import Catalog, Key, Localized, Record, Refers, Rows

catalog = Catalog("tavern", languages=("en", "es", "de", "fr", "zh"))
builds = itertools.count(115_000)

@catalog.resource("currencies", Rows(lambda: [
    {"id": 1, "name": {"en": "Button", "es": "Botón", "de": "Knopf", "fr": "Bouton", "zh": "纽扣"}},
    {"id": 2, "name": {"en": "Shell", "de": "Muschel"}},
]))
class Currency(Record):
    id: Annotated[int, Key()]
    name: Localized

@catalog.resource("items", Rows(lambda: ({"id": n, "name": {"en": f"Mug {n}"}} for n in range(1, 451))), expand_all=False)
class Item(Record):
    id: Annotated[int, Key()]
    name: Localized

@catalog.resource("quaggans", Rows(lambda: [{"id": "hat", "url": "https://example.org/hat.png"}]))
class Quaggan(Record):
    id: Annotated[str, Key()]
    url: str

@catalog.resource("worlds", Rows(lambda: [
    {"id": 1001, "name": {"en": "Cellar"}, "population": "High"},
    {"id": 2001, "name": {"en": "Attic", "de": "Dachboden", "fr": "Grenier"}, "population": "Full"},
]))
class World(Record):
    id: Annotated[int, Key()]
    name: Localized
    population: str

@catalog.resource("achievements", Rows(lambda: [{"id": 7, "name": {"en": "Last to leave"}}]), expand_all=False)
class Achievement(Record):
    id: Annotated[int, Key()]
    name: Localized

@catalog.resource("achievements/categories", Rows(lambda: [{"id": 3, "name": {"en": "Evenings"}, "achievements": [7]}]))
class Category(Record):
    id: Annotated[int, Key()]
    name: Localized
    achievements: Annotated[list[int], Refers(Achievement)]

class Offer(Record):
    quantity: int
    unit_price: int

@catalog.resource("commerce/prices", Rows(lambda: [
    {"id": n, "whitelisted": False, "buys": {"quantity": n, "unit_price": 10}} for n in (1, 2)]), expand_all=False)
class Price(Record):
    id: Annotated[int, Key()]
    whitelisted: bool
    buys: Offer

@catalog.method("build")
def build() -> dict[str, int]:
    """The build of the game; a newer one at each asking."""
    return {"id": next(builds)}
'''


@pytest.fixture(scope="module")
def client() -> Path:
    """The folder in which npm has installed it."""
    return install("gw2api-client", HERE)


@pytest.fixture(scope="module")
def told(serve: Callable[..., Server], client: Path) -> dict[str, Any]:
    """Everything that the client's users ask for, as they got it."""
    server = serve(catalog=CATALOG)
    ran = subprocess.run(["node", "ask.js", server.url], cwd=client, text=True, capture_output=True, timeout=60,
                         check=False)
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


@pytest.mark.covers("G1", "G2", "G14")
def test_ids_and_single_records(told: dict[str, Any]) -> None:
    """Numbers and texts are keys alike."""
    assert told["ids"] == [1, 2]
    assert told["one"] == {"id": 1, "name": "Button"}
    assert told["text"] == {"id": "hat", "url": "https://example.org/hat.png"}
    assert told["anySchema"] == {"id": 2, "name": "Shell"}


@pytest.mark.covers("G9")
def test_each_language_has_its_own_names(told: dict[str, Any]) -> None:
    """What a language lacks is told in English."""
    assert told["languages"] == ["Button", "Botón", "Knopf", "Bouton", "纽扣"]
    assert told["world"] == {"id": 2001, "name": "Dachboden", "population": "Full"}
    assert [world["name"] for world in told["worlds"]] == ["Cellar", "Grenier"]


@pytest.mark.covers("G3", "G4", "G5")
def test_many_all_and_pages(told: dict[str, Any]) -> None:
    """`all` asks for `ids=all`, or for every page where the client knows that an endpoint refuses that."""
    assert [each["id"] for each in told["many"]] == [2, 1]
    assert [each["name"] for each in told["all"]] == ["Button", "Shell"]
    assert [each["id"] for each in told["page"]] == list(range(201, 401))
    assert [each["id"] for each in told["lastPage"]] == list(range(401, 451))
    assert told["allByPages"] == told["manyInChunks"] == list(range(1, 451))
    assert told["someMissing"] == [{"id": 1, "name": "Button"}]


def test_endpoints_below_endpoints(told: dict[str, Any]) -> None:
    """A group beside a resource of the same name, and a group alone."""
    assert told["parent"] == {"id": 7, "name": "Last to leave"}
    assert told["child"] == [{"id": 3, "name": "Evenings", "achievements": [7]}]
    assert [price["buys"] for price in told["group"]] == [{"quantity": n, "unit_price": 10} for n in (1, 2)]


@pytest.mark.covers("G13")
def test_refusals_reach_the_client_as_it_expects_them(told: dict[str, Any]) -> None:
    """The status and the text that clients of the service tell their users."""
    refused = told["refused"]
    assert refused["missing"] == {"status": 404, "text": "no such id"}
    assert refused["allMissing"] == {"status": 404, "text": "all ids provided are invalid"}
    assert refused["pageTooHigh"] == {"status": 400, "text": "page out of range. Use page values 0 - 2."}
    assert refused["noSuchEndpoint"]["status"] == 404
    assert refused["noSuchLanguage"]["status"] == 400


def test_the_clients_cache_lasts_until_the_next_build(told: dict[str, Any]) -> None:
    """`flushCacheIfGameUpdated` asks `/v2/build`, here a method, and forgets everything when the number grows."""
    assert told["requests"] == {"first": 1, "again": 0, "afterUpdate": 1, "partly": 1, "live": 1}

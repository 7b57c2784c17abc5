"""gw2api-client from npm, unchanged, against a catalog of ours."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ..conftest import Server

HERE = Path(__file__).parent / "gw2"
CATALOG = """
from typing import Annotated
from dragoman import Catalog, Key, Localized, Record, Rows

catalog = Catalog("tavern", languages=("en", "es", "de", "fr", "zh"))

@catalog.resource("currencies", Rows(lambda: [
    {"id": 1, "name": {"en": "Button", "de": "Knopf"}}, {"id": 2, "name": {"en": "Shell", "de": "Muschel"}}]))
class Currency(Record):
    id: Annotated[int, Key()]
    name: Localized

@catalog.resource("items", Rows(lambda: ({"id": n, "name": {"en": f"Mug {n}"}} for n in range(1, 451))))
class Item(Record):
    id: Annotated[int, Key()]
    name: Localized

@catalog.resource("quaggans", Rows(lambda: [{"id": "hat", "url": "https://example.org/hat.png"}]))
class Quaggan(Record):
    id: Annotated[str, Key()]
    url: str
"""


@pytest.fixture(scope="module")
def installed() -> Path:
    """The client's folder; what npm cannot install skips these tests by name."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("gw2api-client needs node and npm: install the Debian packages nodejs and npm")
    if not (HERE / "node_modules" / "gw2api-client").is_dir():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=HERE, check=True, timeout=240, capture_output=True)
    return HERE


@pytest.mark.covers("G1", "G2", "G3", "G4", "G5", "G9", "G14")
def test_gw2api_client_reads_ids_records_pages_and_languages(serve: Callable[..., Server], installed: Path) -> None:
    """What the client's users do: ids, get, many, all, page and language, and an id that is not there."""
    server = serve(catalog=CATALOG)
    ran = subprocess.run(["node", "ask.js", server.url], cwd=installed, text=True, capture_output=True, timeout=60,
                         check=False)
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["ids"] == [1, 2]
    assert told["one"] == {"id": 1, "name": "Button"}
    assert told["localized"] == {"id": 1, "name": "Knopf"}
    assert sorted(each["id"] for each in told["many"]) == [1, 2]
    assert [each["name"] for each in told["all"]] == ["Button", "Shell"]
    assert [each["id"] for each in told["page"]] == list(range(201, 401))
    assert told["allByPages"] == told["manyInChunks"] == 450
    assert told["text"]["id"] == "hat"
    assert told["missing"] == {"status": 404, "text": "no such id"}

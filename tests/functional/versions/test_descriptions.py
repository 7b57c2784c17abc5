"""XSD, WSDL and OpenAPI of each version, and each answer of that version valid by them (W9, W10, G10)."""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import jsonschema
import openapi_spec_validator
import pytest
import xmlschema
import zeep

from ...conftest import Server
from ..webmaster.conftest import Network
from .test_endings import CATALOG as ENDING
from .test_versions import CATALOG, FLAT, POINT

VERSIONS = (None, "earliest", "2019-12-19", "2020-01-01", "2021-01-01", "2021-05-01", "2021-09-01", "2022-01-01", "2022-03-09T02:00:00Z",
            "2022-03-23T19:00:00Z", "2023-01-01", "2023-06-01", "latest")
ASKED = ("data/{}/account", "data/{}/recipes", "data/{}/recipes?id=1", "data/{}/recipes?limit=0", "achievements/{}/categories",
         "achievements/{}/categories?id=3", "achievements/{}/categories/nonsense", "data/{}/mounts", "data/{}/cats",
         "data/{}/cats?http_status=1", "maps/{}/who", "data/{}/recipes?remote_auth=wrong", "data/{}/nothing")


@pytest.fixture(scope="module")
def network(serve: Callable[..., Server]) -> Network:
    """The interface with its history, and Alice's key."""
    return Network(serve(catalog=CATALOG), knows="data/json/account", permissions=("account",))


def described(network: Network, name: str, version: str | None = None, **headers: str) -> httpx.Response:
    """A description, as anybody asks for it."""
    return httpx.get(f"{network.server.url}/api/rest/{name}", params={} if version is None else {"v": version}, headers=headers)


@pytest.mark.covers("G10", "W9")
@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_every_answer_of_every_version_is_valid_by_its_description(network: Network, version: str | None, form: str) -> None:
    """`Network.ask` proves it, of failures too; and the records are there."""
    asked: dict[str, Any] = {} if version is None else {"v": version}
    for place in ASKED:
        path, _, query = place.format(form).partition("?")
        network.ask(path, **{**asked, **dict(part.split("=") for part in query.split("&") if part)})
    assert network.tell(f"data/{form}/recipes", **asked).status == 200
    assert network.tell(f"achievements/{form}/categories", **asked).status == 200


@pytest.mark.covers("G10", "W5", "W9")
@pytest.mark.parametrize(("version", "sent"), [
    ("latest", {"start": POINT, "end": POINT, "unit": "foot", "steps": 3}), ("2022-06-01", {"start": FLAT, "end": FLAT, "unit": "foot"}),
    (None, {"start": FLAT, "finish": FLAT}),
])
def test_what_is_sent_is_valid_by_the_schema_of_its_version_and_by_no_other(
    network: Network, version: str | None, sent: dict[str, Any],
) -> None:
    """In XML and in JSON."""
    asked: dict[str, Any] = {} if version is None else {"v": version}
    inside = "".join(f"<{name}>{''.join(f'<{x}>{y}</{x}>' for x, y in value.items()) if isinstance(value, dict) else value}</{name}>"
                     for name, value in sent.items())
    body = f"<distanceRequestData>{inside}</distanceRequestData>"
    for each in ("latest", "2022-06-01", "earliest"):
        schema = network.descriptions.schema("maps", "distance", each)
        assert schema.is_valid(body) == (each == (version or "earliest"))
        openapi = network.descriptions.openapi("maps", each)
        operation = openapi["paths"]["/{format}/distance"]["post"]
        judge = jsonschema.Draft202012Validator({**operation["requestBody"]["content"]["application/json"]["schema"],
                                                 "components": openapi["components"]})
        if each == (version or "earliest"):
            assert judge.is_valid(sent)
        elif "earliest" in (each, version or "earliest"):       # a record may hold more than is known of it
            assert not judge.is_valid(sent)
    assert network.tell("maps/xml/distance", "POST", body, **asked).status == 200
    assert network.tell("maps/json/distance", "POST", json.dumps(sent), **asked).status == 200


@pytest.mark.covers("G10", "W9", "W10")
@pytest.mark.parametrize("kind", ["xsd", "wsdl", "openapi.json", "xsd/recipes"])
def test_a_version_is_asked_for_by_parameter_or_by_header_and_is_the_earliest_else(network: Network, kind: str) -> None:
    """As answers are; caches are told what it hangs on."""
    texts = {version: described(network, f"data/{kind}", version) for version in (None, "earliest", "2020-01-01", "latest")}
    assert texts[None].content == texts["earliest"].content
    assert len({answer.content for answer in texts.values()}) == 3
    for version, answer in texts.items():
        assert answer.status_code == 200
        assert answer.headers["vary"] == "Accept-Encoding, X-Schema-Version"
        assert answer.headers["cache-control"] == "public, max-age=60"
        if version is not None:
            by_header = described(network, f"data/{kind}", **{"X-Schema-Version": version})
            assert by_header.content == answer.content
            assert described(network, f"data/{kind}", version, **{"X-Schema-Version": "2021-09-01"}).content == answer.content
        again = described(network, f"data/{kind}", version, **{"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
    assert texts[None].headers["x-schema-version"] == "earliest"
    assert texts["latest"].headers["x-schema-version"] == "2024-07-20T01:00:00Z"


@pytest.mark.covers("W10")
def test_an_openapi_says_which_version_it_is_of_and_how_that_is_asked_for(network: Network) -> None:
    """Filters, positions and sorts of then."""
    old, new = (network.descriptions.openapi("achievements", version) for version in ("earliest", "latest"))
    for each in (old, new):
        openapi_spec_validator.validate(each)
    assert (old["info"]["version"], new["info"]["version"]) == ("earliest", "2024-07-20T01:00:00Z")
    asked = {name: {each["name"]: each for each in document["paths"]["/{format}/categories"]["get"]["parameters"]}
             for name, document in (("old", old), ("new", new))}
    assert "v" in asked["old"]
    assert "sort" in asked["new"]
    assert "sort" not in asked["old"]
    assert asked["old"]["state"]["schema"]["items"]["enum"] == ["open", "over"]
    assert asked["new"]["state"]["schema"]["items"]["enum"] == ["open", "daily", "closed"]
    assert old["paths"]["/{format}/categories"]["get"]["x-positions"][0] == "state"
    link = old["paths"]["/{format}/categories"]["get"]["externalDocs"]["url"]
    assert link == "xsd/categories?v=earliest"
    library = f"{network.server.url}/api/rest/achievements/openapi.json"
    assert httpx.get(httpx.URL(library).join(link)).content == described(network, "achievements/xsd/categories", "earliest").content


@pytest.mark.covers("G10")
def test_what_is_not_there_in_a_version_is_not_described_in_it(network: Network) -> None:
    """Mounts came in 2021, cats went in 2020; whoever asks is told so in a document that the schema knows."""
    for version, there, missing in (
        ("2021-01-01", [], ["mounts", "cats"]), ("2021-09-01", ["mounts"], ["cats"]), ("earliest", ["cats"], ["mounts"]),
    ):
        paths = network.descriptions.openapi("data", version)["paths"]
        for name in there:
            assert f"/{{format}}/{name}" in paths
            assert described(network, f"data/xsd/{name}", version).status_code == 200
        for name in missing:
            assert f"/{{format}}/{name}" not in paths
            assert described(network, f"data/xsd/{name}", version).json()["status"] == 404
            answer = network.ask(f"data/xml/{name}", v=version)
            network.descriptions.schema("data", "", version).validate(answer.text)


@pytest.mark.covers("W9")
def test_a_client_made_from_an_old_wsdl_calls_that_version(network: Network) -> None:
    """By sending it."""
    text = described(network, "data/wsdl", "2020-01-01").content
    service = zeep.Client(io.BytesIO(text)).bind("data", "data-get")
    found = service.getRecipes(remote_auth=network.alice, v="2020-01-01", limit=1)
    assert found.data.item[0].min_rating == 0
    assert found.data.item[0].guild_ingredients.item[0].upgrade_id == 570


@pytest.mark.parametrize("version", ["", "never", "2024", "9" * 999])
def test_nonsense_is_no_version_of_a_description(network: Network, version: str) -> None:
    """Told as everywhere."""
    told = described(network, "data/xsd", version).json()
    assert told["status"] == 400
    assert "invalid schema version" in told["error"]
    twice = httpx.get(f"{network.server.url}/api/rest/data/xsd?v=latest&v=earliest").json()
    assert "given more than once" in twice["error"]


def test_what_is_gone_is_not_described(serve: Callable[..., Server]) -> None:
    """And the earliest that is supported is what is described where none is asked for."""
    url = f"{serve(catalog=ENDING).url}/api/rest/data/xsd"
    assert httpx.get(url).headers["x-schema-version"] == "2020-06-01T00:00:00Z"
    gone = httpx.get(url, params={"v": "2020-01-01"}).json()
    assert (gone["status"], "this schema version is gone" in gone["error"]) == (404, True)


@pytest.mark.parametrize(("version", "there", "gone"), [
    (None, ["2024-07-20T01:00:00Z", "min_rating", "mount_id"], ["wvw_rank", "guild_ingredients", "upgrade_id"]),
    ("latest", ["min_rating", "v=2024-07-20T01:00:00Z"], ["guild_ingredients"]),
    ("2022-01-01", ["min_rating", "guild_ingredients", "mounts"], ["mount_id", "tyria-data-cats"]),
    ("earliest", ["level", "guild_ingredients", "wvw_rank", "finish", "tyria-data-cats"], ["min_rating", "tyria-data-mounts"]),
    ("never", ["min_rating"], ["wvw_rank"]),
])
def test_the_first_page_describes_every_version(network: Network, version: str | None, there: list[str], gone: list[str]) -> None:
    """The latest where none is chosen; what was there then, under the names of then, with lines that answer in it."""
    page = httpx.get(network.server.url, params={} if version is None else {"v": version}).text
    assert all(name in page for name in there), [name for name in there if name not in page]
    assert not [name for name in gone if name in page]
    assert "A call that names no version is answered in <code>earliest</code>." in page
    for address in set(re.findall(r'href="(/(?:v2|api/rest)/[^"#]*)"', html.unescape(page))):
        assert httpx.get(network.server.url + address).status_code == 200, address


def test_the_first_page_speaks_of_versions_in_russian(network: Network) -> None:
    """As of all else."""
    assert "Здесь описана версия схемы" in httpx.get(network.server.url, headers={"Accept-Language": "ru"}).text


def test_the_proof_notices_an_answer_of_another_version(network: Network) -> None:
    """It is itself tried."""
    answer = network.ask("data/xml/recipes", v="latest")
    with pytest.raises(xmlschema.XMLSchemaException):
        network.descriptions.schema("data", "", "earliest").validate(answer.text)

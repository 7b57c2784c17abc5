"""Wrong input in the webmaster convention: a clear error in the envelope, in the format that was asked for."""

from __future__ import annotations

import json

import httpx
import pytest

from .conftest import FORMATS, Network
from .reading import read

DEEP_JSON = '{"slot":' + "[" * 10_000 + "]" * 10_000 + "}"
DEEP_XML = "<tellRequestData>" + "<a>" * 10_000 + "</a>" * 10_000 + "</tellRequestData>"


@pytest.mark.covers("W1", "W6", "W7")
@pytest.mark.parametrize(("path", "status", "told"), [
    ("", 404, "no such library"), ("nowhere", 404, "no such library"), ("nowhere/json/servers", 404, "no such library"),
    ("game", 400, "no such format"), ("game/servers", 400, "no such format"), ("game/html/servers", 400, "no such format"),
    ("game/JSON/servers", 400, "no such format"), ("game/json", 404, "no such resource"), ("game/json/players", 404, "no such resource"),
    ("game/json/Servers", 404, "no such resource"),
    ("game/json/servers/" + "/".join("1" * 8), 400, "too many values in the path: 8, where 7 may stand"),
    ("data/json/profile/1", 400, "too many values in the path"), ("tools/json/say/a/b", 400, "too many values"),
    ("game/json/servers/%ff", 400, "not UTF-8"), ("game/json/servers/%00", 400, "NUL"), ("game/json/servers/%zz", 400, "escape"),
    ("game/json/servers/-1", 400, "start"), ("game/json/servers/1.5", 400, "start"), ("game/json/servers/0/1001", 400, "limit"),
    ("game/json/servers/0/7/secret", 400, "sort"), ("game/json/servers/0/7/name/down", 400, "sort_type"),
])
def test_a_path_that_leads_nowhere_says_why(network: Network, path: str, status: int, told: str) -> None:
    url = httpx.URL(network.server.url).copy_with(raw_path=f"/api/rest/{path}?remote_auth={network.alice}".encode())
    answer = httpx.get(url)
    found = read(answer, "json")
    assert answer.status_code == 200
    assert (found.status, told in found.error) == (status, True), found


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(("parameters", "status", "told"), [
    ({"remote_auth": None}, 403, "remote_auth is missing"), ({"remote_auth": ""}, 403, "remote_auth is missing"),
    ({"remote_auth": "0" * 32}, 403, "remote_auth is not valid"), ({"remote_auth": ["a", "b"]}, 400, "remote_auth"),
    ({"unheard": "1"}, 400, "unheard: unknown parameter"), ({"api_token": "1"}, 400, "api_token: unknown parameter"),
    ({"id": "x"}, 400, "id: invalid value"), ({"id": ",".join(map(str, range(1_001)))}, 400, "id list too long"),
    ({"request_id": "1"}, 400, "request_id"), ({"bom": "yes"}, 400, "bom"), ({"http_status": "418"}, 400, "http_status"),
    ({"start": "9" * 30}, 200, ""), ({"limit": "9" * 30}, 400, "limit"), ({"language": "tlh"}, 400, "language"),
])
def test_parameters_that_make_no_sense(network: Network, parameters: dict, status: int, told: str, form: str) -> None:
    found = network.tell(f"game/{form}/servers", **parameters)
    assert (found.status, told in found.error) == (status, True), found


@pytest.mark.covers("W5", "W7")
@pytest.mark.parametrize(("form", "body", "told"), [
    ("json", "{", "not JSON"), ("json", "[]", "no JSON"), ("json", "7", "no JSON"), ("json", '{"count":1,"count":2}', "count"),
    ("json", '{"count":NaN}', "NaN"), ("json", '{"count":1e999}', "too large"), ("json", b'{"count":"\xff"}', "UTF-8"),
    ("json", '{"count":1} {}', "not JSON"), ("json", DEEP_JSON, "malformed body"), ("json", "<tellRequestData/>", "no JSON"),
    ("json", '{"count":10,"half":"x","size":"xl"}', "half"), ("json", '{"count":1,"slot":{"name":7,"weights":[null]}}', "slot.name"),
    ("json", '{"count":1,"tags":"a"}', "tags"), ("json", '{"count":true}', "count"), ("json", '{"count":1,"extra":1}', "extra"),
    ("json", "count=1", "no JSON"), ("json", "{}", "count: missing"), ("json", '{"count":1,"half":null}', "half"),
    ("xml", '{"count":1}', "no XML"), ("xml", "<tellRequestData><count>1</count>", "malformed body"),
    ("xml", "<!DOCTYPE a><tellRequestData><count>1</count></tellRequestData>", "DOCTYPE"),
    ("xml", '<!DOCTYPE a [<!ENTITY b "c">]><tellRequestData><count>&b;</count></tellRequestData>', "DOCTYPE"),
    ("xml", "<tellRequestData><count>&b;</count></tellRequestData>", "malformed body"), ("xml", DEEP_XML, "malformed body"),
    ("xml", b"<tellRequestData><count>\xff</count></tellRequestData>", "UTF-8"), ("xml", "count=1", "no XML"),
    ("xml", "<tellRequestData><count>1</count><half>x</half></tellRequestData>", "half"),
    ("xml", "<tellRequestData><count>1</count><count>2</count></tellRequestData>", "count"),
    ("xml", "<tellRequestData><count>1</count><unheard>2</unheard></tellRequestData>", "unheard"),
    ("xml", "<tellRequestData></tellRequestData>", "count"),
    ("xml", "<tellRequestData>\n<half>1</half>\n<count>1</count></tellRequestData>", "count: malformed body: <count> comes too late"),
    ("xml", "<tellRequestData>\n\n<count>x</count></tellRequestData>", "line 3"), ("xml", "<sayRequestData/>", "Send <tellRequestData>"),
    ("xml", '<tellRequestData xmlns="urn:x"><count>1</count></tellRequestData>', "namespace"),
    ("xml", "<tellRequestData><count>1</count><slot><weights><item>1</item><item>x</item></weights></slot></tellRequestData>", "slot.name"),
    ("xml", "<tellRequestData><count>10</count><tags><tag>a</tag></tags></tellRequestData>", "<item>"),
])
def test_bodies_that_make_no_sense(network: Network, form: str, body: str | bytes, told: str) -> None:
    found = network.tell(f"tools/{form}/tell", "POST", body)
    assert (found.status, told in found.error) == (400, True), found


@pytest.mark.parametrize("verb", ["POST", "PUT"])
def test_nothing_is_sent_as_csv(network: Network, verb: str) -> None:
    found = network.tell("tools/csv/tell", verb, "count\n1\n")
    assert (found.status, "as csv" in found.error) == (400, True)


def test_a_body_that_is_too_large_is_told_in_the_envelope(network: Network) -> None:
    found = network.tell("tools/json/tell", "POST", json.dumps({"count": 1, "tags": ["a" * 2_000_000]}))
    assert (found.status, found.error) == (400, "the body is larger than 1048576 bytes. Send less at once.")


@pytest.mark.parametrize(("path", "verb"), [("tools/json/tell", "GET"), ("tools/json/say", "PUT"), ("game/xml/servers", "DELETE"),
                                            ("tools/xml/nothing", "POST"), ("tools/csv/tell", "DELETE")])
def test_verbs_that_do_not_fit(network: Network, path: str, verb: str) -> None:
    answer = network.ask(path, verb, text="a")
    assert read(answer, path.split("/")[1]).status == 400
    assert verb not in answer.headers["allow"]


@pytest.mark.covers("W7")
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(("path", "status"), [("tools/{}/fail", 500), ("tools/{}/nap", 500), ("tools/{}/mine", 200), ("nix/{}/a", 404),
                                              ("game/{}/servers", 200), ("tools/{}/count", 200)])
def test_the_status_is_repeated_where_that_is_wished(network: Network, path: str, status: int, form: str) -> None:
    """And is 200 in HTTP where it is not."""
    path = path.format(form)
    mirrored, usual = network.ask(path, http_status=1), network.ask(path)
    assert (mirrored.status_code, usual.status_code) == (status, 200)
    assert b"secret" not in mirrored.content
    if status != 404:
        assert read(usual, form).status == read(mirrored, form).status == status


@pytest.mark.covers("W7")
@pytest.mark.parametrize(("query", "status"), [("http%5Fstatus=1", 500), ("http_status=%31", 500), ("http_status=0", 200)])
def test_the_wish_is_heard_however_it_is_escaped(network: Network, query: str, status: int) -> None:
    answer = network.server.get(f"/api/rest/tools/json/fail?remote_auth={network.alice}&{query}")
    assert answer.status_code == status


@pytest.mark.covers("W5")
def test_every_fault_of_a_body_is_told_with_its_line(network: Network) -> None:
    """In one answer, in the order of the body."""
    document = "<tellRequestData>\n<count>10</count>\n<half>x</half>\n<size>xl</size>\n</tellRequestData>"
    told = network.tell("tools/xml/tell", "POST", document).error
    assert [told.index(f"(line {line})") for line in (2, 3, 4)] == sorted(told.index(f"(line {line})") for line in (2, 3, 4))


@pytest.mark.covers("W5")
def test_the_same_is_sent_in_xml_and_json(network: Network) -> None:
    """Lists, nested records, texts with commas and marks; JSON in any order."""
    sent = {"slot": {"name": "a,b <&>", "weights": [1.5, 2.0]}, "tags": ["x,y", "", " z "], "count": 3, "loud": True, "size": "l",
            "half": 0.25}
    document = ("<tellRequestData><count>3</count><half>0.25</half><loud>true</loud><size>l</size>"
                "<tags><item>x,y</item><item/><item> z </item></tags>"
                "<slot><name>a,b &lt;&amp;&gt;</name><weights><item>1.5</item><item>2.0</item></weights></slot></tellRequestData>")
    told = network.data("tools/json/tell", "POST", json.dumps(sent))
    assert told == [{name: sent[name] for name in ("count", "half", "loud", "size", "tags", "slot")}]
    assert network.data("tools/xml/tell", "POST", document)[0].keys() == told[0].keys()
    answer = network.ask("tools/xml/tell", "POST", document)
    assert json.loads(read(answer, "xml").data[0]["slot"]) == sent["slot"]

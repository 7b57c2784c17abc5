"""Other formats than a dialect's own, by `Accept`, where the publisher allows them."""

from __future__ import annotations

import csv
import gzip
import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from lxml import etree

from ..conftest import Server

CATALOG = """
    from decimal import Decimal
    from typing import Annotated

    from dragoman import Caller, Catalog, Extra, Filter, Key, Localized, MethodError, Record, Rows, Search, Sort

    catalog = Catalog("shop", languages=("en", "de"), permissions={"account": "Your account"}, formats=("xml", "csv"))
    plain = Catalog("plain")

    class Maker(Record):
        name: str
        since: int | None = None

    def things():
        for n in range(1, 6001):
            yield {"id": n, "name": {"en": f"Thing {n}", "de": f"Ding {n}"}, "price": Decimal(n) / 4, "kind": "ab"[n % 2],
                   "maker": {"name": "=1+1", "since": None} if n % 3 else None, "tags": ["x", "y"], "long": "word " * 60}

    @catalog.resource("goods/things", Rows(things))
    class Thing(Record):
        id: Annotated[int, Key()]
        name: Annotated[Localized, Search(at_least=1), Sort()]
        price: Annotated[Decimal, Sort()]
        kind: Annotated[str, Filter()]
        maker: Maker | None
        tags: list[str]
        long: Annotated[str, Extra()]

    catalog.search("goods/find", Thing, by="name", fields=("id", "name"))

    @catalog.resource("goods/fresh", Rows(things), live=True)
    class Fresh(Thing):
        pass

    @catalog.resource("goods/nothing", Rows(lambda: []))
    class Nothing(Thing):
        pass

    class Broken(MethodError):
        'It is broken.'
        status = 409

    @catalog.method("tools/makers", raises=[Broken])
    def makers(count: int) -> list[Maker]:
        if count < 0:
            raise Broken
        return [Maker(name=f"Maker {n}") for n in range(count)]

    @catalog.method("tools/sum")
    def add(a: int, b: int) -> int:
        return a + b

    @catalog.method("tools/by-name")
    def by_name() -> dict[str, int]:
        return {"a b": 1, "<c>": 2}

    @catalog.method("tools/none")
    def none() -> None:
        pass

    @plain.resource("plain", Rows(things))
    class Plain(Thing):
        pass
"""
XML, CSV, JSON = "application/xml; charset=utf-8", "text/csv; charset=utf-8", "application/json; charset=utf-8"
ALIKE = frozenset({"date", "x-request-id", "ratelimit", "transfer-encoding"})
"""Headers that two answers to one question may have differently."""


@dataclass
class Shop:
    """A server, and what its dialects ask of everybody."""

    server: Server
    client: httpx.Client
    application: str
    token: str
    keys: dict[str, str]

    def get(self, path: str, accept: str | None = "application/xml", **headers: str) -> httpx.Response:
        path = path.replace("APPLICATION", f"application_id={self.application}").replace("TOKEN", f"api_token={self.token}")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if accept is not None:
            named["accept"] = accept
        return self.client.get(path, headers=named)

    def xml(self, path: str, **headers: str) -> Any:
        answer = self.get(path, **headers)
        assert answer.headers["content-type"] == XML, answer.text
        return etree.fromstring(answer.content)

    def csv(self, path: str) -> list[list[str]]:
        answer = self.get(path, "text/csv")
        assert answer.headers["content-type"] == CSV, answer.text
        return list(csv.reader(io.StringIO(answer.text, newline="")))


@pytest.fixture(scope="module")
def shop(serve: Callable[..., Server]) -> Iterator[Shop]:
    server = serve(catalog=CATALOG)
    server.prepare("account", "add", "alice")
    made = server.prepare("application", "add", "Program", "--owner", "alice", "--type", "standalone")
    keys = {kind: server.prepare("key", "add", "--account", "alice", "--kind", kind)["secret"]
            for kind in ("remote-auth", "api-token")}
    with httpx.Client(base_url=server.url, headers={"accept-encoding": "identity"}, timeout=60) as client:
        del client.headers["accept"]
        shop = Shop(server, client, made["application_id"], keys["api-token"], keys)
        deadline = time.monotonic() + 10
        while not shop.get(PLACES["dast"]).is_success:       # the last key was made last
            assert time.monotonic() < deadline
        yield shop


PLACES = {
    "gw2": "/v2/goods/things?page=0&page_size=3",
    "lesta": "/shop/goods/things/?APPLICATION&limit=3",
    "dast": "/api/things/list?TOKEN&limit=3",
}
"""The first three records, in each dialect."""


@pytest.fixture(params=PLACES.values(), ids=PLACES)
def place(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# ---------------------------------------------------------------------------------------- negotiation


@pytest.mark.parametrize(("accept", "expected"), [
    (None, JSON), ("*/*", JSON), ("application/*", JSON), ("application/json", JSON), ("application/xml", XML), ("text/xml", XML),
    ("text/csv", CSV), ("text/*", CSV), ("TEXT/CSV", CSV), ("text/csv; header=present", CSV), ("text/csv ;q=1.000", CSV),
    ("application/xml, application/json", JSON), ("text/csv, application/xml", XML), ("application/xml, */*", XML),
    ("application/json;q=0.5, application/xml;q=0.4", JSON), ("application/json;q=0.5, application/xml;q=0.6", XML),
    ("text/csv;q=0.9, */*;q=0.8", CSV), ("*/*;q=0.8, text/csv;q=0.1", JSON), ("application/json;q=0, */*;q=0.1", XML),
    ("application/*;q=0, */*", CSV), ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", XML),
    ("image/png", JSON), ("application/json;q=0", JSON), ("application/xml;q=0", JSON), ("application/xml;q=nan", JSON),
    ("application/xml;q=inf", JSON), ("application/xml;q=-1", JSON), ("application/xml;q=", JSON), ("", JSON), (",;=,/", JSON),
    ("xml", JSON), ("application/xml" + ", a/b" * 500, JSON),
])
def test_a_client_gets_what_it_would_rather_have(shop: Shop, place: str, accept: str | None, expected: str) -> None:
    """By qualities, then by how exactly a type is named; what cannot be had, and what is nonsense, is JSON."""
    answer = shop.get(place, accept)
    assert (answer.status_code, answer.headers["content-type"]) == (200, expected)


def test_nothing_is_negotiated_where_the_publisher_allows_nothing(shop: Shop) -> None:
    """Nor do caches hear of `Accept` there."""
    answer = shop.get("/v2/plain?page=0&page_size=1")
    assert answer.headers["content-type"] == JSON
    assert "Accept," not in answer.headers["vary"] + ","
    assert shop.get("/v2.json").headers["content-type"] == JSON
    assert shop.get("/v2/tokeninfo").headers["content-type"] == JSON


@pytest.mark.parametrize("path", [
    *PLACES.values(), "/v2/goods/things", "/v2/goods/things/1", "/v2/goods/things/0", "/v2/goods/things?page=x",
    "/v2/goods/fresh/1", "/v2/tools/sum?a=1&b=2", "/v2/tools/sum", "/shop/goods/things/?APPLICATION&limit=x",
    "/api/things/list?TOKEN&limit=x",
])
def test_every_answer_that_may_differ_says_so(shop: Shop, path: str) -> None:
    """`Vary` names `Accept` whatever was asked for, on one line."""
    for accept in (None, "application/json", "application/xml", "text/csv"):
        vary = shop.get(path, accept).headers.get_list("vary")
        assert len(vary) == 1
        assert "Accept" in [name.strip() for name in vary[0].split(",")]


@pytest.mark.parametrize("path", [
    "/v2/goods/things/0", "/v2/goods/things?page=x", "/v2/goods/things?ids=0", "/shop/goods/things/?APPLICATION&limit=x",
    "/api/things/list?TOKEN&limit=x", "/api/things/get?TOKEN&id=0", "/v2/tools/makers?count=-1", "/v2/tools/makers?count=x",
    "/shop/tools/makers/?APPLICATION&count=-1", "/api/tools/makers?TOKEN&count=-1", "/api/things/list", "/shop/goods/things/",
])
def test_errors_stay_as_the_dialect_has_them(shop: Shop, path: str) -> None:
    """A client of a dialect knows its errors in one form."""
    asked = [shop.get(path, accept) for accept in (None, "application/xml", "text/csv")]
    assert {answer.headers["content-type"] for answer in asked} == {JSON}
    assert len({(answer.status_code, answer.content) for answer in asked}) == 1


# ---------------------------------------------------------------------------------------- what is written


def facts(element: Any) -> Any:
    """A record of the shop from XML, as its JSON has it."""
    kinds = {"id": int, "price": float}
    found: dict[str, Any] = {}
    for child in element:
        if child.get("{http://www.w3.org/2001/XMLSchema-instance}nil"):
            found[child.tag] = None
        elif child.tag == "tags":
            found[child.tag] = [item.text for item in child]
        else:
            found[child.tag] = facts(child) if len(child) else kinds.get(child.tag, str)(child.text or "")
    return found


def records_of(answer: httpx.Response) -> list[Any]:
    """The records in an answer of any dialect."""
    data = answer.json()
    data = data["data"] if isinstance(data, dict) else data
    if isinstance(data, dict):
        data = data["items"] if "items" in data else list(data.values())
    return list(data)


def test_the_records_alone_are_written_and_are_the_same(shop: Shop, place: str) -> None:
    """Whatever envelope the dialect has: the root has the name of the resource."""
    root = shop.xml(place)
    assert root.tag == "things"
    assert [facts(item) for item in root] == records_of(shop.get(place, None))


def test_the_same_in_csv(shop: Shop, place: str) -> None:
    """Records inside records are columns, what a spreadsheet would run is text."""
    names, *rows = shop.csv(place)
    assert names[:7] == ["id", "name", "price", "kind", "maker.name", "maker.since", "tags"]
    assert ("long" in names) == ("long" in records_of(shop.get(place, None))[0])
    assert [row[:7] for row in rows] == [
        ["1", "Thing 1", "0.25", "b", "'=1+1", "", '["x","y"]'], ["2", "Thing 2", "0.5", "a", "'=1+1", "", '["x","y"]'],
        ["3", "Thing 3", "0.75", "b", "", "", '["x","y"]']]


def test_headers_say_what_they_say_in_json(shop: Shop, place: str) -> None:
    """Totals, links, languages; only the type, the tag and the length are the format's."""
    own, other = ({name: value for name, value in shop.get(place, accept).headers.items() if name not in ALIKE}
                  for accept in (None, "application/xml"))
    differing = {"content-type", "etag", "content-length"}
    assert {name: value for name, value in own.items() if name not in differing} \
        == {name: value for name, value in other.items() if name not in differing}
    assert own.keys() == other.keys()


@pytest.mark.parametrize(("path", "expected"), [
    ("/v2/goods/things/2", ["2"]), ("/v2/goods/things?ids=3,1,0", ["3", "1"]), ("/shop/goods/things/?APPLICATION&id=4,0", ["4"]),
    ("/api/things/get?TOKEN&id=5", ["5"]), ("/v2/goods/things?page=0&page_size=2&kind=a", ["2", "4"]),
    ("/v2/goods/things?page=0&page_size=2&sort=-price", ["6000", "5999"]),
    ("/shop/goods/find/?APPLICATION&search=Thing 499&limit=2", ["499", "4990"]),
    ("/v2/goods/fresh?page=1&page_size=2", ["3", "4"]), ("/v2/goods/fresh/7", ["7"]),
])
def test_whatever_is_asked_for_is_a_list_of_records(shop: Shop, path: str, expected: list[str]) -> None:
    """One record, some of several, those that fit, live ones; the missing are left out."""
    assert [item.findtext("id") for item in shop.xml(path)] == expected
    _, *rows = shop.csv(path)
    assert [row[0] for row in rows] == expected


def test_some_of_several_are_partial_content_in_any_format(shop: Shop) -> None:
    """gw2 says 206, whatever the body."""
    assert shop.get("/v2/goods/things?ids=1,0").status_code == 206


def test_the_language_that_was_asked_for_is_written(shop: Shop) -> None:
    """By parameter or header."""
    assert shop.xml("/v2/goods/things/2?lang=de").findtext("item/name") == "Ding 2"
    assert shop.xml("/v2/goods/things/2", accept_language="de").findtext("item/name") == "Ding 2"


def test_selected_fields_alone_are_written(shop: Shop) -> None:
    """In lesta clients choose, and extra fields come when asked for."""
    item = shop.xml("/shop/goods/things/?APPLICATION&id=1&fields=id,maker.name")[0]
    assert facts(item) == {"id": 1, "maker": {"name": "=1+1"}}
    names, row = shop.csv("/shop/goods/things/?APPLICATION&id=3&fields=id,maker.name,long&extra=long")
    assert (names, row) == (["id", "maker.name", "long"], ["3", "", "word " * 60])


@pytest.mark.parametrize("accept", ["application/xml", "text/csv"])
def test_nothing_at_all_is_a_document_too(shop: Shop, accept: str) -> None:
    """Of no records, with the names of the columns in CSV."""
    text = shop.get("/v2/goods/nothing?ids=all", accept).text
    assert text.startswith("id,name,price") or "<nothing " in text
    assert shop.get("/v2/goods/nothing", accept).status_code == 200


def test_methods_answer_in_other_formats_too(shop: Shop) -> None:
    """A list is its items, nothing is none, anything else is one item; in every dialect."""
    for path in ("/v2/tools/makers?count=2", "/shop/tools/makers/?APPLICATION&count=2", "/api/tools/makers?TOKEN&count=2"):
        root = shop.xml(path)
        assert (root.tag, [item.findtext("name") for item in root]) == ("makers", ["Maker 0", "Maker 1"])
        assert shop.csv(path) == [["name", "since"], ["Maker 0", ""], ["Maker 1", ""]]
    assert [item.text for item in shop.xml("/v2/tools/sum?a=1&b=-9")] == ["-8"]
    assert shop.csv("/v2/tools/sum?a=1&b=-9") == [["value"], ["-8"]]
    assert {each.get("key"): each.text for each in shop.xml("/v2/tools/by-name")[0]} == {"a b": "1", "<c>": "2"}
    assert list(shop.xml("/v2/tools/none")) == []
    assert shop.get("/v2/tools/none", "text/csv").text == ""


@pytest.mark.covers("W2")
def test_an_address_that_names_its_format_is_answered_in_that_one(shop: Shop) -> None:
    """Nothing is negotiated there, and no cache is told that anything was."""
    for name, kind in (("json", "application/json"), ("csv", "text/csv"), ("xml", "application/xml")):
        for accept in ("application/xml", "text/csv", "application/json"):
            answer = shop.get(f"/api/rest/goods/{name}/things?limit=2&remote_auth={shop.keys['remote-auth']}", accept)
            assert answer.headers["content-type"].startswith(kind), answer.text
            assert "Accept" not in [each.strip() for each in answer.headers["vary"].split(",")]


# ---------------------------------------------------------------------------------------- long lists


@pytest.mark.parametrize("query", ["", "&kind=a", "&sort=-price"])
def test_a_long_list_is_streamed_and_whole(shop: Shop, query: str) -> None:
    """In the order of the list, nothing lost where batches meet."""
    path = f"/v2/goods/things?ids=all{query}"
    expected = [str(record["id"]) for record in shop.get(path, None).json()]
    assert len(expected) >= 3_000
    for accept in ("application/xml", "text/csv"):
        answer = shop.get(path, accept)
        assert answer.headers["transfer-encoding"] == "chunked"
        assert answer.headers["x-result-total"] == answer.headers["x-result-count"] == str(len(expected))
        found = ([item.findtext("id") for item in etree.fromstring(answer.content)] if "xml" in accept
                 else [row[0] for row in csv.reader(io.StringIO(answer.text, newline=""))][1:])
        assert found == expected


def test_keys_are_written_as_single_values(shop: Shop) -> None:
    """They are what a list of a resource is in gw2."""
    assert [item.text for item in shop.xml("/v2/goods/things")] == [str(n) for n in range(1, 6001)]
    assert shop.csv("/v2/goods/things?kind=b")[:3] == [["value"], ["1"], ["3"]]


# ---------------------------------------------------------------------------------------- caches and codings


@pytest.mark.parametrize("path", [PLACES["gw2"], PLACES["lesta"], PLACES["dast"], "/v2/goods/things?ids=all", "/v2/goods/things"])
def test_what_a_client_holds_is_not_sent_again(shop: Shop, path: str) -> None:
    """Each format has a tag of its own, which is worth nothing in another."""
    tags = {accept: shop.get(path, accept).headers["etag"] for accept in ("application/json", "application/xml", "text/csv")}
    assert len(set(tags.values())) == 3
    for accept in tags:
        for held, tag in tags.items():
            answer = shop.get(path, accept, if_none_match=tag)
            assert answer.status_code == (304 if held == accept else 200)
            if held == accept:
                assert (answer.headers["etag"], answer.content) == (tag, b"")
                assert "Accept" in answer.headers["vary"].replace(" ", "").split(",")


@pytest.mark.parametrize("path", [
    "/v2/goods/things?page=0", "/v2/goods/things/1", "/v2/goods/things?ids=all", "/v2/goods/fresh?page=0", "/v2/tools/sum?a=1&b=1",
])
def test_head_is_get_without_the_body(shop: Shop, path: str) -> None:
    """In every format."""
    for accept in ("application/xml", "text/csv"):
        headers = {"accept": accept, "accept-encoding": "identity"}
        head, got = (shop.client.request(verb, path, headers=headers) for verb in ("HEAD", "GET"))
        assert head.content == b""
        assert {name: value for name, value in head.headers.items() if name not in ALIKE} \
            == {name: value for name, value in got.headers.items() if name not in ALIKE}


def test_other_formats_are_compressed_too(shop: Shop) -> None:
    """For those who ask again, under a tag of its own that is known as well."""
    headers = {"accept": "application/xml", "accept-encoding": "gzip"}
    url = shop.server.url + "/v2/goods/things?page=1"
    deadline = time.monotonic() + 20
    while (answer := httpx.get(url, headers=headers)).headers.get("content-encoding") != "gzip":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    plain = shop.get("/v2/goods/things?page=1")
    assert (answer.content, answer.headers["content-type"]) == (plain.content, XML)
    assert answer.headers["etag"] == plain.headers["etag"][:-1] + '-gzip"'
    with httpx.stream("GET", url, headers=headers) as raw:
        assert gzip.decompress(b"".join(raw.iter_raw())) == plain.content
    assert httpx.get(url, headers={**headers, "if-none-match": answer.headers["etag"]}).status_code == 304


def test_what_was_prepared_as_json_is_never_sent_as_another_format(shop: Shop) -> None:
    """A whole list lies compressed in the edition, in JSON."""
    answer = httpx.get(shop.server.url + "/v2/goods/things", headers={"accept": "text/csv", "accept-encoding": "br, zstd, gzip"})
    assert answer.text.startswith("value\r\n1\r\n")

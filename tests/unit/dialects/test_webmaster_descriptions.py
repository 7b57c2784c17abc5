"""What the webmaster dialect describes: names that clash, libraries of several catalogs, parameters of lists."""

from __future__ import annotations

import datetime as dt
import json
from typing import Annotated, Any, Literal

import jsonschema
import pytest
import xmlschema
from lxml import etree

from dragoman import Catalog, Filter, Key, Localized, Record, Rows, Search, Sort
from dragoman.assembly import FORMATS
from dragoman.dialects.webmaster import Webmaster
from dragoman.errors import Code, DeclarationError, Refusal
from dragoman.exchange import Answer, Request

from ...contracts.dialects import KEYS


def bound(*catalogs: Catalog) -> Webmaster:
    dialect = Webmaster(FORMATS)
    dialect.bind([catalog.load() for catalog in catalogs], KEYS)
    return dialect


def ask(dialect: Webmaster, path: str, verb: str = "GET", **given: Any) -> Answer:
    answer = dialect.read(Request(verb=verb, path=f"/api/rest/{path}".encode(), scheme="https", **{"host": "api.example", **given}))
    assert isinstance(answer, Answer)
    return answer


def shelf(name: str = "books") -> Catalog:
    catalog = Catalog(name, title=name.title(), languages=("en", "ru") if name == "books" else ("de",))

    @catalog.resource(f"shelf/{name}", Rows(list))
    class Book(Record):
        id: Annotated[str, Key()]
        kind: Annotated[Literal["a", "b"], Filter(first=True, any="all")]
        year: Annotated[int, Filter(any="any"), Sort()]
        day: Annotated[list[dt.date], Filter()]
        title: Annotated[Localized, Search(at_least=3), Filter()]
    return catalog


def parameters(dialect: Webmaster, resource: str) -> dict[str, Any]:
    """What may be sent to a resource by name, as its XSD has it."""
    root = etree.fromstring(bytes(ask(dialect, f"shelf/xsd/{resource}").body))
    request = root.find("{*}element").find("{*}complexType/{*}sequence")
    return {each.get("name"): each for each in request}


def test_lists_are_asked_with_what_the_dialect_reads_in_its_order():
    assert list(parameters(bound(shelf()), "books")) == ["kind", "start", "limit", "sort", "sort_type", "q", "year", "day", "title", "id"]


def test_a_filter_takes_its_values_and_what_stands_for_all_of_them():
    found = parameters(bound(shelf()), "books")
    assert [each.get("value") for each in found["kind"].iter("{*}enumeration")] == ["a", "b", "all"]
    kinds = {name: found[name].find(".//{*}element").get("type") for name in ("year", "day", "title", "id")}
    assert kinds == {"year": "xs:string", "day": "xs:date", "title": "xs:string", "id": "xs:string"}
    assert found["q"].find(".//{*}minLength").get("value") == "3"
    assert [each.get("value") for each in found["sort"].iter("{*}enumeration")] == ["year"]


def test_catalogs_that_share_a_library_are_described_together_and_each_knows_of_it():
    dialect = bound(shelf(), shelf("maps"))
    for catalog in ("books", "maps"):
        assert dialect.descriptions_of(catalog)["shelf"]["WSDL"] == "/api/rest/shelf/wsdl"
    schema = xmlschema.XMLSchema(bytes(ask(dialect, "shelf/xsd").body).decode())
    assert {"getBooksRequestData", "getMapsResponseData", "errorResponseData"} <= set(schema.elements)
    assert {"Book", "Book2"} <= set(schema.types)
    assert dialect.descriptions_of("nothing") == {}


def test_a_wsdl_tells_each_host_its_own_address():
    dialect = bound(shelf())
    ours, theirs = ask(dialect, "shelf/wsdl"), ask(dialect, "shelf/wsdl", host="other.example")
    assert b'location="https://api.example/api/rest/shelf"' in ours.body
    assert theirs.body == ours.body.replace(b"api.example", b"other.example")
    assert theirs.etag != ours.etag


@pytest.mark.parametrize(("cluster", "told"), [
    ("default", "https://public.example/games/api/rest/shelf"), ("eu", "https://api.example/games/api/rest/shelf"),
])
def test_descriptions_tell_the_public_address_unless_the_host_says_which_cluster_is_meant(cluster, told):
    dialect = Webmaster(FORMATS, base_url="https://public.example/games")
    dialect.bind([shelf().load()], KEYS)
    assert f'location="{told}"'.encode() in ask(dialect, "shelf/wsdl", cluster=cluster).body
    assert json.loads(ask(dialect, "shelf/openapi.json").body)["servers"] == [{"url": "/games/api/rest/shelf"}]


@pytest.mark.parametrize("path", ["shelf/xsd/maps", "shelf/wsdl/books", "shelf/xsd/books/1", "shelf/openapi.json/books"])
def test_what_is_not_described_is_refused(path):
    with pytest.raises(Refusal) as refused:
        ask(bound(shelf()), path)
    assert refused.value.faults[0].code is Code.TARGET_UNKNOWN
    assert "/api/rest/shelf/wsdl" in refused.value.faults[0].hint


def named(name: str, path: str = "tools/do") -> Catalog:
    """A method whose function has a name."""
    catalog = Catalog("tools")

    def function() -> int:
        """Does it."""
        return 1

    function.__name__ = name
    catalog.method(path)(function)
    return catalog


def test_a_function_called_like_the_documents_of_failures_is_refused():
    with pytest.raises(DeclarationError, match="its documents are called error like those of failures"):
        bound(named("error"))


@pytest.mark.parametrize(("name", "root"), [("<lambda>", "doIt"), ("__", "doIt"), ("свет", "doIt"), ("_send_it", "sendIt"),
                                            ("a1_b2", "a1B2")])
def test_what_a_function_is_called_is_a_name_in_xml_or_its_path_is(name, root):
    schema = xmlschema.XMLSchema(bytes(ask(bound(named(name, "tools/do-it")), "tools/xsd").body).decode())
    assert f"{root}ResponseData" in schema.elements


def test_a_long_operation_that_is_asked_about_by_its_number_answers_whatever_its_method_does_in_every_format():
    catalog = Catalog("tools")

    @catalog.method("tools/build", verb="POST", operation=True, listed="paged")
    def build() -> list[int]:
        """Builds."""
        return [1]

    described = json.loads(ask(bound(catalog), "tools/openapi.json").body)
    asked, ended = (described["paths"]["/{format}/operation"][verb] for verb in ("get", "delete"))
    (form, number, *_) = asked["parameters"]
    assert form["schema"]["enum"] == ["json", "xml", "csv"]
    assert (number["name"], number["required"]) == ("request_id", True)
    head = {"status": 200, "error": "", "request_id": 0}
    for operation, data, valid in ((asked, {"total": 1, "items": [1]}, True), (asked, [1], True), (asked, [], True),
                                   (ended, [], True), (ended, [1], False)):
        reference = operation["responses"]["200"]["content"]["application/json"]["schema"]
        judge = jsonschema.Draft202012Validator({**reference, "components": described["components"]})
        assert judge.is_valid({**head, "data": data}) == valid

"""XSD, WSDL and OpenAPI of everything that is served, made from the catalog: programs made from them can call it (W5, W9, W10)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import httpx
import jsonschema
import openapi_spec_validator
import pytest
import requests
import xmlschema
import zeep
import zeep.exceptions
from lxml import etree

from ...conftest import Server
from ...timing import settle_s
from .conftest import Network
from .reading import read

CATALOG = '''
import datetime as dt
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec

from dragoman import Attachment, Caller, Catalog, Extra, Filter, Key, Localized, MethodError, Named, Needs, Record, Rows, Search, Sort

catalog = Catalog("shapes", title="Shapes & forms", description="Whatever can be declared.", languages=("en", "ru"),
                  permissions={"account": "Your account"})


class Part(Record):
    """A part of it."""

    name: Localized
    sizes: Annotated[list[Annotated[int, msgspec.Meta(ge=1)]], msgspec.Meta(max_length=3)]
    weight: float | None = None


def read_things():
    for number in range(1, 8):
        yield {
            "id": number, "title": {"en": f"Thing <{number}>", "ru": f"Вещь {number}"}, "kind": ("web", "api")[number % 2], "level": 2,
            "price": Decimal("1E+3") if number == 1 else Decimal("-0.50"), "ratio": 1e-300, "hot": bool(number % 2), "code": f"a-{number}",
            "raw": b"\\x00\\xff", "day": dt.date(2024, 2, 29),
            "moment": dt.datetime(2024, 1, 1, 12, tzinfo=dt.timezone(dt.timedelta(hours=14))),
            "hour": dt.time(23, 59, 59, 999999), "uid": uuid.UUID(int=number), "tags": ["a,b", " c ", "\\x01\\r\\n"], "empty": [],
            "parts": [{"name": {"en": "Nut", "ru": "Гайка"}, "sizes": [1, 2]}], "named": {"a b": 1, "<&\\">": 2},
            "nested": {"x": [None, "y"]},
            "any": {"deep": [1, None, "<"]}, "none": None, "part": None, "extra": "more", "maybe": None if number % 2 else 5,
        }


@catalog.resource("all/things", Rows(read_things), live=True, listed="keyed")
class Thing(Record):
    """Everything that a field may be."""

    id: Annotated[int, Key()]
    title: Annotated[Localized, Search(at_least=2), Sort()]
    kind: Annotated[Literal["web", "api"], Filter(first=True, any="all")]
    level: Annotated[Literal[1, 2, 3], Filter()]
    price: Annotated[Decimal, Sort()]
    ratio: float
    hot: Annotated[bool, Filter()]
    code: Annotated[str, msgspec.Meta(pattern=r"^[a-z]-\\d+$", description="How it is called inside.")]
    raw: bytes
    day: Annotated[dt.date, Filter()]
    moment: dt.datetime
    hour: dt.time
    uid: uuid.UUID
    tags: list[str]
    empty: list[int]
    parts: list[Part]
    named: dict[str, int]
    nested: dict[str, list[str | None]]
    any: Any
    none: int | None
    part: Part | None
    secret: Annotated[str, Needs("account")] = "hidden"
    extra: Annotated[str, Extra()]
    maybe: Annotated[int | None, msgspec.Meta(multiple_of=5)] = None


catalog.search("all/find", Thing, by="title", fields=("id", "title"), listed="paged")


@catalog.resource("all/names-of_things", Rows(lambda: [{"id": "x"}]))
class Name(Record):
    """A name."""

    id: Annotated[str, Key()]


@catalog.resource("all/me", Rows(lambda: [{"id": "a-1", "score": Decimal("1.5")}]), live=True, single=True, listed="one")
class Me(Record):
    """One's own record."""

    id: Annotated[str, Key()]
    score: Decimal


class Taken(MethodError):
    """This name is taken."""

    status = 409


@catalog.method("all/register", verb="POST", raises=[Taken])
def register_it(
    name: Annotated[str, msgspec.Meta(min_length=2, max_length=9, pattern="^[a-z]+$")],
    lang: Annotated[Literal["en", "ru"], Named(gw2="choice")],
    born: dt.date | None = None, parts: list[Part] | None = None, flags: dict[str, bool] | None = None, more: Any = None,
) -> Part:
    """Register a name.

    And more about it."""
    if name == "taken":
        raise Taken(field="name", value=name)
    return parts[0] if parts else Part(name={"en": f"{name} {lang} {born} {flags} {more}"}, sizes=[])


@catalog.method("all/set", verb="PUT")
def set_user_language(lang: Annotated[Literal["en", "ru", "br"], Named(gw2="choice")]) -> bool:
    """Choose a language."""
    return lang != "br"


@catalog.method("all/drop", verb="DELETE")
def drop(ids: list[int]) -> None:
    """Forget some."""


@catalog.method("all/sum", positions=("second", "first"))
def add(first: int, second: Decimal = Decimal("1.5"), day: dt.date | None = None) -> Decimal:
    """Add two numbers."""
    return first + second


@catalog.method("all/map")
def map() -> dict[str, Part]:
    """A mapping."""
    return {"a": Part(name={"en": "A"}, sizes=[])}


@catalog.method("all/text", listed="one")
def text(of: str = "") -> str:
    """One text."""
    return of


@catalog.method("all/list", listed="paged")
def list_them() -> list[int | None]:
    """Numbers and none."""
    return [1, None]


@catalog.method("all/report", operation=True)
def report(day: dt.date) -> Iterator[Part]:
    """A long one."""
    yield Part(name={"en": str(day)}, sizes=[1])


@catalog.method("all/file")
def file() -> Attachment:
    """A file."""
    return Attachment(name="a.txt", content=b"abc")
'''
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
NAMES = ["things", "find", "names-of_things", "me", "register", "set", "drop", "sum", "map", "text", "list", "report", "file"]


@pytest.fixture(scope="module")
def shapes(serve: Callable[..., Server]) -> Network:
    """A server that serves a library in which every shape stands."""
    return Network(serve(catalog=CATALOG), knows="all/json/me", permissions=("account",))


def address(network: Network, name: str) -> str:
    return f"{network.server.url}/api/rest/all/{name}"


# ------------------------------------------------------------------------------------------------ where they are


@pytest.mark.covers("W9", "W10")
@pytest.mark.parametrize(("name", "kind"), [
    ("xsd", "application/xml; charset=utf-8"), ("wsdl", "application/xml; charset=utf-8"), ("openapi.json", "application/json"),
    *((f"xsd/{each}", "application/xml; charset=utf-8") for each in NAMES),
])
def test_whoever_asks_is_given_a_description_without_a_key(shapes, name, kind):
    plain = {"Accept-Encoding": "identity"}
    answer = httpx.get(address(shapes, name), headers=plain)
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    assert answer.headers["cache-control"] == "public, max-age=60"
    again = httpx.get(address(shapes, name), headers={**plain, "If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = httpx.head(address(shapes, name), headers=plain)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", answer.headers["etag"])
    assert httpx.get(f"{shapes.server.url}/api/rest//all/{name}/").content == answer.content


@pytest.mark.parametrize(("name", "status", "told"), [
    ("xsd/nothing", 404, "no such description"), ("wsdl/things", 404, "/api/rest/all/wsdl"), ("xsd/things/1", 404, "no such description"),
    ("openapi.json/x", 404, "/api/rest/all/xsd/<resource>"), ("openapi.yaml", 400, "no such format"), ("XSD", 400, "no such format"),
    ("../xsd", 404, "no such"),
])
def test_what_is_not_described_says_what_is(shapes, name, status, told):
    found = read(httpx.get(httpx.URL(address(shapes, "")).copy_with(raw_path=f"/api/rest/all/{name}".encode())), "json")
    assert (found.status, told in found.error) == (status, True), found


def test_a_description_is_only_read(shapes):
    found = read(httpx.post(address(shapes, "xsd"), content=b"<a/>"), "json")
    assert (found.status, "POST is not allowed here. Use GET." in found.error) == (400, True)


# ------------------------------------------------------------------------------------------------ XSD


ASKED: list[tuple[str, str, dict[str, Any], Any]] = [
    ("things", "GET", {}, None), ("things", "GET", {"language": "ru", "limit": 1, "start": 2, "sort": "price", "sort_type": "desc"}, None),
    ("things/all/0/3/title/asc/thi", "GET", {"level": "1,2", "hot": "true"}, None), ("things", "GET", {"id": "1,2"}, None),
    ("things", "GET", {"id": "99"}, None), ("things", "GET", {"kind": "x", "hot": "maybe"}, None), ("find/thing", "GET", {}, None),
    ("find", "GET", {}, None), ("names-of_things", "GET", {}, None), ("me", "GET", {}, None), ("sum/2.5/1", "GET", {}, None),
    ("sum", "GET", {"first": "x"}, None), ("map", "GET", {}, None), ("text", "GET", {"of": "<&>"}, None), ("text", "GET", {}, None),
    ("list", "GET", {}, None), ("file", "GET", {}, None), ("drop", "DELETE", {"ids": "1,2"}, None), ("drop", "DELETE", {}, None),
    ("report/2024-06-01", "GET", {}, None), ("report", "GET", {}, None), ("things", "POST", {}, None), ("set", "GET", {"lang": "ru"}, None),
    ("nothing", "GET", {}, None), ("things", "GET", {"remote_auth": "x" * 32}, None), ("things", "GET", {"remote_auth": None}, None),
    ("things", "GET", {"http_status": 1, "unheard": "1"}, None), ("me", "GET", {"http_status": 1, "remote_auth": None}, None),
    ("register", "POST", {}, {"name": "abc", "lang": "ru"}), ("register", "POST", {}, {"name": "taken", "lang": "en"}),
    ("register", "POST", {}, {"name": "X", "lang": "xx"}), ("set", "PUT", {}, {"lang": "ru"}), ("set", "PUT", {}, {"lang": "fr"}),
]


def xml_of(name: str, given: dict[str, str] | None) -> str | None:
    roots = {"register": "registerIt", "set": "setUserLanguage"}
    if given is None:
        return None
    inside = "".join(f"<{each}>{value}</{each}>" for each, value in given.items())
    return f"<{roots[name]}RequestData>{inside}</{roots[name]}RequestData>"


@pytest.mark.covers("W6", "W9")
@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize(("path", "verb", "parameters", "given"), ASKED)
def test_every_answer_is_valid_by_what_is_served_failures_too(shapes, path, verb, parameters, given, form):
    """`Network.ask` proves it: XML by the XSD of the library, JSON by its OpenAPI. Here the XSD of the single resource, too."""
    name, _, rest = path.partition("/")
    content = xml_of(name, given) if form == "xml" else json.dumps(given) if given is not None else None
    answer = shapes.ask(f"all/{form}/{name}" + (f"/{rest}" if rest else ""), verb, content, **parameters)
    if form == "xml" and name in NAMES:
        shapes.descriptions.schema("all", name).validate(answer.text)


def test_the_records_are_there(shapes):
    """Nothing above is valid because it is a failure."""
    assert shapes.tell("all/json/things", limit=2).status == 200


@pytest.mark.covers("W9")
def test_what_is_not_as_it_is_described_is_noticed(shapes):
    """The proof itself is tried: it refuses an answer that was changed on its way."""
    for form, change in (("xml", (b"<hot>", b"<cold>")), ("json", (b'"hot":true', b'"hot":"yes"')), ("xml", (b"<status>", b"<statute>"))):
        answer = shapes.ask(f"all/{form}/things", limit=1)
        changed = httpx.Response(200, content=answer.content.replace(*change).replace(b"</hot>", b"</cold>"), request=answer.request,
                                 headers={"content-type": answer.headers["content-type"]})
        with pytest.raises((xmlschema.XMLSchemaException, jsonschema.ValidationError, SyntaxError)):
            shapes.descriptions.check(changed)


@pytest.mark.covers("W8", "W9")
@pytest.mark.parametrize("form", ["xml", "json"])
def test_a_long_operation_is_valid_from_its_beginning_to_its_result(shapes, form):
    begun = shapes.tell(f"all/{form}/report", day="2024-06-01")
    assert begun.status == 204
    settle_s(lambda: shapes.tell(f"all/{form}/report", request_id=begun.request_id).status != 204)
    assert [part["name"] for part in shapes.data(f"all/{form}/report", request_id=begun.request_id)] == ["2024-06-01"]


@pytest.mark.covers("W5", "W9")
def test_bodies_that_are_valid_are_read_and_others_are_refused_with_the_place(shapes):
    good = f"""<registerItRequestData {XSI}>
        <name>abc</name><lang>ru</lang><born xsi:nil="true"/>
        <parts><item><name><item key="en">Bolt</item></name><sizes><item>1</item><item> 2 </item></sizes></item></parts>
        <flags><item key="a b">1</item></flags><more>[1]</more></registerItRequestData>"""
    shapes.descriptions.schema("all", "register").validate(good)
    assert shapes.data("all/xml/register", "POST", good) == [{"name": "Bolt", "sizes": ["1", "2"], "weight": None}]
    wrong = ("<registerItRequestData>\n<lang>ru</lang>\n<name>a1</name>\n<colour/>\n<parts><item><sizes/></item></parts>"
             "</registerItRequestData>")
    assert not shapes.descriptions.schema("all").is_valid(wrong)
    told = shapes.tell("all/xml/register", "POST", wrong)
    assert told.status == 400
    for part in (
        "name: malformed body: <name> comes too late: expected here was <born> or <parts> or <flags> or <more> or the end (line 3).",
        "Send the elements in this order: name, lang, born, parts, flags, more.", "name: invalid value (line 3) `'a1'`.",
        "colour: <registerItRequestData> has no element <colour> (line 4).",
        "parts.0.name: the element <name> is missing in <item> (line 5).",
    ):
        assert part in told.error, told.error


@pytest.mark.covers("W5")
def test_json_bodies_may_stand_in_any_order(shapes):
    assert shapes.tell("all/json/register", "POST", '{"lang": "en", "name": "abc"}').status == 200


# ------------------------------------------------------------------------------------------------ WSDL


@pytest.fixture(scope="module")
def client(shapes: Network) -> Iterator[zeep.Client]:
    """A client that knows no more than the address of the WSDL, and Alice's key."""
    with requests.Session() as session:
        yield zeep.Client(address(shapes, "wsdl"), transport=zeep.Transport(session=session))


@pytest.mark.covers("W9")
def test_a_client_made_from_the_wsdl_calls_what_is_asked_by_get(shapes, client):
    service = client.bind("all", "all-get")
    found = service.getThings(remote_auth=shapes.alice, limit=2, language="ru", level="1,2")
    assert (found.status, found.error, found.request_id, found.data.total) == (200, None, 0, 7)
    thing = found.data["items"].item[0]
    assert (thing.id, thing.title, thing.price, thing.hot, thing.raw) == (1, "Вещь 1", Decimal(1000), True, b"\x00\xff")
    assert (thing.day, thing.tags.item[:2], thing.parts.item[0].name) == (dt.date(2024, 2, 29), ["a,b", " c "], "Гайка")
    assert (thing.none, thing.named.item[0].key, thing.named.item[0]._value_1) == (None, "a b", 1)
    assert service.add(remote_auth=shapes.alice, first=1, second=Decimal("2.5")).data.item == [Decimal("3.5")]
    assert service.getMe(remote_auth=shapes.alice).data.score == Decimal("1.5")
    wrong = service.getThings(remote_auth="x" * 32)
    assert (wrong.status, wrong.data) == (403, None)


@pytest.mark.covers("W5", "W9")
def test_a_client_made_from_the_wsdl_sends_documents(shapes, client):
    """The key is added to the address, as the binding has no other way."""
    client.transport.session.params = {"remote_auth": shapes.alice}
    service = client.bind("all", "all-post")
    part = {"name": {"item": [{"_value_1": "Nut", "key": "en"}]}, "sizes": {"item": [1]}}
    found = service.registerIt(name="abc", lang="ru", parts={"item": [part]})
    client.transport.session.params = {}
    assert (found.status, found.data.item[0].name, found.data.item[0].sizes.item) == (200, "Nut", [1])


@pytest.mark.covers("W9")
def test_every_call_is_an_operation_of_the_port_of_its_verb(client):
    root = etree.fromstring(httpx.get(client.wsdl.location).content)
    spaces = {"w": "http://schemas.xmlsoap.org/wsdl/", "h": "http://schemas.xmlsoap.org/wsdl/http/"}
    found = {(binding.find("h:binding", spaces).get("verb"), operation.get("name"), operation.find("h:operation", spaces).get("location"))
             for binding in root.findall("w:binding", spaces) for operation in binding.findall("w:operation", spaces)}
    assert ("PUT", "setUserLanguage", "/xml/set") in found
    assert ("DELETE", "drop", "/xml/drop") in found
    assert len(found) == len(NAMES)
    origin = client.wsdl.location.removesuffix("/api/rest/all/wsdl")
    assert {each.get("location") for each in root.iter(f"{{{spaces['h']}}}address")} == {f"{origin}/api/rest/all"}


def test_a_wsdl_tells_the_host_that_was_asked(shapes):
    text = httpx.get(address(shapes, "wsdl"), headers={"Host": "games.example:8443"}).text
    assert 'location="http://games.example:8443/api/rest/all"' in text


# ------------------------------------------------------------------------------------------------ OpenAPI


@pytest.mark.covers("W10")
def test_the_openapi_is_valid_and_describes_every_call(shapes):
    described = shapes.descriptions.openapi("all")
    openapi_spec_validator.validate(described)
    assert described["openapi"] == "3.1.0"
    assert described["info"] == {"title": "Shapes & forms: all", "version": "1", "description": "Whatever can be declared."}
    assert set(described["paths"]) == {f"/{{format}}/{name}" for name in (*NAMES, "operation")}
    assert described["components"]["securitySchemes"]["remote_auth"]["in"] == "query"
    assert httpx.get(f"{shapes.server.url}{described['servers'][0]['url']}/json/me").status_code == 200


@pytest.mark.covers("W10")
def test_operations_tell_parameters_positions_bodies_and_errors(shapes):
    paths = shapes.descriptions.openapi("all")["paths"]
    things = paths["/{format}/things"]["get"]
    assert [each["name"] for each in things["parameters"]] == [
        "format", "kind", "start", "limit", "sort", "sort_type", "q", "level", "hot", "day", "id", "language", "http_status"]
    assert things["x-positions"] == ["kind", "start", "limit", "sort", "sort_type", "q", "level", "hot", "day"]
    register = paths["/{format}/register"]["post"]
    assert register["x-errors"] == [{"name": "Taken", "status": 400, "meaning": "This name is taken."}]
    assert register["summary"] == "Register a name."
    body = register["requestBody"]["content"]
    assert list(body) == ["application/json", "application/xml"]
    assert list(body["application/xml"]["schema"]["properties"]) == ["name", "lang", "born", "parts", "flags", "more"]
    assert body["application/xml"]["schema"]["xml"] == {"name": "registerItRequestData"}
    assert body["application/json"]["schema"]["required"] == ["name", "lang"]


@pytest.mark.covers("W10")
@pytest.mark.parametrize(("body", "valid"), [
    ({"name": "abc", "lang": "ru"}, True), ({"name": "abc", "lang": "ru", "born": None, "flags": {"a": True}, "more": [1]}, True),
    ({"name": "abc"}, False), ({"name": "a", "lang": "ru"}, False), ({"name": "abc", "lang": "ru", "extra": 1}, False),
    ({"name": "abc", "lang": "ru", "parts": [{"name": {"en": "x"}, "sizes": [0]}]}, False),
    ({"name": "abc", "lang": "ru", "parts": [{"name": {"en": "x"}, "sizes": [1]}]}, True), ({"name": "a1", "lang": "ru"}, False),
])
def test_bodies_are_taken_as_the_openapi_says(shapes, body, valid):
    described = shapes.descriptions.openapi("all")
    schema = described["paths"]["/{format}/register"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert jsonschema.Draft202012Validator({**schema, "components": described["components"]}).is_valid(body) == valid
    assert (shapes.tell("all/json/register", "POST", json.dumps(body)).status == 200) == valid

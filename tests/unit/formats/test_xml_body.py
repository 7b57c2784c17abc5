"""Bodies in XML: what the schema allows is read, everything else is told with its place, its line and what to do."""

from __future__ import annotations

import datetime as dt
import time
from decimal import Decimal
from typing import Annotated, Any, Literal
from xml.sax.saxutils import quoteattr

import msgspec
import pytest
import xmlschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from dragoman import Localized, Record
from dragoman.catalog.fields import Field, field_of
from dragoman.catalog.plain import encode_json
from dragoman.catalog.shapes import Anything, Many, Nested, shape_of
from dragoman.catalog.values import read_values
from dragoman.errors import Code, Refusal
from dragoman.formats.calls import parts_of
from dragoman.formats.xml_body import RequestSchema
from dragoman.formats.xsd import write_xsd

from .described import call, library
from .shapes import ANNOTATIONS, values

XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
PATIENT = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


class Site(Record):
    """Where somebody advertises."""

    url: Annotated[str, msgspec.Meta(max_length=20)]
    visits: int = 0


FIELDS = (
    field_of(object, "lang", Literal["en", "ru"]), field_of(object, "sites", list[Site], None), field_of(object, "limit", int | None, None),
    field_of(object, "tags", dict[str, int], None), field_of(object, "note", str, ""), field_of(object, "more", Any, None),
)
SCHEMA = RequestSchema("setProfileRequestData", FIELDS)
GOOD = b"""<setProfileRequestData %b>
  <lang>ru</lang>
  <sites><item><url>https://a</url><visits> +07 </visits></item><item><url> b,c </url></item></sites>
  <limit xsi:nil="true"/>
  <tags><item key="a b">1</item></tags>
  <note>1, 2</note>
  <more>[1]</more>
</setProfileRequestData>""" % XSI.encode()


def faults(raw: bytes | str, schema: RequestSchema = SCHEMA) -> list[tuple[str, str | None, str]]:
    """Everything that a body is refused for: code, field, and what is said."""
    with pytest.raises(Refusal) as caught:
        schema.read(raw if isinstance(raw, bytes) else raw.encode())
    return [(fault.code.value, fault.field, f"{fault.message} {fault.hint}") for fault in caught.value.faults]


def body(inside: str) -> str:
    return f"<setProfileRequestData {XSI}>\n{inside}</setProfileRequestData>"


def test_what_the_schema_allows_is_read_by_the_types_of_parameters():
    read = read_values(FIELDS, SCHEMA.read(GOOD))
    assert read == {"lang": "ru", "sites": [Site(url="https://a", visits=7), Site(url=" b,c ")], "limit": None, "tags": {"a b": 1},
                    "note": "1, 2", "more": [1]}


def test_lists_are_told_by_their_type_and_not_by_guess():
    assert SCHEMA.read(body("<lang>en</lang><sites/><tags/>").encode()) == {"lang": "en", "sites": [], "tags": {}}
    assert read_values(FIELDS, SCHEMA.read(body("<lang>en</lang><sites><item><url>a</url></item></sites>").encode()))["sites"] == [
        Site(url="a")]


@pytest.mark.parametrize(("inside", "code", "field", "words"), [
    ("<note/><lang>en</lang>", Code.BODY_MALFORMED, "lang",
     "<lang> comes too late: expected here was <more> or the end (line 2) Send the elements in this order: lang, sites, limit, tags"),
    ("", Code.PARAMETER_MISSING, "lang", "<lang> is missing in <setProfileRequestData> (line 1) Expected one of en, ru."),
    ("<lang>en</lang>\n<colour/>", Code.PARAMETER_UNKNOWN, "colour", "has no element <colour> (line 3) It has lang, sites"),
    ("<lang>en</lang><limit>1</limit>\n\n<limit>1</limit>", Code.PARAMETER_REPEATED, "limit", "stands twice (line 4) Send it once."),
    ("<lang>fr</lang>", Code.PARAMETER_INVALID, "lang", "invalid value (line 2) Expected one of en, ru."),
    ("<lang>en</lang><limit>1.5</limit>", Code.PARAMETER_INVALID, "limit", "Expected integer or null"),
    ("<lang>en</lang><limit/>", Code.PARAMETER_INVALID, "limit", "invalid value (line 2) Expected integer or null"),
    ("<lang>en</lang><sites><item><visits>1</visits></item></sites>", Code.PARAMETER_MISSING, "sites.0.url", "<url> is missing in <item>"),
    (f"<lang>en</lang><sites><item><url>{'x' * 21}</url></item></sites>", Code.PARAMETER_INVALID, "sites.0.url", "length at most 20"),
    ("<lang>en</lang><sites><site/></sites>", Code.BODY_MALFORMED, "sites", "<site> stands in a list (line 2) Call everything in"),
    ("<lang>en</lang><tags><item>1</item></tags>", Code.BODY_MALFORMED, "tags", 'without its key (line 2) Send <item key="name">'),
    ("<lang>en</lang><tags><item key='a'>1</item><item key='a'>2</item></tags>", Code.PARAMETER_REPEATED, "tags.a", "'a' stands twice"),
    ("<lang>en</lang><tags><item key='a'>x</item></tags>", Code.PARAMETER_INVALID, "tags.a", "Expected integer"),
    ("<lang xmlns='urn:x'>en</lang>", Code.BODY_MALFORMED, "lang", "in the namespace 'urn:x' (line 2) Leave xmlns out"),
    ("<lang id='1'>en</lang>", Code.BODY_MALFORMED, "lang", "the attribute 'id' means nothing here (line 2)"),
    ("<lang xsi:type='x'>en</lang>", Code.BODY_MALFORMED, "lang", "the attribute 'type' means nothing here"),
    ("<lang xsi:nil='true'/>", Code.PARAMETER_INVALID, "lang", "null, which it cannot be (line 2)"),
    ("<lang>en</lang><limit xsi:nil='true'>1</limit>", Code.BODY_MALFORMED, "limit", "null, and yet something stands in it"),
    ("<lang>en</lang><limit xsi:nil='maybe'/>", Code.BODY_MALFORMED, "limit", "xsi:nil is 'maybe' (line 2) Write true or false."),
    ("<lang>en</lang>text", Code.BODY_MALFORMED, None, "text between elements"),
    ("<lang><b>en</b></lang>", Code.PARAMETER_INVALID, "lang", "elements stand in a single value (line 2) Expected one of en, ru."),
    ("<lang>en</lang><more>{</more>", Code.PARAMETER_INVALID, "more", "Expected JSON"),
])
def test_what_it_does_not_allow_is_told_with_the_line(inside, code, field, words):
    found = faults(body(inside))
    assert [each[:2] for each in found] == [(code.value, field)]
    assert words in found[0][2]


def test_everything_that_is_wrong_is_told_at_once():
    found = faults(body("<note/>\n<lang>xx</lang>\n<colour/>\n<limit>many</limit>\n<sites><item><visits>x</visits></item></sites>"))
    assert sorted({each[1] for each in found}) == ["colour", "lang", "limit", "sites", "sites.0.url", "sites.0.visits"]


@pytest.mark.parametrize(("raw", "words"), [
    (b"", "not well-formed"), (b"<setProfileRequestData>", "Premature end of data"), (GOOD[:-9], "not well-formed"),
    (b"<!DOCTYPE x><setProfileRequestData/>", "a DOCTYPE Leave it out."),
    (b'<!DOCTYPE x [<!ENTITY e "x">]><setProfileRequestData><lang>&e;</lang></setProfileRequestData>', "a DOCTYPE"),
    (b"<setProfileRequestData><lang>&e;</lang></setProfileRequestData>", "not well-formed"),
    (b"<a>" * 10_000, "nested too deep (line 1) Send flatter arguments."),
    (b"<setProfileRequestData>\xff</setProfileRequestData>", "not UTF-8 at byte 24"),
    (b"<setProfile/>", "its root is <setProfile> (line 1) Send <setProfileRequestData>."),
    (b'<setProfileRequestData xmlns="urn:x"/>', "is in the namespace 'urn:x' (line 1) Leave xmlns out"),
    (b"<a/>" * 30_000, "more than 10000 elements"),
])
def test_what_is_no_body_at_all_is_refused_with_the_reason(raw, words):
    (found,) = faults(raw)
    assert found[0] == Code.BODY_MALFORMED.value
    assert words in found[2]


def test_where_a_schema_lies_is_not_for_the_client_to_say():
    """The hint is ignored: nothing is loaded."""
    raw = GOOD.replace(b"<setProfileRequestData", b'<setProfileRequestData xsi:noNamespaceSchemaLocation="http://127.0.0.1:1/x.xsd"')
    assert SCHEMA.read(raw)["note"] == "1, 2"


def test_at_most_a_hundred_faults_are_told():
    assert len(faults(body("<x/>" * 4_000))) == 100


@pytest.mark.parametrize(("annotation", "text", "value"), [
    (int, " -007\n", -7), (float, " 1. ", 1.0), (float, ".5e1", 5.0), (Decimal, "+1.50", Decimal("1.50")), (bool, " 1 ", True),
    (bytes, "YW Jj\n", b"abc"), (bytes | None, "", b""), (dt.date, " 2024-06-01 ", dt.date(2024, 6, 1)),
    (Literal[5, 7], "+5", 5), (str, " a ", " a "),
    (dt.time, "12:00:00", dt.time(12)),
])
def test_spaces_and_signs_that_xml_schema_allows_are_read(annotation, text, value):
    schema, fields = one(annotation)
    assert read_values(fields, schema.read(f"<doRequestData><a>{text}</a></doRequestData>".encode())) == {"a": value}


@pytest.mark.parametrize(("annotation", "text"), [
    (bool, "TRUE"), (float, "NaN"), (float, "INF"), (dt.datetime, "2024-06-01 12:00:00Z"), (dt.datetime, "2024-06-01T12:00:00"),
    (dt.date, "2024-06-01Z"), (int, "1_000"), (int, "9223372036854775808"), (Decimal, "1e5"),
    (dt.datetime, "2024-06-01T12:00:00+15:00"), (dt.time, "12:00:00+14:30"),
])
def test_what_only_one_of_schema_and_reader_takes_is_refused(annotation, text):
    schema, _ = one(annotation)
    (found,) = faults(f"<doRequestData><a>{text}</a></doRequestData>", schema)
    assert found[:2] == (Code.PARAMETER_INVALID.value, "a")
    assert "(line 1)" in found[2]
    assert "Expected" in found[2]


@pytest.mark.parametrize("text", ["2024-01-01 00:00:00Z", "2024-01-01T00:00:00+23:00", "x"])
def test_thousands_of_values_that_do_not_fit_take_no_longer_than_those_that_do(text):
    """Some mean something to the reader and nothing to the schema: looking for the place of each among all took seconds."""
    schema = RequestSchema("planRequestData", (field_of(object, "days", list[dt.datetime], None),))

    def ask(text: str) -> tuple[float, int]:
        body = f"<planRequestData><days>{f'<item>{text}</item>' * 9_000}</days></planRequestData>".encode()
        began, faults = time.process_time(), ()
        try:
            schema.read(body)
        except Refusal as refusal:
            faults = refusal.faults
        return time.process_time() - began, len(faults)

    usual_s, _ = ask("2024-01-01T00:00:00Z")
    took_s, told = ask(text)
    assert told == 100
    assert took_s < 8 * usual_s + 0.1


def test_a_pattern_with_many_ways_through_it_takes_no_longer_than_its_author_made_it():
    """It is judged once, by the reader of values."""
    schema, _ = one(Annotated[str, msgspec.Meta(pattern="(a|b)+c")])
    began = time.process_time()
    schema.read(b"<doRequestData><a>%bc</a></doRequestData>" % (b"ab" * 50_000))
    assert time.process_time() - began < 1
    assert faults("<doRequestData><a>aab</a></doRequestData>", schema)[0][:2] == (Code.PARAMETER_INVALID.value, "a")


def one(annotation: Any) -> tuple[RequestSchema, tuple[Field, ...]]:
    fields = (field_of(object, "a", annotation),)
    return RequestSchema("doRequestData", fields), fields


# ------------------------------------------------------------------------------------------------ any type, any value


def written(name: str, annotation: Any, value: Any, key: str = "") -> str:
    """A value as a client writes it."""
    shape, inner, _, _ = parts_of(annotation)
    start = f"<{name}" + (f" key={quoteattr(key)}" if key else "")
    if value is None and not isinstance(shape, Anything):
        return f'{start} xsi:nil="true"/>'
    if isinstance(shape, Nested):
        types = {field.name: field.type for field in shape.fields}
        inside = "".join(written(each, types[each], value[each]) for each in types if each in value)
    elif isinstance(shape, Many):
        inside = "".join(written("item", inner.__args__[0], each) for each in value)
    elif isinstance(value, dict):
        inside = "".join(written("item", inner.__args__[1], each, name) for name, each in value.items())
    else:
        inside = text(shape, value)
    return f"{start}>{inside}</{name}>"


def text(shape: Any, value: Any) -> str:
    if isinstance(shape, Anything):
        plain = encode_json(value).decode()
    elif isinstance(value, Decimal):
        plain = f"{value:f}"
    else:
        plain = str(value).lower() if isinstance(value, bool) else str(value)
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def writable(value: Any) -> bool:
    """Whether XML can hold every text in a value, and a key of it is not empty, as a test writes it."""
    raw = repr(value)
    return not any(escape in raw for escape in ("\\x0", "\\x1", "\\x7", "\\x8", "\\x9", "\\ufff")) and "'':" not in raw


@PATIENT
@given(st.data())
def test_whatever_fits_is_read_as_it_was_meant(data):
    annotation = data.draw(ANNOTATIONS.filter(lambda each: not localized(each)))
    value = data.draw(values(annotation, sent=True).filter(writable))
    fields = (field_of(object, "a", annotation),)
    raw = f"<doRequestData {XSI}>{written('a', annotation, value)}</doRequestData>"
    xmlschema.XMLSchema(write_xsd(library(call(name="do", parameters=fields))).decode()).validate(raw)
    assert read_values(fields, RequestSchema("doRequestData", fields).read(raw.encode())) == read_values(fields, {"a": value})


def localized(annotation: Any) -> bool:
    return shape_of(annotation) == shape_of(Localized)


@PATIENT
@given(st.data())
def test_schema_and_reader_never_disagree_about_what_is_broken(data):
    """Elements moved, doubled, renamed or emptied: what the reader takes is valid by the schema, and what it refuses is not, or
    could not be read."""
    root = etree.fromstring(GOOD)
    for _ in range(data.draw(st.integers(1, 3))):
        element = data.draw(st.sampled_from(list(root.iter())))
        broken = data.draw(st.sampled_from(["double", "remove", "rename", "empty", "move"]))
        parent = element.getparent()
        if parent is None or broken == "empty":
            element.text = None
        elif broken == "double":
            parent.append(etree.fromstring(etree.tostring(element)))
        elif broken == "remove":
            parent.remove(element)
        elif broken == "rename":
            element.tag = data.draw(st.sampled_from(["item", "lang", "note", "visits", "x"]))
        else:
            parent.insert(data.draw(st.integers(0, 5)), element)
    raw = etree.tostring(root)
    valid = xmlschema.XMLSchema(write_xsd(library(call(name="setProfile", parameters=FIELDS))).decode()).is_valid(raw.decode())
    refused = refusal_of(raw)
    assert (refused is None) <= valid
    if refused is not None:
        assert not valid or "JSON" in str(refused) or "the key" in str(refused)
        assert all("(line " in fault.message and fault.hint for fault in refused.faults)


def refusal_of(raw: bytes) -> Refusal | None:
    try:
        SCHEMA.read(raw)
    except Refusal as refusal:
        return refusal
    return None

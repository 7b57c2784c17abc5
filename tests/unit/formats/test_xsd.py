"""Descriptions in XML Schema: whatever the writer of XML writes is valid by the schema that is made from the same declaration."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Literal

import msgspec
import pytest
import xmlschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from dragoman import Extra, Filter, Key, Localized, Needs, Record, Search
from dragoman.catalog.fields import Field, field_of
from dragoman.catalog.plain import encode_json
from dragoman.catalog.shapes import shape_of
from dragoman.formats.calls import Call
from dragoman.formats.patterns import translate_pattern
from dragoman.formats.xml_writing import XmlFormat
from dragoman.formats.xsd import write_xsd

from .described import DONE, FAILED, Head, call, document, library, showing
from .shapes import ANNOTATIONS, TEXT, values

PATIENT = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def schema_of(*calls: Call) -> xmlschema.XMLSchema:
    """Read by another library than the one that wrote it."""
    return xmlschema.XMLSchema(write_xsd(library(*calls)).decode())


def answer(item: Any, records: list[Any], listed: str = "array", head: Head = DONE, name: str = "get") -> bytes:
    """Records as XML, as an answer has them."""
    writer = XmlFormat().writer(document(name, item, listed, head, total=len(records)))
    return writer.open() + writer.items(encode_json(records)) + writer.close()


@PATIENT
@given(st.data())
def test_whatever_is_written_is_valid_by_the_schema_of_its_type(data):
    """Any type, any values, any way of listing."""
    item, listed = data.draw(ANNOTATIONS), data.draw(st.sampled_from(["array", "paged", "one"]))
    size = {"min_size": 1, "max_size": 1} if listed == "one" else {"max_size": 3}
    raw = answer(item, data.draw(st.lists(values(item), **size)), listed)
    described = write_xsd(library(call(item, listed=listed)))
    etree.XMLSchema(etree.fromstring(described)).assertValid(etree.fromstring(raw))
    xmlschema.XMLSchema(described.decode()).validate(raw.decode())


@pytest.mark.parametrize(("kind", "text", "written"), [
    (dt.datetime, "2024-01-01T00:00:00+23:30", "2023-12-31T00:30:00Z"),
    (dt.datetime, "2024-01-01T00:00:00-14:00", "2024-01-01T00:00:00-14:00"),
    (dt.time, "01:00:00.5+15:00", "10:00:00.500000Z"), (dt.time, "01:00:00", "01:00:00"),
    (dt.datetime, "0001-01-01T00:00:00+23:00", "0001-01-01T00:00:00+23:00"),
])
def test_zones_that_xml_schema_does_not_know_become_utc(kind, text, written):
    assert f"<item>{written}</item>".encode() in answer(kind, [text])


@pytest.mark.parametrize("listed", ["array", "paged", "keyed", "one"])
@pytest.mark.parametrize("item", [None, int, list[int], dict[str, int]], ids=str)
def test_a_failure_is_valid_with_no_data(item, listed):
    raw = answer(item, [], head=FAILED)
    assert b"<things></things>" in raw
    schema_of(call(item, listed=listed)).validate(raw.decode())


def test_an_answer_to_what_is_nothing_has_a_root_of_its_own():
    schema_of(call(int)).validate(answer(None, [], head=FAILED, name="failure").decode())


class TestWrongAnswers:
    """What is not as it is declared is not valid."""

    schema = schema_of(call(Annotated[int, msgspec.Meta(ge=1)]))

    @pytest.mark.parametrize("change", [
        ("<item>7</item>", "<item>0</item>"), ("<item>7</item>", "<item>x</item>"), ("<item>7</item>", "<thing>7</thing>"),
        ("<item>7</item>", '<item xsi:nil="true"/>'), ("<code>200</code>", ""), ("<code>200</code>", "<code>x</code>"),
        ("getAnswer", "otherAnswer"), ("things>", "data>"),
    ])
    def test_they_are_found(self, change):
        text = answer(int, [7]).decode()
        assert self.schema.is_valid(text)
        assert not self.schema.is_valid(text.replace(*change))


# ------------------------------------------------------------------------------------------------ records


class Crew(Record):
    """Somebody aboard."""

    role: str
    name: Localized


def twin() -> type[Record]:
    class Crew(Record):
        rank: int
    return Crew


class Tank(Record):
    """A tank & its crew."""

    id: Annotated[int, Key()]
    name: Annotated[Localized, Search()]
    crew: list[Crew]
    others: list[twin()]
    modules: Annotated[list[int], Extra()]
    gold: Annotated[int | None, Needs("account"), msgspec.Meta(multiple_of=10, description="What it costs.")] = None
    nation: Annotated[str, Filter()] = "none"


def described(*calls: Call) -> Any:
    """The schema of calls as a tree without a namespace."""
    return etree.fromstring(write_xsd(library(*calls)).replace(b"xs:", b"").replace(b" xmlns:xs=", b" about="))


class TestTypes:
    """Classes of records become types, with the words that their authors gave them."""

    tree = described(call(Tank), showing(call(Tank, name="list"), only=("id", "name")))

    def test_two_classes_of_one_name_are_two_types(self):
        kinds = {kind.get("name"): [each.get("name") for each in kind.iter("element")] for kind in self.tree.findall("complexType")}
        assert kinds["Crew"] == ["role", "name"]
        assert kinds["Crew2"] == ["rank"]

    def test_docstrings_and_descriptions_are_told(self):
        texts = [each.text for each in self.tree.iter("documentation")]
        assert "A tank & its crew." in texts
        assert "What it costs.\nA multiple of 10." in texts

    def test_what_may_be_absent_is_optional_and_what_may_be_null_nillable(self):
        kind = next(each for each in self.tree.findall("complexType") if each.get("name") == "Tank")
        fields = {each.get("name"): each for each in kind.find("sequence")}
        assert [name for name, each in fields.items() if each.get("minOccurs") == "0"] == ["modules", "gold", "nation"]
        assert [name for name, each in fields.items() if each.get("nillable")] == ["gold"]

    def test_where_some_fields_are_shown_the_others_are_not_there(self):
        response = next(each for each in self.tree.findall("element") if each.get("name") == "listAnswer")
        item = next(each for each in response.iter("element") if each.get("name") == "item")
        assert [each.get("name") for each in item.iter("element")][1:] == ["id", "name"]

    def test_what_clients_send_differs_where_a_text_has_several_languages(self):
        schema = schema_of(call(Crew, parameters=[field_of(call, "crew", Crew)]))
        schema.validate('<getRequestData><crew><role>a</role><name><item key="en">Ann</item></name></crew></getRequestData>')
        schema.validate(answer(Crew, [{"role": "a", "name": "Ann"}]).decode())


def test_parameters_stand_in_their_order_and_the_optional_ones_may_be_absent():
    fields = (field_of(call, "first", int), field_of(call, "second", str, "x"), field_of(call, "third", list[int]))
    schema = schema_of(call(name="do", parameters=fields))
    assert schema.is_valid("<doRequestData><first>1</first><third><item>2</item></third></doRequestData>")
    assert not schema.is_valid("<doRequestData><third/><first>1</first></doRequestData>")
    assert not schema.is_valid("<doRequestData><first>1</first></doRequestData>")


def test_what_no_xml_can_hold_is_told_without_it():
    choice = field_of(call, "choice", Literal["a\x01", "b"])
    schema = schema_of(call(name="do", description="A \x02 bell.", parameters=(choice,)))
    assert schema.is_valid("<doRequestData><choice>b</choice></doRequestData>")


# ------------------------------------------------------------------------------------------------ patterns


@pytest.mark.parametrize("pattern", [
    "^a+$", "a", "^[a-z0-9-]+$", r"^\d{3}-\w*\Z", "a|^b", "^(?:a|b)?c$", "[^-a]", r"^\s$", r"^\S+$", r"[\]\-x]", "^#[0-9a-f]{6}$", "^.*$",
    "", "^$", r"\D", r"[\d-]", r"[^\D]", "[!-~]", "ab{1,3}?", r"[a\-z]", "^a$|^b$", "^https?://.",
    "^[+]?[0-9 -]+$", r"\.", "^(a(b|c))*$", r"^[\w.]+@[\w.]+$", "^[]a]$",
])
@given(text=TEXT | st.text("abcx019-]+#.@ \n", max_size=8))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_a_pattern_fits_the_same_texts_in_both_languages(pattern, text):
    translated = translate_pattern(pattern)
    assert translated is not None
    element = etree.Element("a")
    element.text = re.sub("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)
    assert pattern_schema(translated).validate(element) == (re.search(pattern, element.text) is not None)


def pattern_schema(pattern: str) -> etree.XMLSchema:
    field = Field(name="a", type=str, shape=shape_of(str))
    root = etree.fromstring(write_xsd(library(call(parameters=[field]))))
    for child in list(root):
        root.remove(child)
    element = etree.SubElement(root, "{http://www.w3.org/2001/XMLSchema}element", name="a")
    kind = etree.SubElement(element, "{http://www.w3.org/2001/XMLSchema}simpleType")
    restriction = etree.SubElement(kind, "{http://www.w3.org/2001/XMLSchema}restriction", base="xs:string")
    etree.SubElement(restriction, "{http://www.w3.org/2001/XMLSchema}pattern", value=pattern)
    return etree.XMLSchema(root)


@pytest.mark.parametrize("pattern", [
    "(?i)a", "a++", "[+--]", r"[\[-a]",
    r"\bx", "^[^\\W]$", "x{,3}", "(?=a)", r"(a)\1", "a{1,999}", "x" * 501, "(", "^a^", "(^a)", "*", r"\x41", r"\u0041", "[", "a$b",
])
def test_what_xml_schema_cannot_say_is_left_to_words(pattern):
    assert translate_pattern(pattern) is None

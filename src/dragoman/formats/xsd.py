"""XML Schema (XSD 1.0) of calls: what may be sent to them and what they answer (W5, W9)."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from lxml import etree

from ..catalog.fields import Field
from ..catalog.record import Record
from ..catalog.shapes import Anything, Keyed, Many, Nested, Text
from ..catalog.target import TOTALED
from .calls import DocumentType, Library, parts_of
from .facets import Simple, notes_of, simple_of, writable
from .naming import INPUT, Names, differs, may_lack

NAMESPACE = "http://www.w3.org/2001/XMLSchema"


def describe_library(library: Library) -> Any:
    """The schema element of a library: for each call what is sent and what is answered, then what is answered where nothing is there."""
    schema = Schema()
    for call in library.calls:
        schema.add_request(call.request, call.parameters, call.description)
        schema.add_answer(call.answer)
    for failure in library.failures:
        schema.add_answer(failure)
    return schema.element()


def compile_request(root: str, parameters: Iterable[Field]) -> Any:
    """What judges documents of a root that hold parameters, for `lxml`.

    The author's patterns are left to the reader of values, which judges them anyway: where several ways lead through one, libxml2
    may take long over a long text, and some it reads wrong.
    """
    schema = Schema(patterns=False)
    schema.add_request(root, parameters)
    return etree.XMLSchema(schema.element())


def write_xsd(library: Library) -> bytes:
    """A library as a document of XML Schema."""
    return document(describe_library(library))


def document(root: Any) -> bytes:
    """An element as a document, for people to read."""
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True))


class Schema:
    """Gathers elements, and the types that they share: one for each class of records, each with a name of its own."""

    def __init__(self, *, patterns: bool = True) -> None:
        """`patterns`: with those that authors declared."""
        self._patterns = patterns
        self._elements: list[Any] = []
        self._types: dict[tuple[type[Record], bool], str] = {}
        self._made: list[Any] = []
        self._names = Names()

    def element(self) -> Any:
        """The whole schema; no namespace is its target, as answers have none."""
        root = etree.Element(_xs("schema"), nsmap={"xs": NAMESPACE}, elementFormDefault="unqualified")
        root.extend(self._elements)
        root.extend(self._made)
        return root

    def add_request(self, root: str, parameters: Iterable[Field], description: str = "") -> None:
        """What is sent: parameters in their order."""
        element = _element(root, description)
        sequence = _sub(_sub(element, "complexType"), "sequence")
        sequence.extend(self._field(field, sent=True, optional=not field.required) for field in parameters)
        self._elements.append(element)

    def add_answer(self, answer: DocumentType) -> None:
        """What is answered, be it a failure."""
        element = _element(answer.root, answer.description)
        sequence = _sub(_sub(element, "complexType"), "sequence")
        sequence.extend(self._field(field, sent=False, optional=False) for field in answer.head.__dragoman_fields__)
        _sub(sequence, "element", name=answer.data).append(self._data(answer))
        self._elements.append(element)

    # ------------------------------------------------------------------------------------ records

    def _data(self, answer: DocumentType) -> Any:
        """The type of what holds the records; it may always be empty, as it is on failure."""
        if answer.listed == "one" and answer.item is not None:
            return self._one(answer.item)
        if answer.listed not in TOTALED:
            return self._items(answer)
        kind = etree.Element(_xs("complexType"))
        sequence = _sub(kind, "sequence", minOccurs="0")
        sequence.append(_element("total", type="xs:long"))
        _sub(sequence, "element", name="items").append(self._items(answer))
        return kind

    def _items(self, answer: DocumentType) -> Any:
        """The type of what holds any number of records."""
        kind = etree.Element(_xs("complexType"))
        if answer.item is not None:
            _sub(kind, "sequence").append(self._item(answer))
        return kind

    def _one(self, annotation: Any) -> Any:
        """The type of what holds a single record, or nothing."""
        shape, inner, constraints, _ = parts_of(annotation)
        if isinstance(shape, Nested):
            kind = etree.Element(_xs("complexType"))
            _sub(kind, "sequence", minOccurs="0").extend(
                self._field(field, sent=False, optional=may_lack(field)) for field in shape.fields)
            return kind
        if _is_list(shape, sent=False):
            return self._list(shape, inner, (), sent=False)
        kind = etree.Element(_xs("simpleType"))
        union = _sub(kind, "union")
        simple = _sub(union, "simpleType")
        _restrict(simple, simple_of(shape, constraints))
        _sub(_sub(_sub(union, "simpleType"), "restriction", base="xs:string"), "length", value="0")
        return kind

    def _item(self, answer: DocumentType) -> Any:
        item = _element("item", minOccurs="0", maxOccurs="unbounded")
        if answer.only:
            sequence = _sub(_sub(item, "complexType"), "sequence")
            sequence.extend(self._field(field, sent=False, optional=may_lack(field))
                            for field in answer.item.__dragoman_fields__ if field.name in answer.only)
            return item
        self._type(item, answer.item, sent=False)
        return item

    # ------------------------------------------------------------------------------------ types

    def _field(self, field: Field, *, sent: bool, optional: bool) -> Any:
        element = _element(field.name)
        if optional:
            element.set("minOccurs", "0")
        self._type(element, field.type, sent=sent)
        if field.needs is not None:             # some dialects show null to those who may not see it
            element.set("nillable", "true")
        return element

    def _type(self, element: Any, annotation: Any, *, sent: bool) -> None:
        """Give an element the type of an annotation, as clients send it or get it."""
        shape, inner, constraints, nullable = parts_of(annotation)
        if nullable or isinstance(shape, Anything):
            element.set("nillable", "true")
        if isinstance(shape, Nested):
            _note(element, (note for constraint in constraints for note in notes_of(constraint)))
            element.set("type", self._record(shape.record, sent=sent))
        elif _is_list(shape, sent):
            _note(element, (note for constraint in constraints for note in notes_of(constraint)))
            element.append(self._list(shape, inner, constraints, sent=sent))
        else:
            _fill_simple(element, simple_of(shape, constraints, patterns=self._patterns))

    def _list(self, shape: Any, inner: Any, constraints: Sequence[msgspec.Meta], *, sent: bool) -> Any:
        """The type of what holds items: those of a list, or the values of free names, each with its name as `key`."""
        least = max((each.min_length or 0 for each in constraints), default=0)
        most = min((each.max_length for each in constraints if each.max_length is not None), default=None)
        kind = etree.Element(_xs("complexType"))
        if most == 0:
            return kind
        item = _element("item", minOccurs=str(least), maxOccurs="unbounded" if most is None else str(most))
        _sub(kind, "sequence").append(item)
        if isinstance(shape, Many):
            self._type(item, typing.get_args(inner)[0], sent=sent)
        else:
            self._type(item, typing.get_args(inner)[1], sent=sent)
            self._add_key(item)
        return kind

    def _add_key(self, item: Any) -> None:
        """Let an element bear the attribute `key`, whatever its type is."""
        named, inside = item.attrib.pop("type", None), item.find(_xs("complexType"))
        if inside is not None:
            _sub(inside, "attribute", name="key", type="xs:string", use="required")
            return
        simple = item.find(_xs("simpleType"))
        if simple is not None:
            named = self._names.take("Value")
            simple.set("name", named)
            self._made.append(simple)
        is_record = named in self._types.values()
        content = _sub(_sub(item, "complexType"), "complexContent" if is_record else "simpleContent")
        _sub(_sub(content, "extension", base=named), "attribute", name="key", type="xs:string", use="required")

    def _record(self, record: type[Record], *, sent: bool) -> str:
        """The name of the type of a class of records."""
        known = (record, sent and differs(record))
        if known not in self._types:
            self._types[known] = self._names.take(record.__name__ + (INPUT if known[1] else ""))
            kind = etree.Element(_xs("complexType"), name=self._types[known])
            self._made.append(kind)
            _document(kind, (record.__doc__ or "").strip())
            sequence = _sub(kind, "sequence")
            sequence.extend(self._field(field, sent=sent, optional=not field.required if known[1] else may_lack(field))
                            for field in record.__dragoman_fields__)
        return self._types[known]


def _is_list(shape: Any, sent: bool) -> bool:
    """Whether a value is written as items; of a localized text clients send all languages, and get one."""
    return isinstance(shape, (Many, Keyed)) or (sent and isinstance(shape, Text))


def _fill_simple(element: Any, simple: Simple) -> None:
    _note(element, simple.notes)
    if not simple.facets:
        element.set("type", simple.base)
        return
    _restrict(_sub(element, "simpleType"), simple)


def _restrict(kind: Any, simple: Simple) -> None:
    restriction = _sub(kind, "restriction", base=simple.base)
    for name, value in simple.facets:
        _sub(restriction, name, value=writable(value))


def _element(name: str, description: str = "", **attributes: str) -> Any:
    element = etree.Element(_xs("element"), name=name, **attributes)
    _document(element, description)
    return element


def _note(element: Any, notes: Iterable[str]) -> None:
    _document(element, "\n".join(notes))


def _document(element: Any, text: str) -> None:
    """Say in words what an element is; that stands before all else in it."""
    if text:
        annotation = etree.Element(_xs("annotation"))
        _sub(annotation, "documentation").text = writable(text)
        element.insert(0, annotation)


def _sub(parent: Any, tag: str, /, **attributes: str) -> Any:
    return etree.SubElement(parent, _xs(tag), **attributes)


def _xs(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"

"""Bodies in XML, read by the schema of what they are sent to: every fault with its place and its line (W5)."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from lxml import etree

from ..catalog.fields import Field
from ..catalog.fitting import MISFITS_MAX, Misfits, Written, expectation
from ..catalog.plain import SHOWN_MAX, below, show
from ..catalog.shapes import Anything, Choice, Many, Nested, Scalar, Shape, describe, scalar_kind, shape_of
from ..catalog.values import read_values
from ..errors import Code, Fault, Refusal
from . import xml
from .body import VALUES_MAX, malformed
from .calls import parts_of
from .xsd import compile_request

_NIL = xml.INSTANCE + "nil"
_LOCATIONS = (xml.INSTANCE + "schemaLocation", xml.INSTANCE + "noNamespaceSchemaLocation")
_KEY = "key"
_NO_NAMESPACE = "Leave xmlns out: these elements have no namespace."
_SPACES = " \t\r\n"
_INTEGER = re.compile(r"[+-]?[0-9]{1,40}\Z")
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?\Z")


class Place(NamedTuple):
    """Where a value stands: its element, its dotted path, and its type."""

    element: Any
    path: str
    annotation: Any


class RequestSchema:
    """What may be sent as a document of a root; compiled once, then asked for each body."""

    def __init__(self, root: str, parameters: Sequence[Field]) -> None:
        self._root, self._fields = root, parameters
        self._schema = compile_request(root, parameters)

    def read(self, raw: bytes) -> dict[str, Any]:
        """The arguments in a body by name: texts and base64 as they are, other single values as `Written`, lists, mappings, and None
        where `xsi:nil` says so.

        Raises `Refusal` with everything that the schema does not allow, each with its line.
        """
        try:
            root = xml.parse(raw, elements_max=VALUES_MAX)
        except xml.Malformed as error:
            raise malformed(error.reason, error.remedy, error.name) from None
        self._check_root(root)
        walk = Walk()
        values = walk.read_fields(Place(root, "", None), self._fields)
        walk.check_values(self._fields, values)
        if not walk.faults and not self._schema.validate(root):
            walk.add_errors(root, self._schema.error_log)
        if walk.faults:
            raise Refusal(*walk.faults[:MISFITS_MAX])
        return values

    def _check_root(self, root: Any) -> None:
        """The root says what is meant; all else makes no sense without it."""
        name = etree.QName(root)
        if name.localname != self._root:
            raise malformed(f"its root is <{_name(root)}>{xml.line_of(root)}", f"Send <{self._root}>.")
        if name.namespace:
            raise malformed(f"<{self._root}> is in the namespace {show(name.namespace)}{xml.line_of(root)}", _NO_NAMESPACE)


class Walk:
    """Goes through one body beside its fields, and gathers what is wrong."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self._places: dict[str, Place] = {}
        """By path."""
        self._told: set[str] = set()
        """The paths at which something is wrong already."""

    def _add(self, code: Code, element: Any, path: str, message: str, hint: str, value: str | None = None) -> None:
        self._told.add(path)
        start = "malformed body: " if code is Code.BODY_MALFORMED else ""
        self.faults.append(Fault(code=code, message=f"{start}{message}{xml.line_of(element)}", field=path or None, hint=hint,
                                 value=value[:SHOWN_MAX] if value is not None else None))

    # ------------------------------------------------------------------------------------ elements

    def read_fields(self, at: Place, fields: Sequence[Field]) -> dict[str, Any]:
        """The values of the children of an element, which stand in the order of its fields, each at most once."""
        self._places[at.path] = at
        self._check_around(at)
        order = [field.name for field in fields]
        values: dict[str, Any] = {}
        last = -1
        for child in at.element:
            path = _below(at.path, _name(child))
            number = self._number_of(child, path, order, at)
            if number is None:
                continue
            if order[number] in values:
                self._add(Code.PARAMETER_REPEATED, child, path, f"the element <{order[number]}> stands twice", "Send it once.")
                continue
            if number < last:
                self._add(Code.BODY_MALFORMED, child, path, hint=f"Send the elements in this order: {', '.join(order)}.",
                          message=f"<{order[number]}> comes too late: expected here was {_expected(fields, last)}")
                self._told.discard(path)            # its value is read all the same
            last = max(last, number)
            values[order[number]] = self._read(Place(child, path, fields[number].type))
        return values

    def _number_of(self, child: Any, path: str, order: Sequence[str], at: Place) -> int | None:
        """Which of the fields an element is; None where it is none."""
        name, namespace = _name(child), etree.QName(child).namespace
        if name not in order:
            self._add(Code.PARAMETER_UNKNOWN, child, path, f"<{_name(at.element)}> has no element <{name}>",
                      f"It has {', '.join(order)}." if order else "It is empty.")
        elif namespace:
            self._add(Code.BODY_MALFORMED, child, path, f"<{name}> is in the namespace {show(namespace)}", _NO_NAMESPACE)
        else:
            return order.index(name)
        return None

    def _items(self, at: Place) -> Iterator[Any]:
        """The elements of a list, all of which are called `item`."""
        self._places[at.path] = at
        self._check_around(at)
        for child in at.element:
            if _name(child) != "item":
                self._add(Code.BODY_MALFORMED, child, at.path, f"<{_name(child)}> stands in a list", "Call everything in it <item>.")
            elif etree.QName(child).namespace:
                self._add(Code.BODY_MALFORMED, child, at.path, f"<item> is in the namespace {show(etree.QName(child).namespace)}",
                          _NO_NAMESPACE)
            else:
                yield child

    # ------------------------------------------------------------------------------------ values

    def _read(self, at: Place, *, keyed: bool = False) -> Any:
        """The value of an element by its type; None where it is null, and where something is wrong with it."""
        shape, inner, _, nullable = parts_of(at.annotation)
        self._check_attributes(at.element, at.path, *((_KEY,) if keyed else ()))
        if self._is_null(at, nullable=nullable or isinstance(shape, Anything)):
            return None
        if isinstance(shape, Nested):
            return self.read_fields(at, shape.fields)
        if isinstance(shape, Many):
            return [self._read(Place(child, f"{at.path}.{number}", typing.get_args(inner)[0]))
                    for number, child in enumerate(self._items(at))]
        if not isinstance(shape, (Scalar, Choice, Anything)):
            return self._read_named(at, typing.get_args(inner)[1])
        self._places[at.path] = at
        if len(at.element):
            self._add(Code.PARAMETER_INVALID, at.element, at.path, "elements stand in a single value", f"Expected {describe(shape)}.")
            return None
        text = at.element.text or ""
        if scalar_kind(shape) == "str" or isinstance(shape, Anything):
            return Written(text) if isinstance(shape, Anything) else text
        at.element.text = text.strip(_SPACES)       # libxml2 takes spaces around some types, and around others not
        return _single(shape, at.element.text)

    def _read_named(self, at: Place, annotation: Any) -> dict[str, Any]:
        """The values of free names, each the `key` of an item."""
        values: dict[str, Any] = {}
        for child in self._items(at):
            key = child.get(_KEY)
            if key is None:
                self._add(Code.BODY_MALFORMED, child, at.path, "an <item> without its key", 'Send <item key="name">value</item>.')
                continue
            path = below(at.path, key)
            if key in values:
                self._add(Code.PARAMETER_REPEATED, child, path, f"the key {show(key)} stands twice", "Send each key once.")
            values[key] = self._read(Place(child, path, annotation), keyed=True)
        return values

    def _is_null(self, at: Place, *, nullable: bool) -> bool:
        """Whether an element is null."""
        nil = at.element.get(_NIL)
        if nil is None or nil.strip(_SPACES) in ("false", "0"):
            return False
        if nil.strip(_SPACES) not in ("true", "1"):
            self._add(Code.BODY_MALFORMED, at.element, at.path, f"xsi:nil is {show(nil)}", "Write true or false.")
        elif not nullable:
            self._add(Code.PARAMETER_INVALID, at.element, at.path, "null, which it cannot be", "Send a value, or leave it out.")
        elif len(at.element) or at.element.text:
            self._add(Code.BODY_MALFORMED, at.element, at.path, "null, and yet something stands in it", "Leave it empty.")
        return True

    # ------------------------------------------------------------------------------------ what else may be wrong

    def _check_attributes(self, element: Any, path: str, *known: str) -> None:
        """Refuse what would be lost: nothing is read from attributes but null and keys. Where a schema lies is nobody's to say."""
        for name in element.attrib:
            if name in _LOCATIONS:
                del element.attrib[name]
            elif name != _NIL and name not in known:
                self._add(Code.BODY_MALFORMED, element, path, f"the attribute {show(etree.QName(name).localname)} means nothing here",
                          "Send elements alone.")

    def _check_around(self, at: Place) -> None:
        if not at.path:
            self._check_attributes(at.element, "")
            self._is_null(at, nullable=False)
        if any(text and text.strip(_SPACES) for text in (at.element.text, *(child.tail for child in at.element))):
            self._add(Code.BODY_MALFORMED, at.element, at.path, "text between elements", "Put it into an element.")

    def check_values(self, fields: Sequence[Field], values: dict[str, Any]) -> None:
        """Tell what is missing, and what does not fit its type."""
        try:
            read_values(fields, values)
        except Misfits as error:
            for misfit in error.misfits:
                if not any(_lies_at(misfit.path, told) for told in self._told if told):
                    self._add_misfit(misfit.path, misfit.expected, misfit.found)

    def _add_misfit(self, path: str, expected: str, found: str) -> None:
        above = path
        while above not in self._places:
            above = above.rpartition(".")[0]
        element = self._places[above].element
        if found:
            self._add(Code.PARAMETER_INVALID, element, path, "invalid value", f"Expected {expected}.", found)
            return
        self._add(Code.PARAMETER_MISSING, element, path, f"the element <{path.rpartition('.')[2]}> is missing in <{_name(element)}>",
                  f"Expected {expected}.")

    def add_errors(self, root: Any, errors: Any) -> None:
        """Tell what the schema alone refuses: values that mean something to us, but not to it. No more are looked at than are told."""
        places = {place.element: place for place in self._places.values()}
        for error in errors:
            if len(self.faults) >= MISFITS_MAX:
                break
            place = next((places.get(found) for found in (root.getroottree().xpath(error.path) if error.path else ())), None)
            if place is not None and place.path and place.path not in self._told:
                field = Field(name="", type=place.annotation, shape=shape_of(place.annotation))
                self._add(Code.PARAMETER_INVALID, place.element, place.path, "invalid value",
                          f"Expected {expectation(field)}, written as in XML Schema.", place.element.text or "")
        if not self.faults:
            self._add(Code.BODY_MALFORMED, root, "", "it does not fit its schema", "Send what the XSD of this method says.")


# ---------------------------------------------------------------------------------------- single values


def _single(shape: Shape, text: str) -> str:
    """A single value as it is written elsewhere, without the signs, zeros and spaces that XML Schema allows beside."""
    kind = scalar_kind(shape)
    if kind == "bytes":
        return re.sub(f"[{_SPACES}]", "", text)     # as in JSON, where an empty text is no bytes, and not nothing
    if kind == "int" and _INTEGER.match(text):
        return Written(str(int(text)))
    if kind in ("float", "decimal") and _NUMBER.match(text):
        return Written(str(Decimal(text)))
    return Written(text)


def _name(element: Any) -> str:
    """The name of an element, whatever its namespace, short enough to be told."""
    return xml.name_of(element)[:SHOWN_MAX]


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _lies_at(path: str, above: str) -> bool:
    """Whether a path is another one, or lies below it; everything lies below the root."""
    return not above or path == above or path.startswith(f"{above}.")


def _expected(fields: Sequence[Field], last: int) -> str:
    """What may come after a field: those up to the next one that has to come."""
    names = []
    for field in fields[last + 1:]:
        names.append(f"<{field.name}>")
        if field.required:
            return " or ".join(names)
    return " or ".join([*names, "the end"])

"""Single values in XML Schema: the built-in type, its facets, and in words what facets cannot say."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from ..catalog.shapes import Choice, Scalar, Shape
from .patterns import translate_pattern

UUID = "[0-9A-Fa-f]{8}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{12}"
_BASES = {
    "int": "xs:long", "float": "xs:double", "decimal": "xs:decimal", "bool": "xs:boolean", "bytes": "xs:base64Binary",
    "date": "xs:date", "datetime": "xs:dateTime", "time": "xs:time",
}
_BOUNDS = {"ge": "minInclusive", "gt": "minExclusive", "le": "maxInclusive", "lt": "maxExclusive"}
_LENGTHS = {"min_length": "minLength", "max_length": "maxLength"}
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML can hold, not even escaped (XML 1.0, 2.2)."""


class Simple(msgspec.Struct, frozen=True):
    """The type of a single value: its base, its facets by name, in the order of their declaration, and what to add in words."""

    base: str
    facets: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


def simple_of(shape: Shape, constraints: Iterable[msgspec.Meta] = (), *, patterns: bool = True) -> Simple:
    """The type of a single value; text for whatever is none, such as free JSON. `patterns`: with those of the author."""
    notes: tuple[str, ...] = ()
    if isinstance(shape, Choice):
        writable = not any(isinstance(value, str) and _UNWRITABLE.search(value) for value in shape.values)
        base = "xs:long" if isinstance(shape.values[0], int) else "xs:string"
        return Simple(base, tuple(("enumeration", str(value)) for value in shape.values) if writable else ())
    if not isinstance(shape, Scalar):
        return Simple("xs:string")
    if shape.kind == "uuid":
        return Simple("xs:string", (("pattern", UUID),))
    facets: list[tuple[str, str]] = []
    for constraint in constraints:
        facets += [facet for facet in _facets_of(constraint) if patterns or facet[0] != "pattern"]
        notes += tuple(notes_of(constraint))
    return Simple(_BASES.get(shape.kind, "xs:string"), tuple(facets), notes)


def _facets_of(constraint: msgspec.Meta) -> Iterator[tuple[str, str]]:
    for names in (_BOUNDS, _LENGTHS):
        for name, facet in names.items():
            value = getattr(constraint, name)
            if value is not None and math.isfinite(value):
                yield facet, str(value)
    pattern = translate_pattern(constraint.pattern) if constraint.pattern is not None else None
    if pattern is not None:
        yield "pattern", pattern


def notes_of(constraint: msgspec.Meta) -> Iterator[str]:
    """What the author says of a value, and what XML Schema cannot say."""
    if constraint.description:
        yield constraint.description
    if constraint.multiple_of is not None:
        yield f"A multiple of {constraint.multiple_of}."
    if constraint.pattern is not None and translate_pattern(constraint.pattern) is None:
        yield f"It matches {constraint.pattern}"


def writable(text: Any) -> str:
    """A text without what no XML can hold."""
    return _UNWRITABLE.sub("\ufffd", str(text))

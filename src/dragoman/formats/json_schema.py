"""JSON Schema (2020-12) of types, as clients send them and as they get them; the records in it have names."""

from __future__ import annotations

import math
import re
import typing
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from ..catalog.fields import Field
from ..catalog.record import Record
from ..catalog.shapes import Anything, Choice, Many, Nested, Scalar, Shape, Text
from .calls import parts_of
from .naming import INPUT, Names, differs, may_lack
from .patterns import translate_pattern

Schema = dict[str, Any]
_TIME = r"^[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})?$"
"""The format `time` of JSON Schema has a zone in every case."""
_KINDS: Mapping[str, Schema] = {
    "str": {"type": "string"}, "int": {"type": "integer", "format": "int64"}, "float": {"type": "number", "format": "double"},
    "decimal": {"type": "number"}, "bool": {"type": "boolean"}, "bytes": {"type": "string", "contentEncoding": "base64"},
    "date": {"type": "string", "format": "date"}, "datetime": {"type": "string", "format": "date-time"},
    "time": {"type": "string", "pattern": _TIME}, "uuid": {"type": "string", "format": "uuid"},
}
_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum", "multiple_of": "multipleOf"}
_LENGTHS = {"string": "Length", "array": "Items", "object": "Properties"}
_OURS_ALONE = re.compile(r"\\[AZ]|\[\^?\]")
"""What patterns of Python and of JavaScript read in different ways."""


class Schemas:
    """The schemas of many types, which share those of records."""

    def __init__(self, where: str = "#/components/schemas/") -> None:
        self._where, self._names = where, Names()
        self._known: dict[tuple[type[Record], bool], str] = {}
        self.named: dict[str, Schema] = {}
        """Each class of records by its name."""

    def add(self, name: str, schema: Schema) -> Schema:
        """Name a schema, or as near to that name as can be; a reference to it."""
        taken = self._names.take(name)
        self.named[taken] = schema
        return self.ref(taken)

    def ref(self, name: str) -> Schema:
        """A reference to what has a name."""
        return {"$ref": self._where + name}

    def of(self, annotation: Any, *, sent: bool = False) -> Schema:
        """The schema of a type as clients send it, or as they get it."""
        shape, inner, constraints, nullable = parts_of(annotation)
        schema = self._of_shape(shape, inner, sent)
        for constraint in () if isinstance(shape, Text) and not sent else constraints:
            schema |= _limits_of(constraint, schema)
        return _or_null(schema) if nullable else schema

    def record(self, fields: Iterable[Field], *, sent: bool = False, closed: bool = False) -> Schema:
        """The schema of an object with some fields; where it is `closed` it has no others."""
        fields = tuple(fields)
        schema: Schema = {"type": "object", "properties": {field.name: self.of(field.type, sent=sent) for field in fields}}
        required = [field.name for field in fields if (field.required if sent else not may_lack(field))]
        if required:
            schema["required"] = required
        return schema | ({"additionalProperties": False} if closed else {})

    def _of_shape(self, shape: Shape, inner: Any, sent: bool) -> Schema:
        if isinstance(shape, Scalar):
            return dict(_KINDS[shape.kind])
        if isinstance(shape, Choice):
            return {"type": "integer" if isinstance(shape.values[0], int) else "string", "enum": list(shape.values)}
        if isinstance(shape, Nested):
            return self.ref(self._record(shape.record, sent))
        if isinstance(shape, Anything):
            return {}
        if isinstance(shape, Text) and not sent:
            return {"type": "string"}
        if isinstance(shape, Many):
            items = self.of(typing.get_args(inner)[0], sent=sent) | {"xml": {"name": "item"}}
            return {"type": "array", "items": items, "xml": {"wrapped": True}}
        return {"type": "object", "additionalProperties": self.of(typing.get_args(inner)[1], sent=sent)}

    def _record(self, record: type[Record], sent: bool) -> str:
        known = (record, sent and differs(record))
        if known not in self._known:
            name = self._known[known] = self._names.take(record.__name__ + (INPUT if known[1] else ""))
            about = (record.__doc__ or "").strip()
            self.named[name] = {}               # it keeps its place while what is inside takes names, too
            self.named[name] = self.record(record.__dragoman_fields__, sent=known[1]) | ({"description": about} if about else {})
        return self._known[known]


def _or_null(schema: Schema) -> Schema:
    """What may be null besides."""
    if not schema:
        return schema
    if "enum" in schema or "type" not in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    return schema | {"type": [schema["type"], "null"]}


def _limits_of(constraint: msgspec.Meta, schema: Schema) -> Schema:
    found = {name: value for own, name in _BOUNDS.items() if (value := getattr(constraint, own)) is not None and math.isfinite(value)}
    if "contentEncoding" not in schema:             # lengths are those of the bytes, not of the text
        for own, start in (("min_length", "min"), ("max_length", "max")):
            value = getattr(constraint, own)
            if value is not None:
                found[start + _LENGTHS[schema["type"]]] = value
    notes = [constraint.description] if constraint.description else []
    if constraint.pattern is not None:
        if translate_pattern(constraint.pattern) is None or _OURS_ALONE.search(constraint.pattern):
            notes.append(f"It matches {constraint.pattern}")
        else:
            found["pattern"] = constraint.pattern
    return found | ({"description": "\n".join(notes)} if notes else {})

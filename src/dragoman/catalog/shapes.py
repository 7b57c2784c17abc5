"""The types a catalog speaks of, as a tree that every reader of declarations shares: validation, views, descriptions."""

from __future__ import annotations

import datetime
import decimal
import enum
import types
import typing
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

import msgspec

from .markers import LocalizedText
from .plain import INT64_MAX, INT64_MIN

if TYPE_CHECKING:
    from .fields import Field
    from .record import Record


class Shape(msgspec.Struct, frozen=True):
    """What a value looks like on the wire."""


ScalarKind = Literal["int", "float", "decimal", "bool", "str", "bytes", "date", "datetime", "time", "uuid"]


class Scalar(Shape, frozen=True):
    """A single value."""

    kind: ScalarKind


class Choice(Shape, frozen=True):
    """One of a fixed set of texts or of integers."""

    values: tuple[str | int, ...]


class Text(Shape, frozen=True):
    """A localized text: languages to texts at the source, one text on the wire."""


class Many(Shape, frozen=True):
    """An array of values of one shape."""

    item: Shape


class Keyed(Shape, frozen=True):
    """An object with free names and values of one shape."""

    value: Shape


class Nested(Shape, frozen=True):
    """A record inside a record."""

    record: type[Record]

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields of the nested record."""
        return self.record.__dragoman_fields__


class Nullable(Shape, frozen=True):
    """A value of the inner shape, or null."""

    inner: Shape


class Anything(Shape, frozen=True):
    """Any JSON, unexamined: what a JSON column of unknown content holds."""


class UnsupportedType(Exception):
    """An annotation that no shape stands for; the message says which, and `remedy` what to write."""

    def __init__(self, reason: str, remedy: str) -> None:
        self.remedy = remedy
        super().__init__(reason)


KINDS: dict[type, ScalarKind] = {
    bool: "bool", int: "int", float: "float", str: "str", bytes: "bytes", decimal.Decimal: "decimal",
    datetime.datetime: "datetime", datetime.date: "date", datetime.time: "time", uuid.UUID: "uuid",
}
"""Python's types to the kinds of `Scalar`."""

WORDS = {
    "str": "text", "bytes": "bytes in base64", "int": "integer", "float": "number", "decimal": "number", "bool": "true or false",
    "date": "date (2024-06-01)", "datetime": "date and time with a zone (2024-06-01T12:00:00Z)",
    "time": "time (12:00:00)", "uuid": "UUID",
}
"""The kinds of `Scalar` in words, for errors and the reference."""

_REMEDY = (
    "Use int, float, Decimal, bool, str, bytes, date, datetime, time, UUID, Literal, an Enum, Localized, a Record, "
    "a list[...] or dict[str, ...] of these, or one of them with `| None`."
)


def shape_of(annotation: Any) -> Shape:
    """Read a resolved annotation; raise `UnsupportedType` for what has no form on the wire."""
    inner, metadata = peel(annotation)
    if any(isinstance(mark, LocalizedText) for mark in metadata):
        return Text()
    if isinstance(inner, type) and inner in KINDS:
        return Scalar(KINDS[inner])
    if inner is Any:
        return Anything()
    origin = typing.get_origin(inner)
    if is_union(inner):
        return Nullable(shape_of(without_null(inner)))
    if origin is Literal:
        return _choice(typing.get_args(inner), "Literal")
    if origin is not None:
        return _shape_of_container(inner, origin)
    return _shape_of_class(inner)


def peel(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """An annotation without its names and its `Annotated`, and everything that was said there."""
    metadata: tuple[Any, ...] = ()
    while True:
        if typing.get_origin(annotation) is Annotated:
            annotation, *said = typing.get_args(annotation)
            metadata += tuple(said)
        elif isinstance(annotation, typing.NewType):
            annotation = annotation.__supertype__
        elif type(annotation).__name__ == "TypeAliasType":      # `type Level = int`, from Python 3.12
            annotation = annotation.__value__
        else:
            return annotation, metadata


def is_union(annotation: Any) -> bool:
    """Whether it names several types, null among them or not."""
    return typing.get_origin(annotation) in (Union, types.UnionType)


def without_null(union: Any) -> Any:
    """The one other member of a union with None; raise `UnsupportedType` for any other union."""
    members = typing.get_args(union)
    others = [member for member in members if member is not type(None)]
    if len(others) != 1 or len(others) == len(members):
        raise UnsupportedType("a union of several types has no single form on the wire.", _REMEDY)
    return others[0]


def item_of(annotation: Any) -> Any:
    """The annotation of each item of a list, be it null or not; of anything else the annotation itself."""
    if not isinstance(bare(shape_of(annotation)), Many):
        return annotation
    inner, _ = peel(annotation)
    if typing.get_origin(inner) is not list:
        inner, _ = peel(without_null(inner))
    return typing.get_args(inner)[0]


def convertible(annotation: Any) -> Any:
    """The annotation as msgspec converts to it, which takes no constraints of a union: they move to what may be null."""
    inner, metadata = peel(annotation)
    constraints = tuple(mark for mark in metadata if isinstance(mark, msgspec.Meta))
    if not (constraints and isinstance(shape_of(inner), Nullable)):
        return annotation
    others = tuple(mark for mark in metadata if not isinstance(mark, msgspec.Meta))
    whole: Any = Annotated[(without_null(inner), *constraints)] | None
    return Annotated[(whole, *others)] if others else whole


def _shape_of_container(annotation: Any, origin: Any) -> Shape:
    arguments = typing.get_args(annotation)
    if origin is list and arguments:
        return Many(shape_of(arguments[0]))
    if origin is dict and arguments:
        if peel(arguments[0])[0] is not str:
            raise UnsupportedType("the names of a dict are text on the wire.", "Write dict[str, ...].")
        return Keyed(shape_of(arguments[1]))
    return _shape_of_class(origin) if origin in (list, dict) else _unsupported(annotation)


def _shape_of_class(annotation: Any) -> Shape:
    if not isinstance(annotation, type):
        return _unsupported(annotation)
    if hasattr(annotation, "__dragoman_record__"):
        return Nested(annotation)
    if issubclass(annotation, enum.Flag):
        raise UnsupportedType(f"{annotation.__name__} is a set of flags.", "Write a list of an Enum instead.")
    if issubclass(annotation, enum.Enum):
        return _choice(tuple(member.value for member in annotation), annotation.__name__)
    if annotation in (list, dict):
        raise UnsupportedType(
            f"a bare {annotation.__name__} does not say what it holds.",
            f"Write {annotation.__name__}[{'str, ' if annotation is dict else ''}int], for example.",
        )
    return _unsupported(annotation)


def _unsupported(annotation: Any) -> Shape:
    name = annotation.__name__ if isinstance(annotation, type) and not typing.get_args(annotation) else repr(annotation)
    raise UnsupportedType(f"{name} has no form on the wire.", _REMEDY)


def _choice(values: tuple[Any, ...], name: str) -> Shape:
    if not values:
        raise UnsupportedType(f"{name} has no members to choose from.", "Give it at least one.")
    if len({type(value) for value in values}) != 1 or type(values[0]) not in (str, int):
        raise UnsupportedType(f"the values of {name} are not all texts or all integers.", "Use values of one type.")
    if type(values[0]) is int and not all(INT64_MIN <= value <= INT64_MAX for value in values):
        raise UnsupportedType(f"the values of {name} do not fit 64 bits.", "Use smaller integers, or texts.")
    return Choice(values)


def bare(shape: Shape) -> Shape:
    """The shape without its outer `Nullable`."""
    return shape.inner if isinstance(shape, Nullable) else shape


def element(shape: Shape) -> Shape:
    """What stands inside arrays and optionals: the shape that a filter or a reference compares."""
    while isinstance(shape, (Nullable, Many)):
        shape = shape.inner if isinstance(shape, Nullable) else shape.item
    return shape


def bottom(shape: Shape) -> Shape:
    """What stands inside arrays, objects with free names and optionals: where names of fields go on."""
    while isinstance(shape, (Nullable, Many, Keyed)):
        shape = shape.value if isinstance(shape, Keyed) else shape.inner if isinstance(shape, Nullable) else shape.item
    return shape


def describe(shape: Shape) -> str:
    """A shape in words, for errors and the reference: `list of int`, `one of en, ru`."""
    match shape:
        case Scalar(kind):
            return WORDS.get(kind, kind)
        case Choice(values):
            return "one of " + ", ".join(map(str, values))
        case Text():
            return "localized text"
        case Many(item):
            return f"list of {describe(item)}"
        case Keyed(value):
            return f"object of {describe(value)}"
        case Nested(record):
            return record.__name__
        case Nullable(inner):
            return f"{describe(inner)} or null"
        case _:
            return "any JSON"


def scalar_kind(shape: Shape) -> str:
    """What single values are compared as: `int`, `str`, `uuid` and the like, those of a choice too; empty for what holds
    others."""
    shape = bare(shape)
    if isinstance(shape, Choice):
        return type(shape.values[0]).__name__
    return shape.kind if isinstance(shape, Scalar) else ""


def nested_records(shape: Shape, above: tuple[type, ...] = ()) -> Iterator[type[Record]]:
    """Every record class inside a shape, outermost first; raise `UnsupportedType` for one that holds itself."""
    match shape:
        case Many(inner) | Keyed(inner) | Nullable(inner):
            yield from nested_records(inner, above)
        case Nested(record):
            if record in above:
                raise UnsupportedType(f"{record.__name__} holds itself, so it has no end on the wire.",
                                      "Refer to the other record by its key, with Refers().")
            yield record
            for field in shape.fields:
                yield from nested_records(field.shape, (*above, record))


def all_fields(record: type[Record]) -> Iterator[tuple[type[Record], Field]]:
    """The fields of a record class and of every record inside it, each with its class; raise as `nested_records` does."""
    for each in dict.fromkeys(nested_records(Nested(record))):
        for field in each.__dragoman_fields__:
            yield each, field

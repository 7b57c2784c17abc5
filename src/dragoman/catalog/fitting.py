"""Whether values fit their fields: every fault with its path."""

from __future__ import annotations

import decimal
import itertools
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from .bounds import annotated, tighten
from .fields import Field
from .plain import INT64_MAX, INT64_MIN, below, is_finite, is_text, show, to_plain, unplain
from .remembered import remembered
from .shapes import (
    Anything,
    Choice,
    Keyed,
    Many,
    Nested,
    Nullable,
    Scalar,
    Shape,
    Text,
    describe,
    peel,
    shape_of,
    without_null,
)

MISFITS_MAX = 100
"""How many faults of one set of values are told."""
_MISSING: Any = object()


class Misfit(msgspec.Struct, frozen=True):
    """One value that does not fit: `path` is dotted (`crew.0.name`), `found` is empty where it is missing."""

    path: str
    expected: str
    found: str = ""


class Misfits(ValueError):
    """Everything in one set of values that does not fit."""

    def __init__(self, found: Sequence[Misfit]) -> None:
        self.misfits = tuple(found)
        super().__init__("; ".join(f"{m.path}: expected {m.expected}, found {m.found or 'nothing'}" for m in found))


class Written(str):
    """A text that stands for a value of whatever type its field has, as query strings, forms and XML carry it."""

    __slots__ = ()


Check = Callable[[Any, str], Iterable[Misfit]]
"""Gives every place in a value, found at a path, that does not fit."""

# -------------------------------------------------------------------------------------------- what is expected


def expectation(field: Field) -> str:
    """What a field takes, in words, its constraints included."""
    return _expected(field.type, field.shape)


def _expected(annotation: Any, shape: Shape) -> str:
    inner, metadata = peel(annotation)
    if isinstance(shape, Nullable):
        metadata += peel(without_null(inner))[1]
    limits = [limit for mark in metadata if isinstance(mark, msgspec.Meta) for limit in _limits(mark)]
    return ", ".join([describe(shape), *limits])


def _limits(meta: msgspec.Meta) -> Iterator[str]:
    words = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than", "multiple_of": "a multiple of",
             "min_length": "length at least", "max_length": "length at most", "pattern": "matching"}
    return (f"{word} {getattr(meta, name)}" for name, word in words.items() if getattr(meta, name) is not None)


# -------------------------------------------------------------------------------------------- every fault


def misfits(fields: Iterable[Field], values: Mapping[str, Any]) -> list[Misfit]:
    """Every place that does not fit, at most a hundred of them; a required field that is absent is one."""
    return list(itertools.islice(_misfits(fields, values, ""), MISFITS_MAX))


def _misfits(fields: Iterable[Field], values: Mapping[str, Any], prefix: str) -> Iterator[Misfit]:
    for field in fields:
        value = values.get(field.name, _MISSING)
        if value is not _MISSING:
            yield from check_of(field)(value, prefix + field.name)
        elif field.required:
            yield Misfit(prefix + field.name, expectation(field))


@remembered
def check_of(field: Field) -> Check:
    """What tells the faults of a field's values; compiled once."""
    return _compile(field.type)


def _compile(annotation: Any) -> Check:
    shape = shape_of(annotation)
    inner, metadata = peel(annotation)
    constraints = tuple(mark for mark in metadata if isinstance(mark, msgspec.Meta))
    if isinstance(shape, Nullable):
        check = _compile(annotated(without_null(inner), constraints))
        return lambda value, path: () if value is None else _with_null(check(value, path), path)
    expected = _expected(annotation, shape)
    if isinstance(shape, Anything):
        return _misfits_of_anything
    if isinstance(shape, (Many, Keyed, Text, Nested)):
        return _compile_container(shape, inner, constraints, expected)
    fits = _leaf(shape, annotated(inner, constraints))
    return lambda value, path: () if fits(value) else (Misfit(path, expected + _more(value), show(value)),)


def _misfits_of_anything(value: Any, path: str) -> Iterator[Misfit]:
    if isinstance(value, Written):
        yield Misfit(path, "JSON", show(value))
    for place, each in unplain(value, path):
        yield Misfit(place, _PLAIN, show(each))


def _more(value: Any) -> str:
    """What else is expected of a value that looks as if it fitted."""
    if isinstance(value, int) and not INT64_MIN <= value <= INT64_MAX:
        return " of 64 bits"
    return " without lone surrogates, which are not Unicode" if isinstance(value, str) and not is_text(value) else ""


_PLAIN = "JSON of finite numbers, 64-bit integers and text, not too deep"


def _with_null(found: Iterable[Misfit], path: str) -> Iterator[Misfit]:
    """The faults of an optional value: where the whole does not fit, null would have."""
    for each in found:
        yield Misfit(path, f"{each.expected} or null", each.found) if each.path == path and each.found else each


def _compile_container(shape: Shape, inner: Any, constraints: tuple[Any, ...], expected: str) -> Check:
    arguments = typing.get_args(inner)
    if isinstance(shape, Nested):
        return _container(Mapping, lambda value, path: _misfits(shape.fields, value, f"{path}."), expected)
    if isinstance(shape, Many):
        of_item = _compile(arguments[0])
        return _container((list, tuple, set, frozenset), lambda value, path: _misfits_of_items(of_item, value, path),
                          expected, annotated(list[Any], constraints))
    of_value = _compile(arguments[1])
    return _container(Mapping, lambda value, path: _misfits_of_names(of_value, value, path),
                      expected, annotated(dict[str, Any], constraints))


def _container(kind: Any, parts: Check, expected: str, whole: Any = Any) -> Check:
    """The check of what holds other values: its kind, its parts, and if these fit, what is said of the whole."""
    def check(value: Any, path: str) -> Iterator[Misfit]:
        if not isinstance(value, kind):
            yield Misfit(path, expected, show(value))
            return
        fits = True
        for found in parts(value, path):
            fits = False
            yield found
        if fits and not _converts(value, whole):
            yield Misfit(path, expected, show(value))
    return check


def _misfits_of_items(check: Check, value: Iterable[Any], path: str) -> Iterator[Misfit]:
    for number, each in enumerate(value):
        yield from check(each, f"{path}.{number}")


def _misfits_of_names(check: Check, value: Mapping[Any, Any], path: str) -> Iterator[Misfit]:
    for name, each in value.items():
        if not isinstance(name, str) or not is_text(name):
            yield Misfit(below(path, name), "text as a name", show(name))
        yield from check(each, below(path, name))


def _leaf(shape: Shape, annotation: Any) -> Callable[[Any], bool]:
    """Whether a single value fits; what a client wrote and no reader could read never does."""
    tight = tighten(annotation)
    kind = shape.kind if isinstance(shape, Scalar) else "choice" if isinstance(shape, Choice) else ""
    if kind == "str":
        return lambda value: _converts(value, tight) and is_text(value)
    if kind == "decimal":
        return lambda value: not isinstance(value, Written) and _converts(value, tight) and _is_finite_decimal(value)
    return lambda value: not isinstance(value, Written) and _converts(value, tight)


def _converts(value: Any, annotation: Any) -> bool:
    try:
        msgspec.convert(value, annotation)
    except (msgspec.ValidationError, RecursionError):
        return False
    return True


def _is_finite_decimal(value: Any) -> bool:
    return is_finite(msgspec.convert(value, decimal.Decimal))


def fault_of_declaration(field: Field) -> tuple[str, str] | None:
    """What is wrong with a declared type or its default, and the remedy; None where both work."""
    try:
        msgspec.json.Decoder(tighten(field.type))       # refuses constraints that do not go with their type
    except (TypeError, ValueError, NotImplementedError) as error:
        return f"its type cannot be read: {error}.", "Change the type, or its msgspec.Meta."
    if field.required:
        return None
    try:
        plain = to_plain(field.default)
        found = list(check_of(field)(plain, field.name))
    except (TypeError, ValueError):
        found = [Misfit(field.name, expectation(field), show(field.default))]
    if found:
        return f"its default {show(field.default)} does not fit: expected {found[0].expected}.", "Change one of them."
    return None


def fault_of_conversion(field: Field) -> tuple[str, str] | None:
    """What is wrong with a type that values are converted to, as those of parameters are, down to nested records."""
    try:
        msgspec.json.Decoder(field.type)
    except (TypeError, ValueError, NotImplementedError) as error:
        return (f"its type cannot be read: {error}.",
                "Write constraints of what may be null inside: Annotated[int, msgspec.Meta(ge=1)] | None.")
    return None

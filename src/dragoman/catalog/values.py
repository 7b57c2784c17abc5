"""Reading values: one scalar reader and one collecting validator for parameters, filters, bodies and records."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from .fields import Field
from .shapes import Anything, Choice, Keyed, Many, Nested, Nullable, Scalar, Shape, Text, bare, describe

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})\Z")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,30})(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,3})?\Z")
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
_SHOWN_MAX = 60
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1


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


def show(value: Any) -> str:
    """A value for an error, quoted where it is text, at most 60 characters."""
    text = repr(value)
    return text if len(text) <= _SHOWN_MAX else text[: _SHOWN_MAX - 1] + "…"


def read_scalar(shape: Shape, text: str) -> Any:
    """Read one text as a client writes it (`7`, `true`, `2024-06-01`); raise `ValueError` where it does not fit."""
    shape = bare(shape)
    if isinstance(shape, Choice):
        return _read_choice(shape, text)
    if isinstance(shape, Text):
        return text
    kind = shape.kind if isinstance(shape, Scalar) else ""
    if kind == "str":
        return text
    if kind == "int":
        return _read_integer(text)
    if kind == "float" or kind == "decimal":
        return _read_number(kind, text)
    if kind == "bool":
        return _BOOLEANS[text.lower()] if text.lower() in _BOOLEANS else _misfit(text)
    return msgspec.convert(text, _TYPES[kind]) if kind in _TYPES else _misfit(text)


def _misfit(text: str) -> Any:
    raise ValueError(text)


def _read_integer(text: str) -> int:
    if not _INTEGER.match(text) or not INT64_MIN <= int(text) <= INT64_MAX:
        raise ValueError(text)
    return int(text)


def _read_number(kind: str, text: str) -> Any:
    if not _NUMBER.match(text):
        raise ValueError(text)
    return msgspec.convert(text, _TYPES["decimal"]) if kind == "decimal" else _finite(float(text))


def _finite(number: float) -> float:
    return number if math.isfinite(number) else _misfit(str(number))


def _read_choice(shape: Choice, text: str) -> Any:
    for value in shape.values:
        if text == str(value):
            return value
    raise ValueError(text)


def read_parameter(field: Field, texts: Sequence[str]) -> Any:
    """Read what a client wrote for one parameter: lists by comma or by repetition; raise `Misfits`."""
    shape = bare(field.shape)
    try:
        if isinstance(shape, Many):
            parts = [part for text in texts for part in text.split(",") if part]
            value: Any = [read_scalar(shape.item, part) for part in parts]
        elif isinstance(shape, (Nested, Keyed, Anything)):
            value = msgspec.json.decode(texts[-1])
        else:
            value = read_scalar(shape, texts[-1])
        return msgspec.convert(value, field.type)
    except (ValueError, RecursionError):        # msgspec's errors are ValueErrors
        raise Misfits([Misfit(field.name, expectation(field), ",".join(texts)[:_SHOWN_MAX] or "nothing")]) from None


def read_values(fields: Iterable[Field], given: Mapping[str, Any]) -> dict[str, Any]:
    """Convert values field by field, with defaults for the absent; raise `Misfits` that names every fault at once."""
    values: dict[str, Any] = {}
    wrong: list[Misfit] = []
    for field in fields:
        if field.name not in given:
            if field.required:
                wrong.append(Misfit(field.name, expectation(field)))
            values[field.name] = field.default
            continue
        found = list(_misfits(field.shape, given[field.name], field.name))
        try:
            values[field.name] = msgspec.convert(given[field.name], field.type)
        except (msgspec.ValidationError, RecursionError):
            found = found or [Misfit(field.name, expectation(field), show(given[field.name]))]
        wrong += found
    if wrong:
        raise Misfits(wrong)
    return values


def expectation(field: Field) -> str:
    """What a field takes, in words, its constraints included."""
    limits = [repr_limit for mark in getattr(field.type, "__metadata__", ()) if isinstance(mark, msgspec.Meta)
              for repr_limit in _limits(mark)]
    return ", ".join([describe(field.shape), *limits])


def _limits(meta: msgspec.Meta) -> Iterable[str]:
    words = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than", "multiple_of": "a multiple of",
             "min_length": "length at least", "max_length": "length at most", "pattern": "matching"}
    return [f"{word} {getattr(meta, name)}" for name, word in words.items() if getattr(meta, name) is not None]


class Validator:
    """Turns the rows of one record class into validated plain values, JSON-ready but for dates and the like.

    Fast where a row fits; where it does not, every fault is collected and told in one `Misfits`.
    """

    def __init__(self, record: Any) -> None:
        self._record = record
        self._fields: tuple[Field, ...] = record.__dragoman_fields__
        self._unwritable = _finders(self._fields)

    def __call__(self, row: Any) -> dict[str, Any]:
        """Validate one mapping or record instance."""
        if not isinstance(row, Mapping):
            row = msgspec.to_builtins(row, builtin_types=BUILTIN_TYPES)
        try:
            value: dict[str, Any] = msgspec.to_builtins(
                msgspec.convert(row, self._record), builtin_types=BUILTIN_TYPES, order=None,
            )
        except (msgspec.ValidationError, RecursionError):
            read_values(self._fields, row)
            raise
        for name, find in self._unwritable:
            if find(value[name]):
                self._refuse(value)
        return value

    def _refuse(self, value: dict[str, Any]) -> None:
        raise Misfits([m for field in self._fields for m in _misfits(field.shape, value[field.name], field.name)])


def _finder(shape: Shape) -> Callable[[Any], bool] | None:
    """What tells whether a value of a shape holds something that JSON cannot write, such as an infinite number; None
    where none can. Compiled once, since it looks at every record."""
    match shape:
        case Scalar("float"):
            return lambda value: not math.isfinite(value)
        case Scalar("decimal"):
            return lambda value: not value.is_finite()
        case Anything():
            return lambda value: not _fits_json(value)
        case Nested():
            found = _finders(shape.fields)
            return (lambda value: any(find(value[name]) for name, find in found)) if found else None
        case Many(inner) | Keyed(inner) | Nullable(inner):
            find = _finder(inner)
            return find and _finder_inside(shape, find)
        case _:
            return None


def _finder_inside(shape: Shape, find: Callable[[Any], bool]) -> Callable[[Any], bool]:
    match shape:
        case Many():
            return lambda value: any(map(find, value))
        case Keyed():
            return lambda value: any(map(find, value.values()))
        case _:
            return lambda value: value is not None and find(value)


def _finders(fields: Iterable[Field]) -> tuple[tuple[str, Callable[[Any], bool]], ...]:
    found = ((field.name, _finder(field.shape)) for field in fields)
    return tuple((name, find) for name, find in found if find is not None)


def _misfits(shape: Shape, value: Any, path: str) -> Iterable[Misfit]:
    """Every place inside one value that does not fit its shape."""
    match shape:
        case Nullable(inner):
            return [] if value is None else _misfits(inner, value, path)
        case Many(item) if isinstance(value, (list, tuple)):
            return [m for i, each in enumerate(value) for m in _misfits(item, each, f"{path}.{i}")]
        case Keyed(inner) if isinstance(value, Mapping):
            return [m for name, each in value.items() for m in _misfits(inner, each, f"{path}.{name}")]
        case Nested() if isinstance(value, Mapping):
            return _misfits_nested(shape.fields, value, path)
        case Many() | Keyed() | Nested():
            return [Misfit(path, describe(shape), show(value))]
        case _:
            return [] if _fits(shape, value) else [Misfit(path, describe(shape), show(value))]


def _misfits_nested(fields: Iterable[Field], value: Mapping[str, Any], path: str) -> Iterable[Misfit]:
    for field in fields:
        place = f"{path}.{field.name}"
        if field.name in value:
            yield from _misfits(field.shape, value[field.name], place)
        elif field.required:
            yield Misfit(place, expectation(field))


def _fits(shape: Shape, value: Any) -> bool:
    match shape:
        case Anything():
            return _fits_json(value)
        case Text():
            return isinstance(value, Mapping) and all(isinstance(text, str) for text in value.values())
        case Choice(values):
            return any(value == each and type(value) is type(each) for each in values)
        case Scalar(kind):
            return _fits_scalar(kind, value)
        case _:
            return False


def _fits_scalar(kind: str, value: Any) -> bool:
    if isinstance(value, float) and not math.isfinite(value):
        return False
    try:
        converted: Any = msgspec.convert(value, _TYPES[kind])
    except msgspec.ValidationError:
        return False
    return kind != "decimal" or converted.is_finite()


def _fits_json(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, Mapping):
        return all(isinstance(name, str) and _fits_json(each) for name, each in value.items())
    if isinstance(value, (list, tuple)):
        return all(map(_fits_json, value))
    return value is None or isinstance(value, (str, int, bool, *BUILTIN_TYPES))


def _types() -> dict[str, type]:
    from .shapes import KINDS

    return {kind: kept for kept, kind in KINDS.items()}


_TYPES = _types()
BUILTIN_TYPES: tuple[type, ...] = (_TYPES["decimal"],)
"""What plain values may hold beside JSON's own types; everything else is text by then."""

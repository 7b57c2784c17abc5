"""Reading values: one scalar reader and one collecting validator for parameters, filters, bodies and records."""

from __future__ import annotations

import datetime
import decimal
import math
import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from .bounds import tight_record
from .fields import Field
from .fitting import Misfit, Misfits, Written, check_of, expectation, misfits
from .plain import INT64_MAX, INT64_MIN, SHOWN_MAX, decode_json, encode_json, is_finite, is_plain, is_text, show, to_plain
from .shapes import Anything, Choice, Keyed, Many, Nested, Nullable, Scalar, Shape, Text, bare, nested_records

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})\Z")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,30})(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,3})?\Z")
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}

# -------------------------------------------------------------------------------------------- one text


def read_scalar(shape: Shape, text: str) -> Any:
    """Read one text as a client writes it (`7`, `true`, `2024-06-01`); raise `ValueError` where it does not fit."""
    shape = bare(shape)
    if isinstance(shape, Choice):
        return _read_choice(shape, text)
    read = _READERS.get("str" if isinstance(shape, Text) else shape.kind if isinstance(shape, Scalar) else "")
    return _misfit(text) if read is None else read(text)


def _misfit(text: str) -> Any:
    raise ValueError(text)


def _read_text(text: str) -> str:
    return str(text) if is_text(text) else _misfit(text)


def _read_integer(text: str) -> int:
    if not _INTEGER.match(text) or not INT64_MIN <= int(text) <= INT64_MAX:
        raise ValueError(text)
    return int(text)


def _read_float(text: str) -> float:
    number = float(text) if _NUMBER.match(text) else math.nan
    return number if math.isfinite(number) else _misfit(text)


def _read_decimal(text: str) -> decimal.Decimal:
    number = decimal.Decimal(text) if _NUMBER.match(text) else decimal.Decimal("NaN")
    return number if is_finite(number) else _misfit(text)


def _read_boolean(text: str) -> bool:
    known = _BOOLEANS.get(text.lower())
    return _misfit(text) if known is None else known


def _read_datetime(text: str) -> datetime.datetime:
    """A time with a zone; one without could be any of two dozen moments."""
    moment = msgspec.convert(str(text), datetime.datetime)
    return _misfit(text) if moment.tzinfo is None else moment


def _read_choice(shape: Choice, text: str) -> Any:
    for value in shape.values:
        if text == str(value):
            return value
    raise ValueError(text)


_READERS: Mapping[str, Callable[[str], Any]] = {
    "str": _read_text, "int": _read_integer, "float": _read_float, "decimal": _read_decimal, "bool": _read_boolean,
    "datetime": _read_datetime,
    "bytes": lambda text: msgspec.convert(str(text), bytes),
    "date": lambda text: msgspec.convert(str(text), datetime.date),
    "time": lambda text: msgspec.convert(str(text), datetime.time),
    "uuid": lambda text: msgspec.convert(str(text), uuid.UUID),
}

# -------------------------------------------------------------------------------------------- parameters and bodies


def read_parameter(field: Field, texts: Sequence[str]) -> Any:
    """Read what a client wrote for one parameter: lists by comma or by repetition; raise `Misfits`."""
    many = isinstance(bare(field.shape), Many)
    value = _read_written(field.shape, Written(",".join(texts) if many else texts[-1]))
    if any(check_of(field)(value, field.name)):
        raise Misfits([Misfit(field.name, expectation(field), ",".join(texts)[:SHOWN_MAX] or "nothing")])
    return msgspec.convert(value, field.type)


def read_values(fields: Iterable[Field], given: Mapping[str, Any]) -> dict[str, Any]:
    """Convert values field by field, with defaults for the absent; raise `Misfits` that names every fault at once.

    Texts of the type `Written` are read as clients write them; all others have to be of the field's type.
    """
    fields = tuple(fields)
    plain = {field.name: _read_written(field.shape, given[field.name]) for field in fields if field.name in given}
    wrong = misfits(fields, plain)
    if wrong:
        raise Misfits(wrong)
    return {field.name: msgspec.convert(plain[field.name], field.type) if field.name in plain else field.default
            for field in fields}


def _read_written(shape: Shape, value: Any) -> Any:
    """The value with every written text in it read; those that do not fit stay as they are, to be told."""
    inner = bare(shape)
    if isinstance(value, Written):
        return _read_one_written(shape, value)
    if isinstance(inner, Many) and isinstance(value, list):
        return [_read_written(inner.item, part) for each in value for part in _split(inner.item, each)]
    if isinstance(inner, Nested) and isinstance(value, Mapping):
        shapes = {field.name: field.shape for field in inner.fields}
        return {name: _read_written(shapes.get(name, inner), each) for name, each in value.items()}
    if isinstance(inner, Keyed) and isinstance(value, Mapping):
        return {name: _read_written(inner.value, each) for name, each in value.items()}
    return _unwritten(value) if isinstance(inner, Anything) else value


def _unwritten(value: Any) -> Any:
    """What stands inside free JSON: written texts are texts there."""
    if isinstance(value, Mapping):
        return {name: _unwritten(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_unwritten(each) for each in value]
    return str(value) if isinstance(value, Written) else value


def _split(item: Shape, value: Any) -> Iterable[Any]:
    """The parts of a written list of single values, the empty ones left out."""
    if isinstance(value, Written) and isinstance(bare(item), (Scalar, Choice)):
        return [Written(part) for part in value.split(",") if part]
    return (value,)


def _read_one_written(shape: Shape, text: Written) -> Any:
    inner = bare(shape)
    if text == "" and isinstance(shape, Nullable) and inner != Scalar("str"):
        return None
    try:
        if isinstance(inner, Many):
            parts = decode_json(text) if text[:1] == "[" and not _is_simple(inner) else None
            return _read_written(inner, [text] if text else []) if parts is None else parts
        return decode_json(text) if isinstance(inner, (Nested, Keyed, Anything)) else read_scalar(shape, text)
    except (ValueError, RecursionError):        # msgspec's errors are ValueErrors
        return text


def _is_simple(shape: Many) -> bool:
    return isinstance(bare(shape.item), (Scalar, Choice))

# -------------------------------------------------------------------------------------------- records


class Validator:
    """Turns the rows of one record class into validated plain values, JSON-ready but for decimals.

    Fast where a row fits; where it does not, every fault is collected and told in one `Misfits`.
    """

    def __init__(self, record: Any) -> None:
        self._record = record
        self._fields: tuple[Field, ...] = record.__dragoman_fields__
        self._tight = tight_record(record)
        self._free = tuple(field.name for field in self._fields if _holds_anything(field.shape))
        self._decimals = _finders(self._fields)
        self._own_check = any(hasattr(each, "__post_init__") for each in nested_records(Nested(record)))

    def __call__(self, row: Any) -> dict[str, Any]:
        """Validate one mapping or record instance. Raises `Misfits`, and `TypeError` for what is neither."""
        if type(row) is not dict:
            row = _plain_row(row, self._record)
        try:
            if self._free and not all(is_plain(row.get(name)) for name in self._free):
                raise self._explain(row)
            fitting = msgspec.convert(row, self._tight)
            encode_json(fitting)                     # finds lone surrogates, wherever they stand
            value: dict[str, Any] = to_plain(fitting)
            if self._own_check:
                msgspec.convert(row, self._record)
        except (msgspec.ValidationError, RecursionError, UnicodeEncodeError) as error:
            raise self._explain(row, error) from None
        for name, find in self._decimals:
            if find(value[name]):
                raise self._explain(value)
        return value

    def _explain(self, row: Mapping[Any, Any], error: Exception | None = None) -> Misfits:
        """Everything that is wrong; what only the record's own check found is told of the whole record."""
        name = self._record.__name__
        return Misfits(misfits(self._fields, row) or [Misfit(name, str(error or f"a {name}"), show(row))])


def _plain_row(row: Any, record: Any) -> dict[str, Any]:
    """The values of a row by name, whatever kind of mapping or object it is."""
    if isinstance(row, Mapping):
        return dict(row)
    plain = to_plain(row)
    if not isinstance(plain, dict):
        raise TypeError(f"expected a mapping or a {record.__name__}, found {show(row)}")
    return plain


def _holds_anything(shape: Shape) -> bool:
    match shape:
        case Many(inner) | Keyed(inner) | Nullable(inner):
            return _holds_anything(inner)
        case Nested():
            return any(_holds_anything(field.shape) for field in shape.fields)
        case _:
            return isinstance(shape, Anything)


def _finder(shape: Shape) -> Callable[[Any], bool] | None:
    """What tells whether a value of a shape holds a decimal that is no number; None where it holds none at all.
    Compiled once, since it looks at every record."""
    match shape:
        case Scalar("decimal"):
            return lambda value: not is_finite(value)
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

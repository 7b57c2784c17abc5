"""From what a database or file holds to what a field takes; what does not fit is left for the validator to tell."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Callable
from enum import Enum
from typing import Any

import msgspec

from ..catalog.shapes import Anything, Keyed, Many, Nested, Nullable, Scalar, Shape, bare
from ..catalog.values import read_scalar

Convert = Callable[[Any], Any]
MISSING = ("NA", "N/A", "#N/A")
"""How statistics programs and spreadsheets write a value that is not there; in a column of texts they are texts."""


class Contents(Enum):
    """What the values of a source are."""

    TYPED = "typed"
    """Values with types of their own: Parquet, JSON."""
    STORED = "stored"
    """Values as a database keeps them: JSON and dates may be text, truth may be 0 and 1."""
    JSON = "json"
    """JSON as text, whatever it holds."""
    TEXT = "text"
    """Nothing but text: CSV."""


def converter(shape: Shape, contents: Contents) -> Convert:
    """What turns the values of a source, null left aside, into those of a shape."""
    inner = bare(shape)
    if contents is Contents.JSON or isinstance(inner, (Many, Nested, Keyed)):
        return _nested
    if isinstance(inner, Anything):
        return plain if contents is Contents.TYPED else _anything
    if contents is Contents.TEXT:
        read = _text_reader(inner)
        return _without_missing(read) if isinstance(shape, Nullable) and inner != Scalar("str") else read
    convert = _CONVERTERS.get(inner.kind, _same) if isinstance(inner, Scalar) else _same
    return _without_nan(convert) if isinstance(shape, Nullable) and _may_be_nan(inner) else convert


def _same(value: Any) -> Any:
    return value


def plain(value: Any) -> Any:
    """A value as JSON knows it: tuples as arrays, mappings as objects, bytes as base64; UUIDs, times, addresses and
    whatever else a driver may give as text."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    return msgspec.to_builtins(value, builtin_types=(decimal.Decimal,), str_keys=True, enc_hook=str)


def decode(text: str | bytes) -> Any:
    """JSON as values; what is no JSON stays as it is."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return text


def _nested(value: Any) -> Any:
    return decode(value) if isinstance(value, (str, bytes)) else plain(value)


def _anything(value: Any) -> Any:
    return decode(value) if isinstance(value, str) and value[:1] in ("{", "[") else plain(value)


def _text_reader(shape: Shape) -> Convert:
    times = isinstance(shape, Scalar) and shape.kind == "datetime"

    def read(text: str) -> Any:
        try:
            return read_scalar(shape, _datetime(text) if times else text)
        except ValueError:
            return text
    return read


def _without_missing(convert: Convert) -> Convert:
    def read(text: str) -> Any:
        return None if text in MISSING else convert(text)
    return read


# -------------------------------------------------------------------------------------------- by kind


def _may_be_nan(shape: Shape) -> bool:
    return isinstance(shape, Scalar) and shape.kind in ("float", "decimal")


def _without_nan(convert: Convert) -> Convert:
    """A column of numbers that may be null: many tools write a missing one as NaN."""
    def read(value: Any) -> Any:
        return None if value != value else convert(value)     # only NaN differs from itself
    return read


def _boolean(value: Any) -> Any:
    return bool(value) if value in (0, 1) else value


def _integer(value: Any) -> Any:
    """A whole number, whatever it is kept as."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    return int(value) if isinstance(value, decimal.Decimal) and value == value.to_integral_value() else value


def _float(value: Any) -> Any:
    return float(value) if isinstance(value, decimal.Decimal) else value


def _decimal(value: Any) -> Any:
    return decimal.Decimal(repr(value)) if isinstance(value, float) else value


def _string(value: Any) -> Any:
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID) else value


def _date(value: Any) -> Any:
    """A day, where a database keeps it with midnight."""
    if isinstance(value, datetime.datetime):
        return value.date() if value.time() == datetime.time() else value
    if isinstance(value, str) and value[10:].rstrip("0.") in (" 00:00:", "T00:00:"):
        return value[:10]
    return value


def _datetime(value: Any) -> Any:
    """A time without a zone is taken as UTC."""
    if isinstance(value, str):
        return _datetime_text(value)
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=value.tzinfo or datetime.UTC)
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day, tzinfo=datetime.UTC)
    return value


def _datetime_text(value: str) -> str:
    date, time = value[:10], value[11:].replace(" ", "")
    if value[10:11] not in ("", " ", "T", "t"):
        return value
    if not time:
        return f"{date}T00:00:00Z" if len(value) == 10 else value
    zoned = time[-1] in "Zz" or "+" in time or "-" in time
    return f"{date}T{time}" + ("" if zoned else "Z")


def _uuid(value: Any) -> Any:
    return uuid.UUID(bytes=value) if isinstance(value, bytes) and len(value) == 16 else value


_CONVERTERS: dict[str, Convert] = {
    "bool": _boolean, "int": _integer, "float": _float, "decimal": _decimal, "str": _string, "date": _date,
    "datetime": _datetime, "uuid": _uuid,
}

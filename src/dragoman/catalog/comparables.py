"""Values as they are compared in filters and sorts: those that mean the same become equal, and keep their order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import msgspec

from .plain import INT64_MAX, INT64_MIN, is_text
from .shapes import Choice, Scalar, Shape, Text, element

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_EXPONENT_BIAS = 10**9
_NINES = str.maketrans("0123456789", "9876543210")


class Incomparable(ValueError):
    """A value that no index can hold; the message says what it can."""


def kind_of(shape: Shape) -> str:
    """How the values of a field are compared; the values of a list like single ones."""
    match element(shape):
        case Scalar(kind):
            return kind
        case Choice():
            return "choice"
        case Text():
            return "text"
        case other:
            raise TypeError(f"{other} cannot be compared")


def _integer(value: int) -> int:
    if not INT64_MIN <= value <= INT64_MAX:
        raise Incomparable("an integer of 64 bits")
    return int(value)


def _text(value: str) -> str:
    return value.casefold()


def _decimal(value: Decimal | int) -> str:
    """A text that sorts as the number does, with all its digits: sign, exponent, digits."""
    sign, digits, exponent = Decimal(value).as_tuple()
    figures = "".join(map(str, digits)).lstrip("0")
    if not figures or not isinstance(exponent, int):
        return "1"
    magnitude = f"{len(figures) + exponent + _EXPONENT_BIAS:010}" + figures.rstrip("0")
    return "2" + magnitude if not sign else "0" + magnitude.translate(_NINES) + "~"


def _date(value: dt.date | str) -> str:
    return value if isinstance(value, str) else value.isoformat()


def _datetime(value: dt.datetime | str) -> int:
    """Microseconds since 1970; a time without an offset is taken as UTC."""
    moment = msgspec.convert(value, dt.datetime)
    return (moment.replace(tzinfo=moment.tzinfo or dt.UTC) - _EPOCH) // _MICROSECOND


def _time(value: dt.time | str) -> int:
    """Microseconds since midnight in UTC; a time without an offset is taken as UTC."""
    time = msgspec.convert(value, dt.time)
    offset = time.utcoffset() or dt.timedelta()
    since = dt.timedelta(hours=time.hour, minutes=time.minute, seconds=time.second, microseconds=time.microsecond)
    return (since - offset) // _MICROSECOND


def _same(value: Any) -> Any:
    return value


_COMPARABLE: dict[str, Callable[[Any], Any]] = {
    "int": _integer, "float": float, "decimal": _decimal, "bool": int, "str": _text, "text": _text, "choice": _same,
    "date": _date, "datetime": _datetime, "time": _time, "uuid": str,
}


def comparable(kind: str) -> Callable[[Any], Any]:
    """What turns a value of a kind, as validated or as a client wrote it, into what an index holds.

    The function raises `Incomparable`.
    """
    return _COMPARABLE[kind]


def compared(kind: str, value: Any) -> Any:
    """What an index holds for a value that a client wrote; None where it can hold no such value."""
    try:
        found = comparable(kind)(value)
    except Incomparable:
        return None
    return found if not isinstance(found, str) or is_text(found) else None


def single_values(value: Any) -> Iterator[Any]:
    """The values to compare in one value: those of a list, lists within it included, and of all languages; null is none."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from single_values(each)
    elif value is not None:
        yield value

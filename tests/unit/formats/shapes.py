"""Types of every kind as a catalog may declare them, and values that fit them."""

from __future__ import annotations

import datetime as dt
import functools
import string
import uuid
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from hypothesis import strategies as st

from dragoman import Extra, Localized, Needs, Record
from dragoman.catalog.plain import to_plain
from dragoman.catalog.record import RecordMeta
from dragoman.catalog.shapes import Anything, Choice, Keyed, Many, Nested, Nullable, Text, shape_of
from dragoman.formats.calls import parts_of

FIXED = st.builds(dt.timezone, st.integers(-23 * 60, 23 * 60).map(lambda minutes: dt.timedelta(minutes=minutes)))
ZONES = st.timezones() | FIXED
DAYS = dt.datetime(1, 1, 3), dt.datetime(9999, 12, 29)  # noqa: DTZ001  # zones are drawn beside
"""The first and last moments that are there in every zone."""
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SAFE = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=12)
"""What XML can hold as it is."""
JSON = st.recursive(st.none() | st.booleans() | st.integers(-9, 9) | SAFE, lambda each: st.lists(each, max_size=2), max_leaves=3)
NAMES = st.text(string.ascii_lowercase, min_size=1, max_size=6)
PATTERNS = {"^[a-z]{2,5}$": ["ab", "abcde"], "a|b+": ["xax", "bb"], r"^#\d+": ["#12 x"], r"\s": [" ", "a b"]}
SINGLE = st.sampled_from([
    int, float, Decimal, bool, str, bytes, dt.date, dt.datetime, dt.time, uuid.UUID, Literal["a", " b ", "<&\"'>"], Literal[-5, 7],
    Any, Localized, Annotated[int, msgspec.Meta(ge=-2, lt=9)], Annotated[float, msgspec.Meta(gt=0.5, le=1e300)],
    Annotated[str, msgspec.Meta(min_length=1, max_length=4)], Annotated[int, msgspec.Meta(multiple_of=5)],
    Annotated[str, msgspec.Meta(pattern="^(?=a)", description="It begins with a.")],
    *(Annotated[str, msgspec.Meta(pattern=pattern)] for pattern in PATTERNS),
])


def inside(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lengths = st.none() | st.integers(0, 2)
    return st.one_of(
        st.builds(_list, inner, lengths), st.builds(lambda each: dict[str, each], inner),
        inner.filter(lambda each: not isinstance(shape_of(each), (Nullable, Anything))).map(lambda each: each | None),
        records(inner),
    )


def _list(item: Any, least: int | None) -> Any:
    whole = list[item]
    return whole if least is None else Annotated[whole, msgspec.Meta(min_length=least, max_length=least + 2)]


@st.composite
def records(draw: Any, inner: Any) -> type[Record]:
    """Classes of records, with fields that are hidden, extra and optional."""
    fields = draw(st.dictionaries(NAMES, inner, min_size=1, max_size=4))
    namespace: dict[str, Any] = {"__annotations__": {}, "__module__": __name__, "__qualname__": "R", "__doc__": draw(SAFE)}
    for name, annotation in fields.items():
        marks = draw(st.sampled_from([(), (), (Extra(),), (Needs("account"),)]))
        namespace["__annotations__"][name] = Annotated[(annotation, *marks)] if marks else annotation
    return RecordMeta(draw(st.sampled_from(["Crew", "Tank", "Café"])), (Record,), namespace)


ANNOTATIONS = st.recursive(SINGLE, inside, max_leaves=6)
"""Types of results and of parameters."""


def values(annotation: Any, *, sent: bool = False) -> st.SearchStrategy[Any]:
    """Plain values that fit a type; `sent` by clients, or got by them: then in one language, and with fields left out."""
    shape, inner, constraints, nullable = parts_of(annotation)
    found = _values(shape, inner, constraints, sent)
    return st.none() | found if nullable else found


def _values(shape: Any, inner: Any, constraints: Any, sent: bool) -> st.SearchStrategy[Any]:
    if isinstance(shape, Nested):
        return _records(shape, sent)
    if isinstance(shape, (Many, Keyed)) or (sent and isinstance(shape, Text)):
        return _containers(shape, inner, constraints, sent)
    if isinstance(shape, Text):
        return TEXT
    if isinstance(shape, Choice):
        return st.sampled_from(shape.values)
    if isinstance(shape, Anything):
        return JSON
    found = _singles(shape.kind, constraints).map(to_plain)
    if sent and shape.kind in ("datetime", "time"):
        return found.filter(_is_near)
    return found.filter(_is_short) if sent and shape.kind == "decimal" else found


def _is_near(moment: str) -> bool:
    """Whether its zone is one that XML Schema knows."""
    return moment[-6:-5] not in ("+", "-") or moment[-5:] <= "14:00"


def _is_short(number: Decimal) -> bool:
    """Whether it is a number that clients may write out: of at most thirty digits on each side."""
    return abs(number.adjusted()) < 30 and int(number.as_tuple().exponent) > -30


def _records(shape: Nested, sent: bool) -> st.SearchStrategy[Any]:
    fields = {field.name: values(field.type, sent=sent) for field in shape.fields}
    hidden = {field.name for field in shape.fields if not sent and (field.extra or field.needs)}
    return st.fixed_dictionaries({name: each for name, each in fields.items() if name not in hidden},
                                 optional={name: fields[name] for name in hidden}).map(
        lambda found: {name: found[name] for name in fields if name in found})


def _containers(shape: Any, inner: Any, constraints: Any, sent: bool) -> st.SearchStrategy[Any]:
    least = max((each.min_length or 0 for each in constraints), default=0)
    most = min((each.max_length for each in constraints if each.max_length is not None), default=least + 2)
    *_, item = inner.__args__
    if isinstance(shape, Many):
        return st.lists(values(item, sent=sent), min_size=least, max_size=most)
    return st.dictionaries(SAFE if sent else TEXT, values(item, sent=sent), min_size=least, max_size=most)


def _singles(kind: str, constraints: Any) -> st.SearchStrategy[Any]:
    meta = constraints[0] if constraints else msgspec.Meta()
    if meta.pattern is not None:
        return st.sampled_from(PATTERNS.get(meta.pattern, ["a", "ab"]))
    if kind == "int":
        return _integers(meta.multiple_of, meta.ge, meta.lt)
    if kind == "float":
        return _floats(meta.gt, meta.le)
    return _texts(meta.min_length, meta.max_length) if kind == "str" else FREE[kind]


# Each is made once: hypothesis looks through a new one longer than it then takes to draw from it.
FREE = {
    "decimal": st.decimals(allow_nan=False, allow_infinity=False).filter(lambda number: abs(number.adjusted()) < 300),
    "bool": st.booleans(), "bytes": st.binary(max_size=9), "date": st.dates(), "datetime": st.datetimes(*DAYS, timezones=ZONES),
    "time": st.times(timezones=st.none() | st.just(dt.UTC) | FIXED), "uuid": st.uuids(),
}


@functools.cache
def _integers(multiple_of: int | None, least: int | None, below: int | None) -> st.SearchStrategy[int]:
    if multiple_of:
        return st.integers(-9, 9).map(lambda number: number * multiple_of)
    return st.integers(least if least is not None else -2**63, below - 1 if below is not None else 2**63 - 1)


@functools.cache
def _floats(above: float | None, most: float | None) -> st.SearchStrategy[float]:
    return st.floats(above or -1e308, most or 1e308, exclude_min=above is not None, allow_nan=False)


@functools.cache
def _texts(least: int | None, most: int | None) -> st.SearchStrategy[str]:
    return st.text(st.characters(exclude_categories=["Cs"]), min_size=least or 0, max_size=most or 12)

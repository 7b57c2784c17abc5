"""The columns of a data file, for publishing without code: names, types, and what could be a key."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import xxhash

from ..catalog.likely import likely_keys
from ..catalog.origin import Column
from .duck import READERS, Duck, identifier, kind_of, quoted
from .objects import records_of
from .values import MISSING

_TYPES: dict[str, Any] = {
    "BOOLEAN": bool, "TINYINT": int, "SMALLINT": int, "INTEGER": int, "BIGINT": int, "UTINYINT": int, "USMALLINT": int,
    "UINTEGER": int, "UBIGINT": int, "HUGEINT": int,
    "FLOAT": float, "DOUBLE": float, "VARCHAR": str, "DATE": datetime.date, "UUID": uuid.UUID,
    "TIMESTAMP": datetime.datetime, "TIME": datetime.time, "BLOB": None,
}
_SAMPLE = 2_000
_PATTERNS: dict[Any, str] = {
    int: r"-?(0|[1-9][0-9]{0,17})", float: r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?",
    bool: "(?i)true|false", datetime.date: r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    datetime.datetime: r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})?",
}
"""What the texts of a CSV column have to be, so that nothing is lost by reading them as a type: `007` is a text."""


def annotation_of(type: str) -> Any:
    """Of DuckDB's type; None for binary data, `Any` for what nests."""
    if type.startswith("DECIMAL"):
        return decimal.Decimal
    if type.startswith("TIMESTAMP"):
        return datetime.datetime if "[" not in type else Any
    return str if type.startswith("ENUM") and not type.endswith("]") else _TYPES.get(type, Any)


def selection(duck: Duck, reader: str) -> str:
    """What to select of a file's columns, so that Python needs no other package for times with a zone."""
    return ", ".join(
        f"make_timestamp(epoch_us({identifier(name)})) AS {identifier(name)}"
        if type == "TIMESTAMP WITH TIME ZONE" else identifier(name)
        for name, type in described(duck, reader)
    )


def described(duck: Duck, reader: str) -> list[tuple[str, str]]:
    """The names of a file's columns and DuckDB's types of them."""
    return [(row[0], str(row[1])) for row in duck.run(f"DESCRIBE SELECT * FROM {reader}")]  # noqa: S608  # constant


def columns_of(duck: Duck, path: Path) -> list[Column]:
    """The columns of a file. Raises what reading it raises."""
    kind = str(kind_of(path))
    if kind in (".json", ".ndjson", ".jsonl"):
        return infer(records_of(duck, path, path.name))
    reader = READERS[kind]
    if kind == ".parquet":
        types = [(name, annotation_of(type)) for name, type in described(duck, reader)]
    else:
        types = _types_of_texts(duck, reader)
    return _with_keys(duck, reader, types)


# -------------------------------------------------------------------------------------------- CSV and Parquet


def _types_of_texts(duck: Duck, reader: str) -> list[tuple[str, Any]]:
    """The first type, tried on some rows and then proven on all, by which no text loses anything; else text."""
    names = [name for name, _ in described(duck, reader)]
    some = _fitting(duck, f"(FROM {reader} LIMIT {_SAMPLE})", dict.fromkeys(names, tuple(_PATTERNS)), False)
    proven = _fitting(duck, reader, some, True)
    return [(name, proven[name][0] if proven[name] else str) for name in names]


def _fitting(duck: Duck, rows: str, types: Mapping[str, Sequence[Any]], sure: bool) -> dict[str, list[Any]]:
    """The types of each column that its texts allow; where it has none, all of them unless it has to be `sure`."""
    asked = [(name, wanted) for name, each in types.items() for wanted in each]
    terms = [f"bool_and(regexp_full_match({identifier(name)}, '{_PATTERNS[wanted]}')) FILTER ({_written(name)})"
             for name, wanted in asked]
    found = duck.run(f"SELECT {', '.join(terms)} FROM {rows}")[0] if terms else ()  # noqa: S608  # quoted
    left: dict[str, list[Any]] = {name: [] for name in types}
    for (name, wanted), fits in zip(asked, found, strict=True):
        left[name] += [wanted] if fits or (fits is None and not sure) else []
    return left


def _written(name: str) -> str:
    """The condition that a column of numbers or dates has a value; only CSV has such texts."""
    return f"{identifier(name)} NOT IN ({', '.join(map(quoted, MISSING))})"


def _with_keys(duck: Duck, reader: str, types: Sequence[tuple[str, Any]]) -> list[Column]:
    """The columns with whether they have nulls, and the likeliest key marked as unique."""
    if not types:
        return []
    there = {name: _is_there(name, type, typed=reader == READERS[".parquet"]) for name, type in types}
    terms = [f"count(*) FILTER ({there[name]}), approx_count_distinct({identifier(name)})" if type is not None else "0, 0"
             for name, type in types]
    total, *counted = duck.run(f"SELECT count(*), {', '.join(terms)} FROM {reader}")[0]  # noqa: S608  # quoted
    facts = list(zip(types, counted[0::2], counted[1::2], strict=True))
    columns = [Column(name=name, type=type, nullable=count < total or not total, unique=about >= 0.8 * total)
               for (name, type), count, about in facts]
    shown = [column for column in columns if column.type is not None]
    key = next((column for column in likely_keys(shown) if _differs(duck, reader, column.name, total)), None)
    return [msgspec.structs.replace(column, unique=column is key) for column in columns]


def _is_there(name: str, type: Any, *, typed: bool) -> str:
    """The condition that a row has a value in a column, which NaN in Parquet and `NA` in CSV are not."""
    there = f"{identifier(name)} IS NOT NULL"
    if typed:
        return f"{there} AND NOT isnan({identifier(name)})" if type is float else there
    return there if type is str else f"{there} AND {_written(name)}"


def _differs(duck: Duck, reader: str, name: str, total: int) -> bool:
    return bool(duck.run(f"SELECT count(DISTINCT {identifier(name)}) FROM {reader}")[0][0] == total)  # noqa: S608  # quoted


# -------------------------------------------------------------------------------------------- JSON


class _Seen:
    """What the values of one name in JSON records are."""

    def __init__(self) -> None:
        self.count = 0
        self.types: set[Any] = set()
        self.different: set[int] | None = set()
        """Hashes of the values, as long as none stands twice."""

    def add(self, value: Any) -> None:
        """Take note of one value."""
        if value is None:
            return
        self.count += 1
        self.types.add(_type_of(value))
        if self.different is not None and not self._is_new(value):
            self.different = None

    def _is_new(self, value: Any) -> bool:
        assert self.different is not None  # noqa: S101  # asked before
        if not isinstance(value, (int, str)) or isinstance(value, bool):
            return False
        hash = value if isinstance(value, int) else xxhash.xxh3_64_intdigest(value.encode(errors="replace"))
        before = len(self.different)
        self.different.add(hash)
        return len(self.different) > before

    def column(self, name: str, total: int) -> Column:
        """What it makes in all records together."""
        unique = self.different is not None and self.count == total > 0
        return Column(name=name, type=self._type(), nullable=self.count < total, unique=unique)

    def _type(self) -> Any:
        if self.types == {int, float}:
            return float
        return next(iter(self.types)) if len(self.types) == 1 else Any


def _type_of(value: Any) -> Any:
    """The annotation that one JSON value fits; `Any` for what nests."""
    return type(value) if isinstance(value, (bool, int, str, float)) else Any


def infer(records: Iterable[dict[str, Any]]) -> list[Column]:
    """The columns of JSON records, in the order in which they first stand: one pass, exact."""
    seen: dict[str, _Seen] = {}
    total = 0
    for record in records:
        total += 1
        for name, value in record.items():
            if name not in seen:
                seen[name] = _Seen()
            seen[name].add(value)
    return [each.column(name, total) for name, each in seen.items()]

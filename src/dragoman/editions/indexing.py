"""Writing the SQLite index of a resource that can be filtered, searched or sorted."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..catalog.comparables import Incomparable, comparable, kind_of, single_values
from ..catalog.fields import Field
from ..catalog.resource import Resource
from ..catalog.shapes import Many, bare
from ..views.localize import Localizer
from .manifest import LISTING, ListedField

_SETTINGS = ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = -32768")
"""Fast and small: a file that was never finished is thrown away, and a finished one is synced as a whole."""
Value = Mapping[str, Any]


class Unlistable(Exception):
    """A value that the index cannot hold."""

    def __init__(self, field: str, found: Any, expected: str) -> None:
        self.field, self.found, self.expected = field, found, expected
        super().__init__(field)


def listed_fields(resource: Resource, languages: Sequence[str]) -> tuple[ListedField, ...]:
    """The fields of a resource that clients may filter, search or sort by, with their columns."""
    chosen = [field for field in resource.fields if field.filter is not None or field.search is not None or field.sort]
    return tuple(_listed(field, number, languages) for number, field in enumerate(chosen))


def _listed(field: Field, number: int, languages: Sequence[str]) -> ListedField:
    count = len(languages) if field.localized else 1
    many = isinstance(bare(field.shape), Many)
    return ListedField(
        name=field.name, kind=kind_of(field.shape), many=many,
        columns=tuple(f"{'list' if many else 'value'}_{number}_{each}" for each in range(count)),
        filter=field.filter is not None, sort=field.sort, search=field.search.at_least if field.search else 0,
    )


class IndexWriter:
    """Writes the index of one resource beside its records; rows are counted from 0 in the order given."""

    def __init__(
        self, folder: Path, listed: Sequence[ListedField], languages: Sequence[str], localizer: Localizer,
    ) -> None:
        self.path = folder / LISTING
        self._single = [field for field in listed if not field.many]
        self._lists = [field for field in listed if field.many]
        self._languages, self._localizer = languages, localizer
        self._columns = [column for field in self._single for column in field.columns]
        self._base = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        for setting in _SETTINGS:
            self._base.execute(f"PRAGMA {setting}")
        self._base.execute("BEGIN")
        self._create()

    def _create(self) -> None:
        columns = "".join(f", {column}" for column in self._columns)
        self._base.execute(f"CREATE TABLE listing (position INTEGER PRIMARY KEY{columns})")
        for field in self._lists:
            self._base.execute(f"CREATE TABLE {field.columns[0]} (value, position INTEGER)")

    def extend(self, start: int, values: Sequence[Value]) -> None:
        """Take the validated values of the positions from `start` on. Raises `Unlistable`, `sqlite3.Error`."""
        marks = ", ?" * len(self._columns)
        self._base.executemany(f"INSERT INTO listing VALUES (?{marks})", self._rows(start, values))  # noqa: S608  # marks
        for field in self._lists:
            rows = _list_rows(field, start, values)
            self._base.executemany(f"INSERT INTO {field.columns[0]} VALUES (?, ?)", rows)  # noqa: S608  # our own name

    def _rows(self, start: int, values: Sequence[Value]) -> Iterator[list[Any]]:
        readers = [self._reader(field) for field in self._single]
        for position, value in enumerate(values, start):
            row = [position]
            for read in readers:
                row += read(value)
            yield row

    def _reader(self, field: ListedField) -> Callable[[Value], list[Any]]:
        convert, name = comparable(field.kind), field.name
        if field.kind != "text":
            return lambda value: [_convert(convert, field, value[name])]
        choose = self._localizer.choose
        languages = self._languages
        return lambda value: [_convert(convert, field, choose(value[name], language)) for language in languages]

    def finish(self) -> None:
        """Sort the columns, once all rows are in."""
        for column in self._columns:
            self._base.execute(f"CREATE INDEX by_{column} ON listing ({column})")
        for field in self._lists:
            self._base.execute(f"CREATE INDEX by_{field.columns[0]} ON {field.columns[0]} (value, position)")
        self._base.execute("COMMIT")
        self._base.execute("PRAGMA analysis_limit = 1000")
        self._base.execute("ANALYZE")
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()


def _convert(convert: Callable[[Any], Any], field: ListedField, value: Any) -> Any:
    if value is None:
        return None
    try:
        return convert(value)
    except Incomparable as error:
        raise Unlistable(field.name, value, str(error)) from None


def _list_rows(field: ListedField, start: int, values: Sequence[Value]) -> Iterator[tuple[Any, int]]:
    convert = comparable(field.kind)
    for position, value in enumerate(values, start):
        for each in dict.fromkeys(single_values(value[field.name])):
            yield _convert(convert, field, each), position

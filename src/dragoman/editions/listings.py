"""Filtered, searched and sorted lists: positions from the index of an edition, kept once they were asked for."""

from __future__ import annotations

import sqlite3
import threading
from array import array
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..catalog.comparables import compared
from ..errors import Code, refuse
from ..query import Filtered
from .manifest import ListedField

if TYPE_CHECKING:
    Positions = array[int]
else:
    Positions = array                       # subscriptable at run time only from Python 3.12 on
_ENTRY_BYTES, _VALUE_BYTES = 512, 64
"""What an entry of the cache takes beside its positions, and what each value of its question takes, roughly."""
_VALUES_MAX = 10_000
_HIGHEST = "\U0010ffff"
_NOWHERE = "0"


class PositionCache:
    """Positions by what was asked, bounded in bytes; the least recently used leave first. Safe among threads."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._used_bytes = 0
        self._kept: OrderedDict[tuple[Any, ...], Positions] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[Any, ...]) -> Positions | None:
        """What is kept of a question; None where nothing is."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: tuple[Any, ...], positions: Positions) -> None:
        """Keep an answer, unless it alone is past the bound."""
        size = _size_of(key, positions)
        if size > self._max_bytes:
            return
        with self._lock:
            self._drop(key)
            self._kept[key] = positions
            self._used_bytes += size
            while self._used_bytes > self._max_bytes:
                self._drop(next(iter(self._kept)))

    def forget(self, edition: str) -> None:
        """Drop the answers of an edition that is no longer served; keys begin with its id."""
        with self._lock:
            for key in [key for key in self._kept if key[0] == edition]:
                self._drop(key)

    def _drop(self, key: tuple[Any, ...]) -> None:
        dropped = self._kept.pop(key, None)
        if dropped is not None:
            self._used_bytes -= _size_of(key, dropped)

    @property
    def used_bytes(self) -> int:
        """How much is kept."""
        return self._used_bytes


def _size_of(key: tuple[Any, ...], positions: Positions) -> int:
    """The bytes of an entry: its question may be larger than its answer, as clients write it."""
    asked: Filtered = key[-1]
    values = sum(_VALUE_BYTES + len(str(value)) for _, wanted in asked.values for value in wanted)
    return len(positions) * positions.itemsize + values + 4 * len(asked.search or "") + _ENTRY_BYTES


class Listing:
    """The index of one resource, opened read-only; questions are asked one after another."""

    def __init__(self, path: Path, listed: Sequence[ListedField], languages: Sequence[str]) -> None:
        self._fields = {field.name: field for field in listed}
        self._columns = {language: number for number, language in enumerate(languages)}
        self._lock = threading.Lock()
        self._base = sqlite3.connect(
            f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1", uri=True, check_same_thread=False,
        )
        self._base.execute("PRAGMA mmap_size = 1099511627776")
        self._base.execute("SELECT position FROM listing LIMIT 1").fetchall()      # holds the file from now on

    def depends_on_language(self, filtered: Filtered) -> bool:
        """Whether the answer may differ from language to language."""
        named = {name for name, _ in filtered.values} | {filtered.sort}
        return any(field.kind == "text" and (field.name in named or (filtered.search is not None and field.search))
                   for field in self._fields.values())

    def find(self, filtered: Filtered, language: str) -> Positions:
        """The positions of the records that fit, in the order asked: any of the values of a filter, all filters,
        a search in any field; nulls last, equal ones as they stand in the edition. Blocks. Raises `Refusal`."""
        terms, values = self._terms(filtered, language)
        order = self._order(filtered, language)
        where = f" WHERE {' AND '.join(terms)}" if terms else ""
        with self._lock:
            rows = self._base.execute(f"SELECT position FROM listing{where} ORDER BY {order}", values)  # noqa: S608  # our own names; values are bound
            return array("I", (position for position, in rows))

    def _terms(self, filtered: Filtered, language: str) -> tuple[list[str], list[Any]]:
        terms, values = [], []
        for name, wanted in filtered.values:
            term, bound = self._filter(self._field(name), wanted, language)
            terms.append(term)
            values += bound
        if filtered.search is not None:
            term, bound = self._search(filtered.search, filtered.by, language)
            terms.append(term)
            values += bound
        return terms, values

    def _field(self, name: str) -> ListedField:
        if name not in self._fields:
            raise refuse(Code.NOT_READY, f"{name} cannot be filtered or sorted by yet", field=name,
                         hint="The data that are served were published before it could; ask again later.")
        return self._fields[name]

    def _column(self, field: ListedField, language: str) -> str:
        return field.columns[self._columns.get(language, 0) if len(field.columns) > 1 else 0]

    def _filter(self, field: ListedField, wanted: Sequence[Any], language: str) -> tuple[str, list[Any]]:
        if len(wanted) > _VALUES_MAX:
            raise refuse(Code.LIST_TOO_LONG, "too many values in a filter", field=field.name,
                         hint=f"Ask for at most {_VALUES_MAX} at once.", facts={"limit": _VALUES_MAX})
        values = [value for value in (compared(field.kind, each) for each in wanted) if value is not None]
        marks = ", ".join("?" * len(values))
        column = self._column(field, language)
        if field.many:
            return f"position IN (SELECT position FROM {column} WHERE value IN ({marks}))", values  # noqa: S608  # as above
        return f"{column} IN ({marks})", values

    def _search(self, search: str, by: str | None, language: str) -> tuple[str, list[Any]]:
        text = compared("text", search)
        terms, values = [], []
        for field in self._fields.values():
            if field.search and by in (None, field.name) and text is not None and len(search) >= field.search:
                term, bound = _begins(self._column(field, language), text)
                terms.append(term)
                values += bound
        return f"({' OR '.join(terms)})" if terms else _NOWHERE, values

    def _order(self, filtered: Filtered, language: str) -> str:
        if filtered.sort is None:
            return "position"
        column = self._column(self._field(filtered.sort), language)
        return f"{column} {'DESC' if filtered.descending else 'ASC'} NULLS LAST, position"


def _begins(column: str, prefix: str) -> tuple[str, list[str]]:
    """A range of texts instead of `LIKE`: SQLite orders texts by code point."""
    end = _after(prefix)
    if end is None:
        return f"{column} >= ?", [prefix]
    return f"({column} >= ? AND {column} < ?)", [prefix, end]


def _after(prefix: str) -> str | None:
    """The least text behind all that begin with a prefix; None where there is none."""
    prefix = prefix.rstrip(_HIGHEST)
    if not prefix:
        return None
    following = ord(prefix[-1]) + 1
    return prefix[:-1] + chr(0xE000 if following == 0xD800 else following)       # surrogates are no characters

"""From the columns of a table or file to the fields of a record: names, languages, JSON, keys."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from ..catalog.catalog import Catalog
from ..catalog.fields import Field
from ..catalog.origin import ROW_NUMBER, File, Table
from ..catalog.resource import Resource
from ..catalog.shapes import Anything, Nullable
from ..errors import DeclarationError
from .values import Contents, converter

Reader = Callable[[Mapping[Any, Any]], Any]
ABSENT = object()
NUMBER: Any = object()
"""Under which a row holds its number, from 1; no column can be called so."""


class RowReader:
    """Turns the rows of one table or file into mappings of field names to values.

    Raises `DeclarationError` where a required field has no column, naming the columns that there are; for rows that
    need not have the same columns (`ragged`), what is missing is left for the validator to tell. `others` are the
    columns whose contents differ from the rest.
    """

    def __init__(
        self, catalog: Catalog, resource: Resource, columns: Sequence[str], contents: Contents, *,
        others: Mapping[str, Contents] | None = None, ragged: bool = False,
    ) -> None:
        assert isinstance(resource.origin, (Table, File))  # noqa: S101  # narrowed by the callers
        self._catalog, self._resource, self._origin = catalog, resource, resource.origin
        self._columns, self._contents, self._ragged = list(columns), contents, ragged
        self._others = others or {}
        self._named = {_fold(column): column for column in reversed(columns)}
        self._check_named()
        found = {field.name: self._reader(field) for field in resource.fields}
        self._readers = [(name, reader) for name, reader in found.items() if reader is not None]

    def read(self, row: Mapping[Any, Any]) -> dict[str, Any]:
        """One row, its number under `NUMBER`, as the record's fields; a field with a default may be absent."""
        return {name: value for name, reader in self._readers if (value := reader(row)) is not ABSENT}

    def column_of(self, field: Field) -> str | None:
        """The one column that holds a field, its own name first, then in any case; None where none or several do."""
        wanted = self._origin.columns.get(field.name, field.name)
        found = wanted if wanted in self._columns else self._named.get(_fold(wanted))
        if field.key and field.name == ROW_NUMBER and found in self._origin.columns.values():
            return None                     # the number of the row, beside a column of that name
        return found

    def texts_of(self, field: Field) -> dict[str, str]:
        """The columns of a localized text by language: `name_en`, `name_de` ...; the plain one in the default."""
        stem = self._origin.columns.get(field.name, field.name)
        tagged = {language: self._named.get(_fold(f"{stem}_{language}")) for language in self._catalog.languages}
        found = {language: column for language, column in tagged.items() if column is not None}
        plain = self.column_of(field)
        return found if plain is None else {self._catalog.languages[0]: plain} | found

    def _check_named(self) -> None:
        """Whatever the origin names is there."""
        localized = {field.name for field in self._resource.fields if field.localized}
        named = [column for field, column in self._origin.columns.items() if field not in localized]
        missing = next((name for name in (*self._origin.key, *named) if _fold(name) not in self._named), None)
        if missing is not None and not self._ragged:
            raise self._missing(self._resource.path, missing)

    def _missing(self, name: str, column: str) -> DeclarationError:
        return DeclarationError(
            name, f"{_origin_name(self._origin)} has no column {column!r}; it has {', '.join(self._columns)}.",
            "Rename the field, give it a default, or name its column in `columns`.", self._resource.place,
        )

    def _reader(self, field: Field) -> Reader | None:
        if field.key and self._origin.key:
            return _joined([self._named.get(_fold(name), name) for name in self._origin.key])
        if field.localized:
            return self._localized(field)
        column = self.column_of(field)
        if column is None:
            if field.key and field.name == ROW_NUMBER:
                return lambda row: row[NUMBER]
            return self._without(field)
        return _converted(column, field, self._others.get(column, self._contents))

    def _without(self, field: Field) -> Reader | None:
        """What stands for a field that has no column."""
        if not field.required:
            return None
        if not self._ragged:
            raise self._missing(f"{self._resource.path}.{field.name}",
                                self._origin.columns.get(field.name, field.name))
        return (lambda _: None) if isinstance(field.shape, (Nullable, Anything)) else None

    def _localized(self, field: Field) -> Reader | None:
        texts, nullable = self.texts_of(field), isinstance(field.shape, Nullable)
        if not texts:
            return self._without(field)
        if len(texts) == 1 and self.column_of(field) is not None:
            return _text(self.column_of(field) or "", self._catalog.languages[0])

        def read(row: Mapping[str, Any]) -> Any:
            found = {language: row[column] for language, column in texts.items() if row.get(column) is not None}
            return found or (None if nullable else {})
        return read


def _fold(name: str) -> str:
    return name.casefold().replace("-", "_")


def _origin_name(origin: Table | File) -> str:
    return f"the table {origin.name}" if isinstance(origin, Table) else f"the file {origin.path}"


def _joined(columns: Sequence[str]) -> Reader:
    """The parts of a key as one text; null where any of them is."""
    def read(row: Mapping[str, Any]) -> Any:
        parts = [row.get(column) for column in columns]
        return None if None in parts else ":".join(map(part_text, parts))
    return read


def part_text(value: Any) -> str:
    """A part of a key as text; dates as in ISO 8601."""
    return value.isoformat() if isinstance(value, (datetime.date, datetime.time)) else str(value)


def _text(column: str, language: str) -> Reader:
    """A localized text in one column: JSON by language, or a plain text in the catalog's default language."""
    def read(row: Mapping[str, Any]) -> Any:
        value = row[column]
        if not isinstance(value, str):
            return value
        by_language = _by_language(value) if value.startswith("{") else None
        return {language: value} if by_language is None else by_language
    return read


def _by_language(text: str) -> dict[str, str] | None:
    try:
        return msgspec.json.decode(text, type=dict[str, str])
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None


def _converted(column: str, field: Field, contents: Contents) -> Reader:
    convert = converter(field.shape, contents)
    absent = ABSENT if not field.required and field.default is not None else None

    def read(row: Mapping[str, Any]) -> Any:
        value = row[column]
        return absent if value is None else convert(value)
    return read

"""From the columns of a table or file to the fields of a record: names, languages, JSON, keys, plain types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from ..catalog.catalog import Catalog
from ..catalog.fields import Field
from ..catalog.origin import ROW_NUMBER, File, Table
from ..catalog.resource import Resource
from ..catalog.shapes import Anything, Keyed, Many, Nested, Scalar, bare
from ..errors import DeclarationError

Reader = Callable[[Mapping[str, Any]], Any]
ABSENT = object()


class RowReader:
    """Turns the rows of one table or file into mappings of field names to values.

    Raises `DeclarationError` where a required field has no column, naming the columns that there are.
    """

    def __init__(self, catalog: Catalog, resource: Resource, columns: Sequence[str]) -> None:
        self._resource, self._columns, self._catalog = resource, list(columns), catalog
        self._lower = {column.lower(): column for column in columns}
        origin = resource.origin
        assert isinstance(origin, (Table, File))  # noqa: S101  # narrowed by the callers
        self._origin = origin
        found = {field.name: self._reader(field) for field in resource.fields}
        self.readers: dict[str, Reader] = {name: reader for name, reader in found.items() if reader is not None}

    def read(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """One row as the record's fields; a field with a default may be absent."""
        return {name: value for name, reader in self.readers.items() if (value := reader(row)) is not ABSENT}

    def column_of(self, field: Field) -> str | None:
        """The one column that holds a field; None where several do."""
        return self._lower.get(self._origin.columns.get(field.name, field.name).lower())

    def _reader(self, field: Field) -> Reader | None:
        if field.key and self._origin.key:
            return _joined(self._origin.key)
        column = self.column_of(field)
        if field.localized:
            return self._localized(field, column)
        if column is None:
            if field.key and field.name == ROW_NUMBER:
                return lambda row: row[ROW_NUMBER]
            self._require(field)
            return None
        return _converted(column, field)

    def _localized(self, field: Field, column: str | None) -> Reader | None:
        """A JSON column, a plain text in the default language, or columns `name_en`, `name_de`, ..."""
        stem = self._origin.columns.get(field.name, field.name)
        if column is not None:
            return _text(column, self._catalog.languages[0])
        tagged = {
            language: found for language in self._catalog.languages
            if (found := self._lower.get(f"{stem}_{language.replace('-', '_')}".lower())) is not None
        }
        if not tagged:
            self._require(field)
            return None
        return lambda row: {language: _str(row[found]) for language, found in tagged.items() if row[found] is not None}

    def _require(self, field: Field) -> None:
        if field.required:
            raise DeclarationError(
                f"{self._resource.path}.{field.name}", f"no column holds it; there are {', '.join(self._columns)}.",
                "Rename the field, give it a default, or name its column in `columns`.", self._resource.place,
            )


def _str(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


def _joined(columns: Iterable[str]) -> Reader:
    return lambda row: ":".join(_str(row[column]) for column in columns)


def _text(column: str, language: str) -> Reader:
    def read(row: Mapping[str, Any]) -> Any:
        value = row[column]
        if value is None:
            return None
        if isinstance(value, Mapping):
            return dict(value)
        return _json(value) if value.startswith("{") else {language: value}
    return read


def _converted(column: str, field: Field) -> Reader:
    convert = _converter(field)
    fall_back = not field.required

    def read(row: Mapping[str, Any]) -> Any:
        value = row[column]
        if value is None:
            return ABSENT if fall_back and field.default is not None else None
        return convert(value)
    return read


def _converter(field: Field) -> Callable[[Any], Any]:
    """What turns a database's idea of a value into the field's; what does not fit is left for the validator to tell."""
    shape = bare(field.shape)
    if isinstance(shape, (Many, Nested, Keyed)):
        return lambda value: _json(value) if isinstance(value, (str, bytes)) else plain(value)
    if isinstance(shape, Anything):
        return lambda value: _maybe_json(value) if isinstance(value, str) else plain(value)
    kind = shape.kind if isinstance(shape, Scalar) else ""
    return _CONVERTERS.get(kind, _same)


def _same(value: Any) -> Any:
    return value


def _json(text: str | bytes) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text


def _maybe_json(text: str) -> Any:
    return _json(text) if text[:1] in ("{", "[") else text


def plain(value: Any) -> Any:
    """A value as JSON knows it: tuples as arrays, mappings as objects, UUIDs and times as text."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    return msgspec.to_builtins(value, str_keys=True)


def _boolean(value: Any) -> Any:
    return bool(value) if value in (0, 1) else value


def _integer(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value



def _datetime(value: Any) -> Any:
    """A time without a zone is taken as UTC."""
    if isinstance(value, str):
        text = value.replace(" ", "T", 1)
        return text if text.endswith("Z") or "+" in text[10:] or "-" in text[10:] or "T" not in text else text + "Z"
    if getattr(value, "tzinfo", ABSENT) is None:
        from datetime import UTC

        return value.replace(tzinfo=UTC)
    return value


_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "bool": _boolean, "int": _integer, "float": _same, "datetime": _datetime, "decimal": _same,
}

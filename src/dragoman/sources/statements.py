"""The statements that read one table: all of it, some keys, a page of what fits. Values are bound, names quoted."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..catalog.fields import Field
from ..catalog.origin import Row, Table
from ..catalog.plain import INT64_MAX, INT64_MIN, is_text
from ..catalog.resource import Resource
from ..catalog.shapes import Many, bare, scalar_kind
from ..query import Filtered, Owned
from .rows import NUMBER, RowReader
from .values import Contents

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select, TableClause

_EVERYWHERE = frozenset({"int", "str", "bool"})
"""Kinds of values that every database compares as we do."""
_TYPED = _EVERYWHERE | {"float", "decimal", "date", "uuid"}
"""The same where columns have types; SQLite keeps these in several forms."""


def named_table(origin: Table, names: Iterable[str]) -> tuple[TableClause, dict[str, ColumnElement[Any]]]:
    """A table and its columns by name. Parameters of statements are called after keys of columns, so that these are
    plain, whatever the columns' names."""
    from sqlalchemy import column, table

    columns: dict[str, Any] = {name: column(name) for name in names}
    for number, each in enumerate(columns.values()):
        each.key = f"c{number}"
    made = table(origin.name, *columns.values(), schema=origin.schema)
    return made, columns


def json_contents(columns: Mapping[str, Any], dialect: str) -> dict[str, Contents]:
    """What the columns of the type JSON give: PostgreSQL's driver reads it, others give its text."""
    from sqlalchemy import JSON

    given = Contents.TYPED if dialect == "postgresql" else Contents.JSON
    return {name: given for name, type in columns.items() if isinstance(type, JSON)}


class Statements:
    """Builds statements for one table whose columns are known. `columns` are its names and types."""

    def __init__(
        self, origin: Table, resource: Resource, reader: RowReader, columns: Mapping[str, Any], dialect: str,
    ) -> None:
        self._resource, self._reader, self._sqlite = resource, reader, dialect == "sqlite"
        self._types, self._names, self._dialect = columns, list(columns), dialect
        self._table, self._columns = named_table(origin, columns)
        key = reader.column_of(resource.key)
        self._key = [self._found(name) for name in origin.key] or ([key] if key is not None else [])
        self._fields = {field.name: field for field in resource.fields}

    def _found(self, name: str) -> str:
        """A column whose name the origin may write in another case."""
        return name if name in self._types else next(each for each in self._names if each.lower() == name.lower())

    def read(self, rows: Iterable[Any], offset: int = 0) -> Iterator[Row]:
        """The rows of an answer as records; `offset` is how many stand before them."""
        for number, row in enumerate(rows, start=offset + 1):
            yield self._reader.read({**dict(zip(self._names, row, strict=True)), NUMBER: number})

    def counted(self, *terms: ColumnElement[bool]) -> Select[Any]:
        """How many rows fit."""
        from sqlalchemy import func, select

        return select(func.count()).select_from(self._table).where(*terms)

    def scanned(self, *terms: ColumnElement[bool]) -> Select[Any]:
        """Every row that fits, in the order of the key."""
        return self._in_order(self._selected().where(*terms))

    def _selected(self) -> Select[Any]:
        from sqlalchemy import select

        return select(*self._columns.values())

    def _in_order(self, query: Select[Any]) -> Select[Any]:
        """By key; without one SQLite keeps its rows in order, and elsewhere the whole row is the order."""
        from sqlalchemy import String, cast

        if self._key or self._sqlite:
            return query.order_by(*(self._columns[name] for name in self._key))
        return query.order_by(*(cast(column, String) for column in self._columns.values()))

    # ------------------------------------------------------------------------------------ keys

    @property
    def _key_kind(self) -> str:
        return scalar_kind(self._resource.key.shape)

    def keyed(self, keys: Sequence[Any], also: Sequence[ColumnElement[bool]] = ()) -> Select[Any] | None:
        """The rows of some keys that fit another condition too; None where the table cannot tell."""
        from sqlalchemy import false, or_

        if not self._key:
            return None
        if len(self._key) > 1:
            terms = [self._composite(str(key)) for key in keys if _bindable(str(key))]
        else:
            known = [bound for key in keys if (bound := self._bound_key(key)) is not None]
            terms = [self._comparable(self._key[0], self._key_kind).in_(known)] if known else []
        return self._selected().where(or_(false(), *terms), *also)

    def _bound_key(self, key: Any) -> Any:
        """A key as the column has it; None for one that it cannot have."""
        if self._key_kind == "uuid":
            return _uuid(key, as_text=self._sqlite)
        return key if _bindable(key) else None

    def _composite(self, key: str) -> ColumnElement[bool]:
        """A key whose parts are joined by `:`; a part that holds one itself is found by joining all."""
        from sqlalchemy import and_, false

        parts = key.split(":")
        if len(parts) < len(self._key):
            return false()
        if len(parts) > len(self._key):
            joined = self._as_text(self._key[0])
            for name in self._key[1:]:
                joined = joined.concat(":").concat(self._as_text(name))
            same: ColumnElement[bool] = joined == key
            return same
        return and_(*(self._part(name, text) for name, text in zip(self._key, parts, strict=True)))

    def _part(self, name: str, text: str) -> ColumnElement[bool]:
        from sqlalchemy import false

        if self._is_integer(name):
            number = _integer(text)
            return false() if number is None else self._columns[name] == number
        same: ColumnElement[bool] = self._as_text(name) == text
        return same

    def _as_text(self, name: str) -> Any:
        from sqlalchemy import String, cast

        return cast(self._columns[name], String)

    def _is_integer(self, name: str) -> bool:
        from sqlalchemy import Integer

        return isinstance(self._types[name], Integer)

    # ------------------------------------------------------------------------------------ owners

    def owned(self, owned: Owned | None) -> list[ColumnElement[bool]] | None:
        """The condition that rows belong to somebody, compared letter by letter; None where the table cannot tell."""
        from sqlalchemy import false

        if owned is None:
            return []
        field = self._fields[owned.field]
        name = self._reader.column_of(field)
        if name is None or (field.key and len(self._key) > 1):
            return None
        kind = scalar_kind(field.shape)
        value = _uuid(owned.value, as_text=self._sqlite) if kind == "uuid" else owned.value
        if value is None or not _bindable(value):
            return [false()]
        column = self._exact(name) if kind == "str" else self._comparable(name, kind)
        return [column == value]

    def _exact(self, name: str) -> Any:
        """A text column that is compared with regard to case, whatever its own way is."""
        from sqlalchemy.dialects.postgresql import CITEXT

        if self._sqlite:
            return self._columns[name].collate("BINARY")
        return self._as_text(name) if isinstance(self._types[name], CITEXT) else self._comparable(name, "str")

    # ------------------------------------------------------------------------------------ filters

    @property
    def has_key(self) -> bool:
        """Whether columns name a row; where they do not, its number among all rows does."""
        return bool(self._key)

    def terms(self, filtered: Filtered, *, of_some: bool = False) -> list[ColumnElement[bool]] | None:
        """The conditions of a filter; None where the database would not compare as an edition does, or where the
        number of a row depends on those that do not fit (`of_some`: on those of other owners)."""
        if (filtered or of_some) and not self._key:
            return None
        found = [self._filter(self._fields[name], values) for name, values in filtered.values]
        if filtered.search is not None:
            found.append(self._search(filtered.search, filtered.by))
        if filtered.sort is not None and self._sortable(self._fields[filtered.sort]) is None:
            return None
        terms = [term for term in found if term is not None]
        return terms if len(terms) == len(found) else None

    def page(self, terms: Sequence[ColumnElement[bool]], filtered: Filtered, offset: int, limit: int) -> Select[Any]:
        """One page of what fits, in the order asked, nulls last."""
        query = self._selected().where(*terms)
        column = self._sortable(self._fields[filtered.sort]) if filtered.sort is not None else None
        if column is not None:
            query = query.order_by(column.is_(None), column.desc() if filtered.descending else column)
        return self._in_order(query).offset(offset).limit(limit)

    def _compared(self, field: Field) -> Any:
        """A field's column as it is compared, texts without regard to case; None where it cannot be."""
        from sqlalchemy import Boolean

        name = None if field.localized or isinstance(bare(field.shape), Many) else self._reader.column_of(field)
        kind = scalar_kind(field.shape)
        if name is None or kind not in (_EVERYWHERE if self._sqlite else _TYPED):
            return None
        if kind == "bool" and not (self._sqlite or isinstance(self._types[name], Boolean)):
            return None
        return self._folded(self._comparable(name, kind)) if kind == "str" else self._comparable(name, kind)

    def _comparable(self, name: str, kind: str) -> Any:
        """A column; a text is compared with text, whatever type a database gives it, and integers may have 64 bits."""
        from sqlalchemy import BigInteger, Enum, String, type_coerce

        type = self._types[name]
        if kind == "str" and not self._sqlite and (isinstance(type, Enum) or not isinstance(type, String)):
            return self._as_text(name)
        return type_coerce(self._columns[name], BigInteger()) if kind == "int" else self._columns[name]

    def _folded(self, column: Any) -> Any:
        from sqlalchemy import func

        return func.casefold(column) if self._sqlite else func.lower(column)

    def _fold(self, text: str) -> str:
        return text.casefold() if self._sqlite else text.lower()

    def _filter(self, field: Field, values: Sequence[Any]) -> ColumnElement[bool] | None:
        column = self._compared(field)
        if column is None:
            return None
        known = [self._fold(value) if scalar_kind(field.shape) == "str" else value for value in values if _bindable(value)]
        found: ColumnElement[bool] = column.in_(known)
        return found

    def _search(self, text: str, by: str | None) -> ColumnElement[bool] | None:
        from sqlalchemy import false, or_

        columns = [self._compared(field) for field in self._resource.searched(text, by)]
        if any(column is None for column in columns):
            return None
        if not _bindable(text):
            return false()
        return or_(false(), *(column.startswith(self._fold(text), autoescape=True) for column in columns))

    def _sortable(self, field: Field) -> Any:
        """What a field is sorted by: texts by code point, without regard to case."""
        column = self._compared(field)
        if column is None or scalar_kind(field.shape) != "str" or self._dialect != "postgresql":
            return column
        return column.collate("C")


def _bindable(value: Any) -> bool:
    """Whether any database takes a value: integers have 64 bits, texts are Unicode without NUL."""
    if isinstance(value, int):
        return INT64_MIN <= value <= INT64_MAX
    if isinstance(value, str):
        return "\0" not in value and is_text(value)
    return True


def _integer(text: Any) -> int | None:
    """The integer that is written so, and no other way."""
    try:
        number = int(text)
    except ValueError:
        return None
    return number if str(number) == text and _bindable(number) else None


def _uuid(key: Any, *, as_text: bool) -> Any:
    try:
        found = uuid.UUID(str(key))
    except ValueError:
        return None
    return str(found) if as_text else found

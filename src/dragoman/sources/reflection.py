"""What a database holds: tables and views, their columns, types and keys, as they really are."""

from __future__ import annotations

import contextlib
import datetime
import decimal
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ..catalog.origin import Column, Found, Table
from ..errors import SettingsError
from ..query import OWN_TABLES
from .databases import engine_of, expand, reason, sqlite_file
from .statements import named_table

if TYPE_CHECKING:
    from sqlalchemy import Connection

_TABLES_MAX = 2_000
_DAY = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
_MOMENT = _DAY + "[T ][0-9][0-9]:[0-9][0-9]:[0-9][0-9]*"


def reflect(url: str) -> list[Found]:
    """Every table and view of a database, by its URL as an operator writes it; system ones are left out, and so is,
    with the reason, what cannot be read. Raises `SettingsError` where the database does not answer."""
    from sqlalchemy.exc import SQLAlchemyError

    expanded = expand(url, Path.cwd())
    kept = expanded if sqlite_file(url) is not None else url         # variables stay variables
    try:
        with engine_of(expanded).connect() as connection:
            found = [_found(connection, Table(name, schema=schema, database=kept))
                     for schema, name in _names(connection)]
    except SQLAlchemyError as error:
        raise SettingsError(f"The database cannot be read: {reason(error)}. Check that it is there, and that its user "
                            "may read it.") from None
    if not found:
        raise SettingsError("The database has no tables or views: nothing to publish.")
    return found


def _names(connection: Connection) -> list[tuple[str | None, str]]:
    """Schema and name of each; the schema only where it is not the default one."""
    from sqlalchemy import inspect

    inspector = inspect(connection)
    names = [(schema, name) for schema in _schemas(connection) for name in sorted({
        *inspector.get_table_names(schema), *inspector.get_view_names(schema),
        *(inspector.get_materialized_view_names(schema) if connection.dialect.name == "postgresql" else ()),
    })]
    names = [each for each in names if each[1] not in OWN_TABLES]
    if connection.dialect.name == "sqlite":
        shadows = _shadows(connection)
        names = [each for each in names if not each[1].startswith("sqlite_") and each[1] not in shadows]
    if len(names) > _TABLES_MAX:
        raise SettingsError(f"The database has {len(names)} tables, more than {_TABLES_MAX}: write a catalog of those "
                            "to publish.")
    return names


def _schemas(connection: Connection) -> list[str | None]:
    """The default schema, and in PostgreSQL the others that are not the system's."""
    from sqlalchemy import inspect

    if connection.dialect.name != "postgresql":
        return [None]
    inspector = inspect(connection)
    return [None, *(schema for schema in sorted(inspector.get_schema_names())
                    if schema not in (inspector.default_schema_name, "information_schema")
                    and not schema.startswith("pg_"))]


def _shadows(connection: Connection) -> frozenset[str]:
    """The tables in which SQLite's virtual tables keep what is theirs."""
    rows = connection.exec_driver_sql("SELECT name FROM pragma_table_list WHERE type = 'shadow'")
    return frozenset(name for name, in rows)


def _found(connection: Connection, origin: Table) -> Found:
    """One table; without columns, and with the reason, where it cannot be read."""
    from sqlalchemy.exc import NoSuchTableError, SQLAlchemyError

    name = f"{origin.schema}_{origin.name}" if origin.schema else origin.name
    try:
        with connection.begin_nested() if connection.dialect.name == "postgresql" else contextlib.nullcontext():
            columns, primary = _columns(connection, origin)
    except (SQLAlchemyError, NoSuchTableError, NotImplementedError) as error:
        return Found(name=name, origin=origin, columns=(), note=f"it cannot be read: {reason(error)}")
    return Found(name=name, origin=origin, columns=columns, primary_key=primary)


def _columns(connection: Connection, origin: Table) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    from sqlalchemy import inspect

    inspector = inspect(connection)
    primary = tuple(inspector.get_pk_constraint(origin.name, origin.schema).get("constrained_columns") or ())
    unique = {each["column_names"][0] for each in _uniques(inspector, origin) if len(each["column_names"]) == 1}
    columns = [
        Column(name=each["name"], type=_annotation(each["type"]), nullable=bool(each.get("nullable", True)),
               unique=each["name"] in unique, promised=each["name"] in (*unique, *primary))
        for each in inspector.get_columns(origin.name, origin.schema)
    ]
    if connection.dialect.name == "sqlite":
        columns = _as_stored(connection, origin, columns, primary)
    if not primary and not unique:
        columns = [_proven(connection, origin, column) for column in columns]
    return tuple(msgspec.structs.replace(each, type=Any) if each.type is object else each for each in columns), primary


def _uniques(inspector: Any, origin: Table) -> Iterator[Any]:
    yield from inspector.get_unique_constraints(origin.name, origin.schema)
    yield from (index for index in inspector.get_indexes(origin.name, origin.schema) if index.get("unique"))


def _proven(connection: Connection, origin: Table, column: Column) -> Column:
    """A column `id` that is no declared key, but has a value in each row and none twice."""
    from sqlalchemy import func, select

    if column.name.lower() != "id" or column.type not in (int, str, uuid.UUID):
        return column
    id = named_table(origin, [column.name])[1][column.name]
    total, there, different = connection.execute(select(func.count(), func.count(id), func.count(id.distinct()))).one()
    proven = total == there == different
    return msgspec.structs.replace(column, unique=proven, nullable=column.nullable and not proven)


def _annotation(type: Any) -> Any:
    """The Python type of a column's declared type; None for binary data, `Any` for JSON, `object` for the unknown."""
    from sqlalchemy import types

    for kind, annotation in (
        (types.Boolean, bool), (types.Integer, int), (types.Float, float), (types.Numeric, decimal.Decimal),
        (types.DateTime, datetime.datetime), (types.Date, datetime.date), (types.Time, datetime.time),
        (types.JSON, Any), (types.Uuid, uuid.UUID), (types.LargeBinary, None), (types.String, str),
    ):
        if isinstance(type, kind):
            return annotation
    return object


# -------------------------------------------------------------------------------------------- SQLite


class _Stored(msgspec.Struct, frozen=True):
    """What the values of one SQLite column are, each told as how many, or whether all."""

    integers: int | None
    reals: int | None
    texts: int | None
    blobs: int | None
    nulls: int | None
    days: int | None
    moments: int | None
    json: int | None
    beyond_bool: int | None

    @property
    def anything(self) -> bool:
        return bool(self.integers or self.reals or self.texts or self.blobs)


def _as_stored(connection: Connection, origin: Table, columns: Sequence[Column], primary: Sequence[str]) -> list[Column]:
    """The columns as SQLite's rows really are, whatever was declared: one pass over the table."""
    from sqlalchemy import select

    width = len(_Stored.__struct_fields__)
    made, by_name = named_table(origin, [each.name for each in columns])
    found: list[Any] = []
    for start in range(0, len(columns), 100):                # SQLite takes 2,000 results of a query
        asked = [term for each in columns[start:start + 100] for term in _questions(by_name[each.name])]
        found += connection.execute(select(*asked).select_from(made)).one()
    stored = [_Stored(*found[i * width:(i + 1) * width]) for i in range(len(columns))]
    return [_stored(each, seen, each.name in primary) for each, seen in zip(columns, stored, strict=True)]


def _stored(column: Column, seen: _Stored, primary: bool) -> Column:
    if not seen.anything:
        return msgspec.structs.replace(column, nullable=bool(seen.nulls) or not primary)
    return msgspec.structs.replace(column, type=_actual(column.type, seen), nullable=bool(seen.nulls))


def _questions(column: Any) -> list[Any]:
    """In the order of `_Stored`."""
    from sqlalchemy import case, func

    kind = func.typeof(column)
    text = kind == "text"
    day = func.date(column, "+0 days") == func.substr(column, 1, 10)         # the 30th of February is another day
    return [
        *(func.sum(kind == each) for each in ("integer", "real", "text", "blob", "null")),
        func.min(case((text, column.op("GLOB")(_DAY) & day))),
        func.min(case((text, column.op("GLOB")(_MOMENT) & day & func.datetime(column).is_not(None)))),
        func.min(case((text & func.substr(column, 1, 1).in_(("{", "[")), func.json_valid(column)), (text, 0))),
        func.max(case((kind == "integer", column.notin_([0, 1])))),
    ]


def _actual(declared: Any, seen: _Stored) -> Any:
    """The type of a column that holds something; None for binary data, `Any` for a mixture."""
    if seen.blobs:
        return None
    if seen.texts:
        return Any if seen.integers or seen.reals else _textual(declared, seen)
    if seen.reals:
        return float
    return bool if declared is bool and not seen.beyond_bool else int


def _textual(declared: Any, seen: _Stored) -> Any:
    if seen.json or declared is Any:
        return Any
    if declared in (datetime.date, datetime.datetime) and seen.days:
        return datetime.date
    if declared is datetime.datetime and seen.moments:
        return datetime.datetime
    return str

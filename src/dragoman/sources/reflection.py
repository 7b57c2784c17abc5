"""What a database holds: tables and views, their columns, types and keys, as they really are."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from ..catalog.origin import Column, Found, Table
from ..errors import SettingsError
from .sql import engine_of, sqlite_file

_DATE = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
_STORAGE = ("integer", "real", "text", "blob", "null")


def reflect(url: str) -> list[Found]:
    """Every table and view of a database, system ones left out. Raises `SettingsError` where it does not answer."""
    from sqlalchemy import inspect
    from sqlalchemy.exc import SQLAlchemyError

    from ..errors import SourceUnavailable

    try:
        inspector = inspect(engine_of(url))
        names = [*inspector.get_table_names(), *inspector.get_view_names()]
        found = [_found(url, inspector, name) for name in sorted(set(names)) if not name.startswith("sqlite_")]
    except (SQLAlchemyError, SourceUnavailable) as error:
        reason = str(getattr(error, "orig", None) or error).split("\n")[0]
        raise SettingsError(f"The database cannot be read: {reason}.") from None
    if not found:
        raise SettingsError("The database has no tables or views: nothing to publish.")
    return found


def _found(url: str, inspector: Any, name: str) -> Found:
    columns = inspector.get_columns(name)
    types = {column["name"]: _annotation(column["type"]) for column in columns}
    nullable = {column["name"]: bool(column.get("nullable", True)) for column in columns}
    if sqlite_file(url) is not None:
        for column, (annotation, nulls) in _stored(url, name, types).items():
            types[column], nullable[column] = annotation, nulls
    unique = {each["column_names"][0] for each in _uniques(inspector, name) if len(each["column_names"]) == 1}
    return Found(
        name=name, origin=Table(name, database=url),
        primary_key=tuple(inspector.get_pk_constraint(name).get("constrained_columns") or ()),
        columns=tuple(
            Column(name=each, type=types[each], nullable=nullable[each], unique=each in unique) for each in types
        ),
    )


def _uniques(inspector: Any, name: str) -> Iterator[Any]:
    yield from inspector.get_unique_constraints(name)
    yield from (index for index in inspector.get_indexes(name) if index.get("unique"))


def _annotation(type: Any) -> Any:
    """The Python type of a column's declared type; None for binary data, `Any` for JSON and the unknown."""
    from sqlalchemy import types

    for kind, annotation in (
        (types.Boolean, bool), (types.Integer, int), (types.Float, float), (types.Numeric, decimal.Decimal),
        (types.DateTime, datetime.datetime), (types.Date, datetime.date), (types.Time, datetime.time),
        (types.JSON, Any), (types.Uuid, uuid.UUID), (types.LargeBinary, None), (types.String, str),
    ):
        if isinstance(type, kind):
            return annotation
    return Any


def _stored(url: str, name: str, declared: dict[str, Any]) -> dict[str, tuple[Any, bool]]:
    """What SQLite's columns really hold, whatever was declared: one pass over the table."""
    from sqlalchemy import column, func, literal, select, table

    asked: list[Any] = []
    for each in declared:
        kind = func.typeof(column(each))
        asked += [func.coalesce(func.max(kind == literal(storage)), 0) for storage in _STORAGE]
        asked.append(func.coalesce(func.min(column(each).op("GLOB")(literal(_DATE))), 0))
        asked.append(func.coalesce(func.min(column(each).op("GLOB")(literal(_DATE + "[T ]*"))), 0))
        asked.append(func.coalesce(func.max(column(each).notin_([0, 1])), 0))
    found: list[Any] = []
    with engine_of(url).connect() as connection:
        for start in range(0, len(asked), 800):
            found += connection.execute(select(*asked[start:start + 800]).select_from(table(name))).one()
    width = len(_STORAGE) + 3
    return {each: _actual(declared[each], found[i * width:(i + 1) * width]) for i, each in enumerate(declared)}


def _actual(declared: Any, seen: Sequence[Any]) -> tuple[Any, bool]:
    integer, real, text, blob, null, dates, times, beyond_bool = map(bool, seen)
    if blob:
        return None, null
    if not (integer or real or text):
        return declared, True
    if text and (integer or real):
        return Any, null
    if text:
        return _textual(declared, dates=dates, times=times), null
    if real:
        return float, null
    return (bool if declared is bool and not beyond_bool else int), null


def _textual(declared: Any, *, dates: bool, times: bool) -> Any:
    if declared is datetime.date and dates:
        return datetime.date
    if declared is datetime.datetime and times:
        return datetime.datetime
    return declared if declared in (Any, uuid.UUID) else str

"""Records from tables and views of any database that SQLAlchemy reflects (`Table`); read, never written."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..catalog.catalog import Catalog
from ..catalog.origin import ROW_NUMBER, Found, Table
from ..catalog.resource import Resource
from ..errors import Code, DeclarationError, SettingsError, SourceUnavailable
from ..query import Filtered
from .rows import RowReader

if TYPE_CHECKING:
    from sqlalchemy import Engine, Select
    from sqlalchemy.sql import TableClause

_BATCH = 2_000
_TIMEOUT_S = 10.0
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class SqlSource:
    """Keeps the contract of `Source` for one table in one database."""

    def __init__(self, catalog: Catalog, resource: Resource, origin: Table, url: str) -> None:
        self._catalog, self._resource, self._origin, self._url = catalog, resource, origin, url
        self._reader_kept: RowReader | None = None
        self._columns: list[str] = []

    def fingerprint(self) -> str | None:
        """Of an SQLite file and its log: size and time; other databases tell only by reading."""
        file = sqlite_file(self._url)
        if file is None:
            return None
        states = [f"{part.stat().st_size} {part.stat().st_mtime_ns}" for part in (file, Path(f"{file}-wal"))
                  if part.exists()]
        return " ".join(states) or None

    def count(self) -> int | None:
        """How many rows the table has."""
        from sqlalchemy import func, select

        return int(self._run(select(func.count()).select_from(self._table()))[0][0])

    def scan(self) -> Iterator[Mapping[str, Any]]:
        """Every record in the order of its key, streamed in batches."""
        from sqlalchemy.exc import SQLAlchemyError

        reader = self._reader()
        try:
            with engine_of(self._url).connect().execution_options(yield_per=_BATCH) as connection:
                for number, row in enumerate(connection.execute(self._ordered()), start=1):
                    yield reader.read({**dict(zip(self._columns, row, strict=True)), ROW_NUMBER: number})
        except SQLAlchemyError as error:
            raise SourceUnavailable(f"{self._resource.path}: {_reason(error)}") from error

    async def get(self, keys: Sequence[Any]) -> Sequence[Mapping[str, Any]]:
        """The records of these keys."""
        rows: Sequence[Mapping[str, Any]] = await self._bounded(self._get, keys)
        return rows

    async def find(self, filtered: Filtered, offset: int, limit: int) -> tuple[Sequence[Mapping[str, Any]], int]:
        """One page of the records that fit, and how many fit in all."""
        page: tuple[Sequence[Mapping[str, Any]], int] = await self._bounded(self._find, filtered, offset, limit)
        return page

    async def _bounded(self, function: Any, *arguments: Any) -> Any:
        try:
            return await asyncio.wait_for(asyncio.to_thread(function, *arguments), _TIMEOUT_S)
        except TimeoutError:
            raise SourceUnavailable(f"{self._resource.path}: no answer in {_TIMEOUT_S} s",
                                    Code.SOURCE_TIMEOUT) from None

    def _get(self, keys: Sequence[Any]) -> list[Mapping[str, Any]]:
        from sqlalchemy import and_, or_

        columns = self._key_columns()
        if not columns:
            wanted = set(keys)
            return [row for row in self.scan() if row[self._resource.key.name] in wanted]
        if len(columns) == 1:
            return self._read(self._selected().where(self._column(columns[0]).in_(list(keys))))
        parts = [str(key).split(":") for key in keys]
        terms = [and_(*(self._compared(column, text) for column, text in zip(columns, part, strict=True)))
                 for part in parts if len(part) == len(columns)]
        return self._read(self._selected().where(or_(*terms))) if terms else []

    def _compared(self, column: str, text: str) -> Any:
        """A part of a composite key, which is text in the key whatever it is in the column."""
        from sqlalchemy import String, cast

        return cast(self._column(column), String) == text

    def _find(self, filtered: Filtered, offset: int, limit: int) -> tuple[list[Mapping[str, Any]], int]:
        from sqlalchemy import func, select

        terms = [self._column(self._column_named(name)).in_(list(values)) for name, values in filtered.values]
        total = int(self._run(select(func.count()).select_from(self._table()).where(*terms))[0][0])
        query = self._selected().where(*terms)
        if filtered.sort:
            column = self._column(self._column_named(filtered.sort))
            query = query.order_by(column.is_(None), column.desc() if filtered.descending else column)
        return self._read(self._in_key_order(query).offset(offset).limit(limit)), total

    def _read(self, query: Select[Any]) -> list[Mapping[str, Any]]:
        reader = self._reader()
        return [reader.read(dict(zip(self._columns, row, strict=True))) for row in self._run(query)]

    def _run(self, query: Any) -> Sequence[Any]:
        from sqlalchemy.exc import SQLAlchemyError

        try:
            with engine_of(self._url).connect() as connection:
                return connection.execute(query).fetchall()
        except SQLAlchemyError as error:
            raise SourceUnavailable(f"{self._resource.path}: {_reason(error)}") from error

    # ------------------------------------------------------------------------------------ names

    def _table(self) -> TableClause:
        from sqlalchemy import table

        return table(self._origin.name, schema=self._origin.schema)

    def _column(self, name: str) -> Any:
        from sqlalchemy import column

        return column(name)

    def _column_named(self, field_name: str) -> str:
        field = next(field for field in self._resource.fields if field.name == field_name)
        column = self._reader().column_of(field)
        if column is None:
            raise SourceUnavailable(f"{self._resource.path}.{field_name} stands in no single column")
        return column

    def _selected(self) -> Select[Any]:
        from sqlalchemy import select

        self._reader()
        return select(*(self._column(name) for name in self._columns)).select_from(self._table())

    def _ordered(self) -> Select[Any]:
        return self._in_key_order(self._selected())

    def _in_key_order(self, query: Select[Any]) -> Select[Any]:
        return query.order_by(*(self._column(name) for name in self._key_columns()))

    def _key_columns(self) -> list[str]:
        if self._origin.key:
            return list(self._origin.key)
        column = self._reader().column_of(self._resource.key)
        return [column] if column is not None else []

    def _reader(self) -> RowReader:
        if self._reader_kept is None:
            self._columns = _columns_of(self._url, self._origin, self._resource)
            self._reader_kept = RowReader(self._catalog, self._resource, self._columns)
        return self._reader_kept


def _columns_of(url: str, origin: Table, resource: Resource) -> list[str]:
    from sqlalchemy import inspect
    from sqlalchemy.exc import NoSuchTableError, SQLAlchemyError

    try:
        return [column["name"] for column in inspect(engine_of(url)).get_columns(origin.name, origin.schema)]
    except NoSuchTableError:
        raise DeclarationError(resource.path, f"there is no table {origin.name!r} in its database.",
                               "Name a table or view that exists.", resource.place) from None
    except SQLAlchemyError as error:
        raise SourceUnavailable(f"{resource.path}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """What the driver said, without the statement and its values."""
    return str(getattr(error, "orig", None) or error).split("\n")[0]


# -------------------------------------------------------------------------------------------- databases


@lru_cache(maxsize=64)
def engine_of(url: str) -> Engine:
    """The pool of connections to a database; SQLite is opened for reading only and never created."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    file = sqlite_file(url)
    try:
        if file is not None:
            if not file.is_file():
                raise SourceUnavailable(f"the database {file.name} is not there")
            return create_engine(f"sqlite:///file:{_escaped(file)}?mode=ro&uri=true")
        return create_engine(url, pool_pre_ping=True, pool_timeout=_TIMEOUT_S)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise SettingsError(f"The database URL cannot be used: {_reason(error)}. Write dialect://user@host/name, and "
                            "install its driver, for example dragoman[postgres].") from None


def _escaped(file: Path) -> str:
    from urllib.parse import quote

    return quote(quote(str(file)))          # once for SQLite's own URI, once for SQLAlchemy's


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite URL; None for other databases."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None


def expand(url: str, folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """A URL with `${VARIABLE}` replaced, SQLite's path relative to the catalog's folder, and psycopg for PostgreSQL."""
    known = os.environ if environment is None else environment

    def value(found: re.Match[str]) -> str:
        if found[1] not in known:
            raise SettingsError(f"The database URL needs the variable {found[1]}, which is not set.")
        return known[found[1]]

    url = _VARIABLE.sub(value, url)
    if url.startswith("sqlite:///"):
        return f"sqlite:///{(folder / url.removeprefix('sqlite:///')).resolve()}"
    for plain in ("postgres://", "postgresql://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url


class SqlSources:
    """Opens tables, and finds those of a database."""

    def open(self, catalog: Catalog, resource: Resource, cluster: str) -> SqlSource:
        """The source of a resource in a cluster. Raises `DeclarationError` where no database is named."""
        origin = resource.origin
        if not isinstance(origin, Table):
            raise DeclarationError(resource.path, "its origin is no table.", 'Write Table("name").', resource.place)
        url = origin.database or _database_of(catalog, cluster)
        if url is None:
            raise DeclarationError(resource.path, f"no database is named for the cluster {cluster}.",
                                   "Add it to the catalog's database.", resource.place)
        return SqlSource(catalog, resource, origin, expand(url, catalog.file.parent if catalog.file else Path.cwd()))

    def inspect(self, path: str) -> Sequence[Found]:
        """The tables and views of a database, by URL or by the path of an SQLite file."""
        from .reflection import reflect

        url = path if "://" in path else f"sqlite:///{Path(path).resolve()}"
        return reflect(expand(url, Path.cwd()))


def _database_of(catalog: Catalog, cluster: str) -> str | None:
    database = catalog.database
    return database.get(cluster) if isinstance(database, Mapping) else database

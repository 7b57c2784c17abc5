"""Records from tables and views of any database that SQLAlchemy reflects (`Table`); read, never written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ..catalog.catalog import Catalog
from ..catalog.origin import Found, Row, Table
from ..catalog.resource import Resource
from ..errors import Code, DeclarationError, PublicationError, SourceUnavailable
from ..query import Filtered, Owned
from ..settings import Live
from .databases import desk_of, end_statement, engine_of, reason, sqlite_file, url_of
from .desk import Unreachable
from .picking import Picker
from .rows import RowReader
from .statements import Statements, json_contents
from .values import Contents

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select

T = TypeVar("T")
_BATCH = 2_000
_ENDED = "57014"
"""PostgreSQL ended a statement, as it took too long or was cancelled."""


class SqlSource:
    """Keeps the contract of `Source` for one table in one database."""

    def __init__(self, catalog: Catalog, resource: Resource, origin: Table, url: str, limits: Live) -> None:
        self._catalog, self._resource, self._origin, self._url = catalog, resource, origin, url
        self._desk = desk_of(url, limits)
        self._known: Statements | None = None

    def fingerprint(self) -> str | None:
        """Of an SQLite file and its log: path, size and time; other databases tell only by reading."""
        file = sqlite_file(self._url)
        if file is None or not file.is_file():
            return None
        states = [part.stat() for part in (file, Path(f"{file}-wal")) if part.exists()]
        told = [f"{state.st_size} {state.st_mtime_ns}" for state in states if state.st_size]
        return " ".join([str(file), *told])

    def count(self) -> int | None:
        """How many rows the table has."""
        with self._connected() as call:
            return int(call.run(self._statements(call).counted())[0][0])

    def scan(self) -> Iterator[Row]:
        """Every record in the order of its key, streamed in batches."""
        with self._connected() as call:
            self._known = None              # the table may have changed since the last publication
            statements = self._statements(call)
            yield from statements.read(call.stream(statements.scanned()))

    async def get(self, keys: Sequence[Any], owned: Owned | None = None) -> Sequence[Row]:
        """The records of these keys."""
        return await self._ask(lambda call: self._get(call, keys, owned))

    async def find(
        self, filtered: Filtered, offset: int, limit: int, owned: Owned | None = None,
    ) -> tuple[Sequence[Row], int]:
        """One page of the records that fit, and how many fit in all."""
        return await self._ask(lambda call: self._find(call, filtered, offset, limit, owned))

    async def _ask(self, question: Callable[[Call], T]) -> T:
        """What a question to the database gives, stopped there as soon as nobody waits for it."""
        call = Call(self._url, self._resource.path, self._desk.limits)

        def ask() -> T:
            with call:
                return question(call)
        try:
            return await self._desk.ask(self._resource.path, ask, call.stop)
        except SourceUnavailable:
            self._known = None              # perhaps as the table is another one by now
            raise

    def _get(self, call: Call, keys: Sequence[Any], owned: Owned | None) -> list[Row]:
        statements = self._statements(call)
        theirs = statements.owned(owned)
        query = statements.keyed(keys, theirs) if theirs is not None else None
        if query is None:
            return self._picker.by_key(self._all(call, statements, theirs), keys, owned)
        return list(statements.read(call.run(query)))

    def _find(
        self, call: Call, filtered: Filtered, offset: int, limit: int, owned: Owned | None,
    ) -> tuple[list[Row], int]:
        statements = self._statements(call)
        theirs, terms = statements.owned(owned), statements.terms(filtered, of_some=owned is not None)
        if theirs is None or terms is None:
            rows = self._picker.pick(self._all(call, statements, theirs), filtered, owned)
            return rows[offset:offset + limit], len(rows)
        terms += theirs
        total = int(call.run(statements.counted(*terms))[0][0])
        page = statements.page(terms, filtered, offset, limit)
        return list(statements.read(call.run(page), offset)), total

    def _all(self, call: Call, statements: Statements, theirs: Sequence[Any] | None) -> Iterator[Row]:
        """Every row, or every row of an owner, for a comparison that is not the database's."""
        numbered = not statements.has_key                   # the number of a row depends on those of others
        rows = call.stream(statements.scanned(*(() if numbered else theirs or ())))
        return statements.read(self._desk.bounded(self._resource.path, rows))

    @property
    def _picker(self) -> Picker:
        return Picker(self._catalog, self._resource)

    def _connected(self) -> Call:
        return Call(self._url, self._resource.path)

    def _statements(self, call: Call) -> Statements:
        if self._known is None:
            columns = call.columns(self._origin, self._resource)
            reader = RowReader(self._catalog, self._resource, list(columns), Contents.STORED,
                               others=json_contents(columns, call.dialect))
            self._known = Statements(self._origin, self._resource, reader, columns, call.dialect)
        return self._known


class Call:
    """One connection for one question, which another thread may stop; its failures are those of a source."""

    def __init__(self, url: str, name: str, limits: Live | None = None) -> None:
        self._url, self._name, self._limits = url, name, limits
        self._connection: Connection | None = None
        self._lock, self._stopped = Lock(), False
        self.dialect = ""

    def __enter__(self) -> Self:
        engine = engine_of(self._url, self._limits)
        self.dialect = engine.dialect.name
        try:
            connection = self._tried(engine.connect)
        except SourceUnavailable as error:
            raise Unreachable(str(error)) from error
        with self._lock:
            self._connection = connection
        if self._stopped:
            self.__exit__()
            raise SourceUnavailable(f"{self._name}: nobody waits for it any more", Code.SOURCE_TIMEOUT)
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:                    # once it is given back, it may work for somebody else, and is not to be stopped
            connection, self._connection = self._connection, None
        if connection is None:
            return
        if self._stopped:                   # what stops it may still be on its way
            self._tried(connection.invalidate)
        self._tried(connection.close)

    @property
    def _open(self) -> Connection:
        assert self._connection is not None  # noqa: S101  # used within `with` alone
        return self._connection

    def _tried(self, function: Callable[[], T]) -> T:
        from sqlalchemy.exc import DataError, SQLAlchemyError

        try:
            return function()
        except DataError as error:
            raise PublicationError(self._name, f"the database holds what cannot be read: {reason(error)}.") from error
        except SQLAlchemyError as error:
            if "decode to UTF-8" in reason(error):
                raise PublicationError(self._name, f"a text is not Unicode: {reason(error)}.") from error
            if getattr(getattr(error, "orig", None), "sqlstate", None) == _ENDED:
                raise SourceUnavailable(f"{self._name}: {reason(error)}", Code.SOURCE_TIMEOUT) from error
            raise SourceUnavailable(f"{self._name}: {reason(error)}") from error

    def run(self, query: Select[Any]) -> Sequence[Any]:
        """All rows of a small answer."""
        return self._tried(lambda: self._open.execute(query).fetchall())

    def stream(self, query: Select[Any]) -> Iterator[Any]:
        """The rows of a large answer, a batch in memory at a time."""
        result = self._tried(lambda: self._open.execution_options(yield_per=_BATCH).execute(query))
        try:
            while rows := self._tried(partial(result.fetchmany, _BATCH)):
                yield from rows
        finally:
            self._tried(result.close)

    def columns(self, origin: Table, resource: Resource) -> dict[str, Any]:
        """The names and types of a table's columns. Raises `DeclarationError` where there is no such table."""
        from sqlalchemy import inspect
        from sqlalchemy.exc import NoSuchTableError

        try:
            found = self._tried(lambda: inspect(self._open).get_columns(origin.name, origin.schema))
        except SourceUnavailable as error:
            if isinstance(error.__cause__, NoSuchTableError):
                raise DeclarationError(resource.path, f"there is no table {origin.name!r} in its database.",
                                       "Name a table or view that exists.", resource.place) from None
            raise
        return {column["name"]: column["type"] for column in found}

    def stop(self) -> None:
        """End what the database is doing for this call, from another thread."""
        with self._lock:
            self._stopped = True
            connection = self._connection
            end_statement(connection.connection.driver_connection if connection is not None else None)


class SqlSources:
    """Opens tables, and finds those of a database."""

    def __init__(self, limits: Live) -> None:
        self._limits = limits

    def open(self, catalog: Catalog, resource: Resource, cluster: str) -> SqlSource:
        """The source of a resource in a cluster. Raises `DeclarationError` where no database is named, and
        `SettingsError` for a URL that cannot be used."""
        origin = resource.origin
        if not isinstance(origin, Table):
            raise DeclarationError(resource.path, "its origin is no table.", 'Write Table("name").', resource.place)
        expanded = url_of(catalog, cluster, origin.database)
        if expanded is None:
            raise DeclarationError(resource.path, f"no database is named for the cluster {cluster}.",
                                   "Add it to the catalog's database.", resource.place)
        engine_of(expanded)
        return SqlSource(catalog, resource, origin, expanded, self._limits)

    def inspect(self, path: str) -> Sequence[Found]:
        """The tables and views of a database, by URL or by the path of an SQLite file."""
        from .reflection import reflect

        return reflect(path if "://" in path or path.startswith("${") else f"sqlite:///{Path(path).resolve()}")

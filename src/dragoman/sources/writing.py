"""Writing to databases: transactions that are as if one came after the other, whatever the database."""

from __future__ import annotations

import datetime
import decimal
import enum
import random
import re
import time
import uuid
from collections.abc import Callable, Mapping
from threading import Condition, Lock, Thread, current_thread
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ..contracts import Turn
from ..errors import Code, SourceUnavailable
from ..query import Transaction
from .databases import READERS_MAX, WRITERS_MAX, end_statement, engine_of, reason, sqlite_file, writer_of

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.exc import DBAPIError

T = TypeVar("T")
_CAME_BETWEEN = frozenset({"40001", "40P01"})
"""PostgreSQL's words for a transaction that has to be done anew: it saw what another one changed meanwhile, or they waited
for each other."""
_GRACE_MS = 1_000
_LOOK_S = 0.1
_PAUSE_S, _PAUSE_MAX_S = 0.005, 0.2
_CONTROL = re.compile(
    r"(?:\s|;|--[^\n]*|/\*.*?\*/)*+(BEGIN|START\s+TRANSACTION|COMMIT|END|ABORT|PREPARE\s+TRANSACTION|ROLLBACK(?!\s+((WORK|TRANSACTION)\s+)?TO\b))\b",
    re.IGNORECASE | re.DOTALL)
"""Statements that begin or end a transaction; savepoints are none."""
_AS_TEXT = (datetime.date, datetime.time, decimal.Decimal, uuid.UUID)


class Way(NamedTuple):
    """How a database is reached, and by how many at once."""

    engine: Engine
    places: Places


class SqlTransactions:
    """Keeps the contract of `Transactions` for one database by URL.

    An SQLite file has one writer at a time; servers are asked for serializable transactions, and those that came too late
    are begun anew. What only reads has connections of its own, which can do no more.
    """

    def __init__(self, url: str, *, create: bool = False) -> None:
        """With `create`, an SQLite file is made where there is none. Raises `SettingsError` for a URL that cannot be used."""
        self._writing = Way(writer_of(url, create=create), Places(1 if sqlite_file(url) is not None else WRITERS_MAX))
        self._reading = Way(engine_of(url), Places(READERS_MAX))

    def run(self, work: Callable[[Transaction], T], turn: Turn) -> T:
        """What `work` returns, once what it did is kept."""
        return self._transact(self._writing, work, turn)

    def read(self, work: Callable[[Transaction], T], turn: Turn) -> T:
        """What `work` returns, which changes nothing."""
        return self._transact(self._reading, work, turn)

    def _transact(self, way: Way, work: Callable[[Transaction], T], turn: Turn) -> T:
        from sqlalchemy.exc import DBAPIError

        pause_s = _PAUSE_S
        while True:
            try:
                return self._in_place(way, work, turn)
            except DBAPIError as error:
                if not _came_between(error):
                    raise _unavailable(error) or error from error
                again = error
            if turn.left_s <= pause_s:
                raise SourceUnavailable(f"other transactions kept coming between: {reason(again)}", Code.SOURCE_TIMEOUT)
            time.sleep(pause_s * random.random())
            pause_s = min(2 * pause_s, _PAUSE_MAX_S)

    def _in_place(self, way: Way, work: Callable[[Transaction], T], turn: Turn) -> T:
        if not way.places.take(turn):
            raise SourceUnavailable("other transactions took all the time", Code.SOURCE_TIMEOUT)
        try:
            return self._once(way.engine, work, turn)
        finally:
            way.places.leave()

    def _once(self, engine: Engine, work: Callable[[Transaction], T], turn: Turn) -> T:
        turn.resume()
        with self._connect(engine) as connection:
            driver: Any = connection.connection.driver_connection
            turn.stop_by(lambda: end_statement(driver))
            left_ms = max(1, int(turn.left_s * 1000))       # nothing goes on for longer than anybody waits
            try:
                if connection.dialect.name == "sqlite":
                    driver.execute(f"PRAGMA busy_timeout = {left_ms}")
                with connection.begin():
                    if connection.dialect.name == "postgresql":
                        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {left_ms}")
                        connection.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = {left_ms + _GRACE_MS}")
                    transaction = SqlTransaction(connection)
                    try:
                        value = work(transaction)
                    finally:
                        transaction.end()
                    _check_whole(driver)
                    if not turn.keep():
                        raise _too_late()
                return value
            finally:
                if not turn.stop_by(None):      # what stops it may still be on its way
                    connection.invalidate()

    @staticmethod
    def _connect(engine: Engine) -> Connection:
        from sqlalchemy.exc import SQLAlchemyError

        try:
            return engine.connect()
        except SQLAlchemyError as error:
            raise SourceUnavailable(reason(error)) from error


class Places:
    """How many threads may use a database at once; the others wait in line, for as long as their turns last, rather than
    ask the database again and again. The place of a thread that was ended before it could leave is free."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._free = Condition()
        self._taken: set[Thread] = set()

    def take(self, turn: Turn) -> bool:
        """Whether there was a place in time."""
        thread = current_thread()
        with self._free:
            while len(self._taken) >= self._most:
                if turn.left_s <= 0:
                    return False
                self._free.wait(min(turn.left_s, _LOOK_S))
                self._taken = {each for each in self._taken if each.is_alive()}
            self._taken.add(thread)
        return True

    def leave(self) -> None:
        """Make room for the next."""
        with self._free:
            self._taken.discard(current_thread())
            self._free.notify()


class SqlTransaction(Transaction):
    """One open transaction; whoever still has it afterwards, a thread for instance, can do nothing with it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._texts = _AS_TEXT if connection.dialect.name == "sqlite" else ()
        self._lock, self._over = Lock(), False

    def end(self) -> None:
        """From here on it does nothing any more; waits for a statement of another thread."""
        with self._lock:
            self._over = True

    def rows(self, statement: Any, **values: Any) -> list[dict[str, Any]]:
        """The rows that a statement gives."""
        with self._lock:
            return [dict(row) for row in self._run(statement, values).mappings()]

    def execute(self, statement: Any, **values: Any) -> int:
        """Run a statement; how many rows it changed."""
        with self._lock:
            return max(0, int(self._run(statement, values).rowcount))

    def _run(self, statement: Any, values: Mapping[str, Any]) -> Any:
        """One statement at a time, from whichever thread: drivers crash where a connection is closed under a statement."""
        from sqlalchemy import TextClause, bindparam, text

        if self._over:
            raise RuntimeError("the transaction is over: use it before the method returns, and wait for your threads")
        if isinstance(statement, str):
            lists: list[Any] = [bindparam(name, expanding=True) for name, value in values.items() if isinstance(value, (list, tuple))]
            statement = text(statement).bindparams(*lists)
        if isinstance(statement, TextClause) and _CONTROL.match(statement.text):
            raise RuntimeError("the transaction is begun and ended for the method: return to keep what it did, raise to undo it")
        return self._connection.execute(statement, {name: self._stored(value) for name, value in values.items()})

    def _stored(self, value: Any) -> Any:
        """A value as the database takes it; SQLite has no types for times, decimals and UUIDs, and keeps them as texts."""
        if isinstance(value, (list, tuple)):
            return [self._stored(each) for each in value]
        if isinstance(value, enum.Enum):
            return value.value
        if isinstance(value, self._texts):
            return value.isoformat() if isinstance(value, (datetime.date, datetime.time)) else str(value)
        return value


def _came_between(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) in _CAME_BETWEEN


def _unavailable(error: DBAPIError) -> SourceUnavailable | None:
    """A database that is away, or busy for too long; None for a statement that makes no sense there."""
    from sqlalchemy.exc import InterfaceError, OperationalError

    if not (isinstance(error, (InterfaceError, OperationalError)) or error.connection_invalidated):
        return None
    text = reason(error)
    late = getattr(error.orig, "sqlstate", None) == "57014" or text in ("database is locked", "interrupted")
    return SourceUnavailable(text, Code.SOURCE_TIMEOUT if late else Code.SOURCE_UNAVAILABLE)


def _too_late() -> SourceUnavailable:
    return SourceUnavailable("nobody waits for it any more", Code.SOURCE_TIMEOUT)


def _check_whole(driver: Any) -> None:
    """PostgreSQL undoes a transaction in which a statement failed, and says nothing at the commit of it."""
    status = getattr(getattr(driver, "info", None), "transaction_status", None)
    if status is not None and status.name == "INERROR":
        raise RuntimeError("a statement failed, the method went on, and nothing of it can be kept")

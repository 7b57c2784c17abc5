"""One database with the tables of statistics: an SQLite file, or PostgreSQL."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from ..errors import SourceUnavailable
from ..postgres import patience, within
from .tables import WRITTEN, schema

_TIMEOUT_S = 5.0
_CONNECT_S, _STATEMENT_S = 2, 30
_SCHEMA_LOCK = 0x0D4A_57A7
"""The advisory lock of PostgreSQL under which one node at a time makes the tables."""


class Base(Protocol):
    """A database, used by one thread; everything raises `SourceUnavailable` where it does not answer."""

    def ask(self, query: str, *values: Any) -> list[Any]:
        """The rows that a query gives."""

    def do(self, *statements: tuple[str, Sequence[Sequence[Any]]]) -> None:
        """Run statements, each once for every row of values: all of it, or nothing."""

    def close(self) -> None:
        """Let go of it; it is opened anew when it is used again."""


class SqliteBase:
    """An SQLite file, made where it is missing, aside and whole, so that others can read it as soon as it is there; made
    anew where somebody took it away."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._base: sqlite3.Connection | None = None
        self._inode = 0

    def ask(self, query: str, *values: Any) -> list[Any]:
        """The rows that a query gives."""
        with self._opened() as base:
            return base.execute(query, values).fetchall()

    def do(self, *statements: tuple[str, Sequence[Sequence[Any]]]) -> None:
        """Run statements, all or none."""
        with self._opened() as base, base:
            base.execute("BEGIN IMMEDIATE")
            for statement, rows in statements:
                base.executemany(statement, rows)

    def close(self) -> None:
        """Let go of the file."""
        base, self._base = self._base, None
        if base is not None:
            base.close()

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            if self._base is None:
                self._base = self._open()
            if self._path.stat().st_ino != self._inode:
                raise FileNotFoundError(f"{self._path} is another file than was opened")
            yield self._base
        except (OSError, sqlite3.Error) as error:
            self.close()
            raise SourceUnavailable(f"{self._path}: {error}") from error

    def _open(self) -> sqlite3.Connection:
        if not self._path.exists():
            self._make()
        self._inode = self._path.stat().st_ino
        base = sqlite3.connect(self._path, timeout=_TIMEOUT_S, isolation_level=None)
        base.execute("PRAGMA synchronous = NORMAL")         # a killed process loses nothing; a power cut the last second
        return base

    def _make(self) -> None:
        aside = self._path.with_suffix(".new")
        aside.parent.mkdir(parents=True, exist_ok=True)
        aside.unlink(missing_ok=True)
        aside.touch(0o600)
        with contextlib.closing(sqlite3.connect(aside, isolation_level=None)) as base:
            base.execute("PRAGMA journal_mode = WAL")
            for statement in schema("INTEGER PRIMARY KEY AUTOINCREMENT"):
                base.execute(statement)
        aside.rename(self._path)


class PostgresBase:
    """Tables in a PostgreSQL database, made where they are missing."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._base: Any = None

    def ask(self, query: str, *values: Any) -> list[Any]:
        """The rows that a query gives."""
        with self._opened() as base:
            rows: list[Any] = base.execute(query.replace("%", "%%").replace("?", "%s"), values).fetchall()
            return rows

    def do(self, *statements: tuple[str, Sequence[Sequence[Any]]]) -> None:
        """Run statements, all or none, on one view of what was there before."""
        with self._opened() as base, base.transaction(), base.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            for statement, rows in statements:
                cursor.executemany(statement.replace("%", "%%").replace("?", "%s"), rows)

    def close(self) -> None:
        """Let go of the connection."""
        base, self._base = self._base, None
        if base is not None:
            with contextlib.suppress(Exception):        # it may be broken, which is why it is closed
                base.close()

    @contextlib.contextmanager
    def alone(self, lock: int) -> Iterator[bool]:
        """Whether no other node holds a lock of this number; it is held until the block ends."""
        with self._opened() as base:
            held = bool(base.execute("SELECT pg_try_advisory_lock(%s)", (lock,)).fetchone()[0])
        try:
            yield held
        finally:
            if held and self._base is not None:         # a lost connection has let go of it already
                with self._opened() as base:
                    base.execute("SELECT pg_advisory_unlock(%s)", (lock,))

    @contextlib.contextmanager
    def _opened(self) -> Iterator[Any]:
        from psycopg import Error

        try:
            if self._base is None:
                self._base = self._open()
            yield self._base
        except Error as error:
            self.close()
            raise SourceUnavailable(f"the database of statistics: {error}") from error

    def _open(self) -> Any:
        from psycopg import connect

        base = connect(self._url, autocommit=True, application_name="dragoman-statistics",
                       options=f"{within(statement_timeout=_STATEMENT_S)} -c client_min_messages=warning",
                       **patience(_CONNECT_S, _TIMEOUT_S))
        if base.execute("SELECT 1 WHERE to_regclass(%s) IS NOT NULL", (WRITTEN,)).fetchone():
            return base                                 # the table that is made last
        with base.transaction():                        # two nodes that make the same table at once disturb each other
            base.execute("SELECT pg_advisory_xact_lock(%s)", (_SCHEMA_LOCK,))
            for statement in schema("BIGSERIAL PRIMARY KEY"):
                base.execute(statement)
        return base

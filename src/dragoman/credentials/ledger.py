"""Reading the control plane's facts, from SQLite or PostgreSQL, and telling it which keys were used."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from ..errors import SettingsError, SourceUnavailable
from ..postgres import patience, within
from . import facts
from .facts import TABLE, Fact

USE_TABLE = "credentials_use"
"""When each key was used last: `ref`, `used_at` (UNIX time in seconds)."""
_COLUMNS = "seq, kind, ref, body"
_TIMEOUT_S = 2.0


class Ledger(Protocol):
    """Where facts are read; every method raises `SourceUnavailable` where that cannot be done at present."""

    def changed(self) -> bool:
        """Whether there may be something new since `read` was called last; cheap enough to ask ten times a second."""

    def read(self, since: int) -> tuple[list[Fact], bool]:
        """The facts after a number, in order; and whether they are all there is, since the ledger is another one."""

    def find(self, kind: str, ref: str) -> str:
        """The text of one fact; empty where there is none."""

    def note_uses(self, uses: Mapping[str, float]) -> None:
        """Keep when keys were used."""

    def close(self) -> None:
        """Let go of the database."""


def open_ledger(database_url: str, data_dir: Path) -> Ledger:
    """The ledger of a control plane's database: PostgreSQL by URL, else the SQLite file in the data directory.

    Raises `SettingsError` for a URL of any other kind.
    """
    if database_url and not database_url.startswith(("postgres://", "postgresql://")):
        raise SettingsError("database_url: write postgresql://user@host/name, or leave it out for SQLite.")
    return PostgresLedger(database_url) if database_url else SqliteLedger(data_dir / "control.db")


class SqliteLedger:
    """Facts in the SQLite file of the control plane; `PRAGMA data_version` tells cheaply that another wrote."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._base: sqlite3.Connection | None = None
        self._version, self._inode = -1, -1

    def changed(self) -> bool:
        """Whether anything was written, or the file is another one."""
        try:
            if self._base is None or self._path.stat().st_ino != self._inode:
                return True
            return self._read_version(self._base) != self._version
        except (OSError, sqlite3.Error) as error:
            raise self._unavailable(error) from error

    def read(self, since: int) -> tuple[list[Fact], bool]:
        """The facts after a number; all of them where the file was replaced."""
        try:
            base, fresh = self._connect()
            version = self._read_version(base)      # before the rows: what is written in between is found next time
            newest = base.execute(f"SELECT coalesce(max(seq), 0) FROM {TABLE}").fetchone()[0]  # noqa: S608  # a constant
            fresh = fresh or newest < since
            rows = base.execute(f"SELECT {_COLUMNS} FROM {TABLE} WHERE seq > ? ORDER BY seq",  # noqa: S608  # a constant
                                (0 if fresh else since,)).fetchall()
        except (OSError, sqlite3.Error) as error:
            raise self._unavailable(error) from error
        found = [facts.read(*row) for row in rows]
        self._version = version                     # what could not be taken in is read again
        return found, fresh

    def find(self, kind: str, ref: str) -> str:
        """The text of one fact."""
        try:
            rows = self._connect()[0].execute(_FIND.format(place="?"), (kind, ref)).fetchall()
        except (OSError, sqlite3.Error) as error:
            raise self._unavailable(error) from error
        return str(rows[0][0]) if rows else ""

    def note_uses(self, uses: Mapping[str, float]) -> None:
        """Keep the later of what is known and what is told."""
        try:
            base, _ = self._connect()
            with base:
                base.executemany(_NOTE.format(place="?"), list(uses.items()))
        except (OSError, sqlite3.Error) as error:
            raise self._unavailable(error) from error

    def close(self) -> None:
        """Let go of the file."""
        base, self._base = self._base, None
        if base is not None:
            base.close()

    def _connect(self) -> tuple[sqlite3.Connection, bool]:
        """The open file, and whether it was opened only now. Never makes one."""
        inode = self._path.stat().st_ino
        if self._base is not None and inode == self._inode:
            return self._base, False
        self.close()
        self._base = sqlite3.connect(f"{self._path.resolve().as_uri()}?mode=rw", uri=True, timeout=_TIMEOUT_S)
        self._inode = inode
        return self._base, True

    @staticmethod
    def _read_version(base: sqlite3.Connection) -> int:
        return int(base.execute("PRAGMA data_version").fetchone()[0])

    def _unavailable(self, error: Exception) -> SourceUnavailable:
        self.close()
        return SourceUnavailable(f"{self._path}: {error}")


class PostgresLedger:
    """Facts in a PostgreSQL database. A number is asked for each time: cheap, and no message can get lost."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._base: Any = None

    def changed(self) -> bool:
        """Always: only asking could tell."""
        return True

    def read(self, since: int) -> tuple[list[Fact], bool]:
        """The facts after a number; all of them after a break, in which the database may have been brought back to an
        earlier state and have gone on from there."""
        fresh = self._base is None
        newest = self._ask(f"SELECT coalesce(max(seq), 0) FROM {TABLE}")[0][0]  # noqa: S608  # a constant
        if newest == since and not fresh:
            return [], False
        fresh = fresh or newest < since
        rows = self._ask(f"SELECT {_COLUMNS} FROM {TABLE} WHERE seq > %s ORDER BY seq",  # noqa: S608  # a constant
                         0 if fresh else since)
        return [facts.read(*row) for row in rows], fresh

    def find(self, kind: str, ref: str) -> str:
        """The text of one fact."""
        rows = self._ask(_FIND.format(place="%s"), kind, ref)
        return str(rows[0][0]) if rows else ""

    def note_uses(self, uses: Mapping[str, float]) -> None:
        """Keep the later of what is known and what is told."""
        from psycopg import Error

        try:
            with self._connect().cursor() as cursor:
                cursor.executemany(_NOTE.format(place="%s"), sorted(uses.items()))  # sorted, so that no two nodes deadlock
        except Error as error:
            raise self._unavailable(error) from error

    def close(self) -> None:
        """Let go of the connection."""
        base, self._base = self._base, None
        if base is not None:
            with contextlib.suppress(Exception):    # it may be broken, which is why it is closed
                base.close()

    def _ask(self, query: str, *parameters: Any) -> list[Any]:
        from psycopg import Error

        try:
            rows: list[Any] = self._connect().execute(query, parameters).fetchall()
        except Error as error:
            raise self._unavailable(error) from error
        return rows

    def _connect(self) -> Any:
        from psycopg import connect

        if self._base is None:
            self._base = connect(self._url, autocommit=True, application_name="dragoman-credentials",
                                 options=within(statement_timeout=_TIMEOUT_S), **patience(int(_TIMEOUT_S), _TIMEOUT_S))
        return self._base

    def _unavailable(self, error: Exception) -> SourceUnavailable:
        self.close()
        return SourceUnavailable(f"the control plane's database: {error}")


_FIND = f"SELECT body FROM {TABLE} WHERE kind = {{place}} AND ref = {{place}}"  # noqa: S608  # a constant
_NOTE = (
    f"INSERT INTO {USE_TABLE} (ref, used_at) VALUES ({{place}}, {{place}}) ON CONFLICT (ref) DO UPDATE "  # noqa: S608  # constants
    f"SET used_at = excluded.used_at WHERE excluded.used_at > {USE_TABLE}.used_at"
)

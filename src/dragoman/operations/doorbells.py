"""What wakes a worker when there may be something to do: a poll of SQLite's version of its file, or a message of PostgreSQL."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path
from typing import Any, Protocol

from ..postgres import patience
from .tables import CHANNEL

_POLL_S = 0.1
_CONNECT_S, _SILENCE_S = 2, 10.0


class Doorbell(Protocol):
    """Waits for work; rings too often rather than not at all, as whoever waits looks for himself in any case."""

    def wait(self, timeout_s: float) -> None:
        """Until it rings, or for so long."""

    def close(self) -> None:
        """Let go of the database."""


def open_doorbell(database_url: str, file: Path) -> Doorbell:
    """The doorbell of a PostgreSQL database, else that of an SQLite file."""
    return PostgresBell(database_url) if database_url else SqliteBell(file)


class SqliteBell:
    """Asks ten times a second whether anybody wrote to the file, which takes microseconds."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._base: sqlite3.Connection | None = None
        self._version = -1

    def wait(self, timeout_s: float) -> None:
        """Until somebody has written since the last time."""
        until = time.monotonic() + timeout_s
        while not self._rang():
            left_s = until - time.monotonic()
            if left_s <= 0:
                return
            time.sleep(min(_POLL_S, left_s))

    def close(self) -> None:
        """Let go of the file."""
        base, self._base = self._base, None
        if base is not None:
            base.close()

    def _rang(self) -> bool:
        try:
            if self._base is None:
                self._base = sqlite3.connect(f"{self._file.resolve().as_uri()}?mode=ro", uri=True, timeout=1.0)
            version = int(self._base.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error:                   # there is no file yet, or it was brought back from a backup
            self.close()
            return False
        rang, self._version = version != self._version, version
        return rang


class PostgresBell:
    """Listens to what whoever accepts an operation notifies; while the database is away it only waits."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._base: Any = None

    def wait(self, timeout_s: float) -> None:
        """Until something was notified."""
        from psycopg import Error

        try:
            if self._base is None:
                self._base = self._open()
                return                          # what was notified before nobody heard
            for _ in self._base.notifies(timeout=timeout_s, stop_after=1):
                return
        except Error:
            self.close()
            time.sleep(timeout_s)

    def close(self) -> None:
        """Let go of the connection."""
        base, self._base = self._base, None
        if base is not None:
            with contextlib.suppress(Exception):        # it may be broken, which is why it is closed
                base.close()

    def _open(self) -> Any:
        from psycopg import connect

        base = connect(self._url, autocommit=True, application_name="dragoman-worker", **patience(_CONNECT_S, _SILENCE_S))
        base.execute(f"LISTEN {CHANNEL}")
        return base

"""Operations as rows of an SQLite database: committed before they are answered, seen by their owner alone."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import xxhash

from ..catalog.method import Method
from ..catalog.plain import INT64_MAX
from ..contracts import Operation
from ..errors import Code, Fault, SourceUnavailable, refuse
from ..query import Caller

_SCHEMA = """
CREATE TABLE IF NOT EXISTS operation (
    id INTEGER PRIMARY KEY AUTOINCREMENT, method TEXT NOT NULL, arguments BLOB NOT NULL, owner TEXT NOT NULL,
    idempotency_key TEXT, digest TEXT NOT NULL, state TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0, total INTEGER,
    result BLOB, fault BLOB, created_at REAL NOT NULL, UNIQUE (owner, idempotency_key))
"""


def operations_file(data_dir: Path) -> Path:
    """Where operations are kept, and the idempotency keys of methods that write nowhere we know."""
    return data_dir.resolve() / "operations.db"


class OperationStore:
    """Keeps the contract of `Operations` in the data directory; opened when it is first needed."""

    def __init__(self, data_dir: Path) -> None:
        self._path = operations_file(data_dir)
        self._lock = threading.Lock()
        self._base: sqlite3.Connection | None = None

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._base is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._base = sqlite3.connect(self._path, check_same_thread=False, timeout=10)
                self._base.execute("PRAGMA journal_mode = WAL")
                self._base.execute("PRAGMA synchronous = FULL")
                self._base.execute(_SCHEMA)
            with self._base:
                yield self._base

    @contextlib.contextmanager
    def _asked(self) -> Iterator[sqlite3.Connection]:
        """The database. Raises `SourceUnavailable` where it is busy or away."""
        try:
            with self._open() as base:
                yield base
        except sqlite3.OperationalError as error:
            raise SourceUnavailable(f"operations: {error}") from error

    def start(
        self, method: Method, arguments: Mapping[str, Any], caller: Caller, idempotency_key: str | None = None,
    ) -> int:
        """Accept a job and commit it; the same key of the same caller gives the same id, with other arguments it is
        refused (conflict)."""
        owner = caller.party
        if owner is None:
            raise refuse(Code.CREDENTIAL_MISSING, "a long operation needs somebody whose it is",
                         hint="Send a key or the id of an application.")
        text = msgspec.json.encode(arguments, order="deterministic")
        name = f"{method.catalog}:{method.path}"
        digest = xxhash.xxh3_128_hexdigest(name.encode() + b"\0" + text)
        with self._asked() as base:
            row = base.execute(
                "INSERT INTO operation (method, arguments, owner, idempotency_key, digest, state, created_at) "
                "VALUES (?, ?, ?, ?, ?, 'queued', ?) ON CONFLICT DO NOTHING RETURNING id",
                (name, text, owner, idempotency_key, digest, time.time()),
            ).fetchone()
            if row is not None:
                return int(row[0])
            id, known = base.execute(
                "SELECT id, digest FROM operation WHERE owner = ? AND idempotency_key = ?",
                (owner, idempotency_key),
            ).fetchone()
        if known != digest:
            raise refuse(Code.CONFLICT, "the idempotency key was used for another request", field="Idempotency-Key",
                         value=idempotency_key, hint="Use a new key for a new request.")
        return int(id)

    def look(self, id: int, caller: Caller) -> Operation | None:
        """The state of a job of this caller; None for a missing one and for somebody else's alike."""
        owner = caller.party
        if owner is None or not 0 < id <= INT64_MAX:
            return None
        with self._asked() as base:
            row = base.execute(
                "SELECT id, method, state, done, total, result, fault FROM operation WHERE id = ? AND owner = ?",
                (id, owner),
            ).fetchone()
        if row is None:
            return None
        fault = msgspec.json.decode(row[6], type=Fault) if row[6] else None
        return Operation(id=row[0], method=row[1], state=row[2], done=row[3], total=row[4], result=row[5], fault=fault)

"""Where statistics lie: a file for each worker in the data directory, or one PostgreSQL database for all nodes."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

from ..errors import SourceUnavailable
from .bases import Base, PostgresBase, SqliteBase

_ROLL_LOCK = 0x0D4A_5701
"""The advisory lock of PostgreSQL under which one node at a time rolls up."""


class Place:
    """The statistics of a data directory or database, for whoever writes, reads or rolls up. Everything raises
    `SourceUnavailable` where there is none at present: a full disk, a folder that may not be written."""

    def __init__(self, database_url: str, data_dir: Path) -> None:
        self._url, self._folder = database_url, data_dir / "statistics"

    @contextlib.contextmanager
    def own(self) -> Iterator[Base]:
        """A database that nobody else writes counts to: the first free slot's file, or PostgreSQL, where rows bear the
        name of their node. A slot is free again when its process ends, however it ends."""
        with contextlib.ExitStack() as stack:
            base: Base = PostgresBase(self._url) if self._url else stack.enter_context(self._slot())
            stack.callback(base.close)
            yield base

    @contextlib.contextmanager
    def _slot(self) -> Iterator[SqliteBase]:
        for number in itertools.count(1):
            with _locked(self._folder / f"{number}.lock") as held:
                if held:
                    yield SqliteBase(self._folder / f"{number}.db")
                    return

    @contextlib.contextmanager
    def every(self) -> Iterator[list[Base]]:
        """Every database there is, of workers that have ended too."""
        bases: list[Base] = [PostgresBase(self._url)] if self._url else [
            SqliteBase(path) for path in sorted(self._folder.glob("*.db"))]
        try:
            yield bases
        finally:
            for base in bases:
                base.close()

    @contextlib.contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether this process alone may roll up, until the block ends."""
        if not self._url:
            with _locked(self._folder / "roll.lock") as held:
                yield held
            return
        base = PostgresBase(self._url)
        with contextlib.closing(base), base.alone(_ROLL_LOCK) as held:
            yield held


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[bool]:
    """Whether this process holds a lock that ends with it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise SourceUnavailable(f"{path}: {error}") from error
    try:
        yield _lock(file)
    finally:
        os.close(file)


def _lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:                # some network file systems have no locks
        raise SourceUnavailable(f"statistics cannot be locked: {error}") from error
    return True

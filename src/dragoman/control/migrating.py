"""Bringing the database of accounts to the present: made when it is missing, copied before it is changed."""

from __future__ import annotations

import fcntl
import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ..errors import SettingsError, SourceUnavailable
from ..settings import Settings
from .configuration import configure

_LOCK = 0x0D4A_60FB
"""The advisory lock of PostgreSQL under which one node at a time migrates."""


def migrate(settings: Settings, *, first_only: bool = False) -> list[str]:
    """Apply what is missing; the names of what was applied.

    With `first_only` a PostgreSQL database that is in use is left as it is, since other nodes may still need that: the
    operator runs `dragoman migrate`. Raises `SourceUnavailable` where the database does not answer, and `SettingsError`.
    """
    configure(settings)
    from django.core.management import call_command
    from django.db import OperationalError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        with _alone(settings):
            if not settings.database_url:
                (Path(settings.data_dir) / "control.db").touch(0o600)
            executor = MigrationExecutor(connection)
            plan = [f"{step.app_label}.{step.name}" for step, _ in
                    executor.migration_plan(executor.loader.graph.leaf_nodes())]
            if plan:
                _prepare(settings, used=bool(executor.loader.applied_migrations), first_only=first_only)
                with _whole(settings):
                    call_command("migrate", verbosity=0, interactive=False, stdout=io.StringIO())
                    call_command("createcachetable", verbosity=0, stdout=io.StringIO())
    except OperationalError as error:
        raise SourceUnavailable(f"the database of accounts does not answer: {error}") from error
    finally:
        connection.close()
    return plan


def _prepare(settings: Settings, *, used: bool, first_only: bool) -> None:
    if not used:
        return
    if settings.database_url and first_only:
        raise SettingsError("The database of accounts is of an earlier version: run `dragoman migrate`, then start again.")
    if not settings.database_url:
        _copy(Path(settings.data_dir) / "control.db")


def _copy(file: Path) -> None:
    """Keep the file as it was, whole, whoever writes to it meanwhile."""
    copy = file.with_suffix(".db.before")
    copy.unlink(missing_ok=True)
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    copy.chmod(0o600)


@contextmanager
def _whole(settings: Settings) -> Iterator[None]:
    """All steps or none on SQLite, whenever the process ends: Django notes some only after their own transaction, and a
    step that was made and not noted could never be made again. PostgreSQL allows no such long transaction of all steps."""
    from django.db import connection, transaction

    if settings.database_url:
        yield
        return
    connection.disable_constraint_checking()        # has to be off before the transaction begins
    try:
        with transaction.atomic():
            yield
    finally:
        connection.enable_constraint_checking()


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Keep other processes, and other nodes, from migrating at the same time."""
    from django.db import connection

    if settings.database_url:
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0; SET lock_timeout = 0")      # pages may not wait so long
            cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
        return
    with (Path(settings.data_dir) / "migrate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield

"""Databases by URL: SQLite files opened for reading only and never created, pools of connections to servers."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..catalog.catalog import Catalog
from ..errors import SettingsError
from ..postgres import patience
from ..settings import Live
from .desk import Desk

if TYPE_CHECKING:
    import sqlite3

    from sqlalchemy import Engine

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_REMEDY = "Write sqlite:///file.db or dialect://user@host/name, and install its driver, for example dragoman[postgres]."
_CONNECT_S, _SILENCE_S = 5, 30
_CANCEL_S = 2.0
WRITERS_MAX = 8
"""How many transactions one process has open in one database; others wait."""
READERS_MAX = 15
"""How many it has open that only read: no more than there are connections in a pool of `engine_of`."""


def expand(url: str, folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """A URL as it can be opened: `${VARIABLE}` replaced, SQLite's path relative to the catalog's folder, psycopg for
    PostgreSQL. Raises `SettingsError` that names a missing variable."""
    known = os.environ if environment is None else environment

    def value(found: re.Match[str]) -> str:
        if found[1] not in known:
            raise SettingsError(f"The database URL needs the variable {found[1]}, which is not set: set it in the "
                                "environment of dragoman.")
        return known[found[1]]

    url = _VARIABLE.sub(value, url)
    file = sqlite_file(url)
    if file is not None:
        return f"sqlite:///{(folder / file).resolve()}"
    return re.sub(r"\Apostgres(?:ql)?://", "postgresql+psycopg://", url)


def url_of(catalog: Catalog, cluster: str, own: str | None = None) -> str | None:
    """The URL of a catalog's database in a cluster, or of a table's own, as it can be opened; None where none is named."""
    database = own or (catalog.database.get(cluster) if isinstance(catalog.database, Mapping) else catalog.database)
    return None if database is None else expand(database, catalog.file.parent if catalog.file else Path.cwd())


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite URL; None for other databases. Raises `SettingsError` for one in memory."""
    if not re.match(r"sqlite(?:\+[a-z0-9]+)?:", url):
        return None
    path = url.partition(":///")[2].partition("?")[0]
    if path in ("", ":memory:"):
        raise SettingsError("A database in memory holds nothing to publish: write sqlite:///file.db.")
    return Path(path)


@lru_cache(maxsize=64)
def desk_of(url: str, limits: Live) -> Desk:  # noqa: ARG001  # what the cache knows it by
    """Where all live resources of a database ask."""
    return Desk(limits)


@lru_cache(maxsize=64)
def engine_of(url: str, limits: Live | None = None) -> Engine:
    """What connects to a database: for publishing, which may take its time, or within the limits of live resources.
    Raises `SettingsError` for a URL that cannot be used."""
    from sqlalchemy import NullPool, create_engine, event
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    file = sqlite_file(url)
    if file is not None:                    # opened anew each time: another file may have taken its place
        return create_engine("sqlite://", creator=partial(_open_sqlite, file), poolclass=NullPool)
    try:
        driver = make_url(url).get_driver_name()
        engine = create_engine(url, pool_pre_ping=True, **_options(driver, limits))
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise SettingsError(f"The database URL cannot be used: {reason(error)}. {_REMEDY}") from None
    if engine.dialect.name == "postgresql":
        event.listen(engine, "connect", partial(_prepare_postgres, limits))
    return engine


@lru_cache(maxsize=64)
def writer_of(url: str, *, create: bool = False) -> Engine:
    """What connects to a database to change it: serializable transactions, and for an SQLite file one writer at a time;
    with `create`, it is made where there is none. Raises `SettingsError` for a URL that cannot be used."""
    from sqlalchemy import NullPool, create_engine, event
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    file = sqlite_file(url)
    try:
        if file is None:
            return create_engine(url, pool_pre_ping=True, isolation_level="SERIALIZABLE", pool_size=WRITERS_MAX, max_overflow=0,
                                 **_options(make_url(url).get_driver_name(), None))
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise SettingsError(f"The database URL cannot be used: {reason(error)}. {_REMEDY}") from None
    engine = create_engine("sqlite://", creator=partial(_open_sqlite_to_write, file, "rwc" if create else "rw"),
                           poolclass=NullPool)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _open_sqlite_to_write(file: Path, mode: str) -> sqlite3.Connection:
    """Without the driver's own idea of when a transaction begins; references between tables are kept, as declared."""
    import sqlite3

    connection = sqlite3.connect(f"file:{quote(str(file))}?mode={mode}", uri=True, check_same_thread=False, isolation_level=None)
    if mode == "rwc":                           # a file of ours, in which readers and the writer must not wait for each other
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.create_function("casefold", 1, _casefold, deterministic=True)
    return connection


def end_statement(driver: Any) -> None:
    """End what a database does for a driver's connection, from another thread."""
    if hasattr(driver, "interrupt"):
        import sqlite3

        with contextlib.suppress(sqlite3.ProgrammingError):         # it is closed already
            driver.interrupt()
    elif hasattr(driver, "cancel_safe"):
        import psycopg

        try:
            driver.cancel_safe(timeout=_CANCEL_S)
        except psycopg.Error:
            return                          # a server that does not hear ends the statement at its own time limit


def _options(driver: str, limits: Live | None) -> dict[str, Any]:
    """How a pool connects. A network that swallows what is sent must not hold a connection for ever."""
    wait_s = _CONNECT_S if limits is None else max(1, min(_CONNECT_S, int(limits.timeout_s)))
    given = {"connect_timeout": wait_s} if driver in ("pymysql", "mysqldb") else {}
    if driver.startswith("psycopg"):
        given = patience(wait_s, _SILENCE_S if limits is None else limits.timeout_s)
    if limits is None:
        return {"connect_args": given}
    return {"connect_args": given, "pool_size": limits.connections_max, "max_overflow": 0, "pool_timeout": limits.timeout_s}


def _open_sqlite(file: Path) -> sqlite3.Connection:
    import sqlite3

    mode = "mode=ro" if _may_log(file) else "mode=ro&immutable=1"
    connection = sqlite3.connect(f"file:{quote(str(file))}?{mode}", uri=True, check_same_thread=False)
    connection.create_function("casefold", 1, _casefold, deterministic=True)
    return connection


def _may_log(file: Path) -> bool:
    """Whether SQLite may use its log beside the file; a database in a folder that is read-only has none."""
    return os.access(file.parent, os.W_OK) or Path(f"{file}-wal").exists()


def _casefold(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _prepare_postgres(limits: Live | None, connection: Any, _: Any) -> None:
    """PostgreSQL itself refuses whatever would write, a function in a view for instance, and ends what takes too long."""
    connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
    if limits is not None:
        connection.execute(f"SET SESSION statement_timeout = {int(limits.timeout_s * 1000)}")
    connection.commit()


def reason(error: Exception) -> str:
    """What the driver said, without the statement and its values."""
    return str(getattr(error, "orig", None) or error).split("\n")[0]

"""Records from CSV, JSON, NDJSON and Parquet files, read by DuckDB with nothing of its own switched on (`File`)."""

from __future__ import annotations

import asyncio
import datetime
import decimal
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..catalog.catalog import Catalog
from ..catalog.origin import ROW_NUMBER, Column, File, Found
from ..catalog.resource import Resource
from ..errors import DeclarationError, SettingsError, SourceUnavailable
from ..query import Filtered
from .rows import RowReader

_BATCH = 2_000
READERS = {
    ".csv": "read_csv(?, sample_size=-1)", ".tsv": "read_csv(?, sample_size=-1, delim='\t')",
    ".json": "read_json(?, format='array', sample_size=-1)", ".ndjson": "read_json(?, format='nd', sample_size=-1)",
    ".jsonl": "read_json(?, format='nd', sample_size=-1)", ".parquet": "read_parquet(?)",
}
"""How each kind of file is read, by the end of its name."""


def kind_of(path: Path) -> str | None:
    """The ending that tells how a file is read, `.gz` left aside; None for a file of another kind."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    return suffixes[-1] if suffixes and suffixes[-1] in READERS else None


def connect(path: Path) -> Any:
    """A database in memory that may read this one file, and nothing else. Raises `SettingsError` without DuckDB."""
    try:
        import duckdb
    except ModuleNotFoundError:
        raise SettingsError("Files are read by DuckDB: install it with pip install 'dragoman[files]'.") from None
    connection = duckdb.connect(":memory:", config={
        "autoinstall_known_extensions": "false", "autoload_known_extensions": "false", "threads": "1",
        "memory_limit": "256MB", "preserve_insertion_order": "true", "temp_directory": "",
    })
    connection.execute("SET allowed_paths = [$path]".replace("$path", _quoted(str(path))))
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _relation(path: Path) -> str:
    """The call that reads a file. A name with wildcards is taken by letter."""
    kind = kind_of(path)
    if kind is None:
        raise SettingsError(f"{path.name}: not a file that can be read; use {', '.join(READERS)}.")
    return READERS[kind].replace("?", _quoted(_literal(str(path))))


def _literal(path: str) -> str:
    return "".join(f"[{each}]" if each in "*?[" else each for each in path)


class FileSource:
    """Keeps the contract of `Source` for one file."""

    def __init__(self, catalog: Catalog, resource: Resource, path: Path) -> None:
        self._catalog, self._resource, self._path = catalog, resource, path

    def fingerprint(self) -> str | None:
        """Of the file's size and time."""
        try:
            facts = self._path.stat()
        except OSError:
            return None
        return f"{facts.st_size} {facts.st_mtime_ns}"

    def count(self) -> int | None:
        """Only reading would tell."""
        return None

    def scan(self) -> Iterator[Mapping[str, Any]]:
        """Every record in the order of the file, streamed in batches."""
        if not self._path.is_file():
            raise SourceUnavailable(f"{self._resource.path}: the file {self._path.name} is not there")
        cursor = self._execute(f"SELECT * FROM {_relation(self._path)}")  # noqa: S608  # the path is quoted
        names = [each[0] for each in cursor.description]
        reader = RowReader(self._catalog, self._resource, names)
        number = 0
        while rows := self._fetch(cursor):
            for row in rows:
                number += 1
                yield reader.read({**dict(zip(names, row, strict=True)), ROW_NUMBER: number})

    def _execute(self, query: str) -> Any:
        connection = connect(self._path)
        import duckdb

        try:
            return connection.execute(query)
        except duckdb.Error as error:
            raise SourceUnavailable(f"{self._resource.path}: {_reason(error)}") from error

    def _fetch(self, cursor: Any) -> Any:
        import duckdb

        try:
            return cursor.fetchmany(_BATCH)
        except duckdb.Error as error:
            raise SourceUnavailable(f"{self._resource.path}: {_reason(error)}") from error

    async def get(self, keys: Sequence[Any]) -> Sequence[Mapping[str, Any]]:
        """The records of these keys, found by reading the file: for small ones only."""
        wanted, name = set(keys), self._resource.key.name
        return await asyncio.to_thread(lambda: [row for row in self.scan() if row.get(name) in wanted])

    async def find(self, filtered: Filtered, offset: int, limit: int) -> tuple[Sequence[Mapping[str, Any]], int]:
        """One page of the records that fit, found by reading the file."""
        rows = await asyncio.to_thread(lambda: [row for row in self.scan() if filtered_in(row, filtered)])
        if filtered.sort:
            name = filtered.sort
            rows.sort(key=lambda row: row[name] if row.get(name) is not None else 0, reverse=filtered.descending)
            rows.sort(key=lambda row: row.get(name) is None)
        return rows[offset:offset + limit], len(rows)


def filtered_in(row: Mapping[str, Any], filtered: Filtered) -> bool:
    """Whether a row has one of the wanted values in each of the filtered fields."""
    for name, wanted in filtered.values:
        value = row.get(name)
        if not any(each in wanted for each in (value if isinstance(value, (list, tuple)) else (value,))):
            return False
    return True


def _reason(error: Exception) -> str:
    return str(error).split("\n")[0]


class FileSources:
    """Opens files, and finds what is in them."""

    def open(self, catalog: Catalog, resource: Resource, cluster: str) -> FileSource:
        """The source of a resource in a cluster. Raises `DeclarationError` for a file of no known kind."""
        origin = resource.origin
        if not isinstance(origin, File):
            raise DeclarationError(resource.path, "its origin is no file.", 'Write File("name.csv").', resource.place)
        folder = catalog.file.parent if catalog.file else Path.cwd()
        path = (folder / origin.path.replace("{cluster}", cluster)).resolve()
        if kind_of(path) is None:
            raise DeclarationError(resource.path, f"{path.name} is no file that can be read.",
                                   f"Use one that ends in {', '.join(READERS)}.", resource.place)
        return FileSource(catalog, resource, path)

    def inspect(self, path: str) -> Sequence[Found]:
        """The one table that a file holds. Raises `SettingsError` for what cannot be read."""
        file = Path(path).resolve()
        connection = connect(file)
        import duckdb

        try:
            cursor = connection.execute(f"DESCRIBE SELECT * FROM {_relation(file)}")  # noqa: S608  # quoted
            described = cursor.fetchall()
            facts = self._facts(connection, file, [row[0] for row in described])
        except duckdb.Error as error:
            raise SettingsError(f"{file.name}: cannot be read: {_reason(error)}.") from None
        columns = tuple(
            Column(name=row[0], type=_annotation(str(row[1])), nullable=nulls, unique=unique)
            for row, (nulls, unique) in zip(described, facts, strict=True)
        )
        name = file.name.removesuffix("".join(file.suffixes[-2:] if file.suffix == ".gz" else file.suffixes[-1:]))
        return [Found(name=name, origin=File(str(file)), columns=columns)]

    def _facts(self, connection: Any, file: Path, names: Sequence[str]) -> list[tuple[bool, bool]]:
        """For each column whether it has nulls, and whether it is the first whose values are all there and differ."""
        quoted = ['"' + name.replace('"', '""') + '"' for name in names]
        asked = ", ".join(f"count({name}), count(DISTINCT {name})" for name in quoted)
        row = connection.execute(f"SELECT count(*), {asked} FROM {_relation(file)}").fetchone()  # noqa: S608  # quoted
        total, pairs = row[0], list(zip(row[1::2], row[2::2], strict=True))
        return [(there < total, total > 0 and distinct == there == total) for there, distinct in pairs]


_TYPES: dict[str, Any] = {
    "BOOLEAN": bool, "TINYINT": int, "SMALLINT": int, "INTEGER": int, "BIGINT": int, "HUGEINT": int, "UTINYINT": int,
    "USMALLINT": int, "UINTEGER": int, "UBIGINT": int, "FLOAT": float, "DOUBLE": float, "VARCHAR": str,
    "DATE": datetime.date, "TIMESTAMP": datetime.datetime, "TIMESTAMP WITH TIME ZONE": datetime.datetime,
    "TIME": datetime.time, "UUID": uuid.UUID, "BLOB": None,
}


def _annotation(type: str) -> Any:
    if type.startswith("DECIMAL"):
        return decimal.Decimal
    if type.startswith("TIMESTAMP"):
        return datetime.datetime
    return str if type.startswith("ENUM") else _TYPES.get(type, Any)


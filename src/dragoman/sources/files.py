"""Records from CSV, JSON, NDJSON and Parquet files (`File`), read by DuckDB a batch at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from ..catalog.catalog import Catalog
from ..catalog.origin import Column, File, Found, Row
from ..catalog.resource import Resource
from ..errors import DeclarationError, DragomanError, SettingsError
from ..query import Filtered, Owned
from ..settings import Live
from .columns import columns_of, selection
from .desk import Desk
from .duck import READERS, Duck, check_lines, kind_of, opened
from .objects import envelope_of, records_of
from .picking import Picker
from .rows import NUMBER, RowReader
from .values import Contents

T = TypeVar("T")
_READERS_MAX = 1_000
_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?(_[0-9]+)?")
"""A number where the name of a column is expected, perhaps numbered as the name stands twice."""


class FileSource:
    """Keeps the contract of `Source` for one file."""

    def __init__(self, catalog: Catalog, resource: Resource, path: Path, desk: Desk) -> None:
        self._catalog, self._resource, self._path, self._desk = catalog, resource, path, desk

    def fingerprint(self) -> str | None:
        """Of the file's path, size and time."""
        try:
            facts = self._path.stat()
        except OSError:
            return None
        return f"{self._path} {facts.st_size} {facts.st_mtime_ns}"

    def count(self) -> int | None:
        """How many records a Parquet file says that it has; of others only reading would tell."""
        if kind_of(self._path) != ".parquet":
            return None
        with opened(self._path, self._resource.path) as duck:
            return int(duck.run(f"SELECT count(*) FROM {READERS['.parquet']}")[0][0])  # noqa: S608  # constant

    def scan(self) -> Iterator[Row]:
        """Every record in the order of the file, streamed in batches."""
        with opened(self._path, self._resource.path) as duck:
            yield from self._read(duck)

    def _read(self, duck: Duck) -> Iterator[Row]:
        if str(kind_of(self._path)) in (".json", ".ndjson", ".jsonl"):
            return self._read_json(duck)
        return self._read_columns(duck)

    def _read_columns(self, duck: Duck) -> Iterator[Row]:
        """CSV and Parquet: every row has the same columns."""
        source = READERS[str(kind_of(self._path))]
        typed = source == READERS[".parquet"]
        if not typed:
            check_lines(self._path)
        names, rows = duck.stream(f"SELECT {selection(duck, source) if typed else '*'} FROM {source}")  # noqa: S608  # quoted
        reader = RowReader(self._catalog, self._resource, names, Contents.TYPED if typed else Contents.TEXT)
        for number, row in enumerate(rows, start=1):
            yield reader.read({**dict(zip(names, row, strict=True)), NUMBER: number})

    def _read_json(self, duck: Duck) -> Iterator[Row]:
        """JSON: each record has the names that it has, and few records differ in them."""
        readers: dict[tuple[str, ...], RowReader] = {}
        for number, record in enumerate(records_of(duck, self._path, self._resource.path), start=1):
            names = tuple(record)
            reader = readers.get(names)
            if reader is None:
                if len(readers) >= _READERS_MAX:
                    readers.clear()
                reader = readers[names] = RowReader(self._catalog, self._resource, names, Contents.TYPED, ragged=True)
            yield reader.read({**record, NUMBER: number})

    async def get(self, keys: Sequence[Any], owned: Owned | None = None) -> Sequence[Row]:
        """The records of these keys, found by reading the file: for small ones only."""
        return await self._ask(lambda rows: self._picker.by_key(rows, keys, owned))

    async def find(
        self, filtered: Filtered, offset: int, limit: int, owned: Owned | None = None,
    ) -> tuple[Sequence[Row], int]:
        """One page of the records that fit, found by reading the file."""
        rows = await self._ask(lambda rows: self._picker.pick(rows, filtered, owned))
        return rows[offset:offset + limit], len(rows)

    @property
    def _picker(self) -> Picker:
        return Picker(self._catalog, self._resource)

    async def _ask(self, question: Callable[[Iterator[Row]], T]) -> T:
        """What a question to the rows gives; reading stops as soon as nobody waits for it."""
        reading: list[Duck] = []

        def stop() -> None:
            for duck in reading:
                duck.stop()

        def ask() -> T:
            with opened(self._path, self._resource.path) as duck:
                reading.append(duck)
                try:
                    return question(self._desk.bounded(self._resource.path, self._read(duck)))
                finally:
                    reading.clear()
        return await self._desk.ask(self._resource.path, ask, stop)


class FileSources:
    """Opens files, and finds what is in them."""

    def __init__(self, limits: Live) -> None:
        self._limits = limits

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
        return FileSource(catalog, resource, path, Desk(self._limits))

    def inspect(self, path: str) -> Sequence[Found]:
        """The one table that a file holds. Raises `SettingsError` for what cannot be read."""
        file = Path(path).resolve()
        if kind_of(file) is None:
            raise SettingsError(f"{file.name}: not a file that can be read; use {', '.join(READERS)}.")
        name = file.name.removesuffix("".join(file.suffixes[-2:] if file.suffix.lower() == ".gz" else file.suffixes[-1:]))
        try:
            with opened(file, file.name) as duck:
                columns = tuple(columns_of(duck, file))
                remarks = tuple(_remarks(file, columns))
        except DragomanError as error:
            raise SettingsError(str(error)) from None
        return [Found(name=name, origin=File(str(file)), columns=columns, remarks=remarks,
                      note="" if columns else "it holds no record")]


def _remarks(file: Path, columns: Sequence[Column]) -> Iterator[str]:
    """What the publisher may not expect of how a file is read."""
    envelope = envelope_of(file)
    if envelope is not None and envelope[1]:
        beside = ", ".join(f"`{each}`" for each in envelope[1])
        yield f"the records are those in `{envelope[0]}`; what stands beside them is left aside: {beside}."
    if READERS[str(kind_of(file))] == READERS[".csv"] and columns and all(_NUMBER.fullmatch(each.name) for each in columns):
        yield "its first row holds numbers and was taken for the names of the columns: put a row of names before it."

"""Records from a Python function: called for publication, and asked by key where it can be (`Rows`)."""

from __future__ import annotations

import importlib.metadata
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import xxhash

from ..catalog.catalog import Catalog
from ..catalog.origin import Found, Row, Rows
from ..catalog.plain import to_plain
from ..catalog.resource import Resource
from ..catalog.shapes import all_fields
from ..errors import Code, DeclarationError, DragomanError, PublicationError, SettingsError, SourceUnavailable
from ..query import Filtered, Owned
from ..settings import Live
from .desk import Desk
from .picking import Picker


class FunctionSource:
    """Keeps the contract of `Source` for one function in one cluster."""

    def __init__(self, catalog: Catalog, resource: Resource, origin: Rows, cluster: str, folder: Path, desk: Desk) -> None:
        self._catalog, self._resource, self._origin, self._desk = catalog, resource, origin, desk
        self._cluster, self._folder = cluster, folder
        self._nests = any(record is not resource.record for record, _ in all_fields(resource.record))

    def fingerprint(self) -> str | None:
        """Of the module's text, and of the packages and files it depends on."""
        digest = xxhash.xxh3_64()
        try:
            digest.update(Path(inspect.getsourcefile(self._origin.function) or "").read_bytes())
        except (OSError, TypeError):
            return None
        for name in self._origin.depends_on:
            digest.update(f"{name} {state_of(name, self._folder)}\n".encode())
        return digest.hexdigest()

    def count(self) -> int | None:
        """Nobody knows before the function has run."""
        return None

    def scan(self) -> Iterator[Row]:
        """Every record that the function yields; its own exceptions name the row that it reached."""
        reached = 0
        try:
            for row in self._called(self._origin.function):
                reached += 1
                yield self._as_mapping(row)
        except DragomanError:
            raise
        except (Exception, SystemExit) as error:        # `sys.exit()` in a function must not pass for a publication
            raise PublicationError(
                self._resource.path, f"its function failed after {reached} rows: {type(error).__name__}: {error}.",
                hint="Mend the function, and publish again.",
            ) from error

    def _called(self, function: Callable[..., Iterable[Any]], *arguments: Any) -> Any:
        takes_cluster = "cluster" in inspect.signature(function).parameters
        return function(*arguments, cluster=self._cluster) if takes_cluster else function(*arguments)

    async def get(self, keys: Sequence[Any], owned: Owned | None = None) -> Sequence[Row]:
        """The records of these keys, by the declared `get` function, or picked out of all."""
        if self._origin.get is not None:
            return self._picker.owned(await self._get(self._origin.get, list(keys)), owned)
        return await self._desk.ask(self._resource.path, lambda: self._picker.by_key(self._rows(), keys, owned))

    async def _get(self, function: Callable[..., Any], keys: list[Any]) -> Sequence[Row]:
        """What the publisher's own function finds, whether it is a coroutine or not."""
        name = self._resource.path
        try:
            if inspect.iscoroutinefunction(function):
                rows = await self._desk.wait(name, lambda: self._called(function, keys))
            else:
                rows = await self._desk.ask(name, lambda: list(self._called(function, keys)))
            return [self._as_mapping(row) for row in rows]
        except DragomanError:
            raise
        except (Exception, SystemExit) as error:
            raise SourceUnavailable(f"{name}: {type(error).__name__}: {error}", Code.SOURCE_INVALID) from error

    async def find(
        self, filtered: Filtered, offset: int, limit: int, owned: Owned | None = None,
    ) -> tuple[Sequence[Row], int]:
        """One page of the records that fit, picked out of all, in the order asked."""
        rows = await self._desk.ask(self._resource.path, lambda: self._picker.pick(self._rows(), filtered, owned))
        return rows[offset:offset + limit], len(rows)

    def _rows(self) -> Iterator[Row]:
        """What the function yields, up to what may be looked at while a client waits."""
        return self._desk.bounded(self._resource.path, self.scan())

    def _as_mapping(self, row: Any) -> Any:
        """A row without record instances, nested ones included; what is no row is left for the validator to tell."""
        if not isinstance(row, msgspec.Struct) and not (self._nests and isinstance(row, Mapping)):
            return row
        try:
            return to_plain(row)
        except (TypeError, ValueError, RecursionError):
            return row

    @property
    def _picker(self) -> Picker:
        return Picker(self._catalog, self._resource)


def state_of(name: str, folder: Path) -> str | None:
    """The version of a package, or sizes and times of a file or a folder of them; None for what is neither."""
    path = folder / name
    if path.is_dir():
        return " ".join(f"{file.relative_to(path)} {_facts(file)}" for file in sorted(path.rglob("*")) if file.is_file())
    if path.is_file():
        return _facts(path)
    try:
        return importlib.metadata.version(name)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return None


def _facts(file: Path) -> str:
    facts = file.stat()
    return f"{facts.st_size} {facts.st_mtime_ns}"


class FunctionSources:
    """Opens functions; there is nothing to find without code."""

    def __init__(self, limits: Live) -> None:
        self._limits = limits

    def open(self, catalog: Catalog, resource: Resource, cluster: str) -> FunctionSource:
        """The source of a resource in a cluster. Raises `DeclarationError` for what is no function, and for a name in
        `depends_on` that nothing has."""
        origin = resource.origin
        if not isinstance(origin, Rows) or not callable(origin.function):
            raise DeclarationError(resource.path, "its origin is no function.", "Write Rows(read_them).", resource.place)
        folder = catalog.file.parent if catalog.file else Path.cwd()
        unknown = next((name for name in origin.depends_on if state_of(name, folder) is None), None)
        if unknown is not None:
            raise DeclarationError(resource.path, f"it depends on {unknown!r}, which is no file and no installed package.",
                                   "Write the path of a file beside the catalog, or the name of a package.", resource.place)
        return FunctionSource(catalog, resource, origin, cluster, folder, Desk(self._limits))

    def inspect(self, path: str) -> Sequence[Found]:
        """Functions are declared, never found."""
        raise SettingsError(f"{path}: a function is published by a catalog (.py).")

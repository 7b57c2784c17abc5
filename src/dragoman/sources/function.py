"""Records from a Python function: called for publication, and asked by key where it can be (`Rows`)."""

from __future__ import annotations

import asyncio
import importlib.metadata
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import xxhash

from ..catalog.catalog import Catalog
from ..catalog.origin import Found, Rows
from ..catalog.resource import Resource
from ..errors import DeclarationError, PublicationError, SettingsError, SourceUnavailable
from ..query import Filtered


class FunctionSource:
    """Keeps the contract of `Source` for one function in one cluster."""

    def __init__(self, resource: Resource, origin: Rows, cluster: str, folder: Path) -> None:
        self._resource, self._origin, self._cluster, self._folder = resource, origin, cluster, folder

    def fingerprint(self) -> str | None:
        """Of the module's text, and of the packages and files it depends on."""
        digest = xxhash.xxh3_64()
        try:
            digest.update(Path(inspect.getsourcefile(self._origin.function) or "").read_bytes())
        except (OSError, TypeError):
            return None
        for name in self._origin.depends_on:
            digest.update(_state_of(name, self._folder).encode())
        return digest.hexdigest()

    def count(self) -> int | None:
        """Nobody knows before the function has run."""
        return None

    def scan(self) -> Iterator[Mapping[str, Any]]:
        """Every record that the function yields; its own exceptions name the row that it reached."""
        reached = 0
        try:
            for row in self._rows(self._origin.function):
                reached += 1
                yield _plain(row)
        except (PublicationError, SourceUnavailable, GeneratorExit):
            raise
        except Exception as error:
            raise PublicationError(
                self._resource.path, f"its function failed after {reached} rows: {type(error).__name__}: {error}.",
                hint=f"Mend {self._origin.function.__qualname__}().",
            ) from error

    def _rows(self, function: Callable[..., Iterable[Any]]) -> Iterable[Any]:
        takes_cluster = "cluster" in inspect.signature(function).parameters
        return function(cluster=self._cluster) if takes_cluster else function()

    async def get(self, keys: Sequence[Any]) -> Sequence[Mapping[str, Any]]:
        """The records of these keys, by the declared `get` function, or picked out of all."""
        if self._origin.get is None:
            wanted = set(keys)
            return await asyncio.to_thread(self._pick, lambda row: row[self._resource.key.name] in wanted)
        rows = self._origin.get(list(keys))
        return [_plain(row) for row in (await rows if inspect.isawaitable(rows) else rows)]

    async def find(
        self, filtered: Filtered, offset: int, limit: int,
    ) -> tuple[Sequence[Mapping[str, Any]], int]:
        """One page of the records that fit, picked out of all, in the order asked."""
        rows = await asyncio.to_thread(self._pick, lambda row: _fits(row, filtered))
        if filtered.sort:
            name = filtered.sort
            rows.sort(key=lambda row: (row.get(name) is None, row.get(name)), reverse=filtered.descending)
        return rows[offset:offset + limit], len(rows)

    def _pick(self, fits: Callable[[Mapping[str, Any]], bool]) -> list[Mapping[str, Any]]:
        try:
            return [row for row in map(_plain, self._rows(self._origin.function)) if fits(row)]
        except Exception as error:
            raise SourceUnavailable(f"{self._resource.path}: {type(error).__name__}: {error}") from error


def _plain(row: Any) -> Mapping[str, Any]:
    """A row as a mapping; record instances keep their values."""
    return row if isinstance(row, Mapping) else msgspec.structs.asdict(row)


def _fits(row: Mapping[str, Any], filtered: Filtered) -> bool:
    for name, wanted in filtered.values:
        value = row.get(name)
        if not any(each in wanted for each in (value if isinstance(value, (list, tuple)) else (value,))):
            return False
    return True


def _state_of(name: str, folder: Path) -> str:
    """The version of a package, or size and time of a file; a name that is neither stands for itself."""
    path = folder / name
    if path.exists():
        facts = path.stat()
        return f"{name} {facts.st_size} {facts.st_mtime_ns}"
    try:
        return f"{name} {importlib.metadata.version(name)}"
    except importlib.metadata.PackageNotFoundError:
        return name


class FunctionSources:
    """Opens functions; there is nothing to find without code."""

    def open(self, catalog: Catalog, resource: Resource, cluster: str) -> FunctionSource:
        """The source of a resource in a cluster. Raises `DeclarationError` for what is no function."""
        origin = resource.origin
        if not isinstance(origin, Rows) or not callable(origin.function):
            raise DeclarationError(resource.path, "its origin is no function.", "Write Rows(read_them).", resource.place)
        return FunctionSource(resource, origin, cluster, catalog.file.parent if catalog.file else Path.cwd())

    def inspect(self, path: str) -> Sequence[Found]:
        """Functions are declared, never found."""
        raise SettingsError(f"{path}: a function is published by a catalog (.py).")

"""Which path is whose: `/<api_name>/<group>/<name>/`, with or without the slash at its end (L9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from ...catalog.catalog import Catalog
from ...catalog.method import Method
from ...catalog.resource import Resource


class Route(msgspec.Struct, frozen=True, gc=False):
    """One method of the API: the catalog's name, the path of the target in it, and the target."""

    catalog: str
    path: str
    target: Resource | Method


class Routes:
    """Everything published, by path without a slash at its end."""

    def __init__(self, catalogs: Sequence[Catalog] = ()) -> None:
        self._routes = {
            f"/{catalog.api_name}/{target.path}": Route(catalog.name, target.path, target)
            for catalog in catalogs for target in catalog.targets
        }
        self._by_bytes = {path.encode(): route for path, route in self._routes.items()}
        self._prefixes = tuple({f"/{catalog.api_name}/".encode() for catalog in catalogs})
        self._addresses = {(route.catalog, route.path): f"{path}/" for path, route in self._routes.items()}

    def serves(self, path: bytes) -> bool:
        """Whether a path begins with the name of an API."""
        return path.startswith(self._prefixes)

    def find(self, path: bytes) -> Route | None:
        """The method at a path."""
        return self._by_bytes.get(path.removesuffix(b"/"))

    def address_of(self, catalog: str, path: str) -> str | None:
        """Where a target of a catalog is asked for."""
        return self._addresses.get((catalog, path))

    def claims(self) -> Mapping[str, str]:
        """Every path with who declared it."""
        return {path: f"{route.catalog}: {route.path}" for path, route in self._routes.items()}

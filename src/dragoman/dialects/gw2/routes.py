"""Which path is whose: `/v2/name` for what has no group, `/v2/group/name` for what has one, and below it an id."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from ...catalog.catalog import Catalog
from ...catalog.method import Method
from ...catalog.resource import Resource
from ...catalog.target import GROUP_DEFAULT
from ...errors import DeclarationError

_NEEDLESS = re.compile(rb"%(2[DdEe]|3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa]|5[Ff]|7[Ee])")
"""An escaped letter, digit, `-`, `.`, `_` or `~`."""


class Route(msgspec.Struct, frozen=True, gc=False):
    """One endpoint: the catalog's name, the path of the target in it, and the target."""

    catalog: str
    path: str
    target: Resource | Method


class Routes:
    """Every endpoint under a mount."""

    def __init__(self, mount: str) -> None:
        self._mount = mount
        self._routes: dict[bytes, Route] = {}
        self._depth_max = 0
        """One more than the slashes of the longest path: what is behind those is an id, however many it holds."""

    def __iter__(self) -> Iterator[tuple[str, Route]]:
        """The paths in alphabetical order, with their routes."""
        return iter(sorted((path.decode(), route) for path, route in self._routes.items()))

    def add(self, catalog: Catalog, target: Resource | Method) -> tuple[str, str]:
        """Route a target; its path and its owner. Raises `DeclarationError` where another one has that path."""
        group = "" if target.group == GROUP_DEFAULT else f"{target.group}/"
        path = f"{self._mount}/{group}{target.name}"
        taken = self._routes.get(path.encode())
        if taken is not None:
            raise DeclarationError(
                f"{catalog.name}: {target.path}", f"its address {path} is taken by {taken.catalog}: {taken.path}.",
                "Give one of them another group or name.", target.place,
            )
        self._routes[path.encode()] = Route(catalog.name, target.path, target)
        self._depth_max = max(self._depth_max, path.count("/") + 1)
        return path, f"{catalog.name}: {target.path}"

    def find(self, path: bytes) -> tuple[Route | None, bytes | None]:
        """The endpoint of a path, and the id below it, still escaped, if there is one; a declared path beats an id.

        An id may hold slashes, escaped or not: `/v2/timezones/Europe/Berlin`. One slash at the end means nothing.
        """
        route = self._routes.get(path)
        if route is not None:
            return route, None
        path = _plain(path)
        trimmed = path[:-1] if path.endswith(b"/") else path
        parts = trimmed.split(b"/", self._depth_max)
        for depth in range(len(parts), 0, -1):          # the longest first: a path may have others below it
            route = self._routes.get(b"/".join(parts[:depth]))
            if route is not None:
                return route, b"/".join(parts[depth:]) or None
        return None, None


def _plain(path: bytes) -> bytes:
    """A path without needless escapes: `/v2/%63urrencies` is the same address as `/v2/currencies` (RFC 3986, 6.2.2.2)."""
    return _NEEDLESS.sub(lambda found: bytes((int(found[1], 16),)), path) if b"%" in path else path

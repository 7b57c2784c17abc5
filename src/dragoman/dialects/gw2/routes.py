"""Which path is whose: `/v2/name` for what has no group, `/v2/group/name` for what has one, and below it an id."""

from __future__ import annotations

from ...catalog.catalog import Catalog
from ...catalog.method import Method
from ...catalog.resource import Resource
from ...catalog.routes import Route, Routes
from ...catalog.target import GROUP_DEFAULT


class Endpoints(Routes[Route]):
    """Every endpoint under a mount."""

    def __init__(self, mount: str) -> None:
        super().__init__("Give one of them another group or name.")
        self._mount = mount
        self._depth_max = 0
        """One more than the slashes of the longest path: what is behind those is an id, however many it holds."""

    def add_target(self, catalog: Catalog, target: Resource | Method) -> None:
        """Route a target. Raises `DeclarationError` where another one has its path."""
        group = "" if target.group == GROUP_DEFAULT else f"{target.group}/"
        path = f"{self._mount}/{group}{target.name}"
        self.add(path, Route(catalog.name, target.path, target))
        self._depth_max = max(self._depth_max, path.count("/") + 1)

    def find(self, path: bytes) -> tuple[Route | None, bytes | None]:
        """The endpoint of a path, and the id below it, still escaped, if there is one; a declared path beats an id.

        An id may hold slashes, escaped or not: `/v2/timezones/Europe/Berlin`. One slash at the end means nothing.
        """
        route = self.get(path)
        if route is not None:
            return route, None
        parts = path.removesuffix(b"/").split(b"/", self._depth_max)
        for depth in range(len(parts), 0, -1):          # the longest first: a path may have others below it
            route = self.get(b"/".join(parts[:depth]))
            if route is not None:
                return route, b"/".join(parts[depth:]) or None
        return None, None

"""Which path is whose: `/api/<endpoint>/<action>`, where an endpoint alone runs its default action (D5)."""

from __future__ import annotations

from collections.abc import Iterator

from ...catalog.catalog import Catalog
from ...catalog.method import Method
from ...catalog.resource import Resource
from ...catalog.routes import Route, Routes, plain_path
from ...catalog.target import GROUP_DEFAULT
from ...errors import Code, Refusal, refuse
from ...query import Ask

DEFAULT = "default"
"""The action that an endpoint runs where none is named."""


class Action(Route, frozen=True, gc=False):
    """What an address does: which records it asks for, or `CALL`."""

    ask: Ask


class Actions(Routes[Action]):
    """Every action of every endpoint under a mount."""

    def __init__(self, mount: str) -> None:
        super().__init__('Give one of them another name in dast: dast="...".')
        self._mount = mount
        self._known: dict[bytes, list[str]] = {}
        """The actions of each endpoint."""

    def add_target(self, catalog: Catalog, target: Resource | Method) -> None:
        """Route every action of a target. Raises `DeclarationError` where another one has its address."""
        for endpoint, action, ask in _actions_of(target):
            route = Action(catalog.name, target.path, target, ask)
            if action == DEFAULT:
                self.add(f"{self._mount}/{endpoint}", route)
            self.add(f"{self._mount}/{endpoint}/{action}", route)
            self._known.setdefault(endpoint.encode(), []).append(action)

    def find(self, path: bytes) -> Action | None:
        """The action of a path; one slash at its end means nothing."""
        return self.get(path) or self.get(path.removesuffix(b"/"))

    def refusal(self, path: bytes) -> Refusal:
        """Why nothing answers at a path: no endpoint was named, or it does not exist, or it has no such action."""
        endpoint = plain_path(path).removeprefix(self._mount.encode()).strip(b"/").partition(b"/")[0]
        if not endpoint:
            return refuse(Code.TARGET_UNKNOWN, "no endpoint was named", hint=f"Ask for {self._mount}/<endpoint>/<action>.")
        known = self._known.get(endpoint)
        if known is None:
            return refuse(Code.TARGET_UNKNOWN, "no such endpoint", hint="The reference lists the endpoints.")
        return refuse(Code.TARGET_UNKNOWN, "no such action", hint=f"{endpoint.decode()} has {', '.join(sorted(known))}.")


def _actions_of(target: Resource | Method) -> Iterator[tuple[str, str, Ask]]:
    """Endpoint, action and what it asks for, the one to show first: a resource is an endpoint, a method or search an action."""
    if isinstance(target, Resource) and target.by is None:
        endpoint = target.dast or target.name
        usual = Ask.ONE if target.single else Ask.PAGE
        if not target.single:
            yield endpoint, "list", Ask.PAGE
        yield endpoint, "get", Ask.ONE
        yield endpoint, DEFAULT, usual
        return
    path = target.dast or target.path.removeprefix(f"{GROUP_DEFAULT}/")
    endpoint, _, action = path.partition("/")
    yield endpoint, action or DEFAULT, Ask.CALL if isinstance(target, Method) else Ask.PAGE

"""Which address is whose in one dialect: each is declared once, and leads to one resource or method."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

import msgspec

from ..errors import DeclarationError
from .method import Method
from .resource import Resource

_NEEDLESS = re.compile(rb"%(2[DdEe]|3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa]|5[Ff]|7[Ee])")
"""An escaped letter, digit, `-`, `.`, `_` or `~`."""


class Route(msgspec.Struct, frozen=True, gc=False, eq=False):
    """Where an address leads: the catalog's name, the path of the target in it, and the target. Each is equal to itself alone."""

    catalog: str
    path: str
    target: Resource | Method

    def __str__(self) -> str:
        return f"{self.catalog}: {self.path}"


R = TypeVar("R", bound=Route)


class Routes(Generic[R]):
    """The addresses of a dialect; `remedy` is what to do about two of one name."""

    def __init__(self, remedy: str) -> None:
        self._remedy = remedy
        self._routes: dict[bytes, R] = {}
        self._addresses: dict[tuple[str, str], str] = {}

    def __iter__(self) -> Iterator[tuple[str, R]]:
        """The addresses in alphabetical order, with their routes."""
        return iter(sorted(((address.decode(), route) for address, route in self._routes.items()), key=lambda each: each[0]))

    def add(self, address: str, route: R) -> None:
        """Route an address; of several of one target the first is the one to show. Raises `DeclarationError` where it is taken."""
        taken = self._routes.get(address.encode())
        if taken is not None:
            raise DeclarationError(str(route), f"its address {address} is taken by {taken}.", self._remedy, route.target.place)
        self._routes[address.encode()] = route
        self._addresses.setdefault((route.catalog, route.path), address)

    def get(self, address: bytes) -> R | None:
        """Where exactly this address leads, however it is escaped."""
        return self._routes.get(plain_path(address))

    def address_of(self, catalog: str, path: str) -> str | None:
        """Where a target of a catalog is asked for; None where there is none of that name."""
        return self._addresses.get((catalog, path))

    def claims(self) -> Mapping[str, str]:
        """Every address with who declared it."""
        return {address: str(route) for address, route in self}


def plain_path(path: bytes) -> bytes:
    """A path without needless escapes: `/v2/%63urrencies` is the same address as `/v2/currencies` (RFC 3986, 6.2.2.2)."""
    return _NEEDLESS.sub(lambda found: bytes((int(found[1], 16),)), path) if b"%" in path else path

"""What the Room knows of the data plane beside it: told once, when the process starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from ..catalog.catalog import Catalog


class Sample(msgspec.Struct, frozen=True):
    """What is published of a resource at present: how many records, and the JSON of one key."""

    count: int
    key: bytes


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """The catalogs that are served, and where."""

    catalogs: Sequence[Catalog] = ()
    address_of: Callable[[Catalog, str], str | None] = lambda _catalog, _path: None
    """Where a resource or method of a catalog is asked for."""
    sample_of: Callable[[Catalog, str], Sample | None] = lambda _catalog, _path: None


_known: list[Published] = [Published()]


def publish(told: Published) -> None:
    """Tell the Room of this process what is served."""
    _known[0] = told


def published() -> Published:
    """What is served beside this Room; nothing where a command runs without a server."""
    return _known[0]

"""Applications, and a browser in which Alice has signed in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ..visitor import Room, Visitor
from .application import App, register


@pytest.fixture(scope="module")
def app(room: Room) -> App:
    """A public application."""
    return register(room)


@pytest.fixture(scope="module")
def confidential(room: Room) -> App:
    """An application that proves itself by a secret."""
    return register(room, secret=True)


@pytest.fixture(scope="module")
def name(room: Room) -> str:
    """Alice's account."""
    return room.person("alice", "--subject", "player-7")


@pytest.fixture(scope="module")
def alice(room: Room, name: str) -> Iterator[Visitor]:
    """Alice's browser."""
    with room.signed_in(name) as visitor:
        yield visitor

"""One sweep over all connections for their deadlines, in place of a timer for each request."""

from __future__ import annotations

import asyncio
import weakref
from typing import Protocol

from ..settings import Http

_INTERVAL_MAX_S = 1.0
_INTERVAL_MIN_S = 0.02


class Watched(Protocol):
    """What has deadlines."""

    def sweep(self, now: float) -> None:
        """Act on a deadline that has passed; `now` is the loop's time in seconds."""


class Sweeper:
    """Sweeps while anything is watched, and holds nothing once it is forgotten."""

    def __init__(self, loop: asyncio.AbstractEventLoop, interval_s: float) -> None:
        self._loop, self._interval_s = loop, interval_s
        self._watched: set[Watched] = set()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, one: Watched) -> None:
        """Sweep this one too, until it is forgotten."""
        self._watched.add(one)
        if self._timer is None:
            self._timer = self._loop.call_later(self._interval_s, self._sweep)

    def forget(self, one: Watched) -> None:
        """Sweep it no longer; one that is not watched is fine."""
        self._watched.discard(one)

    def _sweep(self) -> None:
        self._timer = self._loop.call_later(self._interval_s, self._sweep) if self._watched else None
        now = self._loop.time()
        for one in tuple(self._watched):
            one.sweep(now)


_sweepers: weakref.WeakKeyDictionary[object, Sweeper] = weakref.WeakKeyDictionary()


def sweeper_of(server: object, loop: asyncio.AbstractEventLoop, limits: Http) -> Sweeper:
    """The one sweeper of a server, made with its first connection; often enough for the shortest deadline."""
    found = _sweepers.get(server)
    if found is None:
        shortest = min(limits.header_timeout_s, limits.idle_timeout_s, limits.body_timeout_s, limits.write_timeout_s)
        found = _sweepers[server] = Sweeper(loop, min(_INTERVAL_MAX_S, max(_INTERVAL_MIN_S, shortest / 4)))
    return found

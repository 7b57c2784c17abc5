"""One sweep for all."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Callable

from dragoman.serving.deadlines import Sweeper, sweeper_of
from dragoman.settings import Http


class Connection:
    def __init__(self) -> None:
        self.swept = 0

    def sweep(self, now: float) -> None:
        assert now > 0
        self.swept += 1


class Server:
    pass


async def until(true: Callable[[], bool]) -> None:
    """Let the loop run until it is true."""
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110  # what is waited for sets no event
            await asyncio.sleep(0.01)


def test_what_is_watched_is_swept_until_it_is_forgotten() -> None:
    """With one timer, which rests while nothing is watched."""
    async def sweep() -> None:
        sweeper = Sweeper(asyncio.get_running_loop(), 0.01)
        one, other = Connection(), Connection()
        sweeper.watch(one)
        sweeper.watch(other)
        await until(lambda: one.swept > 1)
        sweeper.forget(one)
        sweeper.forget(one)
        before, others = one.swept, other.swept
        await until(lambda: other.swept > others + 1)
        assert one.swept == before
        sweeper.forget(other)
        await until(lambda: sweeper._timer is None)
        sweeper.watch(one)
        await until(lambda: one.swept > before)
        sweeper.forget(one)

    asyncio.run(sweep())


def test_nothing_that_is_forgotten_is_kept() -> None:
    """Neither connections nor servers."""
    async def sweep() -> tuple[weakref.ref[Connection], weakref.ref[Server]]:
        server, one = Server(), Connection()
        sweeper = sweeper_of(server, asyncio.get_running_loop(), Http())
        assert sweeper_of(server, asyncio.get_running_loop(), Http()) is sweeper
        sweeper.watch(one)
        sweeper.forget(one)
        return weakref.ref(one), weakref.ref(server)

    refs = asyncio.run(sweep())
    gc.collect()
    assert [ref() for ref in refs] == [None, None]

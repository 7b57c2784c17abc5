"""The pipeline's `Runtime` on asyncio: threads for what blocks, limits for what lasts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

_ASTRAY = (SystemExit, KeyboardInterrupt, GeneratorExit, StopIteration, asyncio.CancelledError)
"""What an event loop takes for its own: it would end the server, or leave whoever waits waiting for ever."""


class AsyncioRuntime:
    """Runs in whichever loop the server runs. What a publisher's code raises is an ordinary failure, `sys.exit()` too."""

    async def in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What a blocking function returns, called in the loop's thread pool."""
        return await asyncio.to_thread(_contain, function, *arguments)

    async def within(self, timeout_s: float, awaitable: Awaitable[Any]) -> Any:
        """What an awaitable gives; raises `TimeoutError` and cancels it where that takes longer."""
        try:
            async with asyncio.timeout(timeout_s):
                return await awaitable
        except _ASTRAY as error:
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                raise                               # the client has left, or the server stops
            raise RuntimeError(f"{error!r} was raised where only failures may be") from error


def _contain(function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except _ASTRAY as error:
        raise RuntimeError(f"{error!r} was raised where only failures may be") from error

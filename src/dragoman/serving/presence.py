"""Work that lasts as long as its client stays: tied to `http.disconnect`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

Receive = Callable[[], Awaitable[dict[str, Any]]]
Done = TypeVar("Done")

_UNREAD_MAX_BYTES = 65_536


async def while_present(awaitable: Awaitable[Done], receive: Receive) -> Done | None:
    """What an awaitable gives; None, and it is cancelled, where the client leaves before."""
    working = asyncio.ensure_future(awaitable)
    leaving = asyncio.ensure_future(_departure(receive))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        unfinished = {task for task in (working, leaving) if not task.done()}
        for task in unfinished:
            task.cancel()
        if unfinished:
            await asyncio.wait(unfinished)


async def _departure(receive: Receive) -> None:
    """Returns when the client has gone; a body that nobody asked for is not read for ever."""
    unread = 0
    while unread <= _UNREAD_MAX_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        unread += len(message.get("body", b""))
    await asyncio.Event().wait()

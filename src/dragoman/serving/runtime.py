"""The pipeline's `Runtime` on asyncio: threads for what blocks, limits for what lasts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any


class AsyncioRuntime:
    """Runs in whichever loop the server runs."""

    async def in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What a blocking function returns, called in the loop's thread pool."""
        return await asyncio.to_thread(function, *arguments)

    async def within(self, timeout_s: float, awaitable: Awaitable[Any]) -> Any:
        """What an awaitable gives; raises `TimeoutError` and cancels it where that takes longer."""
        async with asyncio.timeout(timeout_s):
            return await awaitable

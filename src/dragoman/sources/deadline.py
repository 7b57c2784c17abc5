"""Asking a source at request time: away from the event loop, within a time, and with one kind of failure."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from ..errors import Code, DeclarationError, PublicationError, SettingsError, SourceUnavailable

T = TypeVar("T")
TIMEOUT_S = 10.0
"""How long a source may take to answer a request."""


async def in_thread(name: str, function: Callable[[], T], stop: Callable[[], None] | None = None) -> T:
    """What a blocking function returns; `stop` is called where nobody waits for it any more."""
    waiting = asyncio.to_thread(function)
    try:
        return await in_time(name, waiting)
    except (SourceUnavailable, asyncio.CancelledError):
        if stop is not None:
            stop()
        raise


async def in_time(name: str, waiting: Awaitable[T]) -> T:
    """What an awaitable gives. Raises `SourceUnavailable`, whatever hinders the source of the resource `name`."""
    try:
        return await asyncio.wait_for(waiting, TIMEOUT_S)
    except TimeoutError:
        raise SourceUnavailable(f"{name}: no answer in {TIMEOUT_S:g} s", Code.SOURCE_TIMEOUT) from None
    except (PublicationError, DeclarationError, SettingsError) as error:
        raise SourceUnavailable(str(error), Code.SOURCE_INVALID) from error

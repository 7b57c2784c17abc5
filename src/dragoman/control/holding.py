"""Answers that hand out a new token wait a moment: whoever gets it uses it at once, and every process hears of it only then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from ..credentials.follower import POLL_S

if TYPE_CHECKING:
    from django.http import HttpResponse

Send = Callable[[Any], Awaitable[None]]
_HEADER = "X-Dragoman-Hold"
_HOLD_S = 2 * POLL_S
"""Each process looks for what is new once in `POLL_S`."""


def hold(response: HttpResponse) -> HttpResponse:
    """Mark an answer with a new token in it."""
    response.headers[_HEADER] = "1"
    return response


def holding(send: Send) -> Send:
    """Send what an application sends, but marked answers later and without their mark; no thread waits meanwhile."""
    async def send_on(message: Any) -> None:
        if message["type"] == "http.response.start":
            kept = [(name, value) for name, value in message["headers"] if name.lower() != _HEADER.lower().encode()]
            if len(kept) < len(message["headers"]):
                await asyncio.sleep(_HOLD_S)
                message = {**message, "headers": kept}
        await send(message)
    return send_on

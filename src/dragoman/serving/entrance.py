"""The way into another ASGI application: a whole, bounded body, and a client as trusted proxies told it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ..contracts import Request
from .delivery import Send
from .presence import Receive

Scope = dict[str, Any]
Room = Callable[[Scope, Receive, Send], Awaitable[None]]
"""An ASGI application for everything that is no data plane, no health and no metrics."""
_HEARD = frozenset({b"forwarded", b"host", b"x-request-id"})


def entrance(request: Request, body: bytes, scope: Scope, receive: Receive, send: Send) -> tuple[Scope, Receive, Send]:
    """What an application is called with: nothing that a client says of itself stands where a proxy would say it, and
    every answer bears the request's id."""
    headers = [(name, value) for name, value in scope["headers"]
               if name not in _HEARD and not name.startswith(b"x-forwarded-") and b"_" not in name]
    headers += [(b"host", request.host.encode()), (b"x-request-id", request.id.encode())]
    given = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_whole() -> dict[str, Any]:
        return given.pop() if given else await receive()

    async def send_named(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (b"x-request-id", request.id.encode())]}
        await send(message)

    told = {**scope, "headers": headers, "client": (request.peer, 0) if request.peer else None, "scheme": request.scheme}
    return told, receive_whole, send_named

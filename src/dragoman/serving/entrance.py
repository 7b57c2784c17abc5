"""The way into another ASGI application: a whole, bounded body, and a client as trusted proxies told it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ..errors import Fault
from ..exchange import Request
from .delivery import Send
from .presence import Receive

Scope = dict[str, Any]
Room = Callable[[Scope, Receive, Send], Awaitable[None]]
"""An ASGI application for everything that is no data plane, no health and no metrics. It reads in the scope under
`dragoman.too_large` whether the body was larger than allowed, and came in no part."""
_HEARD = frozenset({b"forwarded", b"host", b"x-request-id"})


class Entrance:
    """What an application is called with for one request: nothing that a client says of itself stands where a proxy would
    say it, and every answer bears the request's id."""

    def __init__(self, request: Request, body: bytes | Fault, scope: Scope, receive: Receive, send: Send) -> None:
        self.answered = False
        """Whether a status was sent."""
        headers = [(name, value) for name, value in scope["headers"]
                   if name not in _HEARD and not name.startswith(b"x-forwarded-") and b"_" not in name]
        headers += [(b"host", request.host.encode()), (b"x-request-id", request.id.encode())]
        self.scope = {**scope, "headers": headers, "client": (request.peer, 0) if request.peer else None,
                      "scheme": request.scheme, "dragoman.too_large": isinstance(body, Fault)}
        self._given = [{"type": "http.request", "body": b"" if isinstance(body, Fault) else body, "more_body": False}]
        self._receive, self._send, self._id = receive, send, request.id.encode()

    async def receive(self) -> dict[str, Any]:
        """The whole body, then the client's departure; the rest of a body that is too large is nobody's."""
        if self._given:
            return self._given.pop()
        while (message := await self._receive())["type"] == "http.request":
            pass
        return message

    async def send(self, message: dict[str, Any]) -> None:
        """A message of the application's answer."""
        if message["type"] == "http.response.start":
            self.answered = True
            message = {**message, "headers": [*message["headers"], (b"x-request-id", self._id)]}
        await self._send(message)

"""Handing an `Answer` to an ASGI server: its forms of body, back-pressure, and ends that cannot be mistaken."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Any

from ..exchange import Answer, Buffer, Request
from .presence import Receive, while_present

Send = Callable[[dict[str, Any]], Awaitable[None]]

_CHUNK_BYTES = 262_144
_BODILESS = frozenset({204, 304})


class AnswerBroken(Exception):
    """A body failed after its first bytes had left; the connection must end without the end of the document."""

    def __init__(self, size_bytes: int) -> None:
        self.size_bytes = size_bytes
        super().__init__("the body of an answer failed in its middle")


async def deliver(answer: Answer, request: Request, receive: Receive, send: Send) -> int:
    """Send an answer; how many bytes of body were sent. Raises `AnswerBroken` for a stream that fails midway."""
    body = answer.body
    silent = request.verb == "HEAD" or answer.status in _BODILESS
    if isinstance(body, AsyncIterator):
        return await _stream(answer, body, request, receive, send, silent=silent)
    size = _size(body)
    length = () if answer.status in _BODILESS else ((b"content-length", b"%d" % size),)
    await send(_start(answer, request, length))
    if silent or not size:
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return 0
    left = size
    for chunk in _chunks(body):
        left -= len(chunk)
        await send({"type": "http.response.body", "body": chunk, "more_body": left > 0})
    return size


def _start(answer: Answer, request: Request, length: Sequence[tuple[bytes, bytes]]) -> dict[str, Any]:
    headers = [*answer.headers, *length, (b"x-request-id", request.id.encode("ascii"))]
    return {"type": "http.response.start", "status": answer.status, "headers": headers}


def _size(body: Buffer | Sequence[Buffer]) -> int:
    if isinstance(body, bytes):
        return len(body)
    return body.nbytes if isinstance(body, memoryview) else sum(map(_size, body))


def _chunks(body: Buffer | Sequence[Buffer]) -> Iterator[bytes]:
    """The body in chunks that are worth a message each, as `bytes`: not every server takes another buffer."""
    if isinstance(body, bytes) and len(body) <= _CHUNK_BYTES:
        yield body
    elif isinstance(body, (bytes, memoryview)):
        view = memoryview(body).cast("B")
        for start in range(0, len(view), _CHUNK_BYTES):
            yield bytes(view[start:start + _CHUNK_BYTES])
    else:
        yield from _batches(body)


def _batches(buffers: Sequence[Buffer]) -> Iterator[bytes]:
    batch: list[Buffer] = []
    size = 0
    for buffer in buffers:
        added = _size(buffer)
        if batch and size + added > _CHUNK_BYTES:
            yield b"".join(batch)
            batch, size = [], 0
        if added > _CHUNK_BYTES:
            yield from _chunks(buffer)
        elif added:
            batch.append(buffer)
            size += added
    if batch:
        yield b"".join(batch)


# ---------------------------------------------------------------------------------------- streams


async def begin(body: AsyncIterator[bytes]) -> Begun:
    """A stream whose first chunk is there already, so that one that cannot start is an error, not a broken document."""
    try:
        return Begun(body, await anext(body, None))
    except BaseException:
        await _close(body)
        raise


class Begun:
    """A stream with its first chunk read ahead."""

    def __init__(self, body: AsyncIterator[bytes], first: bytes | None) -> None:
        self._body, self._first = body, first

    def __aiter__(self) -> Begun:
        return self

    async def __anext__(self) -> bytes:
        first, self._first = self._first, None
        return await anext(self._body) if first is None else first

    async def aclose(self) -> None:
        """Give up the rest."""
        await _close(self._body)


async def _close(body: AsyncIterator[bytes]) -> None:
    close = getattr(body, "aclose", None)
    if close is not None:
        await close()


async def _stream(
    answer: Answer, body: AsyncIterator[bytes], request: Request, receive: Receive, send: Send, *, silent: bool,
) -> int:
    """Send an iterator's chunks until it ends, fails, or the client leaves."""
    pump = Pump(body, send)
    try:
        await send(_start(answer, request, ()))
        if silent:
            await pump.finish()
        else:
            await while_present(pump.run(), receive)
        return pump.size_bytes
    finally:
        await _close(body)


class Pump:
    """Moves chunks from a body to a server."""

    def __init__(self, body: AsyncIterator[bytes], send: Send) -> None:
        self._body, self._send = body, send
        self.size_bytes = 0

    async def run(self) -> None:
        """Until the body ends. Raises `AnswerBroken` where it fails."""
        while (chunk := await self._next()) is not None:
            if chunk:
                self.size_bytes += len(chunk)
                await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
        await self.finish()

    async def finish(self) -> None:
        """Send the end of the document."""
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _next(self) -> bytes | None:
        try:
            return await anext(self._body, None)
        except Exception as error:
            raise AnswerBroken(self.size_bytes) from error

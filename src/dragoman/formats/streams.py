"""Long lists as JSON, a batch at a time, with whatever a dialect writes around them."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ..exchange import Stream


async def enclosed(stream: Stream, head: bytes, tail: bytes) -> AsyncIterator[bytes]:
    """A JSON array of all records, with what stands before and after it."""
    yield head + b"["
    first = True
    async for batch in stream.batches():
        records = bytes(batch).strip()[1:-1]
        if records:
            yield records if first else b"," + records
            first = False
    yield b"]" + tail

"""Lists of an edition that are too long to be held, and what may be done with those that are not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from ..contracts import Runtime
from ..editions.shelf import Shelf
from ..exchange import Buffer, Result, Stream
from ..query import Ask, Plan
from ..views.cutting import cut
from .rendered import records_of

BATCH_BYTES = 262_144
"""How much JSON a batch has, more or less; writing that in another format takes about 10 ms."""
HELD_MAX_BYTES = 1_048_576
"""How much JSON is made anew at once; what is longer is streamed."""
INLINE_MAX_BYTES = 32_768
"""How much JSON is written in another format while others wait; what is longer is written in a thread."""
_STEP = 256


def is_long(plan: Plan, shelf: Shelf, count: int) -> bool:
    """Whether a list of so many records, or keys, is too long to be held where it is made anew."""
    everything = shelf.keys() if plan.ask is Ask.KEYS else records_of(plan, shelf).everything
    return everything.nbytes * count > HELD_MAX_BYTES * shelf.count


def is_quick(result: Result) -> bool:
    """Whether what was found is written in another format in no time."""
    body = result.body if result.body is not None else b""
    return len(body) + sum(len(item) for item in result.items if item is not None) <= INLINE_MAX_BYTES


def stream(plan: Plan, shelf: Shelf, positions: Sequence[int], runtime: Runtime) -> Stream:
    """The records at some positions, or their keys, in batches that are read and written in threads."""
    async def batches() -> AsyncIterator[Buffer]:
        reading = _batches(plan, shelf, positions)
        while (batch := await runtime.in_thread(next, reading, None)) is not None:
            yield batch
    return Stream(count=len(positions), batches=batches, aside=runtime.in_thread)


def _batches(plan: Plan, shelf: Shelf, positions: Sequence[int]) -> Iterator[bytes]:
    held: list[Any] = []
    size = 0
    for start in range(0, len(positions), _STEP):
        for item in _items(plan, shelf, positions[start:start + _STEP]):
            held.append(item)
            size += len(item)
            if size >= BATCH_BYTES:
                yield b"[%b]" % b",".join(held)
                held, size = [], 0
    if held:
        yield b"[%b]" % b",".join(held)


def _items(plan: Plan, shelf: Shelf, positions: Sequence[int]) -> Sequence[Any]:
    if plan.ask is Ask.KEYS:
        return list(map(shelf.key, positions))
    records = records_of(plan, shelf)
    return cut(plan, records.some(positions), records.digest)

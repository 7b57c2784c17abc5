"""Results as whole documents in any format: what an answer's body is, held or streamed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from ..catalog.method import Method
from ..catalog.plain import encode_json
from ..catalog.shapes import Many, Nested, Shape, bare
from ..contracts import Writer
from ..exchange import Buffer, Document, Result, Stream
from ..query import Ask, Plan
from .json import JsonWriter


def document_of(plan: Plan) -> Document:
    """The document of an answer that is its records alone, named after what was asked."""
    shown = None if plan.ask is Ask.KEYS else plan.view.shown
    return Document(root=plan.target.name, item=item_of(plan), shown=shown)


def item_of(plan: Plan) -> Shape | None:
    """What each record of an answer looks like: a record, a key, or what a method returns; None for nothing."""
    target = plan.target
    if isinstance(target, Method):
        return _item_of_result(plan.stage.shape)
    return target.key.shape if plan.ask is Ask.KEYS else Nested(plan.stage.record)


def _item_of_result(returns: Shape | None) -> Shape | None:
    """A list that a method returns is its items; nothing else is taken apart."""
    inner = bare(returns) if returns is not None else None
    return inner.item if isinstance(inner, Many) else inner


def body_of(writer: Writer, result: Result) -> bytes | AsyncIterator[bytes]:
    """The body of an answer: the whole document for what is held, its parts for what is streamed.

    What a method returned is its items where that is a list, none where it is nothing, and one item else; records that are
    missing are left out.
    """
    if result.stream is not None:
        return _streamed(writer, result.stream)
    return writer.open() + writer.items(_batch_of(result)) + writer.close()


def items_of(value: Any) -> list[Any]:
    """What a method returned, as the records of a document."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _batch_of(result: Result) -> Buffer:
    """All that is held, as a JSON array."""
    if result.body is not None or result.items:
        return result.joined()
    return encode_json(items_of(result.value))


def enclosed(stream: Stream, head: bytes, tail: bytes) -> AsyncIterator[bytes]:
    """The records of a stream as a JSON array, with what a dialect writes before and after it."""
    return _streamed(JsonWriter(Document(root="")), stream, head, tail)


async def _streamed(writer: Writer, stream: Stream, head: bytes = b"", tail: bytes = b"") -> AsyncIterator[bytes]:
    yield head + writer.open()
    async for batch in stream.batches():
        yield writer.items(batch) if stream.aside is None else await stream.aside(writer.items, batch)
    yield writer.close() + tail

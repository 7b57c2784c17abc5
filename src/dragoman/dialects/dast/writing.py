"""Results in the one envelope of this convention: `{"data":{...},"error":[],"success":true}` (D6)."""

from __future__ import annotations

from typing import Any

from ...catalog.method import Method
from ...catalog.plain import encode_json
from ...exchange import Answer, Body, Header, Request, Result, StartedOperation, Stream
from ...formats.documents import enclosed
from ...formats.headers import JSON, NO_STORE, VARY, cache_of, progress_headers, progress_of, telling
from ...query import Ask, Plan


def write_result(result: Result, request: Request) -> Answer:
    """What was found: a page of records, one record, or what a method returned."""
    plan = result.plan
    if result.stream is not None:
        data = b""
    else:
        data = _data_of(result.value) if isinstance(plan.target, Method) else _records(result)
    return telling(_answer(data, cache_of(result), plan, result.stream), result, request)


def write_started(started: StartedOperation) -> Answer:
    """How a long operation is, with the id that it is asked for by."""
    answer = _answer(progress_of(started, "operation_id"), NO_STORE, started.plan)
    answer.headers += progress_headers(started)
    return answer


def _answer(data: bytes, cache: Header, plan: Plan, stream: Stream | None = None) -> Answer:
    """The envelope, around a stream where there is one."""
    tail = b',"error":[],"success":true}'
    body: Body = b'{"data":%b%b' % (data, tail)
    if stream is not None:
        body = enclosed(stream, b'{"data":{"items":', b',"total":%d}%b' % (stream.count, tail))
    return Answer(status=200, headers=[JSON, cache, VARY], body=body, target=plan.target.path)


def _records(result: Result) -> bytes:
    """One record, or a page of them with how many there are in all."""
    if result.plan.ask is Ask.ONE:
        return bytes(result.items[0] or b"[]")
    return b'{"items":%b,"total":%d}' % (bytes(result.joined()), result.total)


def _data_of(value: Any) -> bytes:
    """What a method returned, as an object: a mapping as it is, a list like a page, anything else by name; nothing as `[]`."""
    if value is None:
        return b"[]"
    if isinstance(value, dict):
        return encode_json(value)
    if isinstance(value, list):
        return encode_json({"items": value, "total": len(value)})
    return encode_json({"result": value})

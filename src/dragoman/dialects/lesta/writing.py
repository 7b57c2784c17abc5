"""Outcomes in the one envelope of this convention, always with HTTP 200 but for 304 (L15, L16)."""

from __future__ import annotations

from typing import Any

from ...catalog.method import Method
from ...catalog.plain import encode_json
from ...catalog.resource import Resource
from ...catalog.shapes import Nested, bare
from ...exchange import Answer, Header, Refused, Request, Result, StartedOperation, Stream
from ...formats.documents import enclosed
from ...formats.headers import JSON, NO_STORE, cache_of, progress_headers, progress_of, telling
from ...formats.json import name_of
from ...query import Ask, Plan
from .refusals import error_of

_VARY: Header = (b"vary", b"Accept-Encoding, X-Schema-Version")


def write_result(result: Result, request: Request) -> Answer:
    """What was found: records by key, a list for a search, one record of one's own, or what a method returned."""
    plan = result.plan
    if isinstance(plan.target, Method) and result.stream is not None:
        answer = write_data(b"", {"count": result.stream.count}, plan.target.path, stream=result.stream)
    elif isinstance(plan.target, Method):
        answer = write_data(encode_json(result.value), _count_of(result.value, plan.target), plan.target.path)
    else:
        answer = write_data(_data(result), _meta(result), plan.target.path, cache_of(result))
    return telling(answer, result, request)


def write_data(
    data: bytes, meta: dict[str, int], target: str, cache: Header = NO_STORE, *, stream: Stream | None = None,
) -> Answer:
    """The envelope of what went well; around a stream where there is one."""
    head = b'{"status":"ok","meta":%b,"data":' % encode_json(meta)
    body = b"%b%b}" % (head, data) if stream is None else enclosed(stream, head, b"}")
    return Answer(status=200, headers=[JSON, cache, _VARY], body=body, target=target)


def _data(result: Result) -> bytes:
    plan = result.plan
    items = [item if item is not None else b"null" for item in result.items]
    if plan.ask is Ask.ONE:
        return bytes(items[0])
    if _is_list(plan):
        return b"[" + b",".join(items) + b"]"
    return b"{" + b",".join([b"".join((name_of(key), b":", item)) for key, item in zip(result.keys, items, strict=True)]) + b"}"


def _is_list(plan: Plan) -> bool:
    """What was searched for is a list; everything else is found by its key."""
    return plan.filtered.search is not None or _is_search(plan)


def _is_search(plan: Plan) -> bool:
    """Whether a search was asked at a path of its own."""
    return isinstance(plan.target, Resource) and plan.target.by is not None


def _meta(result: Result) -> dict[str, int]:
    plan = result.plan
    if plan.ask is not Ask.PAGE or _is_search(plan):
        return {"count": len(result.items)}
    pages = -(-result.total // plan.page_size)
    return {"count": len(result.items), "page_total": pages, "total": result.total, "limit": plan.page_size,
            "page": plan.page + 1}


def _count_of(value: Any, method: Method) -> dict[str, int]:
    """How many things a method returned: a record is one, however many fields it has."""
    if isinstance(value, (list, dict)) and not (method.returns is not None and isinstance(bare(method.returns), Nested)):
        return {"count": len(value)}
    return {"count": 0 if value is None else 1}


def write_started(started: StartedOperation) -> Answer:
    """How a long operation is, with the id that it is asked for by."""
    answer = write_data(progress_of(started, "operation_id"), {"count": 1}, started.plan.target.path)
    answer.headers += progress_headers(started)
    return answer


def write_refusal(refused: Refused) -> Answer:
    """The first thing that is wrong: this convention tells one."""
    first = refused.faults[0]
    body = encode_json({"status": "error", "error": error_of(first, refused.query)})
    return Answer(status=200, headers=[JSON, NO_STORE, _VARY], body=body, outcome=first.code.value,
                  target=refused.query.target if refused.query else "")

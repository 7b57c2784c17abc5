"""Outcomes in the one envelope of this convention, in whichever format (W6, W7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ...catalog.resource import Resource
from ...contracts import Format
from ...exchange import Answer, Header, Request, Result, StartedOperation
from ...formats.documents import body_of, item_of
from ...formats.headers import NO_STORE, VARY, cache_of, progress_headers, telling
from ...query import Ask
from .envelope import DONE, STARTED, Head, Status, document_of


class Wishes(msgspec.Struct, frozen=True):
    """How an answer is wanted, beside its format."""

    http_status: bool = False
    """Whether the status is repeated as that of HTTP."""
    bom: bool = False
    """Whether CSV begins with a byte order mark."""


class Writer:
    """Writes every outcome of one request in one format."""

    def __init__(self, form: Format, name: str, wishes: Wishes) -> None:
        """`name`: of the call that is answered."""
        self._form, self._name, self._wishes = form, name, wishes

    def write_result(self, result: Result, request: Request) -> Answer:
        """What was found, or what a method returned."""
        answer = self._answer(Head(status=DONE, error="", request_id=0), cache_of(result), result, **_records_of(result))
        return telling(answer, result, request, f"{self._form.name}-bom" if self._wishes.bom else self._form.name)

    def write_started(self, started: StartedOperation) -> Answer:
        """A long operation waits or runs: its id, by which its result can be had later (W8). HTTP has no 204 with a body.
        Of one that was told to end, and has, there is nothing to come back for."""
        progress = progress_headers(started)
        head = Head(status=STARTED, error="", request_id=started.id) if progress else Head(status=DONE, error="", request_id=0)
        answer = self._answer(head, NO_STORE)
        answer.status, answer.target = DONE, started.plan.target.path
        answer.headers += progress
        return answer

    def write_refusal(self, status: Status, text: str) -> Answer:
        """What is wrong, with no data (W6)."""
        return self._answer(Head(status=status, error=text, request_id=0), NO_STORE)

    def _answer(self, head: Head, cache: Header, result: Result | None = None, **records: Any) -> Answer:
        document = document_of(self._name, head, bom=self._wishes.bom, **records)
        headers: list[Header] = [(b"content-type", self._form.content_type), cache, VARY]
        writer = self._form.writer(document)
        return Answer(status=head.status if self._wishes.http_status else DONE, headers=headers,
                      body=writer.open() + writer.close() if result is None else body_of(writer, result))


def _records_of(result: Result) -> Mapping[str, Any]:
    """What the records of a result are, and how they are listed."""
    plan, target = result.plan, result.plan.target
    records = {"item": item_of(plan), "shown": plan.view.shown, "listed": target.listed}
    if isinstance(target, Resource):
        return {**records, "key": plan.stage.key.name, "total": result.found if plan.ask is Ask.MANY else result.total}
    return {**records, "total": _count_of(result)}


def _count_of(result: Result) -> int:
    if result.stream is not None:
        return result.stream.count
    return len(result.value) if isinstance(result.value, list) else int(result.value is not None)


def found_nothing(result: Result) -> bool:
    """Whether records were named by their keys, and none of them exists."""
    return result.plan.ask is Ask.MANY and result.found == 0

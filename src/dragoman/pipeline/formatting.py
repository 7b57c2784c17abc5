"""Answers in other formats than the dialect's own, where the publisher allows them and the client asks for one (RFC 9110, 12.5.1)."""

from __future__ import annotations

from collections.abc import Sequence

from ..catalog.catalog import Catalog
from ..contracts import Format
from ..exchange import Answer, Request, Result
from ..formats.documents import body_of, document_of
from ..query import Query
from .conditional import not_modified
from .preferences import preferred

_OWN = "application/json"


class Formatter:
    """Knows the formats that answers may have. What a client may not have, or cannot be had, is the dialect's own JSON."""

    def __init__(self, formats: Sequence[Format] = ()) -> None:
        self._formats = {each.name: each for each in formats}

    def choose(self, query: Query, catalog: Catalog, request: Request) -> str | None:
        """The format of an answer by its name: that of the address, or one by `Accept`; None for the dialect's own."""
        accept = request.headers.get(b"accept") if self.negotiates(query, catalog) else None
        if accept is None:
            return query.format
        names = [name for name in catalog.formats if name in self._formats]
        place = preferred(accept, (_OWN, *(self._formats[name].media_type for name in names)))
        return names[place - 1] if place else None

    def negotiates(self, query: Query, catalog: Catalog) -> bool:
        """Whether answers differ by `Accept`: not where the address says what they are."""
        return query.format is None and bool(catalog.formats)

    def rewrite(self, answer: Answer, result: Result, request: Request) -> None:
        """Exchange what a dialect wrote for the records alone, in the format of the plan; its status and headers stay."""
        form = self._formats[result.plan.format or ""]
        answer.headers = [(name, form.content_type if name == b"content-type" else value) for name, value in answer.headers]
        answer.prepared = {}
        if answer.etag is not None:
            answer.etag = b'%b;%b"' % (answer.etag[:-1], form.name.encode())
        if not_modified(answer, request) is None:
            answer.body = body_of(form.writer(document_of(result.plan)), result)

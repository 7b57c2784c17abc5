"""Conditional requests (RFC 9110, 13): a client that holds the current answer is told so without a body."""

from __future__ import annotations

from collections.abc import Sequence

from ..exchange import Answer, Header, Request
from ..formats.codings import CODINGS
from .encoding import acceptable
from .preferences import HEADER_MAX_BYTES

_KEPT = frozenset((
    b"cache-control", b"content-location", b"date", b"etag", b"expires", b"vary", b"access-control-allow-origin",
    b"access-control-expose-headers", b"ratelimit", b"ratelimit-policy", b"content-language", b"link", b"deprecation", b"sunset",
    b"x-schema-version",
))


def held(condition: bytes, etag: bytes, codings: Sequence[str] = CODINGS) -> bytes | None:
    """The tag by which an `If-None-Match` names an answer, compared weakly, as it is or in one of some codings; None where
    it names another. `*` names any."""
    if condition == etag:
        return etag
    tags = (etag, *(with_coding(etag, coding) for coding in codings))
    for part in condition.split(b","):
        tag = part.strip().removeprefix(b"W/")
        if tag in tags:
            return tag
        if tag == b"*":
            return etag
    return None


def with_coding(etag: bytes, coding: str) -> bytes:
    """The strong tag of the same answer in a content coding."""
    return etag[:-1] + b"-" + coding.encode() + b'"'


def not_modified(answer: Answer, request: Request) -> bytes | None:
    """The tag under which the client holds this answer already; None where it does not.

    A coding that it does not take is not this answer: a shared cache asks with the tags of all that it holds, and gives the client
    what the answer's tag names.
    """
    if answer.etag is None or not 200 <= answer.status < 300:
        return None
    condition = request.headers.get(b"if-none-match")
    if condition is None:
        return None
    header = request.headers.get(b"accept-encoding", b"")
    return held(condition, answer.etag, acceptable(header) if len(header) <= HEADER_MAX_BYTES else ())


def emptied(answer: Answer) -> Answer:
    """The 304 for an answer: the headers that a cache would renew, and no body."""
    headers = [header for header in answer.headers if header[0] in _KEPT]
    return Answer(status=304, headers=headers, etag=answer.etag, target=answer.target, language=answer.language,
                  version=answer.version, dialect=answer.dialect, application=answer.application, key=answer.key)


def varying(headers: Sequence[Header], by: bytes) -> list[Header]:
    """Headers whose `Vary` names one more header of the request. It stays one line: not every cache joins several."""
    return [(name, value + b", " + by) if name == b"vary" else (name, value) for name, value in headers]

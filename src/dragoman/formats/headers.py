"""What answers of every dialect tell in headers: JSON, and who may keep it for how long (RFC 9111)."""

from __future__ import annotations

from functools import lru_cache

from ..catalog.method import Method
from ..catalog.plain import encode_json
from ..exchange import LIVING, Answer, Header, Request, Result, StartedOperation
from ..query import Plan

JSON: Header = (b"content-type", b"application/json; charset=utf-8")
VARY: Header = (b"vary", b"Accept-Encoding, Accept-Language, X-Schema-Version")
"""What answers hang on where languages are chosen by header, too."""
NO_STORE: Header = (b"cache-control", b"no-store")
PRIVATE: Header = (b"cache-control", b"private, no-store")
ASK_AGAIN: Header = (b"cache-control", b"private, no-cache")
"""Whoever keeps an answer asks whether it still holds, since the application or the token may be blocked by then."""


def cache_of(result: Result) -> Header:
    """Who may keep an answer: whoever asks again, where it was published; nobody else."""
    if isinstance(result.plan.target, Method):
        return NO_STORE
    return ASK_AGAIN if result.public else PRIVATE


def telling(answer: Answer, result: Result, request: Request, variant: str = "") -> Answer:
    """An answer with what is told of a result in every dialect: its target, its language, and where anybody is given the same an
    entity tag, with the `variant` of its form."""
    plan = result.plan
    answer.target, answer.language = plan.target.path, plan.view.language
    answer.headers += language_headers(plan)
    if result.public and request.verb in ("GET", "HEAD"):
        answer.etag = b'"%b"' % (f"{result.tag}-{variant}" if variant else result.tag).encode()
    return answer


def language_headers(plan: Plan) -> tuple[Header, ...]:
    """In which language an answer is (RFC 9110, 8.5): that of its texts, where any stand in it. Single ones that are missing in that
    language are shown in another."""
    return (_content_language(plan.view.language),) if plan.target.localized else ()


@lru_cache(maxsize=1024)
def _content_language(language: str) -> Header:
    return b"content-language", language.encode()


def progress_headers(started: StartedOperation) -> list[Header]:
    """When to ask again for an operation, and how far it is: `7/12`, or `7/*` where nobody knows of how many (as ranges are
    written, RFC 9110, 14.4); nothing of one that has ended."""
    if started.state not in LIVING:
        return []
    total = b"*" if started.total is None else b"%d" % started.total
    return [(b"retry-after", b"1"), (b"x-progress", b"%d/%b" % (started.done, total))]


def progress_of(started: StartedOperation, named: str) -> bytes:
    """How far an operation is as JSON, with its id under the name by which it is asked for."""
    return encode_json({named: started.id, "state": started.state, "done": started.done, "total": started.total})

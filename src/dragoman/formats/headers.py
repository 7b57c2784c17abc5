"""Headers that answers of every dialect have: JSON, and who may keep it for how long (RFC 9111)."""

from __future__ import annotations

from functools import lru_cache

from ..exchange import LIVING, Header, StartedOperation
from ..query import Plan

JSON: Header = (b"content-type", b"application/json; charset=utf-8")
NO_STORE: Header = (b"cache-control", b"no-store")
PRIVATE: Header = (b"cache-control", b"private, no-store")
ASK_AGAIN: Header = (b"cache-control", b"private, no-cache")
"""Whoever keeps an answer asks whether it still holds, since the application or the token may be blocked by then."""


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

"""Answers with a new token in them wait until it is in force."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from django.http import HttpResponse

from dragoman.control.holding import hold, holding
from dragoman.credentials.follower import POLL_S


def sent(headers: list[tuple[bytes, bytes]]) -> tuple[list[dict[str, Any]], float]:
    """What goes out for an answer with these headers, and how long that took."""
    out: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        out.append(message)

    async def answer() -> None:
        through = holding(send)
        await through({"type": "http.response.start", "status": 303, "headers": headers})
        await through({"type": "http.response.body", "body": b"x"})

    begun = time.monotonic()
    asyncio.run(answer())
    return out, time.monotonic() - begun


def test_a_marked_answer_waits_and_goes_without_its_mark(configured: None) -> None:
    """For longer than any process takes to look for what is new."""
    marked = [(name.encode(), value.encode()) for name, value in hold(HttpResponse()).headers.items()]
    assert len(marked) == 2
    out, took_s = sent(marked)
    assert [name for name, _ in out[0]["headers"]] == [b"Content-Type"]
    assert [message["type"] for message in out] == ["http.response.start", "http.response.body"]
    assert took_s > POLL_S


def test_any_other_answer_goes_as_it_is() -> None:
    """Whole."""
    headers = [(b"location", b"/"), (b"x-held", b"1")]
    out, _ = sent(headers)
    assert out[0] == {"type": "http.response.start", "status": 303, "headers": headers}

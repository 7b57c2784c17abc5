"""What is told of requests that belong to no dialect: problem details in JSON (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus

import msgspec

MEDIA_TYPE = b"application/problem+json"


def problem_json(status: int, detail: str, **more: str) -> bytes:
    """The JSON of one problem; `more` are members beside those of the standard."""
    return msgspec.json.encode(
        {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more})

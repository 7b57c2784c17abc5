"""The one envelope of this convention, `status`, `error`, `request_id`, `data`, as it is written and as it is described (W6, W7)."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from ...catalog.record import Record
from ...exchange import Document
from ...formats.calls import DocumentType

Status = Literal[200, 204, 400, 403, 404, 500]
DONE: Final = 200
STARTED: Final = 204
WRONG: Final = 400
FORBIDDEN: Final = 403
NOT_FOUND: Final = 404
FAILED: Final = 500
_TWICE = "The same text is in `error`; HTTP has this status where `http_status=1` asks for it, and 200 else."
STATUSES = {
    str(DONE): "What was found, or in `status` and `error` what is wrong.",
    str(WRONG): f"What was sent is not right. {_TWICE}",
    str(FORBIDDEN): f"The key is missing or wrong, or does not allow this. {_TWICE}",
    str(NOT_FOUND): f"Nothing was found. {_TWICE}",
    str(FAILED): f"The server, or a source of its data, failed. {_TWICE}",
}
"""What those of HTTP mean; it has no 204 with a body."""
_DATA = "data"


class Head(Record):
    """What stands before the data of every answer."""

    status: Status
    error: Annotated[str, Meta(description="What is wrong; empty on success.")]
    request_id: Annotated[int, Meta(ge=0, description="The number of the long operation where the status is 204, and 0 else.")]


def request_root(name: str) -> str:
    """What is sent to a call of a name, as the root of XML names it."""
    return f"{name}RequestData"


def document_of(name: str, head: Head, **records: Any) -> Document:
    """The answer of a call of a name."""
    return Document(root=_answer_root(name), head=head, data=_DATA, **records)


def document_type(name: str, description: str, **records: Any) -> DocumentType:
    """What every such answer is."""
    return DocumentType(root=_answer_root(name), head=Head, data=_DATA, description=description, **records)


def _answer_root(name: str) -> str:
    return f"{name}ResponseData"

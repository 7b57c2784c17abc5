"""What is asked and answered, as values: requests and answers of HTTP, and outcomes that no dialect has written yet."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, BinaryIO, Literal

import msgspec

from .catalog.record import Record
from .catalog.shapes import Shape
from .catalog.target import TOTALED, Listed
from .errors import Fault
from .query import Caller, Plan, Query, Shown

Buffer = bytes | memoryview
Body = bytes | memoryview | Sequence[Buffer] | AsyncIterator[bytes]
Header = tuple[bytes, bytes]

# ---------------------------------------------------------------------------------------- requests and answers


class Request(msgspec.Struct, kw_only=True, gc=False):
    """One HTTP request after trusted proxies were heard; the same from every lane."""

    verb: str
    path: bytes
    """As sent: percent-encoded, absolute, without the query."""
    query: bytes = b""
    headers: dict[bytes, bytes] = {}
    """By lower-case name; repeated ones joined by a comma (RFC 9110, 5.3)."""
    peer: str = ""
    """The client's address, without a port."""
    scheme: str = "http"
    host: str = ""
    """The authority asked for, lower case."""
    cluster: str = "default"
    id: str = ""
    body: bytes | BinaryIO = b""
    """Bounded bytes, or a spooled file for methods that take files."""
    wishes: Any = None
    """What its dialect has read of how the answer is to be written, once it has."""


class Answer(msgspec.Struct, kw_only=True, gc=False):
    """One HTTP answer. The lane adds `Content-Length`, `Date` and `X-Request-Id`, and sends no body after HEAD, 204
    and 304; once bytes have left, a failure ends the connection, never the document."""

    status: int
    headers: list[Header]
    body: Body = b""
    prepared: Mapping[str, Buffer] = {}
    """The same body by content coding, prepared ahead."""
    etag: bytes | None = None
    """The entity tag with its quotes, before any encoding; None where the answer must not be kept."""
    outcome: str = "ok"
    """`ok`, or the code of the first fault, for whoever counts."""
    application: str | None = None
    key: str | None = None
    """Who asked, by public ids."""
    dialect: str = ""
    target: str = ""
    language: str = ""
    version: str = ""
    """Of the schema, as it was resolved."""


class Work(msgspec.Struct, frozen=True, gc=False):
    """An answer that takes time: judged, allowed and charged already. `run()` gives the `Answer` and never raises,
    but for cancellation when the client has gone."""

    run: Callable[[], Awaitable[Answer]]


# ---------------------------------------------------------------------------------------- outcomes


class Stream(msgspec.Struct, frozen=True, gc=False):
    """Many records, a batch at a time."""

    count: int
    """How many there are in all."""
    batches: Callable[[], AsyncIterator[Buffer]]
    """Each batch as a JSON array; begun anew by each call."""
    aside: Callable[..., Awaitable[Any]] | None = None
    """Calls a function with its arguments away from whoever waits: what takes milliseconds for each batch."""


class Document(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an answer says beside its records, and where these stand, in no format."""

    root: str
    """What it is, as the root of XML names it."""
    item: Shape | None = None
    """What each record looks like to the client; None where there are none."""
    shown: Shown | None = None
    """The fields of a record that are there; None for every one."""
    head: Record | None = None
    """What stands before the records: single values by name."""
    data: str | None = None
    """The name that the records stand under; None where they are the whole document."""
    listed: Listed = "array"
    key: str = ""
    """The field whose values they stand by, where they are `keyed`."""
    total: int = 0
    bom: bool = False
    """Whether text begins with a byte order mark, for spreadsheets that would take UTF-8 for something else."""

    @property
    def totaled(self) -> bool:
        """Whether it tells how many records there are; one that is its records alone never does."""
        return self.data is not None and self.listed in TOTALED


class Result(msgspec.Struct, kw_only=True, gc=False):
    """What was found. Records are JSON already; a dialect only puts its envelope around them."""

    plan: Plan
    body: Buffer | None = None
    """A whole JSON array, as it lies in the edition, where `items` would only be joined again."""
    items: Sequence[Buffer | None] = ()
    """The records one by one, in the order asked; None for a missing key."""
    keys: Sequence[bytes] = ()
    """The JSON of the key of each item."""
    found: int = 0
    total: int = 0
    tag: str = ""
    """Differs whenever the facts differ; the edition, or the record's own version."""
    published_at: float = 0.0
    """UNIX time in seconds of the edition; 0 for live answers."""
    prepared: Mapping[str, Buffer] = {}
    """The same body by content coding, prepared at publication."""
    value: Any = None
    """What a method returned, as plain JSON values."""
    stream: Stream | None = None
    """The records, in the place of all the others, where they are too many to hold."""

    @property
    def public(self) -> bool:
        """Whether it was published, and anybody may be given the same."""
        return bool(self.tag) and self.plan.audience.public

    def joined(self) -> Buffer:
        """All records as a JSON array, without those that are missing. Raises `TypeError` where they are streamed."""
        if self.stream is not None:
            raise TypeError("records that are streamed are never held whole")
        return self.body if self.body is not None else b"[%b]" % b",".join(filter(None, self.items))


class Refused(msgspec.Struct, kw_only=True, gc=False):
    """What was wrong: never empty; with the query as far as it could be read, to answer in its format."""

    faults: tuple[Fault, ...]
    query: Query | None = None


State = Literal["queued", "running", "done", "failed", "cancelled"]
"""Of long operations."""
LIVING: tuple[State, ...] = ("queued", "running")
"""Those in which it has not ended."""


class StartedOperation(msgspec.Struct, kw_only=True, gc=False):
    """A long operation waits or runs, and its result can be asked for by id; or it was just asked to end."""

    id: int
    plan: Plan
    state: State = "queued"
    done: int = 0
    total: int | None = None


Outcome = Result | Refused | StartedOperation

# ---------------------------------------------------------------------------------------- long operations


class OperationResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a job returned, as it is kept: validated plain values in all their languages, in parts that are JSON arrays."""

    lease: int
    """The lease that it was written under; no other worker's parts are of it."""
    parts: int
    items: int
    size_bytes: int
    is_list: bool
    """Whether it is a list, whose records the parts hold; else one part holds the one value."""
    version: str = ""
    """The version of the schema that it is in: the latest when it was written; empty where nobody noted it."""
    hides: bool = False
    """Whether it has fields that are shown with a permission alone."""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """A long-running job, whose state only advances. All times are UNIX times in seconds."""

    id: int
    method: str
    """By catalog and path: `letters:statistics/report`."""
    state: State
    cluster: str = "default"
    party: str = ""
    """Whose it is, as `Caller.party` tells it."""
    done: int = 0
    total: int | None = None
    attempts: int = 0
    cancelling: bool = False
    """Whether it was asked to end, and has not yet."""
    fault: Fault | None = None
    """Why it failed; its field is the parameter's own name."""
    result: OperationResult | None = None
    created_at: float = 0.0
    started_at: float | None = None
    ended_at: float | None = None
    expires_at: float | None = None
    """When it is forgotten, with its result."""

    @property
    def living(self) -> bool:
        """Whether it has not ended."""
        return self.state in LIVING


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A job that a worker holds, with what it needs to do it."""

    id: int
    lease: int
    """The fencing token: whoever holds an older one can write nothing."""
    catalog: str
    cluster: str
    path: str
    arguments: bytes
    """By the method's own names, as JSON that reads back by the types of its parameters."""
    version: str
    """The version of the schema that they are in: the latest when they were accepted; empty where nobody noted it."""
    caller: Caller
    request_id: str
    attempts: int
    """Which attempt this is, from 1."""


class Reaped(msgspec.Struct, frozen=True, kw_only=True):
    """What was found of workers that are gone: which jobs are tried again, and which never more."""

    retried: Sequence[int] = ()
    failed: Sequence[int] = ()
    forgotten: int = 0

"""Every fact worth logging or counting, as a value; whoever logs or counts subscribes to these."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec


class Observation(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", gc=False):
    """The root of all observations; encoded as JSON, `event` tells which."""


class Answered(Observation, frozen=True, kw_only=True, tag="answered", gc=False):
    """One request of the data plane was answered."""

    request_id: str
    peer: str
    verb: str
    path: str
    """The path as sent, without its query, which may hold secrets."""
    status: int
    dialect: str = ""
    target: str = ""
    application: str | None = None
    key: str | None = None
    """The public id of the key or token that was used."""
    language: str = ""
    version: str = ""
    cluster: str = ""
    outcome: str = "ok"
    """`ok`, or the code of the first fault."""
    size_bytes: int = 0
    time_us: int = 0


class Crashed(Observation, frozen=True, kw_only=True, tag="crashed", gc=False):
    """An unexpected exception became one internal error; the client was told only the request id."""

    request_id: str
    stage: str
    error: str
    traceback: str


class Published(Observation, frozen=True, kw_only=True, tag="published", gc=False):
    """A new edition stands complete."""

    catalog: str
    cluster: str
    edition: str
    records: int
    versions: int
    """How many old versions of resources were compiled into it."""
    size_bytes: int
    time_s: float


class PublicationFailed(Observation, frozen=True, kw_only=True, tag="publication-failed", gc=False):
    """A publication stopped; the old edition goes on serving."""

    catalog: str
    cluster: str
    error: str


class EditionOpened(Observation, frozen=True, kw_only=True, tag="edition-opened", gc=False):
    """This process serves another edition from now on."""

    catalog: str
    cluster: str
    edition: str


class EditionRefused(Observation, frozen=True, kw_only=True, tag="edition-refused", gc=False):
    """An edition on disk is damaged and was set aside."""

    catalog: str
    cluster: str
    edition: str
    reason: str


class CredentialsLost(Observation, frozen=True, kw_only=True, tag="credentials-lost", gc=False):
    """The control plane's database does not answer: what was known of keys holds for a moment longer, then no key does."""

    error: str


class UsesLost(Observation, frozen=True, kw_only=True, tag="uses-lost", gc=False):
    """When keys were used last cannot be written down: it waits in memory."""

    error: str


class LimitsLost(Observation, frozen=True, kw_only=True, tag="limits-lost", gc=False):
    """The store that nodes share limits through does not answer: each node counts by itself, with its share."""

    error: str
    nodes: int
    """How many nodes there were, as far as this one knows."""


class LimitsRegained(Observation, frozen=True, kw_only=True, tag="limits-regained", gc=False):
    """The store answers again: limits are shared."""

    nodes: int


class StatisticsLost(Observation, frozen=True, kw_only=True, tag="statistics-lost", gc=False):
    """The database of statistics does not answer: counts wait in memory."""

    error: str


class StatisticsUnread(Observation, frozen=True, kw_only=True, tag="statistics-unread", gc=False):
    """Nobody knows which old versions are asked for, and none was compiled."""

    error: str


class StatisticsRegained(Observation, frozen=True, kw_only=True, tag="statistics-regained", gc=False):
    """The database answers again, and what waited is written."""


class OperationAccepted(Observation, frozen=True, kw_only=True, tag="operation-accepted", gc=False):
    """A long operation was accepted, and is kept."""

    operation: int
    target: str
    request_id: str
    application: str | None = None
    key: str | None = None


class OperationBegun(Observation, frozen=True, kw_only=True, tag="operation-begun", gc=False):
    """A worker began an operation."""

    operation: int
    target: str
    attempt: int
    """From 1."""
    worker: str
    request_id: str
    """Of the request that it was accepted with."""


Ending = Literal["done", "failed", "cancelled", "given-back", "lost"]
"""How a worker ended with an operation: `given-back` is what another one begins anew, since this one had to stop; `lost` what another
has already."""


class OperationEnded(Observation, frozen=True, kw_only=True, tag="operation-ended", gc=False):
    """A worker ended with an operation."""

    operation: int
    target: str
    state: Ending
    outcome: str
    """`ok`, or the code of what was wrong."""
    time_s: float


class OperationRetried(Observation, frozen=True, kw_only=True, tag="operation-retried", gc=False):
    """The worker of an operation was not heard of any more: it is begun anew after a while."""

    operation: int
    worker: str
    """Who noticed it."""


class Started(Observation, frozen=True, kw_only=True, tag="started", gc=False):
    """A process listens."""

    address: str
    pid: int


class Stopped(Observation, frozen=True, kw_only=True, tag="stopped", gc=False):
    """A process has finished its last request and ends."""

    pid: int


class Logged(Observation, frozen=True, kw_only=True, tag="logged", gc=False):
    """A line of a library's own log."""

    logger: str
    level: str
    message: str


Observe = Callable[[Observation], None]


def ignore(observation: Observation) -> None:
    """The observer of whoever wants to know nothing."""

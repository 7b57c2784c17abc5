"""The version that is served for one that was asked for, as clients write it, or the reason why none is (G10)."""

from __future__ import annotations

from datetime import UTC, datetime
from time import time

from ..errors import Code, Fault, Refusal, refuse
from .timeline import Timeline
from .version import EARLIEST, read_version, show_version

VERSION = "v"
"""The parameter that asks for a version, unless a dialect calls it otherwise."""


def judge(written: str | None, named: str = VERSION) -> tuple[str | None, Fault | None]:
    """What a client wrote in the form of `read_version`, None where it wrote nothing; and what is wrong with it. `named` is the
    parameter that it wrote it in."""
    asked = read_version(written) if written is not None else None
    if written is None or asked is not None:
        return asked, None
    return None, Fault(code=Code.VERSION_INVALID, message="invalid schema version", field=named, value=written,
                       hint="Use a time in UTC such as 2024-06-01T00:00:00Z, or latest.")


def serve(timeline: Timeline, asked: str | None, pinned: str | None = None, *, named: str = VERSION) -> str:
    """The version that is served for the one that a request asks for; for none the one that its application has settled on, or else
    the earliest, where that is still supported. Raises `Refusal` for one that was asked for and is gone."""
    now = time()
    version, lives = timeline.resolve(asked or pinned or EARLIEST), timeline.lives
    told = lives.of(version)
    if told is None or told.gone_at is None or not told.is_gone(now):
        return version
    if asked is None:
        return lives.earliest(now)
    day = datetime.fromtimestamp(told.gone_at, UTC).date()
    raise refuse(Code.VERSION_GONE, "this schema version is gone", field=named, value=show_version(asked),
                 hint=f"It ended on {day} (UTC). Ask for {show_version(lives.earliest(now))} or later, or for latest.")


def serve_written(timeline: Timeline, written: str | None) -> str:
    """The same for what a client wrote. Raises `Refusal`, also for what is no version."""
    asked, fault = judge(written)
    if fault is not None:
        raise Refusal(fault)
    return serve(timeline, asked)

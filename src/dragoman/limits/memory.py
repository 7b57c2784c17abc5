"""Limits in one process: GCRA, one number a subject, forgotten when it no longer matters."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..contracts import Verdict
from ..query import Rate

_SWEEP_AFTER = 4_096
_SLACK_S = 1e-9
"""What rounding may add up to; far below the time between two calls."""


class MemoryMeter:
    """Keeps the contract of `Meter`: `burst` at once, then `per_second`; at most as many subjects as are active.

    Each subject is one moment: when it will have its whole burst again (the theoretical arrival time of ITU-T I.371).
    Not for several threads at once; the data plane charges in its event loop.
    """

    __slots__ = ("_calls", "_clock", "_due", "_sweep_after")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._due: dict[str, float] = {}
        self._calls, self._sweep_after = 0, _SWEEP_AFTER

    def __len__(self) -> int:
        """How many subjects are remembered."""
        return len(self._due)

    def charge(self, subject: str, rate: Rate, cost: int = 1) -> Verdict:
        """Count a call; a refused one costs nothing. A cost above the burst is never allowed."""
        now = self._clock()
        step = 1.0 / rate.per_second
        window = step * rate.burst
        due = self._due.get(subject, now)
        if due < now:
            due = now
        elif due > now + window:            # the clock stepped back: nobody is locked out for longer than a burst
            due = self._due[subject] = now + window
        after = due + step * cost
        self._sweep(now)
        if after > now + window + _SLACK_S:
            return Verdict(allowed=False, remaining=0, retry_after_s=after - now - window)
        self._due[subject] = after
        return Verdict(allowed=True, remaining=int((now + window - after) / step + _SLACK_S))

    def _sweep(self, now: float) -> None:
        """Drop the subjects that have their whole burst again; on average, two looks a call."""
        self._calls += 1
        if self._calls >= self._sweep_after:
            self._due = {subject: due for subject, due in self._due.items() if due > now}
            self._calls, self._sweep_after = 0, max(_SWEEP_AFTER, len(self._due))

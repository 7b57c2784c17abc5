"""Limits in one process: GCRA, one number a subject, forgotten when it no longer matters."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..contracts import Verdict
from ..query import Rate

_SWEEP_AFTER = 4_096


class MemoryMeter:
    """Keeps the contract of `Meter`: `burst` at once, then `per_second`; at most as many subjects as are active."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._due: dict[str, float] = {}
        self._calls = 0

    def charge(self, subject: str, rate: Rate, cost: int = 1) -> Verdict:
        """Count a call; a refused one costs nothing."""
        now = self._clock()
        self._forget(now)
        step = 1.0 / rate.per_second
        most = step * rate.burst
        due = min(max(self._due.get(subject, now), now), now + most)       # a clock stepping back locks nobody out
        after = due + step * cost
        if after - now > most + 1e-9:
            return Verdict(allowed=False, remaining=0, retry_after_s=after - now - most)
        self._due[subject] = after
        return Verdict(allowed=True, remaining=int((most - (after - now)) / step + 1e-9))

    def _forget(self, now: float) -> None:
        """Drop the subjects that have their whole burst again."""
        self._calls += 1
        if self._calls >= max(_SWEEP_AFTER, len(self._due)):
            self._calls = 0
            self._due = {subject: due for subject, due in self._due.items() if due > now}

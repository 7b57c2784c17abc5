"""Limits in one process, forgotten when they no longer matter."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..contracts import Verdict
from ..query import Rate
from .gcra import judge

_SWEEP_AFTER = 4_096


class MemoryMeter:
    """Keeps the contract of `Meter` in one process, with at most as many subjects as are active.

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
        """Count a call; a refused one costs nothing."""
        now = self._clock()
        verdict, self._due[subject] = judge(self._due.get(subject, now), now, rate, cost)
        self._sweep(now)
        return verdict

    def look(self, subject: str, rate: Rate) -> Verdict:
        """What a call would be told."""
        now = self._clock()
        return judge(self._due.get(subject, now), now, rate, 1)[0]

    def _sweep(self, now: float) -> None:
        """Drop the subjects that have their whole burst again; on average, two looks a call."""
        self._calls += 1
        if self._calls >= self._sweep_after:
            self._due = {subject: due for subject, due in self._due.items() if due > now}
            self._calls, self._sweep_after = 0, max(_SWEEP_AFTER, len(self._due))

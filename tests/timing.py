"""How long things take, on machines that may be busy with other things."""

from __future__ import annotations

import math
import time
from collections.abc import Callable


def took_s(act: Callable[[], object]) -> float:
    """How many seconds it takes."""
    began = time.monotonic()
    act()
    return time.monotonic() - began


def best_s(measure: Callable[[], float], enough_s: float, tries: int = 5) -> float:
    """The least of several measurements; no more are made once one is below what is enough."""
    least = math.inf
    for _ in range(tries):
        least = min(least, measure())
        if least < enough_s:
            break
    return least


def settle_s(holds: Callable[[], bool], timeout_s: float = 10.0) -> float:
    """For how many seconds questions still found otherwise, until it holds: counted to when the last of those was sent.

    What is in force within a second is in force for whatever is sent after it; how long an answer takes is another matter.
    """
    began = late = time.monotonic()
    while True:
        sent = time.monotonic()
        if holds():
            return late - began
        assert sent - began < timeout_s, f"not within {timeout_s} s"
        late = sent
        time.sleep(0.02)

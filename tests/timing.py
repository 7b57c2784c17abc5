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

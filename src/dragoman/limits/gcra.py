"""The rule by which every meter counts: one moment a subject, when it will have its whole burst again.

The generic cell rate algorithm (ITU-T I.371), whose moment is called the theoretical arrival time there.
"""

from __future__ import annotations

from ..contracts import Verdict
from ..query import Rate

_SLACK_S = 1e-9
"""What rounding may add up to; far below the time between two calls."""


def judge(due_s: float, now_s: float, rate: Rate, cost: int) -> tuple[Verdict, float]:
    """Whether `cost` calls may be made now by who is due at a moment, and when it is due then.

    A refused call costs nothing, a cost above the burst is never allowed, and a negative one gives back. After a clock has
    stepped back nobody is locked out for longer than a burst takes.
    """
    step_s = 1.0 / rate.per_second
    window_s = step_s * rate.burst
    due_s = min(max(now_s, due_s), now_s + window_s)        # in this order what is no number counts as now
    after_s = max(due_s + step_s * cost, now_s)
    if after_s > now_s + window_s + _SLACK_S:
        return Verdict(allowed=False, remaining=0, retry_after_s=after_s - now_s - window_s), due_s
    return Verdict(allowed=True, remaining=int((now_s + window_s - after_s) / step_s + _SLACK_S)), after_s

"""Rolling up: minutes become hours, hours days, and what is older than is kept goes."""

from __future__ import annotations

from ..settings import Statistics
from .bases import Base
from .places import Place
from .tables import DROP, DROP_MANY_CALLS, DROP_OLD_BATCHES, DROP_OLD_CALLS, OLDEST, ROLL, SPANS_S

CALLS_TOTAL_MAX = 100_000
"""How many calls one database keeps in all."""
DAY_S = 86_400
_BATCHES_KEPT_S = DAY_S


def roll_up(place: Place, kept: Statistics, now: float) -> bool:
    """Roll up what has aged, in every database; False where another process does it just now.

    Raises `SourceUnavailable`; what is done by then is whole, and the rest is done next time.
    """
    with place.alone() as alone:
        if alone:
            with place.every() as bases:
                for base in bases:
                    _roll_base(base, kept, now)
        return alone


def _roll_base(base: Base, kept: Statistics, now: float) -> None:
    minute, hour, day = SPANS_S
    _coarsen(base, minute, hour, now - kept.minutes_days * DAY_S)
    _coarsen(base, hour, day, now - kept.hours_days * DAY_S)
    base.do(
        (DROP, [(day, 0, int(now - kept.days_days * DAY_S) // day * day)]),
        (DROP_OLD_CALLS, [(now - kept.calls_days * DAY_S,)]),
        (DROP_MANY_CALLS, [(CALLS_TOTAL_MAX,)]),
        (DROP_OLD_BATCHES, [(int(now) - _BATCHES_KEPT_S,)]),
    )


def _coarsen(base: Base, fine: int, coarse: int, before: float) -> None:
    """Make coarse rows of the fine ones that are older than a time; one span a transaction, since whoever writes waits."""
    end = int(before) // coarse * coarse
    while (oldest := base.ask(OLDEST, fine)[0][0]) is not None and oldest < end:
        since = oldest // coarse * coarse
        until = since + coarse
        base.do((ROLL, [(coarse, coarse, fine, since, until)]), (DROP, [(fine, since, until)]))

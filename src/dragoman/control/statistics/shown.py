"""What a page of usage shows: figures in the units that people read, for one of a few periods."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...errors import SourceUnavailable
from ...statistics.counting import Call
from ...statistics.places import Place
from ...statistics.reading import OK, Callers, Scope, Sums, reading
from ..configuration import ours

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

ROWS_MAX = 20
"""How many rows a table of targets, versions or applications has."""
_HOUR_S, _DAY_S = 3_600, 86_400
NamesOf = Callable[[Collection[str]], Mapping[str, str]]


class Period(NamedTuple):
    """A time up to now, in equal steps."""

    name: str
    title: _StrPromise
    length_s: int
    step_s: int
    renewed: str
    """How often a page that is open asks again."""
    clock: bool
    """Whether its steps are told by the clock, rather than by the calendar."""


PERIODS = (
    Period("hour", gettext_lazy("Hour"), _HOUR_S, 60, "1500ms", clock=True),
    Period("day", gettext_lazy("Day"), _DAY_S, 900, "15s", clock=True),
    Period("week", gettext_lazy("Week"), 7 * _DAY_S, _HOUR_S, "60s", clock=True),
    Period("month", gettext_lazy("Month"), 30 * _DAY_S, _DAY_S, "60s", clock=False),
    Period("year", gettext_lazy("Year"), 365 * _DAY_S, _DAY_S, "60s", clock=False),
)


def period_of(name: str) -> Period:
    """The period of a name; the last hour for any other text."""
    return next((period for period in PERIODS if period.name == name), PERIODS[0])


def look(scope: Scope, period: Period, request_id: str, *, now: float, names_of: NamesOf | None = None) -> dict[str, Any]:
    """Everything a page shows of a scope; `away` where the database does not answer. With `names_of`, which tells the names
    of applications by their ids, also who called."""
    settings = ours()
    until = (int(now) // period.step_s + 1) * period.step_s
    since = until - period.length_s
    try:
        with reading(Place(settings.database_url, Path(settings.data_dir))) as reader:
            usage = reader.usage(scope, since, until, period.step_s)
            calls = reader.calls(scope, settings.statistics.calls_max, request_id or None)
            called = _called(reader.callers(since, until), names_of) if names_of is not None else {}
    except SourceUnavailable:
        return {"away": True}
    return {
        "since": since, "until": until - period.step_s, "step": period.step_s,
        "total": _told(usage.total), "bytes": usage.total.size_bytes,
        "steps": [{"at": at, "label": _label(at, period), **_told(sums)} for at, sums in reversed(usage.series.items())],
        "errors": [{"code": code, "calls": calls, "share": _share(calls, usage.total.calls)}
                   for code, calls in usage.outcomes.items() if code != OK],
        "targets": _rows(usage.targets), "dialects": _rows(usage.dialects), "versions": _rows(usage.versions),
        "calls": [_call(call) for call in calls],
        **called,
    }


def _called(callers: Callers, names_of: NamesOf) -> dict[str, Any]:
    """For operators: which applications called, by name, and which versions each of them uses."""
    applications, used = _first(callers.applications.items()), callers.used[:ROWS_MAX]
    names = names_of({*dict(applications), *(each.application for each in used)})
    return {
        "applications": _rows(dict(applications), names),
        "used": [{"application": names.get(each.application, each.application), "dialect": each.dialect, "target": each.target,
                  "version": each.version, "calls": each.calls, "last": _time(each.last_at)} for each in used],
    }


def _rows(found: Mapping[str, Sums], names: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    named = names or {}
    return [{"name": name, "title": named.get(name, name), **_told(sums)} for name, sums in _first(found.items())]


def _first(items: Iterable[tuple[str, Sums]]) -> list[tuple[str, Sums]]:
    return list(items)[:ROWS_MAX]


def _told(sums: Sums) -> dict[str, Any]:
    median, slow = sums.quantile_us(0.5), sums.quantile_us(0.95)
    return {
        "calls": sums.calls, "errors": sums.errors, "error_share": _share(sums.errors, sums.calls),
        "median": milliseconds(median), "slow": milliseconds(slow), "mean": milliseconds(sums.mean_us),
        "median_us": round(median), "slow_us": round(slow),
    }


def milliseconds(time_us: float) -> str:
    """A time with two digits that matter: 0.34, 7.1, 120."""
    value = time_us / 1_000
    places = 2 if value < 1 else 1 if value < 10 else 0
    return _("%(time)s ms") % {"time": formats.number_format(round(value, places), decimal_pos=places)}


def _share(part: int, whole: int) -> str:
    """A part in per cent; what is there is never told as nothing."""
    percent = 100 * part / whole if whole else 0.0
    if 0 < percent < 0.1:
        return _("under %(percent)s %%") % {"percent": formats.number_format(0.1, decimal_pos=1)}
    return _("%(percent)s %%") % {"percent": formats.number_format(percent, decimal_pos=1 if 0 < percent < 10 else 0)}


def _label(at: int, period: Period) -> str:
    time = _time(at)
    day = formats.date_format(time, "j N" if period.length_s < 365 * _DAY_S else "j N Y")
    if not period.clock:
        return day
    clock = time.strftime("%H:%M")
    return clock if period.length_s <= _DAY_S else f"{day}, {clock}"


def _time(at: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(at, dt.UTC)


def _call(call: Call) -> dict[str, Any]:
    return {**call._asdict(), "time": _time(call.at), "took": milliseconds(call.time_us), "bad": call.outcome != OK}

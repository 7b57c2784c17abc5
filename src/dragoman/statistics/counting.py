"""Counting on the hot path: plain integers in a dict, and the last calls of every caller."""

from __future__ import annotations

import re
import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from time import time
from typing import NamedTuple

from ..observations import Answered, Observation

BOUNDS_US = (100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000)
"""Upper bounds of the buckets of times, in microseconds; one more bucket holds what took longer."""
BUCKETS = len(BOUNDS_US) + 1
SERIES_MAX = 20_000
"""Past so many series that wait to be written, new ones are counted without target and version."""
CALLERS_MAX = 2_000
"""Past so many callers in one batch, further ones share a place among the last calls."""
CALLS_MAX = 20_000
"""How many calls may wait to be written."""
_PATH_MAX = 200
_SECRET = re.compile(r"[0-9A-Za-z_.~%-]{28,}")
"""What may be a secret in a path; the names of what is published are shorter."""
_TARGET_UNKNOWN = "target-unknown"


class Series(NamedTuple):
    """What is counted apart; empty texts for nobody and nothing."""

    application: str
    key: str
    target: str
    dialect: str
    version: str
    outcome: str

    def folded(self) -> Series:
        """The same without what may have any number of values."""
        return self._replace(target="", version="")


class Call(NamedTuple):
    """One call, for the log of its application or key."""

    at: float
    """UNIX time in seconds of its end."""
    request_id: str
    application: str
    key: str
    verb: str
    path: str
    """Without its query, and without what may be a secret."""
    status: int
    outcome: str
    dialect: str
    target: str
    version: str
    size_bytes: int
    time_us: int


class Tally:
    """The counts of one series, and where its last calls are kept."""

    __slots__ = ("buckets", "calls", "size_bytes", "time_us")

    def __init__(self, calls: deque[tuple[float, Answered]]) -> None:
        self.buckets = [0] * BUCKETS
        self.size_bytes = self.time_us = 0
        self.calls = calls

    def sums(self) -> list[int]:
        """The buckets, then bytes and microseconds."""
        return [*self.buckets, self.size_bytes, self.time_us]


class Batch:
    """What has been counted and is to be written: sums by series and minute, and calls, the oldest first."""

    def __init__(self) -> None:
        self.sums: dict[tuple[Series, int], list[int]] = {}
        self.calls: list[Call] = []

    def __bool__(self) -> bool:
        return bool(self.sums)

    def add(self, series: Series, minute: int, sums: list[int]) -> None:
        """Count more; past the limit less finely, by the hour at last, but never less."""
        place = (series, minute)
        if place not in self.sums and len(self.sums) >= SERIES_MAX:
            place = (series.folded(), minute)
            if place not in self.sums and len(self.sums) >= 2 * SERIES_MAX:
                place = (Series("", "", "", series.dialect, "", series.outcome), minute // 3_600 * 3_600)
        known = self.sums.get(place)
        self.sums[place] = sums if known is None else [mine + more for mine, more in zip(known, sums, strict=True)]

    def merge(self, other: Batch) -> None:
        """Take another batch into this one; of the calls the newest stay."""
        for (series, minute), sums in other.sums.items():
            self.add(series, minute, sums)
        self.calls = [*self.calls, *other.calls][-CALLS_MAX:]


class Counter:
    """An observer that counts every answer of the data plane, from any thread."""

    def __init__(self, calls_max: int, clock: Callable[[], float] = time, *, redact: Callable[[str], str] = str) -> None:
        """`calls_max`: how many of the last calls are kept of each caller; `redact` knows secrets in paths by their form and names."""
        self._calls_max, self._clock, self._redact = calls_max, clock, redact
        self._lock = threading.Lock()
        self._tallies: dict[tuple[str | None, ...], Tally] = {}
        self._callers: dict[tuple[str | None, str | None], deque[tuple[float, Answered]]] = {}

    def __call__(self, observation: Observation) -> None:
        """Count one answer."""
        if type(observation) is not Answered:
            return
        series = (observation.application, observation.key, observation.target, observation.dialect, observation.version,
                  observation.outcome)
        took_us = observation.time_us
        with self._lock:
            tally = self._tallies.get(series) or self._open(series)
            tally.buckets[bisect_left(BOUNDS_US, took_us)] += 1
            tally.size_bytes += observation.size_bytes
            tally.time_us += took_us
            tally.calls.append((self._clock(), observation))

    def _open(self, series: tuple[str | None, ...]) -> Tally:
        """A place for a new series. Nobody but a client knows a target that does not exist: it is counted without."""
        if series[-1] == _TARGET_UNKNOWN or len(self._tallies) >= SERIES_MAX:
            series = (*series[:2], "", series[3], "", series[-1])
        tally = self._tallies.get(series)
        if tally is None:
            caller = series[:2] if len(self._callers) < CALLERS_MAX else (None, None)
            calls = self._callers.setdefault(caller, deque(maxlen=self._calls_max))  # type: ignore[arg-type]  # two of them
            tally = self._tallies[series] = Tally(calls)
        return tally

    def take(self) -> Batch:
        """What was counted since this was asked last, under the minute that it is now."""
        with self._lock:
            tallies, self._tallies = self._tallies, {}
            callers, self._callers = self._callers, {}
        batch = Batch()
        minute = int(self._clock()) // 60 * 60
        for series, tally in tallies.items():
            batch.add(Series(*(_plain(text or "") for text in series)), minute, tally.sums())
        calls = sorted((call for calls in callers.values() for call in calls), key=lambda call: call[0])
        batch.calls = [_call(at, told, self._redact(told.path)) for at, told in calls[-CALLS_MAX:]]
        return batch


def _call(at: float, told: Answered, path: str) -> Call:
    target = "" if told.outcome == _TARGET_UNKNOWN else told.target
    return Call(at, _plain(told.request_id), _plain(told.application or ""), _plain(told.key or ""), _plain(told.verb[:16]),
                without_secrets(_plain(path)), told.status, told.outcome, told.dialect, _plain(target),
                _plain(told.version), told.size_bytes, told.time_us)


def without_secrets(path: str) -> str:
    """A path as it may be kept: what is long enough for a secret is cut to how it begins."""
    return _SECRET.sub(lambda found: f"{found[0][:4]}…", path)[:_PATH_MAX]


def _plain(text: str) -> str:
    """A text that every database takes."""
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()

"""Reading statistics: how much was called in a time, by whom, how fast and with what outcome; and the last calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from .counting import BOUNDS_US, BUCKETS, Call
from .places import Place
from .tables import CALLS, COUNTS, SUMS

OK = "ok"
_SUMS = ", ".join(f"sum({name})" for name in SUMS)


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Whose calls are meant: everybody's, those of one application, or those of some keys."""

    application: str | None = None
    keys: Sequence[str] | None = None

    def condition(self) -> tuple[str, tuple[str, ...]]:
        """The same in SQL, with its values."""
        parts, values = ["1 = 1"], []
        if self.application is not None:
            parts.append("application = ?")
            values.append(self.application)
        if self.keys is not None:
            parts.append(f"key IN ({', '.join('?' * len(self.keys))})" if self.keys else "1 = 0")
            values.extend(self.keys)
        return " AND ".join(parts), tuple(values)


EVERYTHING = Scope()


class Sums(msgspec.Struct):
    """Calls that were counted together."""

    buckets: list[int] = msgspec.field(default_factory=lambda: [0] * BUCKETS)
    size_bytes: int = 0
    time_us: int = 0
    errors: int = 0

    @property
    def calls(self) -> int:
        """How many."""
        return sum(self.buckets)

    @property
    def mean_us(self) -> float:
        """How long one took, on average."""
        return self.time_us / self.calls if self.calls else 0.0

    def add(self, row: Sequence[Any], *, error: bool) -> None:
        """Take in a row of sums."""
        buckets = [int(each) for each in row[:BUCKETS]]
        self.buckets = [mine + more for mine, more in zip(self.buckets, buckets, strict=True)]
        self.size_bytes += int(row[BUCKETS])
        self.time_us += int(row[BUCKETS + 1])
        self.errors += sum(buckets) if error else 0

    def quantile_us(self, share: float) -> float:
        """The time within which this share of the calls was answered, about: calls are taken to lie evenly in their bucket."""
        left = share * self.calls
        lower = 0
        for upper, count in zip((*BOUNDS_US, 2 * BOUNDS_US[-1]), self.buckets, strict=True):
            if count and left <= count:
                return lower + (upper - lower) * left / count
            left -= count
            lower = upper
        return 0.0


class Usage(msgspec.Struct, frozen=True):
    """What was called in a time."""

    total: Sums
    series: dict[int, Sums]
    """By the beginning of each step in UNIX time; steps without a call are missing."""
    outcomes: dict[str, int]
    """How many calls ended with each code, `ok` among them; the most frequent first."""
    targets: dict[str, Sums]
    """By target, the slowest on average first."""
    dialects: dict[str, Sums]
    versions: dict[str, Sums]


class Used(msgspec.Struct, frozen=True):
    """That an application asked for a version of the schema."""

    application: str
    dialect: str
    target: str
    version: str
    calls: int
    last_at: int
    """UNIX time in seconds, as exactly as counts are kept."""


class Reader:
    """Reads every database of a place; every method raises `SourceUnavailable` where one does not answer."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def usage(self, scope: Scope, since: int, until: int, step_s: int) -> Usage:
        """What was called from one UNIX time to before another, also in steps of so many seconds."""
        grouped: dict[str, dict[Any, Sums]] = {name: {} for name in ("at", "target", "dialect", "version")}
        total, outcomes = Sums(), dict[str, int]()
        columns = f"at - at % {step_s:d}, target, dialect, version, outcome"
        where, values = scope.condition()
        query = (f"SELECT {columns}, {_SUMS} FROM {COUNTS} WHERE {where} AND at >= ? AND at < ? "  # noqa: S608  # no text of others
                 f"GROUP BY {columns}")
        for at, target, dialect, version, outcome, *sums in self._ask(query, *values, since, until):
            error = outcome != OK
            for name, value in (("at", int(at)), ("target", target), ("dialect", dialect), ("version", version)):
                grouped[name].setdefault(value, Sums()).add(sums, error=error)
            total.add(sums, error=error)
            outcomes[outcome] = outcomes.get(outcome, 0) + sum(int(each) for each in sums[:BUCKETS])
        return Usage(
            total, dict(sorted(grouped["at"].items())), dict(sorted(outcomes.items(), key=lambda each: -each[1])),
            dict(sorted(grouped["target"].items(), key=lambda each: -each[1].mean_us)),
            _most_called(grouped["dialect"]), _most_called(grouped["version"]),
        )

    def applications(self, since: int, until: int) -> dict[str, Sums]:
        """Who called, by application (an empty text for calls without one), the most active first."""
        found: dict[str, Sums] = {}
        query = (f"SELECT application, outcome, {_SUMS} FROM {COUNTS} WHERE at >= ? AND at < ? "  # noqa: S608  # constants
                 "GROUP BY application, outcome")
        for application, outcome, *sums in self._ask(query, since, until):
            found.setdefault(application, Sums()).add(sums, error=outcome != OK)
        return _most_called(found)

    def calls(self, scope: Scope, limit: int, request_id: str | None = None) -> list[Call]:
        """The last calls, the newest first; or the one of a request's id."""
        where, values = scope.condition()
        if request_id is not None:
            where, values = f"{where} AND request_id = ?", (*values, request_id)
        query = (f"SELECT {', '.join(Call._fields)} FROM {CALLS} WHERE {where} "  # noqa: S608  # no text of others
                 "ORDER BY id DESC LIMIT ?")
        found = [Call(*row) for row in self._ask(query, *values, limit)]
        return sorted(found, key=lambda call: -call.at)[:limit]

    def versions_used(self, since: int = 0) -> list[Used]:
        """Which versions applications have asked for since a UNIX time, in which dialect and of what."""
        columns = "application, dialect, target, version"
        query = (f"SELECT {columns}, sum({' + '.join(SUMS[:BUCKETS])}), max(at) FROM {COUNTS} "  # noqa: S608  # constants
                 f"WHERE at >= ? GROUP BY {columns}")
        found: dict[tuple[str, str, str, str], tuple[int, int]] = {}
        for application, dialect, target, version, calls, last_at in self._ask(query, since):
            place = (application, dialect, target, version)
            known = found.get(place, (0, 0))
            found[place] = (known[0] + int(calls), max(known[1], int(last_at)))
        return [Used(*place, *sums) for place, sums in sorted(found.items())]

    def _ask(self, query: str, *values: Any) -> Iterable[Any]:
        with self._place.every() as bases:
            return [row for base in bases for row in base.ask(query, *values)]


def _most_called(found: dict[Any, Sums]) -> dict[Any, Sums]:
    return dict(sorted(found.items(), key=lambda each: -each[1].calls))

"""Reading statistics: how much was called in a time, by whom, how fast and with what outcome; and the last calls."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from .bases import Base
from .counting import BOUNDS_US, BUCKETS, Call
from .places import Place
from .tables import CALLS, COUNTS, SPANS_S, SUMS

OK = "ok"
_SUMS = ", ".join(f"sum({name})" for name in SUMS)
_ANY_SPAN = f"span IN ({', '.join(map(str, SPANS_S))})"
"""True of every row; it lets a database find the rows of a time by its index, where nothing else does."""


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


class Callers(msgspec.Struct, frozen=True):
    """Who called in a time."""

    applications: dict[str, Sums]
    """By id, an empty text for calls without one; the most active first."""
    used: list[Used]
    """The most called first."""


@contextlib.contextmanager
def reading(place: Place) -> Iterator[Reader]:
    """A reader of every database of a place, which are opened once for all that it is asked."""
    with place.every() as bases:
        yield Reader(bases)


class Reader:
    """Reads statistics; every method raises `SourceUnavailable` where a database does not answer."""

    def __init__(self, bases: Sequence[Base]) -> None:
        self._bases = bases

    def usage(self, scope: Scope, since: int, until: int, step_s: int) -> Usage:
        """What was called from one UNIX time to before another, also in steps of so many seconds."""
        grouped: dict[str, dict[Any, Sums]] = {name: {} for name in ("at", "target", "dialect", "version")}
        total, outcomes = Sums(), dict[str, int]()
        columns = f"at - at % {step_s:d}, target, dialect, version, outcome"
        where, values = scope.condition()
        where = _ANY_SPAN if scope == EVERYTHING else where
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

    def callers(self, since: int, until: int) -> Callers:
        """Who called from one UNIX time to before another, and which versions were asked for, in which dialect and of what."""
        columns = "application, dialect, target, version"
        query = (f"SELECT {columns}, outcome, max(at), {_SUMS} FROM {COUNTS} "  # noqa: S608  # constants
                 f"WHERE {_ANY_SPAN} AND at >= ? AND at < ? GROUP BY {columns}, outcome")
        applications: dict[str, Sums] = {}
        used: dict[tuple[str, str, str, str], Used] = {}
        for application, dialect, target, version, outcome, last_at, *sums in self._ask(query, since, until):
            applications.setdefault(application, Sums()).add(sums, error=outcome != OK)
            place = (application, dialect, target, version)
            known = used.get(place) or Used(*place, 0, 0)
            calls = sum(int(each) for each in sums[:BUCKETS])
            used[place] = Used(*place, known.calls + calls, max(known.last_at, int(last_at)))
        return Callers(_most_called(applications), sorted(used.values(), key=lambda each: -each.calls))

    def calls(self, scope: Scope, limit: int, request_id: str | None = None) -> list[Call]:
        """The last calls, the newest first; or the one of a request's id."""
        where, values = scope.condition()
        if request_id is not None:
            where, values = f"{where} AND request_id = ?", (*values, request_id)
        query = (f"SELECT {', '.join(Call._fields)} FROM {CALLS} WHERE {where} "  # noqa: S608  # no text of others
                 "ORDER BY id DESC LIMIT ?")
        found = [Call(*row) for row in self._ask(query, *values, limit)]
        return sorted(found, key=lambda call: -call.at)[:limit]

    def _ask(self, query: str, *values: Any) -> Iterable[Any]:
        return [row for base in self._bases for row in base.ask(query, *values)]


def _most_called(found: dict[Any, Sums]) -> dict[Any, Sums]:
    return dict(sorted(found.items(), key=lambda each: -each[1].calls))

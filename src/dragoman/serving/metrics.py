"""`/metrics`: counted in plain ints, told in the Prometheus text form, for all workers together."""

from __future__ import annotations

import os
import shutil
import socket
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from ..observations import (
    Answered,
    Crashed,
    Observation,
    OperationAccepted,
    OperationBegun,
    OperationEnded,
    OperationRetried,
)
from ..settings import Settings

BOUNDS_US = (100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 5_000_000)
"""Upper bounds of the buckets of durations, in microseconds."""
_SERIES_MAX = 10_000
"""Past so many series, further targets are counted under the empty name."""
_FLUSH_S = 1.0

_EVENTS: dict[type[Observation], str] = {OperationAccepted: "accepted", OperationBegun: "begun", OperationRetried: "retried"}

EditionAges = Callable[[], Iterable[tuple[str, str, float]]]
"""Catalog, cluster and UNIX time of publication of every edition that is served."""


def no_editions() -> Iterable[tuple[str, str, float]]:
    """For a server without editions."""
    return ()


class Counts(msgspec.Struct, array_like=True):
    """What one process counted; adds up with that of others."""

    answers: dict[tuple[str, str, int], int] = {}
    """By dialect, target and status."""
    durations: dict[str, list[int]] = {}
    """By dialect: how many within each bound, then beyond all, then the sum in microseconds."""
    body_bytes: dict[str, int] = {}
    crashes: dict[str, int] = {}
    """By stage."""
    operations: dict[str, int] = {}
    """By what became of them: `accepted`, `begun`, `retried`, and the states that they ended in."""

    def add(self, other: Counts) -> None:
        """Take another's counts into these."""
        for mine, theirs in (
            (self.body_bytes, other.body_bytes), (self.crashes, other.crashes), (self.operations, other.operations),
        ):
            for name, count in theirs.items():
                mine[name] = mine.get(name, 0) + count
        for series, count in other.answers.items():
            self.answers[series] = self.answers.get(series, 0) + count
        for name, counts in other.durations.items():
            self.durations[name] = [sum(pair) for pair in zip(self.durations.get(name) or _nothing(), counts, strict=True)]


def _nothing() -> list[int]:
    return [0] * (len(BOUNDS_US) + 2)


class Metrics:
    """Counts observations; with a folder, shares its counts with the other workers of the run."""

    def __init__(self, folder: Path | None = None, editions: EditionAges = no_editions) -> None:
        """Make it before the workers are forked: each has a file of its own in the folder, and counts from 0."""
        self._folder = folder
        self._editions = editions
        self._counts = Counts()
        self._flushed_at = 0.0
        self._encoder = msgspec.msgpack.Encoder()

    def __call__(self, observation: Observation) -> None:
        """Count one observation."""
        counts = self._counts
        if isinstance(observation, Answered):
            dialect = observation.dialect
            series = (dialect, observation.target, observation.status)
            if series not in counts.answers and len(counts.answers) >= _SERIES_MAX:
                series = (dialect, "", observation.status)
            counts.answers[series] = counts.answers.get(series, 0) + 1
            durations = counts.durations.get(dialect)
            if durations is None:
                durations = counts.durations[dialect] = _nothing()
            durations[bisect_left(BOUNDS_US, observation.time_us)] += 1
            durations[-1] += observation.time_us
            counts.body_bytes[dialect] = counts.body_bytes.get(dialect, 0) + observation.size_bytes
        elif isinstance(observation, Crashed):
            counts.crashes[observation.stage] = counts.crashes.get(observation.stage, 0) + 1
        elif isinstance(observation, OperationEnded) or type(observation) in _EVENTS:
            event = observation.state if isinstance(observation, OperationEnded) else _EVENTS[type(observation)]
            counts.operations[event] = counts.operations.get(event, 0) + 1

    def tick(self) -> None:
        """Let the other workers know, once a second."""
        now = time.monotonic()
        if now - self._flushed_at >= _FLUSH_S:
            self._flushed_at = now
            self.flush()

    def flush(self) -> None:
        """Let the other workers know now; they see the old counts or the new, never half of them."""
        if self._folder is None:
            return
        file = self._folder / _file_name()
        aside = file.with_suffix(".new")
        aside.write_bytes(self._encoder.encode(self._counts))
        aside.replace(file)

    def render(self) -> bytes:
        """Everything in the Prometheus text form: ours as it is now, the other workers' as of at most a second ago,
        those that have died included."""
        total = Counts()
        total.add(self._counts)
        if self._folder is not None:
            for file in sorted(self._folder.glob("*.counts")):
                if file.name != _file_name():
                    total.add(msgspec.msgpack.decode(file.read_bytes(), type=Counts))
        registry = CollectorRegistry()
        registry.register(_Told(total, self._editions()))
        return generate_latest(registry)


def _file_name() -> str:
    return f"{os.getpid()}.counts"


class _Told:
    """Counts, as the client library collects them."""

    def __init__(self, counts: Counts, editions: Iterable[tuple[str, str, float]]) -> None:
        self._counts, self._editions = counts, tuple(editions)

    def collect(self) -> Iterator[Metric]:
        """One family after another."""
        yield from self._answers()
        yield self._durations()
        yield self._ages()

    def _answers(self) -> Iterator[Metric]:
        requests = CounterMetricFamily(
            "dragoman_requests", "Answers of the data plane.", labels=("dialect", "target", "status"))
        for (dialect, target, status), count in sorted(self._counts.answers.items()):
            requests.add_metric((dialect, target, str(status)), count)
        yield requests
        sent = CounterMetricFamily("dragoman_body_bytes", "Bytes of bodies sent by the data plane.", labels=("dialect",))
        for dialect, count in sorted(self._counts.body_bytes.items()):
            sent.add_metric((dialect,), count)
        yield sent
        crashes = CounterMetricFamily("dragoman_crashes", "Unexpected exceptions.", labels=("stage",))
        for stage, count in sorted(self._counts.crashes.items()):
            crashes.add_metric((stage,), count)
        yield crashes
        operations = CounterMetricFamily("dragoman_operations", "Long operations by what became of them.", labels=("event",))
        for event, count in sorted(self._counts.operations.items()):
            operations.add_metric((event,), count)
        yield operations

    def _durations(self) -> Metric:
        family = HistogramMetricFamily(
            "dragoman_request_duration_seconds", "From the head of a request to the end of its answer.",
            labels=("dialect",))
        for dialect, counts in sorted(self._counts.durations.items()):
            buckets, seen = [], 0
            for bound, count in zip((*(f"{bound / 1e6:g}" for bound in BOUNDS_US), "+Inf"), counts, strict=False):
                seen += count
                buckets.append((bound, seen))
            family.add_metric((dialect,), buckets, sum_value=counts[-1] / 1e6)
        return family

    def _ages(self) -> Metric:
        family = GaugeMetricFamily(
            "dragoman_edition_age_seconds", "Time since the edition that is served was published.",
            labels=("catalog", "cluster"))
        now = time.time()
        for catalog, cluster, published_at in self._editions:
            family.add_metric((catalog, cluster), max(0.0, now - published_at))
        return family


# -------------------------------------------------------------------------------------------- the folder of a run


def folder_of(settings: Settings, pid: int) -> Path:
    """Where the processes of one run of a server share their counts, by the id of the first of them."""
    return Path(settings.data_dir) / "metrics" / f"{socket.gethostname()}.{pid}"


def open_folder(settings: Settings, *, shared: bool = False) -> Path | None:
    """A new folder for the counts of one run of a server, None where a single worker shares with nobody; those of runs
    on this machine that have ended are removed. Several servers may share a data directory. With `shared`, other
    processes count with a single worker."""
    if settings.workers == 1 and not shared:
        return None
    base = Path(settings.data_dir) / "metrics"
    base.mkdir(parents=True, exist_ok=True)
    here = socket.gethostname()
    for other in base.iterdir():
        host, _, pid = other.name.rpartition(".")
        if host == here and pid.isdigit() and not _runs(int(pid)):
            shutil.rmtree(other, ignore_errors=True)
    folder = folder_of(settings, os.getpid())
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid != os.getpid()

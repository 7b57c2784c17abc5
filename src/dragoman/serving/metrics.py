"""Metrics in Prometheus' text form, counted in plain integers while requests are answered."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from ..observations import Answered, Crashed, Observation

_BOUNDS_US = (100, 250, 500, 1_000, 2_500, 5_000, 10_000, 50_000, 100_000, 500_000, 1_000_000, 5_000_000)


class Metrics:
    """An observer that counts, for one process. Targets come from the catalog, so that labels stay few."""

    def __init__(self) -> None:
        self._answered: dict[tuple[str, str, int], int] = {}
        self._buckets = [0] * (len(_BOUNDS_US) + 1)
        self._time_us = self._size_bytes = self._crashed = 0
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def __call__(self, observation: Observation) -> None:
        """Count one observation."""
        if isinstance(observation, Answered):
            key = observation.dialect, observation.target, observation.status
            self._answered[key] = self._answered.get(key, 0) + 1
            self._size_bytes += observation.size_bytes
            self._time_us += observation.time_us
            self._buckets[next((i for i, bound in enumerate(_BOUNDS_US) if observation.time_us <= bound), -1)] += 1
        elif isinstance(observation, Crashed):
            self._crashed += 1

    def render(self) -> bytes:
        """Everything counted so far, as Prometheus reads it."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """The families of metrics; prometheus_client calls this."""
        answered = CounterMetricFamily("dragoman_answers", "Answers given.", labels=["dialect", "target", "status"])
        for (dialect, target, status), count in self._answered.items():
            answered.add_metric([dialect, target, str(status)], count)
        yield answered
        yield CounterMetricFamily("dragoman_answer_bytes", "Bytes of bodies sent.", value=self._size_bytes)
        yield CounterMetricFamily("dragoman_crashes", "Unexpected exceptions.", value=self._crashed)
        yield self._durations()

    def _durations(self) -> Metric:
        buckets, total = [], 0
        for bound, count in zip((*_BOUNDS_US, None), self._buckets, strict=True):
            total += count
            buckets.append((str(bound / 1e6) if bound else "+Inf", total))
        return HistogramMetricFamily("dragoman_answer_seconds", "Time from head to the last byte given.",
                                     buckets=buckets, sum_value=self._time_us / 1e6)

"""Counting in memory: what is told apart, what is bounded, what is never kept."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from dragoman.observations import Answered, Stopped
from dragoman.statistics import counting
from dragoman.statistics.counting import BOUNDS_US, Batch, Counter, Series, without_secrets
from dragoman.statistics.reading import Sums


def answered(**more: Any) -> Answered:
    usual: dict[str, Any] = {"request_id": "r", "peer": "", "verb": "GET", "path": "/v2/toys", "status": 200, "dialect": "gw2",
                             "target": "toys"}
    return Answered(**{**usual, **more})


def total(batch: Batch) -> int:
    return sum(sum(sums[:-2]) for sums in batch.sums.values())


def test_a_call_lies_in_the_bucket_of_its_time() -> None:
    """A bound belongs to the bucket below it; what is slower than all has one of its own."""
    counter = Counter(10, lambda: 125.0)
    for took in (0, BOUNDS_US[0], BOUNDS_US[0] + 1, BOUNDS_US[-1] + 1):
        counter(answered(time_us=took, size_bytes=3))
    counter(Stopped(pid=1))
    (((series, minute), sums),) = counter.take().sums.items()
    assert (series, minute) == (Series("", "", "toys", "gw2", "", "ok"), 120)
    assert (sums[0], sums[1], sums[len(BOUNDS_US)], sums[-2], sums[-1]) == (2, 1, 1, 12, sum((0, 100, 101, 5_000_001)))
    assert not counter.take()


def test_an_invented_target_is_counted_without_its_name() -> None:
    """Or everybody could fill the database with names."""
    counter = Counter(10)
    for number in range(100):
        counter(answered(target=f"invented-{number}", outcome="target-unknown"))
    batch = counter.take()
    assert [series.target for series, _ in batch.sums] == [""]
    assert total(batch) == 100
    assert {call.target for call in batch.calls} == {""}


def test_too_many_series_are_counted_together_and_none_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the database is away, memory is bounded."""
    monkeypatch.setattr(counting, "SERIES_MAX", 20)
    waiting = Batch()
    for minute in range(10):
        counter = Counter(5, lambda minute=minute: minute * 60)
        for number in range(50):
            counter(answered(version=str(number), key=f"key-{number}"))
        waiting.merge(counter.take())
    assert total(waiting) == 500
    assert len(waiting.sums) <= 40 + 1


def test_calls_that_wait_are_bounded_for_each_caller_and_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest stay."""
    monkeypatch.setattr(counting, "CALLS_MAX", 30)
    counter = Counter(5)
    for number in range(20):
        counter(answered(application="busy", request_id=str(number)))
    counter(answered(application="quiet", request_id="once"))
    batch = counter.take()
    assert [call.request_id for call in batch.calls] == ["15", "16", "17", "18", "19", "once"]
    waiting = Batch()
    for _ in range(20):
        waiting.merge(batch)
    assert len(waiting.calls) == 30


def test_threads_count_exactly() -> None:
    """While another takes what is counted."""
    counter, ended, taken = Counter(5), threading.Event(), []

    def take() -> None:
        while not ended.is_set():
            taken.append(total(counter.take()))

    def count() -> None:
        for _ in range(20_000):
            counter(answered())

    taker, workers = threading.Thread(target=take), [threading.Thread(target=count) for _ in range(3)]
    for thread in (taker, *workers):
        thread.start()
    for thread in workers:
        thread.join(60)
    ended.set()
    taker.join(60)
    assert sum(taken) + total(counter.take()) == 60_000


@pytest.mark.parametrize(("path", "kept"), [
    ("/v2/toys/12", "/v2/toys/12"),
    ("/v2/" + "0A1B2C3D-" * 8, "/v2/0A1B…"),
    ("/wm/" + "0123456789abcdef" * 2 + "/x", "/wm/0123…/x"),
    ("/v2/%41" + "b" * 60, "/v2/%41b…"),
    ("/x" * 500, "/x" * 100),
])
def test_what_may_be_a_secret_in_a_path_is_not_kept(path: str, kept: str) -> None:
    """A key that somebody wrote into the path by mistake, for instance."""
    assert without_secrets(path) == kept


def test_texts_that_no_database_takes_are_kept_without_what_is_wrong() -> None:
    """A call with a strange verb must not keep others from being written."""
    counter = Counter(5)
    counter(answered(verb="G\0T\ud800", path="/\0", version="\udc00"))
    batch = counter.take()
    assert (batch.calls[0].verb, batch.calls[0].path) == ("G\ufffdT?", "/\ufffd")
    assert [series.version for series, _ in batch.sums] == ["?"]


def test_quantiles_lie_in_their_bucket() -> None:
    """Calls are taken to lie evenly in it."""
    sums = Sums(buckets=[10, 0, 0, 10, *[0] * 11, 1])
    assert sums.quantile_us(0.25) == pytest.approx(52.5)
    assert 500 < sums.quantile_us(0.9) <= 1_000
    assert sums.quantile_us(1.0) == 10_000_000
    assert Sums().quantile_us(0.5) == 0


def test_counting_costs_little() -> None:
    """A microsecond or so a call; here only that nothing grows with what was counted before."""
    counter, told = Counter(200), [answered(application="a" * 32, key=str(number), time_us=number * 100) for number in range(50)]
    def spend_s() -> float:
        began = time.perf_counter()
        for _ in range(400):
            for each in told:
                counter(each)
        return time.perf_counter() - began
    first = min(spend_s() for _ in range(3))
    assert min(spend_s() for _ in range(5)) < 3 * first
    assert first / 20_000 < 20e-6

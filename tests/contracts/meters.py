"""What every meter has to keep, whichever store counts: derive a class, and say how to make one."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dragoman.contracts import Meter
from dragoman.query import Rate


class Clock:
    """A clock that stands still until it is told to go on; it may go back."""

    def __init__(self, now_s: float = 1_000.0) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


SHARED = [HealthCheck.differing_executors]
"""Each meter is a class of its own that runs these tests, which is what they are for."""
RATES = st.builds(Rate, st.sampled_from([0.5, 1.0, 3.0, 5.0, 10.0, 100.0]), st.integers(1, 20))
PAUSES = st.lists(st.floats(0, 3), min_size=1, max_size=80)


class MeterContract:
    """The tests of the contract `Meter`."""

    def make(self, clock: Clock) -> Meter:
        """A meter that knows nobody yet, with this clock."""
        raise NotImplementedError

    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    def test_a_burst_is_admitted_at_once_and_then_no_more(self, clock):
        meter = self.make(clock)
        verdicts = [meter.charge("alice", Rate(5, 10)) for _ in range(12)]
        assert [verdict.allowed for verdict in verdicts] == [True] * 10 + [False] * 2
        assert [verdict.remaining for verdict in verdicts] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0]

    def test_one_more_is_admitted_when_it_was_promised(self, clock):
        meter = self.make(clock)
        rate = Rate(5, 1)
        assert meter.charge("alice", rate).allowed
        refused = meter.charge("alice", rate)
        assert not refused.allowed
        assert refused.retry_after_s == pytest.approx(0.2)
        clock.now_s += refused.retry_after_s * 0.9
        assert not meter.charge("alice", rate).allowed
        clock.now_s += refused.retry_after_s * 0.1 + 1e-6
        assert meter.charge("alice", rate).allowed

    def test_refused_calls_cost_nothing(self, clock):
        meter = self.make(clock)
        rate = Rate(1, 1)
        meter.charge("alice", rate)
        waits = {round(meter.charge("alice", rate).retry_after_s, 6) for _ in range(100)}
        assert waits == {1.0}
        clock.now_s += 1.0
        assert meter.charge("alice", rate).allowed

    def test_subjects_do_not_count_for_each_other(self, clock):
        meter = self.make(clock)
        assert meter.charge("alice", Rate(1, 1)).allowed
        assert meter.charge("bob", Rate(1, 1)).allowed
        assert not meter.charge("alice", Rate(1, 1)).allowed

    def test_after_a_rest_the_whole_burst_is_there_and_no_more(self, clock):
        meter = self.make(clock)
        for _ in range(3):
            assert sum(meter.charge("alice", Rate(10, 7)).allowed for _ in range(20)) == 7
            clock.now_s += 1_000

    def test_a_call_may_cost_more_than_one(self, clock):
        meter = self.make(clock)
        assert meter.charge("alice", Rate(1, 10), cost=6).remaining == 4
        assert not meter.charge("alice", Rate(1, 10), cost=5).allowed
        assert meter.charge("alice", Rate(1, 10), cost=4).allowed

    def test_a_look_tells_what_a_call_would_be_told_and_counts_nothing(self, clock):
        meter, rate = self.make(clock), Rate(5, 3)
        for _ in range(6):
            looked = [meter.look("alice", rate) for _ in range(3)]
            assert looked == [meter.charge("alice", rate)] * 3
        clock.now_s += 0.2001
        assert meter.look("alice", rate).allowed

    def test_what_is_given_back_can_be_spent_again(self, clock):
        meter, rate = self.make(clock), Rate(0.001, 3)
        assert [meter.charge("alice", rate).allowed for _ in range(4)] == [True] * 3 + [False]
        assert meter.charge("alice", rate, -1).remaining == 1
        assert [meter.charge("alice", rate).allowed for _ in range(2)] == [True, False]

    def test_a_clock_that_steps_back_locks_nobody_out(self, clock):
        meter = self.make(clock)
        rate = Rate(10, 5)
        for _ in range(5):
            meter.charge("alice", rate)
        clock.now_s -= 900
        refused = meter.charge("alice", rate)
        assert refused.retry_after_s <= 0.1 + 1e-6
        clock.now_s += 0.11
        assert meter.charge("alice", rate).allowed

    def test_subjects_may_be_any_text(self, clock):
        meter = self.make(clock)
        for subject in ("", "address:2001:db8::1", "application:x\n{}", "é" * 300):
            assert meter.charge(subject, Rate(1, 1)).allowed
            assert not meter.charge(subject, Rate(1, 1)).allowed

    @given(RATES, PAUSES)
    @settings(max_examples=60, deadline=None, suppress_health_check=SHARED)
    def test_never_more_than_burst_and_rate_allow_in_any_window(self, rate, pauses):
        clock = Clock()
        meter = self.make(clock)
        admitted: list[float] = []
        for pause in pauses:
            clock.now_s += pause
            admitted += [clock.now_s] * sum(meter.charge("alice", rate).allowed for _ in range(rate.burst + 2))
        for first, begin in enumerate(admitted):
            for count, end in enumerate(admitted[first:], 1):
                assert count <= rate.burst + rate.per_second * (end - begin) + 1e-6

    @given(RATES, st.integers(0, 2**32))
    @settings(max_examples=10, deadline=None, suppress_health_check=SHARED)
    def test_whoever_asks_all_the_time_gets_what_is_due(self, rate, seed):
        clock, jitter = Clock(), random.Random(seed)
        meter = self.make(clock)
        begin, admitted = clock.now_s, 0
        while clock.now_s - begin < 30 / rate.per_second:
            admitted += meter.charge("alice", rate).allowed
            clock.now_s += jitter.random() * 0.01 / rate.per_second
        assert admitted >= 0.99 * rate.per_second * (clock.now_s - begin) - 1

    @given(RATES, st.lists(st.tuples(st.sampled_from(["alice", "bob"]), st.floats(-5, 5)), max_size=60))
    @settings(max_examples=40, deadline=None, suppress_health_check=SHARED)
    def test_a_verdict_makes_sense_whatever_the_clock_does(self, rate, calls):
        clock = Clock()
        meter = self.make(clock)
        for subject, step in calls:
            clock.now_s += step
            verdict = meter.charge(subject, rate)
            assert 0 <= verdict.remaining < rate.burst
            assert (verdict.retry_after_s == 0) is verdict.allowed
            assert verdict.retry_after_s <= 1 / rate.per_second + 1e-6

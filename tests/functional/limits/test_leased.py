"""Limits among nodes, counted through a real Redis that is also killed and brought back."""

from __future__ import annotations

import contextlib
import multiprocessing
import socketserver
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from dragoman.limits.leased import LEASE_S, LeasedMeter
from dragoman.limits.memory import MemoryMeter
from dragoman.observations import LimitsLost, LimitsRegained
from dragoman.query import Rate

from .conftest import RedisServer


@contextlib.contextmanager
def node(url: str, told: list[Any] | None = None) -> Iterator[LeasedMeter]:
    """A meter as one node has it."""
    meter = LeasedMeter(url, MemoryMeter(), (told if told is not None else []).append)
    meter.start()
    try:
        yield meter
    finally:
        meter.stop()


def hammer(url: str, rate: Rate, ready: Any, told: Any, seconds: float) -> None:
    """One node under more demand than is due; when calls were admitted goes into a queue."""
    with node(url) as meter:
        ready.wait(60)
        moments, until = [], time.monotonic() + seconds
        while (now := time.monotonic()) < until:
            if meter.charge("application:a", rate).allowed:
                moments.append(now)
            else:
                time.sleep(0.0005)
        told.put(moments)


@pytest.mark.parametrize("rate", [Rate(20, 20), Rate(1_000, 100)], ids=["20/s", "1000/s"])
def test_two_nodes_admit_together_what_one_may(redis: RedisServer, rate: Rate) -> None:
    """To one per cent: what is leased is spent within its time, and nobody starves."""
    context = multiprocessing.get_context("spawn")
    told, ready = context.Queue(), context.Barrier(2)
    nodes = [context.Process(target=hammer, args=(redis.url, rate, ready, told, 4.0)) for _ in range(2)]
    for each in nodes:
        each.start()
    moments = sorted(moment for _ in nodes for moment in told.get(timeout=60))
    for each in nodes:
        each.join(10)
    took_s = moments[-1] - moments[0]
    assert took_s > 3.5
    assert len(moments) <= (rate.burst + rate.per_second * (took_s + LEASE_S)) * 1.01
    assert len(moments) >= (rate.burst + rate.per_second * (took_s - LEASE_S)) * 0.97


def test_in_no_window_do_two_nodes_admit_more_than_is_due(redis: RedisServer) -> None:
    """Whichever two calls it lies between, with whatever their leases add; at limits of a few a second and of a thousand."""
    rates = (Rate(5, 1), Rate(20, 20), Rate(1_000, 100))
    admitted: dict[Rate, list[tuple[float, float]]] = {rate: [] for rate in rates}
    with node(redis.url) as first, node(redis.url) as second:
        ends_at = time.monotonic() + 1.5
        while time.monotonic() < ends_at:
            for rate in rates:
                for meter in (first, second):
                    began = time.monotonic()
                    if meter.charge(f"application:{rate.burst}", rate).allowed:
                        admitted[rate].append((began, time.monotonic()))
    for rate, calls in admitted.items():
        assert calls
        for number, (began, _) in enumerate(calls):
            for count, (_, ended) in enumerate(calls[number:], 1):
                assert count <= rate.burst + rate.per_second * (ended - began + LEASE_S) + 1


def test_refused_calls_cost_nothing_and_are_told_when_to_come_back(redis: RedisServer) -> None:
    """The store is not even asked before that."""
    with node(redis.url) as meter:
        rate = Rate(1, 1)
        assert meter.charge("alice", rate).allowed
        refused = [meter.charge("alice", rate) for _ in range(50)]
        assert not any(verdict.allowed for verdict in refused)
        assert all(0 < verdict.retry_after_s <= 1 for verdict in refused)
        time.sleep(refused[-1].retry_after_s + 0.01)
        assert meter.charge("alice", rate).allowed


def test_subjects_do_not_count_for_each_other(redis: RedisServer) -> None:
    """Whatever they are called."""
    with node(redis.url) as meter:
        for subject in ("alice", "bob", "é\n{}", ""):
            assert meter.charge(subject, Rate(1, 1)).allowed
            assert not meter.charge(subject, Rate(1, 1)).allowed


def test_what_one_node_has_spent_the_other_does_not_have(redis: RedisServer) -> None:
    """And a burst is one burst."""
    with node(redis.url) as first, node(redis.url) as second:
        rate = Rate(0.001, 10)
        admitted = [meter.charge("alice", rate).allowed for meter in (first, second) * 10]
        assert sum(admitted) == 10


def test_a_call_may_cost_more_than_one(redis: RedisServer) -> None:
    """All of it, or nothing."""
    with node(redis.url) as meter:
        assert meter.charge("alice", Rate(0.001, 10), cost=6).allowed
        assert not meter.charge("alice", Rate(0.001, 10), cost=5).allowed
        assert meter.charge("alice", Rate(0.001, 10), cost=4).allowed


def test_what_is_given_back_can_be_spent_again_also_after_its_lease_has_ended(redis: RedisServer) -> None:
    """By any node."""
    with node(redis.url) as first, node(redis.url) as second:
        rate = Rate(0.001, 3)
        assert [first.charge("alice", rate).allowed for _ in range(4)] == [True] * 3 + [False]
        first.charge("alice", rate, -1)
        assert [first.charge("alice", rate).allowed for _ in range(2)] == [True, False]
        time.sleep(LEASE_S * 1.5)
        assert first.charge("alice", rate, -1).remaining == 1
        assert [second.charge("alice", rate).allowed for _ in range(2)] == [True, False]
        for _ in range(9):
            second.charge("bob", rate, -1)
        assert sum(first.charge("bob", rate).allowed for _ in range(9)) == 3


def test_a_look_counts_nothing(redis: RedisServer) -> None:
    """Neither here nor in the store."""
    with node(redis.url) as first, node(redis.url) as second:
        rate = Rate(0.001, 2)
        assert [first.look("alice", rate).remaining for _ in range(9)] == [1] * 9
        assert first.charge("alice", rate).allowed
        assert second.look("alice", rate).remaining == 0
        assert second.charge("alice", rate).allowed
        refused = [each.look("alice", rate) for each in (first, second)]
        assert not any(each.allowed for each in refused)
        assert first.charge("alice", rate).retry_after_s == pytest.approx(refused[0].retry_after_s, rel=0.01)


def test_without_the_store_each_node_goes_on_with_its_share_and_says_so(redis: RedisServer) -> None:
    """Once it is back, they share again."""
    told: list[Any] = []
    with node(redis.url, told) as first, node(redis.url):
        deadline = time.monotonic() + 10
        while first._nodes < 2:             # both have been heard of
            assert time.monotonic() < deadline
            time.sleep(0.05)
        redis.kill()
        rate = Rate(0.001, 10)
        begun = time.monotonic()
        assert sum(first.charge("alice", rate).allowed for _ in range(20)) == 5
        assert time.monotonic() - begun < 2
        (lost,) = [each for each in told if isinstance(each, LimitsLost)]
        assert lost.nodes == 2
        redis.start()
        deadline = time.monotonic() + 10
        while not any(isinstance(each, LimitsRegained) for each in told):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert sum(first.charge("bob", rate).allowed for _ in range(20)) == 10


@contextlib.contextmanager
def nonsense(reply: bytes) -> Iterator[str]:
    """A server that has one answer to whatever it is asked."""
    class Babble(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                while self.request.recv(65_536):
                    self.request.sendall(reply)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Babble) as server:
        server.daemon_threads, server.block_on_close = True, False
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"redis://127.0.0.1:{server.server_address[1]}/0"
        server.shutdown()


@pytest.mark.parametrize("reply", [
    b"HTTP/1.1 400 Bad Request\r\n\r\n", b":1\r\n", b"+OK\r\n", b"$-1\r\n", b"*3\r\n:1\r\n:0\r\n$3\r\nnan\r\n", b"*1\r\n" * 100_000,
    b"\0\xff\xfe\r\n",
], ids=["http", "number", "text", "nothing", "list", "depth", "bytes"])
def test_a_store_that_is_none_is_as_good_as_away(reply: bytes) -> None:
    """Whatever the driver makes of it; and the thread that looks for it goes on."""
    told: list[Any] = []
    with nonsense(reply) as url, node(url, told) as meter:
        verdicts = [meter.charge("alice", Rate(0.001, 3)).allowed for _ in range(5)]
        assert verdicts == [True] * 3 + [False] * 2
        time.sleep(0.5)
        assert {type(each) for each in told} == {LimitsLost}
        assert all(each.error for each in told)
        assert meter._thread is not None
        assert meter._thread.is_alive()


@pytest.mark.parametrize("kept", ["garbage", "nan", "inf", "-inf", "1e300", ""])
def test_what_somebody_else_left_in_the_store_locks_nobody_out(redis: RedisServer, kept: str) -> None:
    """A value that is no moment counts as none, one beyond every window as its end; the store is not given up for it."""
    from redis import Redis

    told: list[Any] = []
    with Redis.from_url(redis.url) as client:
        client.set("dragoman:limit:alice", kept)
    with node(redis.url, told) as meter:
        verdict = meter.charge("alice", Rate(5, 1))
        assert verdict.retry_after_s <= 0.2 + 1e-3
        time.sleep(verdict.retry_after_s + 0.01)
        assert verdict.allowed or meter.charge("alice", Rate(5, 1)).allowed
    assert not any(type(each) is LimitsLost for each in told)


def test_a_store_that_accepts_and_says_nothing_is_as_good_as_away() -> None:
    """Nobody waits for it for longer than a moment."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent, node(f"redis://127.0.0.1:{silent.getsockname()[1]}/0") as meter:
        begun = time.monotonic()
        assert meter.charge("alice", Rate(1, 1)).allowed
        assert time.monotonic() - begun < 1.5


def test_a_limit_that_was_raised_is_in_force_at_once(redis: RedisServer) -> None:
    """Whoever was refused for hours at the old one is asked about anew."""
    with node(redis.url) as meter:
        assert meter.charge("alice", Rate(0.0001, 1)).allowed
        assert not meter.charge("alice", Rate(0.0001, 1)).allowed
        assert meter.charge("alice", Rate(100, 100)).retry_after_s < 0.02
        time.sleep(0.05)
        assert meter.charge("alice", Rate(100, 100)).allowed

"""What the pipeline needs of an event loop, of every implementation."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from dragoman.contracts import Runtime
from dragoman.errors import Code, SourceUnavailable
from dragoman.pipeline.turns import CallTurn
from dragoman.serving.runtime import AsyncioRuntime

from ..timing import best_s, took_s

RUNTIMES = {"asyncio": (AsyncioRuntime, asyncio.run)}
"""How to make each, and how to run a coroutine in its loop."""


@pytest.fixture(params=RUNTIMES)
def made(request: pytest.FixtureRequest):
    """Each runtime in turn, with what runs a coroutine in its loop."""
    make, run = RUNTIMES[request.param]
    return make(), run


def test_what_blocks_runs_beside_the_loop(made) -> None:
    """Its result and its exception come back; the loop goes on meanwhile, and several run at once."""
    runtime, run = made

    async def both() -> None:
        found = await asyncio.gather(*(runtime.in_thread(lambda: time.sleep(0.2) or threading.get_ident()) for _ in range(3)))
        assert threading.get_ident() not in found
        assert await runtime.in_thread(max, 3, 4) == 4

    assert best_s(lambda: took_s(lambda: run(both())), 0.55) < 0.55


def test_an_exception_of_a_thread_comes_back(made) -> None:
    """As it is."""
    runtime, run = made

    def fail() -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        run(runtime.in_thread(fail))


def test_what_is_in_time_is_given(made) -> None:
    """And its own exceptions too, a `TimeoutError` of its own included."""
    runtime, run = made

    async def give() -> str:
        await asyncio.sleep(0)
        return "given"

    async def fail() -> None:
        raise TimeoutError("its own")

    assert run(runtime.within(5, give())) == "given"
    with pytest.raises(TimeoutError, match="its own"):
        run(runtime.within(5, fail()))


def test_what_takes_too_long_is_cancelled(made) -> None:
    """Within the time, and it is told."""
    runtime, run = made
    told = []

    async def dawdle() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            told.append("cancelled")
            raise

    began = time.monotonic()
    with pytest.raises(TimeoutError):
        run(runtime.within(0.1, dawdle()))
    assert time.monotonic() - began < 2
    assert told == ["cancelled"]


def test_whoever_is_cancelled_cancels_what_is_waited_for(made) -> None:
    """A client that leaves is no time-out."""
    runtime, run = made
    told = []

    async def dawdle() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            told.append("ended")

    async def leave() -> None:
        task = asyncio.ensure_future(runtime.within(30, dawdle()))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(leave())
    assert told == ["ended"]


class Astray(BaseException):
    """What libraries raise past `except Exception`, such as the panic of one in Rust."""


@pytest.mark.parametrize("astray", [
    SystemExit(3), KeyboardInterrupt(), StopIteration(1), asyncio.CancelledError(), Astray(), BaseExceptionGroup("g", [Astray()]),
], ids=repr)
def test_what_would_end_the_loop_is_a_failure_and_no_more(made, astray: BaseException) -> None:
    """Code of publishers may call `sys.exit()`; the server goes on, and nobody waits for ever."""
    runtime, run = made

    def go() -> None:
        raise astray

    async def go_later() -> None:
        raise astray

    with pytest.raises(RuntimeError):
        run(asyncio.wait_for(runtime.in_thread(go), 5))
    with pytest.raises(RuntimeError):
        run(runtime.within(5, go_later()))
    with pytest.raises(RuntimeError):
        run(runtime.apart(go, CallTurn(5)))


def test_it_keeps_the_contract() -> None:
    """For a type checker too."""
    runtime: Runtime = AsyncioRuntime()
    assert runtime


def test_what_runs_apart_comes_back(made) -> None:
    """Its result, and its exception."""
    runtime, run = made
    assert run(runtime.apart(lambda: 7, CallTurn(5))) == 7
    for raised in (KeyError("mine"), StopIteration()):
        def fail(raised: BaseException = raised) -> None:
            raise raised

        with pytest.raises(KeyError if isinstance(raised, KeyError) else RuntimeError):
            run(runtime.apart(fail, CallTurn(5)))


def test_what_has_no_end_is_ended(made) -> None:
    """At its next line, in whatever it is; whoever waited was told before."""
    runtime, run = made
    ended = threading.Event()

    def loop() -> None:
        try:
            while True:
                time.sleep(0.001)
        finally:
            ended.set()

    with pytest.raises(TimeoutError):
        run(runtime.apart(loop, CallTurn(0.2)))
    assert ended.wait(10)


def test_what_is_being_kept_is_waited_for(made) -> None:
    """It began in time, and whoever asked must not be told that it was not done."""
    runtime, run = made
    turn = CallTurn(0.2)

    def keep() -> str:
        assert turn.keep()
        time.sleep(0.6)
        return "kept"

    assert run(runtime.apart(keep, turn)) == "kept"


def test_who_leaves_ends_what_runs_apart(made) -> None:
    """Nobody computes for nobody."""
    runtime, run = made
    began, ended = threading.Event(), threading.Event()

    def loop() -> None:
        try:
            while True:
                began.set()
                time.sleep(0.001)
        finally:
            ended.set()

    async def leave() -> None:
        task = asyncio.ensure_future(runtime.apart(loop, CallTurn(60)))
        await runtime.in_thread(began.wait, 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(leave())
    assert ended.wait(10)


def test_more_than_there_are_threads_wait_within_their_time() -> None:
    """And are done when others have ended."""
    async def many() -> list[object]:
        runtime = AsyncioRuntime(threads_max=2)
        free = threading.Event()
        held = [asyncio.ensure_future(runtime.apart(lambda: free.wait(20), CallTurn(20))) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(SourceUnavailable) as refused:      # it never began
            await runtime.apart(lambda: 1, CallTurn(0.1))
        assert refused.value.code is Code.METHOD_TIMEOUT
        waiting = asyncio.ensure_future(runtime.apart(lambda: 2, CallTurn(20)))
        await asyncio.sleep(0)
        free.set()
        return [*await asyncio.gather(*held), await waiting]

    assert asyncio.run(many()) == [True, True, 2]

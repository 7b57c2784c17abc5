"""The pipeline's `Runtime` on asyncio: threads for what blocks, limits for what lasts."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Awaitable, Callable
from typing import Any

from ..contracts import Turn
from ..errors import Code, SourceUnavailable
from .threads import Thread

_KEEPING_S = 10.0
"""How long the end of a transaction is waited for that began in time."""


class AsyncioRuntime:
    """Runs in whichever loop the server runs. What a publisher's code raises is an ordinary failure, `sys.exit()` too."""

    def __init__(self, threads_max: int = 64) -> None:
        """`threads_max`: how many functions run apart at once; those that never return count until they do."""
        self._threads_max = threads_max
        self._free: weakref.WeakKeyDictionary[Any, asyncio.Semaphore] = weakref.WeakKeyDictionary()

    async def in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What a blocking function returns, called in the loop's thread pool."""
        return await asyncio.to_thread(_contain, function, *arguments)

    async def within(self, timeout_s: float, awaitable: Awaitable[Any]) -> Any:
        """What an awaitable gives; raises `TimeoutError` and cancels it where that takes longer."""
        try:
            async with asyncio.timeout(timeout_s):
                return await awaitable
        except BaseException as error:
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                raise                               # the client has left, or the server stops
            _check_failure(error)
            raise

    async def apart(self, function: Callable[[], Any], turn: Turn) -> Any:
        """What a blocking function returns, called in a thread of its own; raises `TimeoutError` where its turn is over.

        A thread that is given up is told to end, and left behind where it does not hear.
        """
        free = self._semaphore()
        try:
            async with asyncio.timeout(turn.left_s):
                await free.acquire()
        except TimeoutError:
            raise SourceUnavailable("every thread is taken by other methods", Code.METHOD_TIMEOUT) from None
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        thread = Thread(lambda: _contain(function), lambda result, error: _post(loop, free, done, result, error))
        try:
            thread.start()
        except RuntimeError as error:
            free.release()
            raise SourceUnavailable(f"no thread can be started: {error}") from error
        try:
            await asyncio.wait({done}, timeout=turn.left_s)
            if not done.done():
                if turn.give_up():
                    raise TimeoutError
                await asyncio.wait({done}, timeout=_KEEPING_S)
            if not done.done():
                raise TimeoutError
            return done.result()
        finally:
            if not done.done():
                done.cancel()
                if turn.give_up():
                    thread.interrupt()

    def _semaphore(self) -> asyncio.Semaphore:
        loop = asyncio.get_running_loop()
        if loop not in self._free:
            self._free[loop] = asyncio.Semaphore(self._threads_max)
        return self._free[loop]


def _post(
    loop: asyncio.AbstractEventLoop, free: asyncio.Semaphore, done: asyncio.Future[Any], result: Any, error: BaseException | None,
) -> None:
    """Tell a loop, from a thread, how a function ended; a loop that is closed waits for nothing any more."""
    def settle() -> None:
        free.release()
        if done.done():
            return
        if error is None:
            done.set_result(result)
        else:
            done.set_exception(error)
    try:
        loop.call_soon_threadsafe(settle)
    except RuntimeError:
        if not loop.is_closed():
            raise


def _contain(function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except BaseException as error:
        _check_failure(error)
        raise


def _check_failure(error: BaseException) -> None:
    """Raises `RuntimeError` from what is no failure: an event loop would take it for its own and end the server or leave
    whoever waits waiting for ever, and nobody who answers for failures would see it."""
    if isinstance(error, StopIteration) or not isinstance(error, Exception):
        raise RuntimeError(f"{type(error).__name__} was raised where only failures may be") from error

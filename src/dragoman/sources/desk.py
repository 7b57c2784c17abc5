"""Asking a source while a client waits: by a few threads of its own, within a time, and gently while it is down."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

from ..errors import Code, DeclarationError, PublicationError, SettingsError, SourceUnavailable
from ..settings import Live

T = TypeVar("T")
_STOPPERS_MAX = 4


class Unreachable(SourceUnavailable):
    """Nothing could be asked at all: whoever asks next would wait as long for as little."""


class Desk:
    """Where the questions to one source are put. One that hangs takes no thread from any other.

    A source that cannot be reached, or that let as many questions in a row run out of time as may be asked at once, is
    left alone for `retry_s`; then one question goes first, and the others only when that was answered. To be used from
    one event loop at a time.
    """

    def __init__(self, limits: Live) -> None:
        self.limits = limits
        self._threads = ThreadPoolExecutor(limits.connections_max, thread_name_prefix="ask")
        self._reason, self._down_until, self._slow = "", 0.0, 0
        self._trying = False

    async def ask(self, name: str, question: Callable[[], T], stop: Callable[[], None] | None = None) -> T:
        """What a blocking question of the resource `name` gives; `stop` ends it where nobody waits for it any more.

        Raises `SourceUnavailable`, whatever hinders the source.
        """
        loop = asyncio.get_running_loop()
        return await self._watched(name, lambda: loop.run_in_executor(self._threads, question), stop)

    async def wait(self, name: str, answer: Callable[[], Awaitable[T]]) -> T:
        """The same for a question that does not block."""
        return await self._watched(name, answer, None)

    async def _watched(self, name: str, begin: Callable[[], Awaitable[T]], stop: Callable[[], None] | None) -> T:
        first = self._enter(name)
        try:
            answer = await self._in_time(name, begin())
        except SourceUnavailable as error:
            self._note(error)
            _stop(stop)
            raise
        except asyncio.CancelledError:
            _stop(stop)
            raise
        finally:
            self._trying = self._trying and not first
        self._down_until, self._slow = 0.0, 0
        return answer

    def _enter(self, name: str) -> bool:
        """Whether this question goes first after the source was down. Raises while that is so."""
        if not self._down_until:
            return False
        if self._trying or time.monotonic() < self._down_until:
            raise SourceUnavailable(f"{name}: not asked, as it was down a moment ago: {self._reason}")
        self._trying = True
        return True

    def _note(self, error: SourceUnavailable) -> None:
        late = error.code is Code.SOURCE_TIMEOUT
        self._slow = self._slow + 1 if late else 0
        if isinstance(error, Unreachable) or (late and (self._down_until or self._slow >= self.limits.connections_max)):
            self._reason, self._down_until = str(error), time.monotonic() + self.limits.retry_s
        else:
            self._down_until = 0.0          # it answered, though not with what was wanted

    async def _in_time(self, name: str, waiting: Awaitable[T]) -> T:
        try:
            return await asyncio.wait_for(waiting, self.limits.timeout_s)
        except TimeoutError:
            raise SourceUnavailable(f"{name}: no answer in {self.limits.timeout_s:g} s", Code.SOURCE_TIMEOUT) from None
        except (PublicationError, DeclarationError, SettingsError) as error:
            raise SourceUnavailable(str(error), Code.SOURCE_INVALID) from error

    def bounded(self, name: str, rows: Iterable[T]) -> Iterator[T]:
        """Rows that have to be looked at one by one. Raises where they are too many for that while a client waits."""
        for number, row in enumerate(rows):
            if number >= self.limits.scan_max:
                raise SourceUnavailable(f"{name}: more than {self.limits.scan_max} rows to compare one by one; ask for what "
                                        "the database compares itself, publish it instead, or raise live.scan_max")
            yield row


@lru_cache(maxsize=1)
def _stoppers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_STOPPERS_MAX, thread_name_prefix="stop")


def _stop(stop: Callable[[], None] | None) -> None:
    """End a question aside: telling a database that is away could take as long as asking it."""
    if stop is not None:
        _stoppers().submit(stop)

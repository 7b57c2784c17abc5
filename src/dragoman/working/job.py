"""One operation in a thread of its own: what it hands out, how far it is, and how it is made to end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable, Awaitable, Iterable, Mapping
from queue import Empty, SimpleQueue
from threading import Event, Semaphore
from typing import Any, NamedTuple

from ..catalog.method import Method
from ..catalog.plain import encode_json
from ..pipeline.results import checked, is_listed, item_check
from ..query import Caller, Progress
from ..serving.threads import GivenUp, Thread

PART_BYTES = 262_144
"""About how large a part of a result is."""
_LOOK_S, _AGAIN_S = 0.2, 1.0
_UNKNOWN: int | None = None
_WAITING_MAX = 2
"""How many parts wait to be written: past that the method waits, so that a result of any size needs little memory."""


class Part(NamedTuple):
    """Some items of a result, as a JSON array."""

    body: bytes
    items: int


class Ended(NamedTuple):
    """How it ended: what it returned is in the parts before."""

    error: BaseException | None
    is_list: bool


class Watched(Progress):
    """A progress that somebody watches: setting it is where a method learns that it should end."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._done, self._total = 0, _UNKNOWN
        self.touched = False

    @property
    def done(self) -> int:
        """How many steps are done."""
        return self._done

    @done.setter
    def done(self, value: int) -> None:
        self._done, self.touched = value, True
        self._job.check()

    @property
    def total(self) -> int | None:
        """How many there are; None where nobody knows."""
        return self._total

    @total.setter
    def total(self, value: int | None) -> None:
        self._total = value
        self._job.check()


class Job:
    """Runs a method; its parts and its end are taken by `next`, in this order."""

    def __init__(self, method: Method, arguments: Mapping[str, Any], caller: Caller) -> None:
        self._method, self._arguments, self._caller = method, arguments, caller
        self._told: SimpleQueue[Part | Ended] = SimpleQueue()
        self._room = Semaphore(_WAITING_MAX)
        self._given_up = False
        self._is_list = False
        self._progress = Watched(self)
        self._items = 0
        self._batch: list[bytes] = []
        self._size_bytes = 0
        self._task: asyncio.Task[Any] | None = None
        self._over = Event()
        self._thread = Thread(self._run, self._end)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def next(self, timeout_s: float) -> Part | Ended | None:
        """What it told next; None where that takes longer."""
        try:
            told = self._told.get(timeout=max(0.0, timeout_s))
        except Empty:
            return None
        if isinstance(told, Part):
            self._room.release()
        return told

    @property
    def done(self) -> int:
        """How far it is: as it says itself, else how many items it has handed out."""
        return self._progress.done if self._progress.touched else self._items

    @property
    def total(self) -> int | None:
        """Of how many."""
        return self._progress.total

    def check(self) -> None:
        """Raise `GivenUp` where nobody wants it any more."""
        if self._given_up:
            raise GivenUp

    def give_up(self, patience_s: float) -> bool:
        """Make it end: at its next progress or item, or else at its next line of Python. Whether it has heard in time."""
        self._given_up = True
        task = self._task
        if task is not None:
            try:
                task.get_loop().call_soon_threadsafe(task.cancel)
            except RuntimeError:                # its loop has just ended
                return self._over.wait(patience_s)
        if self._over.wait(min(_LOOK_S, patience_s)):
            return True
        until = time.monotonic() + patience_s
        while not self._over.is_set() and time.monotonic() < until:
            self._thread.interrupt()            # and again: an event loop may take the first for a failure of something else
            self._over.wait(_AGAIN_S)
        return self._over.is_set()

    # ------------------------------------------------------------------------------------ in its thread

    def _end(self, _: Any, error: BaseException | None) -> None:
        self._over.set()
        self._told.put(Ended(error, self._is_list))

    def _run(self) -> None:
        given = {**self._arguments, **{name: self._progress if kind is Progress else self._caller
                                       for name, kind in self._method.injected.items()}}
        value = self._method.function(**given)
        if isinstance(value, (Awaitable, AsyncIterable)):
            asyncio.run(self._run_async(value))
        else:
            self._take(value)
        self._flush()

    async def _run_async(self, value: Any) -> None:
        self._task = asyncio.current_task()
        self.check()
        if isinstance(value, Awaitable):
            value = await value
        if isinstance(value, AsyncIterable):
            add = self._adder()
            async for item in value:
                add(item)
        else:
            self._take(value)

    def _take(self, value: Any) -> None:
        """What was returned: items one by one, anything else as a whole."""
        if is_listed(self._method) and isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping)):
            add = self._adder()
            for item in value:
                add(item)
        else:
            self._batch.append(encode_json(checked(self._method, value)))
            self._items = 1

    def _adder(self) -> Any:
        """What checks one item, and hands over the items before where these are enough."""
        assert self._method.result is not None  # noqa: S101  # asked of lists alone
        check = item_check(self._method.result)
        self._is_list = True

        def add(item: Any) -> None:
            if self._given_up:
                raise GivenUp
            try:
                text = encode_json(check(item))
            except Exception as error:
                error.add_note(f"in item {self._items} of the result")
                raise
            if self._batch and self._size_bytes + len(text) > PART_BYTES:
                self._flush()
            self._batch.append(text)
            self._size_bytes += len(text) + 1
            self._items += 1
        return add

    def _flush(self) -> None:
        """Hand over what was gathered, once there is room for it."""
        if not self._batch:
            return
        part = Part(b"[%b]" % b",".join(self._batch), len(self._batch))
        self._batch, self._size_bytes = [], 0
        while not self._room.acquire(timeout=_LOOK_S):
            self.check()
        self._told.put(part)

"""The thread of each process that writes what was counted, once a second, and rolls up now and then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ..errors import SourceUnavailable
from ..observations import Observe, StatisticsLost, StatisticsRegained
from ..settings import Statistics
from .counting import Batch, Counter
from .places import Place
from .rolling import roll_up
from .writing import Writer

FLUSH_S = 1.0
_LOOK_S = 0.2
"""How soon the first call after a quiet second is written."""
_ROLL_S = 300.0
_STOP_S = 8.0
"""For how long a stop waits for a database that does not answer."""


class Recorder:
    """Keeps what a `Counter` counted. Where the database is away, counts wait in memory, and nothing waits for them."""

    def __init__(
        self, counter: Counter, place: Place, kept: Statistics, observe: Observe, clock: Callable[[], float] = time.time,
    ) -> None:
        self._counter, self._place, self._kept, self._observe, self._clock = counter, place, kept, observe, clock
        self._sending, self._waiting, self._lost = Batch(), Batch(), False
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, in this process; after any fork."""
        self._thread = threading.Thread(target=self._run, name="statistics", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, once everything is written; nothing may be counted any more."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(_STOP_S + 4)

    def _run(self) -> None:
        while not self._record() and not self._ending.is_set():     # it is tried once more when it ends
            self._ending.wait(FLUSH_S)

    def _record(self) -> bool:
        """Write until the end; False where there is no place for it at present."""
        try:
            with self._place.own() as base:
                self._go_on(Writer(base, self._kept.calls_max, self._clock))
        except SourceUnavailable as error:
            self._waiting.merge(self._counter.take())               # under the minute that it is now
            self._lose(error)
            return False
        return True

    def _go_on(self, writer: Writer) -> None:
        flushed_at, rolled_at = 0.0, time.monotonic() - _ROLL_S + 10 * FLUSH_S
        while not self._ending.wait(FLUSH_S if self._lost else _LOOK_S):
            now = time.monotonic()
            if now - flushed_at >= FLUSH_S and self._flush(writer):
                flushed_at = now
            if now - rolled_at >= _ROLL_S:
                rolled_at = now                             # beside this thread, so that counts need not wait for it
                threading.Thread(target=self._roll, name="statistics-roll", daemon=True).start()
        self._finish(writer)

    def _finish(self, writer: Writer) -> None:
        """Write the last, and try again for a while where that fails."""
        ends_at = time.monotonic() + _STOP_S
        self._flush(writer)
        while self._lost and time.monotonic() < ends_at:
            threading.Event().wait(_LOOK_S)
            self._flush(writer)

    def _flush(self, writer: Writer) -> bool:
        """Write what there is; whether there was anything."""
        wrote = False
        self._waiting.merge(self._counter.take())
        try:
            while self._sending or self._waiting:
                if not self._sending:
                    self._sending, self._waiting = self._waiting, Batch()
                writer.write(self._sending)
                self._sending = Batch()
                wrote = True
            writer.trim()
        except SourceUnavailable as error:
            self._lose(error)
            return True
        if self._lost:
            self._observe(StatisticsRegained())
        self._lost = False
        return wrote

    def _lose(self, error: SourceUnavailable) -> None:
        if not self._lost:
            self._observe(StatisticsLost(error=str(error)))
        self._lost = True

    def _roll(self) -> None:
        try:
            roll_up(self._place, self._kept, self._clock())
        except SourceUnavailable as error:
            self._observe(StatisticsLost(error=str(error)))

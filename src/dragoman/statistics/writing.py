"""Writing batches: each once, whatever happens to the connection, and no more calls than are to be kept."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from .bases import Base
from .counting import Batch
from .tables import ADD, LAST_BATCH, NOTE_BATCH, NOTE_CALL, TRIM_CALLS

_TRIM_S = 10.0


class Writer:
    """Writes the batches of one process under a name of its own."""

    def __init__(self, base: Base, calls_max: int, clock: Callable[[], float] = time.time) -> None:
        """`calls_max`: how many calls are kept of each caller."""
        self._base, self._calls_max, self._clock = base, calls_max, clock
        self._node = secrets.token_hex(8)
        self._batch, self._unsure = 0, False
        self._callers: set[tuple[str, str]] = set()
        self._trimmed_at = time.monotonic()

    def write(self, batch: Batch) -> None:
        """Write a batch whole. Raises `SourceUnavailable`; the same batch must be given again then, before any other: it
        may have been written just before the connection broke."""
        if self._unsure and self._base.ask(LAST_BATCH, self._node) == [(self._batch,)]:
            self._unsure = False
            return
        self._batch, self._unsure = (self._batch if self._unsure else self._batch + 1), True
        span = 60
        self._base.do(
            (NOTE_BATCH, [(self._node, self._batch, int(self._clock()))]),
            (ADD, [(span, minute, *series, self._node, *sums) for (series, minute), sums in sorted(batch.sums.items())]),
            (NOTE_CALL, batch.calls),
        )
        self._unsure = False
        self._callers.update((call.application, call.key) for call in batch.calls)

    def trim(self) -> None:
        """Forget calls of those who called lately, but for their last ones; seldom. Raises `SourceUnavailable`."""
        if not self._callers or time.monotonic() - self._trimmed_at < _TRIM_S:
            return
        self._base.do((TRIM_CALLS, [(*caller, *caller, self._calls_max) for caller in sorted(self._callers)]))
        self._callers, self._trimmed_at = set(), time.monotonic()

"""The turn of one call in a thread: who gives up first, whoever waits or whoever works, is settled here once."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock, Thread


class CallTurn:
    """Keeps the contract of `Turn`."""

    def __init__(self, timeout_s: float) -> None:
        self._ends_at = time.monotonic() + timeout_s
        self._lock = Lock()
        self._keeping = self._over = False
        self._stop: Callable[[], None] | None = None

    @property
    def left_s(self) -> float:
        """Seconds until it is given up."""
        return 0.0 if self._over else max(0.0, self._ends_at - time.monotonic())

    def keep(self) -> bool:
        """Whether what was done may be kept."""
        with self._lock:
            self._keeping = not self._over
            return self._keeping

    def resume(self) -> None:
        """It is done anew."""
        with self._lock:
            self._keeping = False

    def stop_by(self, stop: Callable[[], None] | None) -> bool:
        """What ends whatever it waits for; False where it was ended already."""
        with self._lock:
            self._stop = None if self._over else stop
            return not self._over

    def give_up(self) -> bool:
        """Nobody waits any more; what is being kept just now is not given up."""
        with self._lock:
            if self._keeping:
                return False
            self._over = True
            stop, self._stop = self._stop, None
        if stop is not None:                    # telling a database that is away could take as long as asking it
            Thread(target=stop, name="stop", daemon=True).start()
        return True

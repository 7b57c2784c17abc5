"""Threads that can be given up: told to end by an exception, and never waited for when the process stops."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import Any

_raise_in_thread = ctypes.pythonapi.PyThreadState_SetAsyncExc


class GivenUp(BaseException):
    """Raised inside a function that nobody waits for any more; at its next line of Python, as nothing interrupts C code."""


class Thread:
    """Runs one function, and tells how that ended: its result, or its error."""

    def __init__(self, function: Callable[[], Any], tell: Callable[[Any, BaseException | None], None]) -> None:
        self._function, self._tell = function, tell
        self._lock = threading.Lock()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="method", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def interrupt(self) -> None:
        """Raise `GivenUp` in the function, unless it has ended."""
        with self._lock:
            if not self._ended:
                _raise_in_thread(ctypes.c_ulong(self._thread.ident or 0), ctypes.py_object(GivenUp))

    def _run(self) -> None:
        result: Any = None
        error: BaseException | None = None
        try:
            try:
                result = self._function()
            except BaseException as raised:  # noqa: BLE001  # whatever it is, whoever waits is told
                error = raised
            self._end()
        except GivenUp as raised:           # at the last moment; it comes once
            error = error or raised
            self._end()
        self._tell(result, error)

    def _end(self) -> None:
        """From here on nothing is raised from outside; what was on its way is taken back."""
        with self._lock:
            self._ended = True
            _raise_in_thread(ctypes.c_ulong(threading.get_ident()), None)

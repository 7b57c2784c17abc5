"""Writing down when keys were used, in a thread and over a connection of its own: reading what keys are worth never waits for it."""

from __future__ import annotations

import threading

from ..errors import SourceUnavailable
from ..observations import Observe, UsesLost
from .ledger import Ledger
from .register import Register

_EVERY_S = 2.0


class UseKeeper:
    """Writes every other second which keys were used; what cannot be written waits, one moment a key."""

    def __init__(self, ledger: Ledger, register: Register, observe: Observe) -> None:
        self._ledger, self._register, self._observe = ledger, register, observe
        self._waiting: dict[str, float] = {}
        self._lost = False
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, in this process, after any fork."""
        self._thread = threading.Thread(target=self._run, name="uses", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, and write down what is left."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(5)

    def write(self) -> None:
        """Write what waits; that it cannot be written is told once, and tried again."""
        self._waiting |= self._register.take_uses()
        if not self._waiting:
            return
        try:
            self._ledger.note_uses(self._waiting)
        except SourceUnavailable as error:
            if not self._lost:
                self._observe(UsesLost(error=str(error)))
            self._lost = True
        else:
            self._waiting, self._lost = {}, False

    def _run(self) -> None:
        while not self._ending.wait(_EVERY_S):
            self.write()
        self.write()
        self._ledger.close()

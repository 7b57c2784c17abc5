"""Following the control plane: one thread a process that keeps a register up to date within a fraction of a second."""

from __future__ import annotations

import threading

from ..errors import SourceUnavailable
from ..observations import CredentialsLost, Observe
from .ledger import Ledger
from .register import Register
from .switches import Switches

POLL_S = 0.1
_RETRY_S = 0.5


class Follower:
    """Reads what changed ten times a second."""

    def __init__(self, ledger: Ledger, register: Register, switches: Switches, observe: Observe) -> None:
        self._ledger, self._register, self._switches, self._observe = ledger, register, switches, observe
        self._since, self._lost = 0, False
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, in this process, after any fork; what is known by now is in force before the first answer."""
        self._try()
        self._ledger.close()                # a connection belongs to one thread
        self._thread = threading.Thread(target=self._run, name="credentials", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(5)

    def follow(self) -> None:
        """Take in what changed. Raises `SourceUnavailable`."""
        if self._ledger.changed():
            facts, fresh = self._ledger.read(self._since)
            self._register.apply(facts, fresh=fresh)
            self._switches.take(facts, fresh=fresh)
            self._since = facts[-1].seq if facts else (0 if fresh else self._since)
        self._register.hear()

    def _run(self) -> None:
        while not self._ending.wait(_RETRY_S if self._lost else POLL_S):
            self._try()
        self._ledger.close()

    def _try(self) -> None:
        """One round; what goes wrong is told once, and tried again."""
        try:
            self.follow()
            self._lost = False
        except SourceUnavailable as error:
            if not self._lost and self._register.ready:
                self._observe(CredentialsLost(error=str(error)))
            self._lost = True

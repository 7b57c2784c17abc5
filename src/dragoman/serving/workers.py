"""A supervisor: forks workers, restarts those that die, and stops them all."""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress

from ..errors import DragomanError
from ..observations import Logged, Observe

_RESTART_DELAY_MAX_S = 5.0
_HEALTHY_S = 2.0
_GRACE_S = 5.0
"""What a worker has to end beyond the time that its requests have."""
_TICK_S = 0.2


class Worker:
    """One place for a worker: the process in it now, and when another may start."""

    def __init__(self) -> None:
        self.pid = 0
        self.born_at = 0.0
        self.due_at = 0.0
        self.delay_s = 0.0

    def died(self, now: float) -> None:
        """Let the next one wait, the longer the more often they die young."""
        self.pid = 0
        young = now - self.born_at < _HEALTHY_S
        self.delay_s = min(_RESTART_DELAY_MAX_S, max(0.1, self.delay_s * 2)) if young else 0.0
        self.due_at = now + self.delay_s


class Workers:
    """Runs `work` in several processes until told to stop."""

    def __init__(
        self, count: int, work: Callable[[int], None], observe: Observe, stop_timeout_s: float, *,
        alive: Callable[[], bool] = lambda: True,
    ) -> None:
        """`work` is given a file descriptor that reaches its end when this process does; once `alive` says no, all end."""
        self._work, self._observe, self._stop_timeout_s, self._alive = work, observe, stop_timeout_s, alive
        self._workers = [Worker() for _ in range(count)]
        self._stopping = False
        self._alive_read, self._alive_write = os.pipe()
        self._wake_read, self._wake_write = socket.socketpair()

    def run(self, begun: Callable[[], None]) -> None:
        """Until SIGTERM or SIGINT; then every worker is told to stop, and killed where it does not."""
        self._wake_write.setblocking(False)
        previous = {sig: signal.signal(sig, self._stop) for sig in (signal.SIGTERM, signal.SIGINT)}
        previous[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        wakeup = signal.set_wakeup_fd(self._wake_write.fileno(), warn_on_full_buffer=False)
        try:
            self._start_due()
            begun()
            while not self._stopping:
                self._wait()
                self._reap()
                self._start_due()
                self._stopping = self._stopping or not self._alive()
            self._end()
        finally:
            signal.set_wakeup_fd(wakeup)
            for sig, handler in previous.items():
                signal.signal(sig, handler)
            for end in (self._alive_read, self._alive_write):
                os.close(end)
            self._wake_read.close()
            self._wake_write.close()

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _wait(self) -> None:
        if select.select([self._wake_read], [], [], _TICK_S)[0]:
            self._wake_read.recv(4096)

    def _start_due(self) -> None:
        now = time.monotonic()
        for worker in self._workers:
            if not worker.pid and worker.due_at <= now and not self._stopping:
                self._start(worker, now)

    def _start(self, worker: Worker, now: float) -> None:
        sys.stdout.flush()
        sys.stderr.flush()                      # or the child would write it again
        worker.born_at = now
        worker.pid = os.fork()
        if not worker.pid:
            os._exit(self._be_worker())

    def _be_worker(self) -> int:
        """The life of a child; its exit status."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.close(self._alive_write)
        self._wake_read.close()
        self._wake_write.close()
        try:
            self._work(self._alive_read)
        except SystemExit as leaving:
            return leaving.code if isinstance(leaving.code, int) else 1
        except DragomanError as error:
            self._tell(str(error))
            return 1
        except BaseException:  # noqa: BLE001  # a child must never return into the code of its parent
            self._tell(traceback.format_exc())
            return 1
        return 0

    def _reap(self) -> None:
        for worker in self._workers:
            if worker.pid and (status := _ended(worker.pid)) is not None:
                if not self._stopping:
                    self._tell(f"worker {worker.pid} ended with status {status}; another takes its place")
                worker.died(time.monotonic())

    def _end(self) -> None:
        """Tell all to stop, and wait; what outlives its time is killed. They are told again and again, since a worker
        that is still starting hears nothing."""
        deadline = time.monotonic() + self._stop_timeout_s + _GRACE_S
        while any(worker.pid for worker in self._workers):
            self._signal_all(signal.SIGTERM if time.monotonic() < deadline else signal.SIGKILL)
            self._wait()
            self._reap()

    def _signal_all(self, sig: signal.Signals) -> None:
        for worker in self._workers:
            if worker.pid:
                with suppress(ProcessLookupError):
                    os.kill(worker.pid, sig)

    def _tell(self, message: str) -> None:
        self._observe(Logged(logger="dragoman.workers", level="error", message=message))


def _ended(pid: int) -> int | None:
    """The status of a child that has ended; None while it runs. Only its own is asked for: others may have children."""
    try:
        ended, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return 1
    return os.waitstatus_to_exitcode(status) if ended else None

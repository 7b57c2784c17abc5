"""Worker processes for long operations: those of `dragoman worker`, and those that a server brings along."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import click
import msgspec

from . import assembly
from .catalog.catalog import Catalog
from .errors import SettingsError
from .observations import Logged, Observe
from .serving.log import Log, share, take_over_logging
from .serving.metrics import Metrics, folder_of
from .serving.workers import Workers
from .settings import Settings
from .working.worker import Stuck, Worker

_STOP_S = 10.0
"""How long a worker may take to give back what it works on."""
_DELAY_MAX_S, _HEALTHY_S = 5.0, 2.0


def work(sources: Sequence[str], name: str | None, settings: Settings, processes: int, *, as_json: bool, beside: int | None) -> None:
    """Do the operations of catalogs until told to stop, or until the server with the process id `beside` has gone.

    Raises `DragomanError` for what can never work.
    """
    out = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):    # what methods print goes with the log
        _work_until(sources, name, settings, processes, beside, out if as_json else None)


def _work_until(
    sources: Sequence[str], name: str | None, settings: Settings, processes: int, beside: int | None, out: TextIO | None,
) -> None:
    log = Log(sys.stderr, access=settings.access_log)
    data_dir = Path(settings.data_dir)
    served = assembly.Served(sources=tuple(sources), name=name) if sources else assembly.recall(data_dir)
    loaded, _ = assembly.load_catalogs(served.sources, served.name, settings)
    catalogs = {catalog.name: catalog for catalog in loaded if catalog.has_operations}
    if not catalogs:
        raise SettingsError(f"{', '.join(served.sources)}: no method there is an operation, so that workers would have nothing to do.")
    data_dir.mkdir(parents=True, exist_ok=True)
    assembly.open_operations(settings).make()       # before there are several, and to say at once what is wrong
    take_over_logging(log)

    def tell() -> None:
        if out is not None:
            print(msgspec.json.encode({"pid": os.getpid(), "processes": processes, "catalogs": list(catalogs)}).decode(),
                  file=out, flush=True)
        elif beside is None:
            click.echo(f"{processes} at work on the operations of {', '.join(catalogs)}.", err=True)

    alive: Callable[[], bool] = (lambda: True) if beside is None else (lambda: os.getppid() == beside)
    folder = None if beside is None else folder_of(settings, beside)
    Workers(processes, partial(_work, catalogs, settings, log, folder), log, _STOP_S, alive=alive).run(tell)


def _work(catalogs: Mapping[str, Catalog], settings: Settings, log: Log, folder: Path | None, parent: int) -> None:
    """The life of one worker process; `parent` reaches its end when the supervisor has gone."""
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda sig, _: stopped.append(sig))
    signal.signal(signal.SIGINT, signal.SIG_IGN)    # Ctrl-C reaches every process; the supervisor alone decides
    metrics = Metrics(folder if folder is not None and folder.is_dir() else None)

    def stopping() -> bool:
        metrics.tick()
        return bool(stopped or select.select([parent], [], [], 0)[0])

    observe = share(metrics, log)
    jobs, bell = assembly.open_jobs(settings)
    try:
        Worker(f"{socket.gethostname()}:{os.getpid()}", catalogs, jobs, bell, settings.operations, observe, stopping).run()
    except Stuck as stuck:
        observe(Logged(logger="dragoman.pool", level="error", message=f"{stuck}; this process ends instead"))
        raise SystemExit(3) from None
    finally:
        metrics.flush()
        log.flush()


class Pool:
    """The workers that a server brings along: started beside it, started again should they end, ended with it."""

    def __init__(self, sources: Sequence[str], name: str | None, settings: Settings, observe: Observe) -> None:
        self._command = [sys.executable, "-P", "-m", "dragoman", "worker", *sources, "--data-dir", settings.data_dir,
                         "--processes", str(settings.operations.processes), *(("--name", name) if name else ())]
        self._observe = observe
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[Any] | None = None
        self._thread = threading.Thread(target=self._keep, name="pool", daemon=True)

    def start(self) -> None:
        """Begin; in the process that outlives all others of the server, once it has forked them."""
        self._thread.start()

    def stop(self) -> None:
        """Tell the workers to give back what they have, and wait."""
        with self._lock:
            self._over.set()
            process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(2 * _STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _keep(self) -> None:
        delay_s = 0.0
        while not self._over.wait(delay_s):
            born_at = time.monotonic()
            with self._lock:
                if self._over.is_set():
                    return
                process = self._process = subprocess.Popen(  # noqa: S603  # this very program
                    [*self._command, "--beside", str(os.getpid())], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                    start_new_session=True)     # Ctrl-C at a terminal is for the server, which tells them
            status = process.wait()
            if not self._over.is_set():
                self._observe(Logged(logger="dragoman.pool", level="error",
                                     message=f"the workers of operations ended with status {status}; others take their place"))
            young = time.monotonic() - born_at < _HEALTHY_S
            delay_s = min(_DELAY_MAX_S, max(0.1, delay_s * 2)) if young else 0.1

"""Processes that listen: one, or several that share a socket and are replaced when they die."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from collections.abc import Callable

import uvicorn

from ..errors import SettingsError
from ..observations import Observe, Started, Stopped
from ..settings import Settings
from .asgi import Application
from .log import take_over_logging
from .protocol import limited

_BACKLOG = 2048
_RESTART_S = 0.5
"""The least time between two births of a worker, so that one that cannot live does not spin."""


def listen(settings: Settings) -> socket.socket:
    """A listening socket. Raises `SettingsError` where the address or port cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        raise SettingsError(
            f"Cannot listen on {settings.host} port {settings.port}: {error.strerror or error}. "
            "Choose another with --port, or stop what is there.",
        ) from None
    listening.listen(_BACKLOG)
    listening.set_inheritable(True)
    return listening


def url_of(listening: socket.socket, settings: Settings) -> str:
    """The address to tell people, without a slash at its end."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    scheme = "https" if settings.tls_cert else "http"
    return settings.base_url or f"{scheme}://{host}:{listening.getsockname()[1]}"


def run(application: Application, settings: Settings, observe: Observe, listening: socket.socket,
        listens: Callable[[], None]) -> None:
    """Serve until told to stop by SIGTERM or SIGINT; `listens` is called once, when that begins."""
    if settings.workers == 1:
        listens()
        _serve(application, settings, observe, listening)
    else:
        Supervisor(application, settings, observe, listening).run(listens)


def _serve(application: Application, settings: Settings, observe: Observe, listening: socket.socket) -> None:
    """Serve in this process; requests under way finish before it ends."""
    take_over_logging(observe)
    config = uvicorn.Config(
        application, http=limited(settings.http), loop=_loop(), lifespan="on", log_config=None, access_log=False,
        server_header=False, proxy_headers=False, ws="none",
        timeout_graceful_shutdown=max(1, round(settings.http.stop_timeout_s)),
        ssl_certfile=settings.tls_cert or None, ssl_keyfile=settings.tls_key or None,
    )
    server = uvicorn.Server(config)
    observe(Started(address=f"{settings.host}:{listening.getsockname()[1]}", pid=os.getpid()))
    with contextlib.suppress(KeyboardInterrupt):     # uvicorn raises the signal again when all is done
        server.run(sockets=[listening])
    observe(Stopped(pid=os.getpid()))


def _loop() -> str:
    try:
        import uvloop  # noqa: F401  # its presence is what matters
    except ModuleNotFoundError:
        return "asyncio"
    return "uvloop"


class Supervisor:
    """Forks workers from a process that has opened everything, so that they share its memory; replaces the dead."""

    def __init__(
        self, application: Application, settings: Settings, observe: Observe, listening: socket.socket,
    ) -> None:
        self._application, self._settings, self._observe, self._listening = application, settings, observe, listening
        self._workers: set[int] = set()
        self._stopping = False

    def run(self, listens: Callable[[], None]) -> None:
        """Until told to stop, and all workers have ended."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        for _ in range(self._settings.workers):
            self._fork()
        listens()
        while self._workers:
            try:
                worker, _ = os.wait()
            except InterruptedError:
                continue
            except ChildProcessError:
                break
            if worker in self._workers:
                self._workers.discard(worker)
                if not self._stopping:
                    time.sleep(_RESTART_S)
                    self._fork()

    def _fork(self) -> None:
        worker = os.fork()
        if worker:
            self._workers.add(worker)
            return
        status = 1
        try:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            _serve(self._application, self._settings, self._observe, self._listening)
            status = 0
        finally:
            os._exit(status)

    def _stop(self, number: int, frame: object) -> None:  # noqa: ARG002  # what a signal handler is given
        self._stopping = True
        for worker in self._workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGTERM)

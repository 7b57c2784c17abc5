"""Running a server: one process, or several that share a socket, from the bound address to the last answer."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
import ssl
from collections.abc import Callable
from functools import partial
from types import FrameType

import uvicorn

from ..errors import SettingsError
from ..observations import Observe, Started, Stopped
from ..settings import Settings
from .asgi import Application
from .log import take_over_logging
from .protocol import limited
from .workers import Workers

_BACKLOG = 2048
Proceed = Callable[[], None]


def nothing() -> None:
    """For a hook that nobody needs."""


def listen(settings: Settings) -> socket.socket:
    """A bound, listening socket, inherited by all workers. Raises `SettingsError` with the remedy."""
    check_tls(settings)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError as error:
        raise SettingsError(f"host = {settings.host!r} is no address of this machine: {error.strerror}.") from None
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise SettingsError(_explain(error, settings)) from None
    listening.setblocking(False)
    return listening


def _explain(error: OSError, settings: Settings) -> str:
    where = f"{settings.host}:{settings.port}"
    if error.errno == errno.EADDRINUSE:
        return f"{where} is in use: stop what listens there, or choose another port with --port (0 finds a free one)."
    if error.errno == errno.EACCES:
        return f"{where} needs more rights: choose a port above 1023 with --port."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{settings.host} is no address of this machine: choose another with --host (0.0.0.0 for all)."
    return f"{where} cannot be listened on: {error.strerror}."


def check_tls(settings: Settings) -> None:
    """Raise `SettingsError` where certificate and key cannot be used, before anything starts."""
    if not (settings.tls_cert or settings.tls_key):
        return
    if not (settings.tls_cert and settings.tls_key):
        raise SettingsError("TLS needs both a certificate and its key: give --tls-cert and --tls-key.")
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(settings.tls_cert, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"{settings.tls_cert} and {settings.tls_key} are no certificate and its key in PEM: {error}.") from None


def url_of(listening: socket.socket, settings: Settings) -> str:
    """The address to show people: the public one where it is set, a local one for wildcard addresses."""
    if settings.base_url:
        return settings.base_url
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # recognised, not bound
    return f"{'https' if settings.tls_cert else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def run(
    application: Application, settings: Settings, observe: Observe, listening: socket.socket,
    listens: Proceed = nothing,
) -> None:
    """Serve until SIGTERM or SIGINT, then finish what was begun, within `http.stop_timeout_s`.

    With several workers each has its own copy of the application, as it is now. `listens` is called once, in this
    process and after the first workers were forked: start threads there and not before, as a fork copies none.
    """
    take_over_logging(observe)

    def work(parent: int | None) -> None:
        _serve(application, settings, observe, listening, parent)

    try:
        if settings.workers == 1:
            listens()
            work(None)
        else:
            Workers(settings.workers, work, observe, settings.http.stop_timeout_s).run(listens)
    finally:
        listening.close()


def _serve(
    application: Application, settings: Settings, observe: Observe, listening: socket.socket, parent: int | None,
) -> None:
    server = Server(configure(application, settings), parent)
    server.begun = partial(observe, Started(address=url_of(listening, settings), pid=os.getpid()))
    server.run(sockets=[listening])
    observe(Stopped(pid=os.getpid()))
    if not server.started:
        raise SystemExit(1)


def configure(application: Application, settings: Settings) -> uvicorn.Config:
    """uvicorn, with our protocol and log, and with nothing that would tell what it is or trust what it should not."""
    stop_timeout_s: int = settings.http.stop_timeout_s  # type: ignore[assignment]  # a fraction is fine in fact
    return uvicorn.Config(
        application, http=limited(settings.http, application.refuse), loop="auto", ws="none", lifespan="on", interface="asgi3",
        log_config=None, access_log=False, proxy_headers=False, server_header=False, backlog=_BACKLOG,
        timeout_graceful_shutdown=stop_timeout_s, ssl_certfile=settings.tls_cert or None,
        ssl_keyfile=settings.tls_key or None,
    )


class Server(uvicorn.Server):
    """uvicorn's server; stops on a signal without dying of it, and when the process that started it has gone."""

    begun: Proceed = staticmethod(nothing)

    def __init__(self, config: uvicorn.Config, parent: int | None) -> None:
        """`parent` is a file descriptor that reaches its end when the supervisor does."""
        super().__init__(config)
        self._parent = parent

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and tell that we do."""
        await super().startup(sockets)
        if self._parent is not None:
            asyncio.get_running_loop().add_reader(self._parent, self._orphaned)
        self.begun()

    def _orphaned(self) -> None:
        asyncio.get_running_loop().remove_reader(self._parent or 0)
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  # uvicorn's signature
        """Stop gracefully; at once, where a person insists."""
        if self._parent is not None and sig == signal.SIGINT:
            return                              # Ctrl-C reaches every process; the supervisor alone decides
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True

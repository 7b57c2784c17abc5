"""The Room as an ASGI application: Django, loaded beside the data plane, which does not wait for it."""

from __future__ import annotations

import asyncio
import threading
import time
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

from ..errors import DragomanError
from ..observations import Crashed, Observe
from ..settings import Settings
from .holding import holding
from .published import Published, publish
from .room.logo import read_logo

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_LOAD_TIMEOUT_S = 60.0
_TRY_AGAIN_S = 5.0
_LETTERS_S = 2.0
"""How often it is looked for letters that are due."""
_TIDY_EVERY_S = 3_600.0
_UNAVAILABLE = (
    b"<!doctype html><html lang=en><meta charset=utf-8><title>Not available</title>"
    b"<h1>The Developer Room is not available at present</h1><p>The API goes on answering. Try again in a moment.</p></html>"
)


class Room:
    """Loads Django in a thread of its own when the process has started; a request that comes earlier waits for it."""

    def __init__(self, settings: Settings, published: Published, observe: Observe) -> None:
        """Raises `SettingsError` for a logo that is none."""
        if settings.room.logo:
            read_logo(settings.room.logo)
        self._settings, self._published, self._observe = settings, published, observe
        self._loaded = threading.Event()
        self._ending = threading.Event()
        self._app: App | None = None

    def start(self) -> None:
        """Begin to load, in this process; after any fork."""
        threading.Thread(target=self._load, name="room", daemon=True).start()

    def stop(self) -> None:
        """Try no more."""
        self._ending.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; 503 where the Room cannot be loaded."""
        if not self._loaded.is_set():
            await asyncio.to_thread(self._loaded.wait, _LOAD_TIMEOUT_S)
        if self._app is None:
            await _refuse(send)
        else:
            await self._app(scope, receive, holding(send))

    def _load(self) -> None:
        """Load, and try again until it works: the database may come later than this process."""
        told = ""
        while not self._ending.is_set():
            try:
                self._app = self._make()
            except Exception as error:  # noqa: BLE001  # told, and tried again; the data plane goes on
                if repr(error) != told:
                    told = repr(error)
                    trace = "" if isinstance(error, DragomanError) else traceback.format_exc()
                    self._observe(Crashed(request_id="", stage="room", error=str(error), traceback=trace))
                self._loaded.set()
                self._ending.wait(_TRY_AGAIN_S)
            else:
                self._loaded.set()
                self._keep_up()
                return

    def _keep_up(self) -> None:
        """Send what is announced and drop what is over, for as long as this process runs; a fault is told once, and tried again."""
        from .announcements.letters import deliver
        from .changelog.letters import follow
        from .tidying import tidy

        told, tidied_at, followed_at = "", float("-inf"), float("-inf")
        while not self._ending.wait(_LETTERS_S if not told else _TRY_AGAIN_S * 6):
            try:
                deliver()
                if time.monotonic() - tidied_at > _TIDY_EVERY_S:
                    tidy()
                    tidied_at = time.monotonic()
                if time.monotonic() - followed_at > self._settings.room.usage_s:
                    follow()
                    followed_at = time.monotonic()
                told = ""
            except Exception as error:  # noqa: BLE001  # told, and tried again; pages go on
                if repr(error) != told:
                    told = repr(error)
                    self._observe(Crashed(request_id="", stage="letters", error=told, traceback=traceback.format_exc()))

    def _make(self) -> App:
        from .migrating import migrate

        publish(self._published)
        migrate(self._settings, first_only=True)
        from .announcements.bases import note_bases
        from .grants.signing import make_key
        from .ledger.secret import note_secret

        note_secret(self._settings)
        make_key()
        note_bases(self._settings)
        from django.core.asgi import get_asgi_application

        return get_asgi_application()


async def _refuse(send: Send) -> None:
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", b"%d" % len(_UNAVAILABLE)),
               (b"cache-control", b"no-store"), (b"retry-after", b"5"), (b"content-security-policy", b"default-src 'none'")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": _UNAVAILABLE})

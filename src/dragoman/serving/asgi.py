"""The lane that any ASGI server can run: requests in, answers out, and nothing that knows a convention."""

from __future__ import annotations

import asyncio
import time
import traceback
import urllib.parse
from collections.abc import AsyncIterator, Callable, Sequence

import msgspec

from ..contracts import Answerer
from ..errors import Code, Fault
from ..exchange import Answer, Request, Work
from ..observations import Answered, Crashed, Observe
from ..settings import Settings
from .delivery import AnswerBroken, Send, begin, deliver
from .entrance import Entrance, Room, Scope
from .head import HeadReader
from .presence import Receive, while_present
from .problem import MEDIA_TYPE, problem_json

Hook = Callable[[], object]

_KNOWN_VERBS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_READING_VERBS = frozenset({"GET", "HEAD"})
_OWN = frozenset({b"/health/live", b"/health/ready", b"/metrics"})
_ROOM_VERBS = frozenset({"GET", "HEAD", "POST"})
_OPEN = (b"/oauth/", b"/auth/", b"/.well-known/")
"""Where the Room lets pages of other origins ask, so that it says itself what it takes."""
_TICK_S = 0.1


def _is_for_room(request: Request) -> bool:
    return request.verb in _ROOM_VERBS or (request.verb == "OPTIONS" and request.path.startswith(_OPEN))


class Application:
    """An ASGI 3 application: the data plane, the health of the process, its metrics, and the Room for all the rest."""

    def __init__(
        self, answerer: Answerer, settings: Settings, observe: Observe, *, ready: Callable[[], bool],
        metrics: Callable[[], bytes] | None = None, room: Room | None = None, on_start: Sequence[Hook] = (),
        on_tick: Sequence[Hook] = (), on_stop: Sequence[Hook] = (),
    ) -> None:
        """`on_tick` hooks are called about ten times a second, where the server keeps the lifespan protocol."""
        self._answerer, self._observe = answerer, observe
        self._ready, self._metrics, self._room, self._room_limit = ready, metrics, room, settings.http.body_max_bytes
        self._on_start, self._on_tick, self._on_stop = on_start, on_tick, on_stop
        self._head = HeadReader(settings)
        self._target_max_bytes = settings.http.request_line_max_bytes       # not every server has such a limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection of the ASGI server, of whichever type."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    # ------------------------------------------------------------------------------------ one request

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter_ns()
        request = self._read_head(scope)
        ours = self._answerer.serves(request.path)
        answer: Answer | None
        try:
            if len(request.path) + len(request.query) > self._target_max_bytes:
                answer = self._refuse_target(request, ours=ours)
            elif self._room is not None and not ours and request.path not in _OWN and _is_for_room(request):
                answer = await self._enter(self._room, request, scope, receive, send)
            else:
                answer = await self._ask(request, receive) if ours else self._show(request)
        except Exception as error:  # noqa: BLE001  # answerers never raise; should one, the client still is answered
            answer = self._crash(request, error)
        if answer is None:                          # the client has gone, or the Room has answered
            return
        size = 0
        try:
            size = await deliver(answer, request, receive, send)
        except AnswerBroken as broken:
            size = broken.size_bytes
            answer.outcome = str(Code.INTERNAL)
            self._tell_crash(request, "delivery", broken.__cause__ or broken)
            raise                                   # so that the server cuts the connection
        except OSError:                             # some servers say so when the client has left in the middle
            answer.outcome = "left"
        finally:
            if ours:
                self._observe(_told(request, answer, size, (time.perf_counter_ns() - started) // 1000))

    def _refuse_target(self, request: Request, *, ours: bool) -> Answer:
        reason = f"the target is longer than {self._target_max_bytes} bytes"
        if not ours:
            return problem(request, 414, f"{reason.capitalize()}.")
        answer = self._answerer.refuse(request, Fault(code=Code.REQUEST_MALFORMED, message=reason, facts={"status": 414}))
        answer.status = 414
        return answer

    def _read_head(self, scope: Scope) -> Request:
        target = scope.get("raw_path") or urllib.parse.quote(scope["path"]).encode("ascii")
        client = scope.get("client")
        return self._head.read(
            scope["method"], target.partition(b"?")[0], scope["query_string"], scope["headers"],
            client[0] if client else "", scope["scheme"],
        )

    async def _ask(self, request: Request, receive: Receive) -> Answer | None:
        """The data plane's answer; None where the client left before it was there."""
        limit = self._answerer.body_limit_bytes(request)
        if limit > 0:
            body = await _read_body(request, receive, limit)
            if isinstance(body, Fault):
                return self._answerer.refuse(request, body)
            if body is None:
                return None
            request.body = body
        given = self._answerer.answer(request)
        answer = await while_present(given.run(), receive) if isinstance(given, Work) else given
        if answer is not None and isinstance(answer.body, AsyncIterator) and request.verb != "HEAD":
            answer.body = await begin(answer.body)
        return answer

    def refuse(self, target: bytes, peer: str, status: int, reason: str) -> Answer | None:
        """The answer to a request whose head was refused by a server below, in the form of whoever is asked at its
        target; None where that is no dialect. The status is the server's."""
        path = target.partition(b"?")[0]
        if not self._answerer.serves(path):
            return None
        request = self._head.read("", path, b"", (), peer, "")
        answer = self._answerer.refuse(request, Fault(code=Code.REQUEST_MALFORMED, message=reason, facts={"status": status}))
        answer.status = status
        answer.headers.append((b"x-request-id", request.id.encode("ascii")))
        size = len(answer.body) if isinstance(answer.body, bytes) else 0
        self._observe(_told(request, answer, size, 0))
        return answer

    async def _enter(self, room: Room, request: Request, scope: Scope, receive: Receive, send: Send) -> Answer | None:
        """Hand a request over, with a bounded body and with what trusted proxies said of the client already heard; None
        when it was answered there. An exception after the status was sent goes on, so that the server cuts the connection."""
        body = await _read_body(request, receive, self._room_limit)
        if body is None:
            return None
        entered = Entrance(request, body, scope, receive, send)
        try:
            await room(entered.scope, entered.receive, entered.send)
        except Exception as error:
            if entered.answered:
                self._tell_crash(request, "room", error)
                raise
            return self._crash(request, error, "room")
        return None

    def _show(self, request: Request) -> Answer:
        """What is not of the data plane: health, metrics, pages."""
        verbs = "GET, HEAD, OPTIONS" if self._room is None or request.path in _OWN else "GET, HEAD, POST, OPTIONS"
        if request.verb == "OPTIONS":
            return Answer(status=204, headers=[(b"allow", verbs.encode())])
        if request.verb not in _KNOWN_VERBS or (request.verb not in _READING_VERBS and request.path != b"*"):
            return problem(request, 405, f"Only {verbs} are answered here.", (b"allow", verbs.encode()))
        if request.path == b"/health/live":
            return _state("live")
        if request.path == b"/health/ready":
            return _state("ready") if self._ready() else _state("starting", 503)
        if request.path == b"/metrics" and self._metrics is not None:
            return Answer(
                status=200, body=self._metrics(),
                headers=[(b"content-type", b"text/plain; version=0.0.4; charset=utf-8"), _NO_STORE],
            )
        return problem(request, 404, "There is nothing at this address.")

    def _crash(self, request: Request, error: Exception, stage: str = "lane") -> Answer:
        self._tell_crash(request, stage, error)
        answer = problem(request, 500, "Something went wrong on our side; tell the operator the request id.")
        answer.outcome = str(Code.INTERNAL)
        return answer

    def _tell_crash(self, request: Request, stage: str, error: BaseException) -> None:
        told = "".join(traceback.format_exception(error))
        self._observe(Crashed(request_id=request.id, stage=stage, error=repr(error), traceback=told))

    # ------------------------------------------------------------------------------------ the process

    async def _live(self, receive: Receive, send: Send) -> None:
        """The lifespan protocol: hooks at start and stop, and a clock between them."""
        await receive()
        try:
            _call(self._on_start)
        except Exception as error:  # noqa: BLE001  # the protocol's own way to say that nothing can be served
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        clock = asyncio.create_task(self._tick())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        clock.cancel()
        await asyncio.wait({clock})
        _call(self._on_stop)
        await send({"type": "lifespan.shutdown.complete"})

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            for hook in self._on_tick:
                try:
                    hook()
                except Exception as error:  # noqa: BLE001  # one bad moment must not stop the clock
                    told = traceback.format_exc()
                    self._observe(Crashed(request_id="", stage="tick", error=repr(error), traceback=told))


_NO_STORE = (b"cache-control", b"no-store")


def _told(request: Request, answer: Answer, size_bytes: int, time_us: int) -> Answered:
    return Answered(
        request_id=request.id, peer=request.peer, verb=request.verb, path=request.path.decode("ascii", "backslashreplace"),
        status=answer.status, dialect=answer.dialect, target=answer.target, language=answer.language,
        version=answer.version, application=answer.application, key=answer.key, cluster=request.cluster, outcome=answer.outcome,
        size_bytes=size_bytes, time_us=time_us,
    )


def problem(request: Request, status: int, detail: str, *headers: tuple[bytes, bytes]) -> Answer:
    """The answer to what belongs to no dialect."""
    return Answer(status=status, headers=[(b"content-type", MEDIA_TYPE), _NO_STORE, *headers],
                  body=problem_json(status, detail, request_id=request.id))


def _state(state: str, status: int = 200) -> Answer:
    body = msgspec.json.encode({"status": state})
    return Answer(status=status, headers=[(b"content-type", b"application/json"), _NO_STORE], body=body)


def _call(hooks: Sequence[Hook]) -> None:
    for hook in hooks:
        hook()


async def _read_body(request: Request, receive: Receive, limit: int) -> bytes | Fault | None:
    """The whole body; a fault where it is larger than allowed, None where the client left in its middle."""
    too_large = Fault(
        code=Code.BODY_TOO_LARGE, message=f"the body is larger than {limit} bytes", facts={"limit": limit},
        hint="Send less at once.",
    )
    declared = request.headers.get(b"content-length", b"0")
    if declared.isdigit() and int(declared[:19]) > limit:
        return too_large
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            return too_large
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)

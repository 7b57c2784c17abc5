"""uvicorn's httptools protocol with what it lacks: limits, deadlines, strict framing, and refusals that arrive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import IntEnum
from typing import Any, ClassVar

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from ..exchange import Answer
from ..settings import Http
from .deadlines import sweeper_of
from .framing import Rejected, explain, judge, target_in

_PIECE_BYTES = 16_384
"""The parser is fed by pieces, so that one packet cannot queue more pipelined requests than a piece holds."""
_LINGER_BYTES = 65_536
_LINGER_S = 1.0
_HALF_CLOSED_S = 1.0
_CHUNK_OVERHEAD_MAX = 16
"""Bytes on the wire for each byte of a chunked body, past which it is an attack and no client."""


Voice = Callable[[bytes, str, int, str], Answer | None]
"""From a target as far as it was read, the client's address, the status and the reason of a refusal to the answer of
whoever is asked there; None where that is nobody."""


class Phase(IntEnum):
    """What the connection waits for from its client."""

    HEAD = 0
    BODY = 1
    NOTHING = 2
    """The request is whole; the answer is ours to give."""
    NEXT = 3
    """Everything is answered."""
    END = 4
    """The last answer is written; the client should close."""


class Outlet:
    """What an answer is written to: the transport, but that a head leaves together with what follows it, and that
    closing waits until the client has read."""

    __slots__ = ("_held", "_transport", "close", "due", "is_closing")

    def __init__(self, protocol: LimitedProtocol) -> None:
        self._transport = protocol.transport
        self._held = b""
        self.due = False
        """Whether the next write is a head."""
        self.is_closing = protocol.transport.is_closing
        self.close = protocol.linger

    def write(self, data: bytes) -> None:
        """Write, or hold what is a head: one packet and one system call do for a small answer."""
        if self._held:
            held, self._held = self._held, b""
            self._transport.writelines((held, data))
        elif self.due and not data.startswith(b"HTTP/1.1 100 "):
            self.due, self._held = False, data
        else:
            self._transport.write(data)

    def flush(self) -> None:
        """Write a head that nothing follows."""
        if self._held:
            held, self._held = self._held, b""
            self._transport.write(held)


class LimitedProtocol(HttpToolsProtocol):
    """One connection. `limited()` gives a class of it with the limits of some settings."""

    limits: ClassVar[Http] = Http()
    url = b""

    @staticmethod
    def voice(target: bytes, peer: str, status: int, reason: str) -> Answer | None:  # noqa: ARG004  # a `Voice`
        """For a server that speaks no dialect."""
        return None

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._sweeper = sweeper_of(self.server_state, self.loop, self.limits)
        self._phase = Phase.HEAD
        self._since = self.loop.time()
        self._taken = 0
        """Bytes of the present head, or of the present body with its framing."""
        self._body_seen = 0
        self._room = 0
        self._chunked = False
        self._keep_alive = True
        self._stopping = self._deaf = self._half_closed = False
        self._active: RequestResponseCycle | None = None
        self._backlog = b""
        self._refusal: Rejected | None = None
        self._outlet: Outlet | None = None
        self._unsent, self._unsent_since = 0, 0.0
        self._leaving: asyncio.TimerHandle | None = None

    # ------------------------------------------------------------------------------------ the connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # asyncio gives no other
        """A client has come; the time for its first head runs."""
        super().connection_made(transport)
        self._outlet = Outlet(self)
        self._sweeper.watch(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone: whoever works for it is told, and nothing is kept."""
        self._sweeper.forget(self)
        if self._leaving is not None:
            self._leaving.cancel()
        if self._active is not None and not self._active.response_complete:
            self._active.disconnected = True
            self._active.message_event.set()
        self.pipeline.clear()
        self._backlog = b""
        super().connection_lost(exc)
        self._outlet = self._active = None

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio hears the answer
        """A client that has sent all its requests and closed its half may still read their answers for a moment; one
        that has gone looks the same, so work that takes longer is given up."""
        self._half_closed = True
        waiting = self._active is not None and not self._active.response_complete
        whole = self._phase is Phase.NOTHING or self._refusal is not None
        if not (waiting and whole) or self.scheme == "https":
            return False
        if self._refusal is None:
            self.cycle.keep_alive = False
        self._leaving = self.loop.call_later(_HALF_CLOSED_S, self._leave)
        return True

    def _leave(self) -> None:
        if self._active is None or not self._active.response_started:
            self.transport.close()

    def shutdown(self) -> None:
        """The server stops: answer what was asked, then close."""
        self._stopping = True
        super().shutdown()

    # ------------------------------------------------------------------------------------ bytes in

    def data_received(self, data: bytes) -> None:
        """Feed the parser, unless requests wait already or nothing more is heard."""
        if self._deaf:
            self._discard(len(data))
        elif self._backlog or self.pipeline:
            self._backlog += data
            self.flow.pause_reading()
        else:
            self._feed(data)

    def _feed(self, data: bytes) -> None:
        if self._phase is Phase.NEXT:
            self._enter(Phase.HEAD)
        for start in range(0, len(data), _PIECE_BYTES):
            piece = data[start:start + _PIECE_BYTES] if len(data) > _PIECE_BYTES else data
            begins = not self._taken and self._phase is not Phase.BODY
            try:
                self.parser.feed_data(piece)
                self._weigh(len(piece))
            except httptools.HttpParserUpgrade:     # what follows belongs to no protocol that we speak
                self._deaf = True
            except httptools.HttpParserError as error:
                if isinstance(error, httptools.HttpParserInvalidURLError) and (begins or self.url):
                    self.url = target_in(piece if begins else b"GET " + self.url + piece)
                self._refuse(explain(error))
            except Rejected as refused:
                self._refuse(refused)
            if self._deaf:
                return
            if self.pipeline:
                self._backlog = data[start + _PIECE_BYTES:]
                return

    def _weigh(self, size: int) -> None:
        """Bound what the parser takes without a callback: an endless header, chunk extensions, trailers."""
        if self._phase is Phase.HEAD:
            self._taken += size
            if self._taken > self.limits.request_line_max_bytes + self.limits.header_max_bytes + _PIECE_BYTES:
                raise Rejected(431, "the head of the request is too large")
        elif self._phase is Phase.BODY:
            self._taken += size
            allowed = self._body_seen * _CHUNK_OVERHEAD_MAX + self.limits.header_max_bytes + _PIECE_BYTES
            if self._chunked and self._taken > allowed:
                raise Rejected(400, "the chunks of the body are smaller than what surrounds them")

    def _discard(self, size: int) -> None:
        self._taken += size
        if self._taken > _LINGER_BYTES:
            if self._phase is Phase.END:
                self.transport.close()
            else:
                self.flow.pause_reading()

    # ------------------------------------------------------------------------------------ the parser's callbacks

    def on_message_begin(self) -> None:
        """A request line starts."""
        super().on_message_begin()
        if self._phase is not Phase.HEAD:
            self._enter(Phase.HEAD)
        self._room = self.limits.header_max_bytes

    def on_url(self, url: bytes) -> None:
        """A part of the target."""
        self.url += url
        if len(self.url) + len("OPTIONS  HTTP/1.1") > self.limits.request_line_max_bytes:
            raise Rejected(414, f"the request line is longer than {self.limits.request_line_max_bytes} bytes")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; trailers come here too, and are dropped."""
        if self._phase is not Phase.HEAD:
            return
        self._room -= len(name) + len(value) + len(": \r\n")
        if self._room < 0:
            raise Rejected(431, f"the headers are longer than {self.limits.header_max_bytes} bytes")
        self.headers.append((name.lower(), value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        """The head is whole: judge its framing, then start the request or queue it."""
        if len(self.headers) > self.limits.headers_max:
            raise Rejected(431, f"there are more than {self.limits.headers_max} headers")
        upgrade = self.parser.should_upgrade()
        framing = judge(self.parser.get_http_version(), self.parser.get_method(), self.url, self.headers, upgrade)
        if framing.authority is not None:
            self.url = framing.target
            self.headers[:] = [header for header in self.headers if header[0] != b"host"]
            self.headers.append((b"host", framing.authority))
        self.expect_100_continue = framing.expects
        super().on_headers_complete()
        self.cycle.transport = self._outlet     # type: ignore[assignment]  # it forwards all else
        self._keep_alive = self.cycle.keep_alive and not upgrade
        if framing.body or upgrade or self._stopping:
            self.cycle.keep_alive = False       # until the body is whole: an answer before that is the last one
        if framing.body:
            self._chunked = framing.chunked
            self._enter(Phase.BODY)

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._body_seen += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        super().on_message_complete()
        if not self.cycle.response_started and not self._stopping and not self._half_closed:
            self.cycle.keep_alive = self._keep_alive
        self._enter(Phase.NEXT if self.cycle.response_complete else Phase.NOTHING)

    def _enter(self, phase: Phase) -> None:
        if self._phase is not Phase.END:
            self._phase, self._since, self._taken, self._body_seen = phase, self.loop.time(), 0, 0

    # ------------------------------------------------------------------------------------ answers out

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._active = cycle
        if self._outlet is not None:
            self._outlet.due = True
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """An answer is written: start the next request, tell the refusal that waited for its turn, or read on."""
        self.server_state.total_requests += 1
        if self._outlet is not None:
            self._outlet.flush()
        if self._phase is Phase.END or self.transport.is_closing():
            return
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self._refusal is not None:
            self._tell(self._refusal)
        else:
            self.flow.resume_reading()
            if self._phase is Phase.NOTHING:
                self._enter(Phase.NEXT)
            if self._backlog:
                self.loop.call_soon(self._resume)

    def _resume(self) -> None:
        backlog, self._backlog = self._backlog, b""
        if backlog and not self._deaf and self.parser is not None:
            self._feed(backlog)

    def _refuse(self, refused: Rejected) -> None:
        """Refuse what is being read, in its turn: answers to earlier requests go first."""
        if self._deaf:
            return
        self._deaf, self._backlog = True, b""
        if self._phase is Phase.BODY:
            self._abandon(self.cycle)
        if self._phase is Phase.END:            # its answer had begun; it is cut off
            return
        self._refusal = refused
        if self._active is None or self._active.response_complete or self._active.disconnected:
            self._tell(refused)

    def _abandon(self, cycle: RequestResponseCycle) -> None:
        """Give up a request whose body turned out to be wrong."""
        if cycle is not self._active:
            self.pipeline = type(self.pipeline)(item for item in self.pipeline if item[0] is not cycle)
        elif cycle.response_started:
            self.linger()
        if cycle is self._active and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()

    def _tell(self, refused: Rejected) -> None:
        headers = b"".join(b"%b: %b\r\n" % header for header in self.server_state.default_headers)
        peer = self.client[0] if self.client else ""
        answer = self.voice(self.url, peer, refused.status, refused.reason) if self.url[:1] == b"/" else None
        self.transport.write(STATUS_LINE[refused.status] + headers + refused.render(answer))
        self.linger()

    def linger(self) -> None:
        """Close so that the last answer arrives: end our half, and read a little of what is still under way. Closing
        with unread input would reset the connection and lose the answer."""
        if self._phase is Phase.END or self.transport.is_closing():
            return
        if self._outlet is not None:
            self._outlet.flush()
        unread = self._phase is not Phase.NOTHING or self._deaf
        self._enter(Phase.END)
        self._deaf, self._backlog = True, b""
        if self._half_closed or (not unread and not self.transport.can_write_eof()):
            self.transport.close()
            return
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.resume_reading()

    # ------------------------------------------------------------------------------------ deadlines

    def sweep(self, now: float) -> None:
        """Close or refuse what has waited too long for its client."""
        unsent = self.transport.get_write_buffer_size()
        if unsent:
            self._sweep_writing(now, unsent)
        elif self.flow.read_paused:
            self._since = now                   # we do not read: the client is not to blame
        elif now - self._since > self._timeout_s():
            self._overdue()
        self._unsent = unsent

    def _sweep_writing(self, now: float, unsent: int) -> None:
        if unsent != self._unsent:
            self._unsent_since = now
        elif now - self._unsent_since > self.limits.write_timeout_s:
            self.transport.abort()
        if self._phase is Phase.END:
            self._since = now

    def _timeout_s(self) -> float:
        if self._phase is Phase.NOTHING:
            return float("inf")
        if self._phase is Phase.HEAD:
            return self.limits.header_timeout_s
        if self._phase is Phase.BODY:
            return self.limits.body_timeout_s
        return self.limits.idle_timeout_s if self._phase is Phase.NEXT else _LINGER_S

    def _overdue(self) -> None:
        if self._phase is Phase.BODY or (self._phase is Phase.HEAD and self._taken):
            self._refuse(Rejected(408, "the request did not arrive in time"))
        else:
            self.transport.close()


def limited(limits: Http, voice: Voice = LimitedProtocol.voice) -> type[LimitedProtocol]:
    """The protocol with these limits, and with the voice in which it refuses, for `uvicorn.Config(http=...)`."""
    return type("LimitedProtocol", (LimitedProtocol,), {"limits": limits, "voice": staticmethod(voice)})

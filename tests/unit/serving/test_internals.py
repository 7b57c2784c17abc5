"""What of uvicorn and httptools the protocol touches is there: a newer release that moves it fails here, by name."""

from __future__ import annotations

import asyncio
import inspect
import weakref

import httptools
import pytest
import uvicorn
from uvicorn.protocols.http import httptools_impl
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from dragoman.serving.framing import explain
from dragoman.serving.protocol import limited
from dragoman.settings import Http

MOVED = "uvicorn {} has moved {}: read serving/protocol.py against it before raising the version"


def told(what: str) -> str:
    return MOVED.format(uvicorn.__version__, what)


@pytest.mark.parametrize("name", [
    "connection_made", "connection_lost", "eof_received", "data_received", "on_message_begin", "on_url", "on_header",
    "on_headers_complete", "on_body", "on_message_complete", "on_response_complete", "_start_asgi_task", "shutdown",
])
def test_the_protocol_has_the_methods_that_ours_extends(name: str) -> None:
    """Each with the same arguments."""
    theirs = getattr(HttpToolsProtocol, name, None)
    assert callable(theirs), told(f"HttpToolsProtocol.{name}")
    ours = getattr(limited(Http()), name)
    assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters), told(name)


def test_a_connection_has_the_attributes_that_ours_uses() -> None:
    """Made as uvicorn makes it."""
    async def make() -> None:
        async def app(scope: object, receive: object, send: object) -> None: ...

        config = uvicorn.Config(app, http=limited(Http()), log_config=None, ws="none")
        config.load()
        made = config.http_protocol_class(config=config, server_state=ServerState(), app_state={}, _loop=None)
        for name in ("parser", "cycle", "pipeline", "flow", "transport", "headers", "expect_100_continue", "scheme",
                     "server_state", "loop", "tasks", "connections"):
            assert hasattr(made, name), told(f"HttpToolsProtocol.{name}")

    asyncio.run(make())


def test_a_cycle_has_the_attributes_that_ours_changes() -> None:
    """Its transport is replaced, and its keep_alive decides on closing."""
    arguments = inspect.signature(RequestResponseCycle).parameters
    assert {"transport", "keep_alive", "message_event", "on_response"} <= set(arguments), told("RequestResponseCycle")
    source = inspect.getsource(RequestResponseCycle)
    for name in ("self.disconnected", "self.response_started", "self.response_complete", "self.message_event.set()",
                 "self.transport.close()", "self.on_response()"):
        assert name in source, told(f"RequestResponseCycle, {name}")


def test_the_cycle_is_made_when_the_head_is_complete() -> None:
    """Our judgement has to come before, and the transport is replaced right after."""
    source = inspect.getsource(HttpToolsProtocol.on_headers_complete)
    assert "self.cycle = RequestResponseCycle(" in source, told("the making of the cycle")
    assert "self.pipeline.appendleft(" in source, told("the queue of pipelined requests")


def test_the_rest_of_uvicorn_that_is_used_is_there() -> None:
    """Status lines, flow control, and a state that can be referred to weakly."""
    assert httptools_impl.STATUS_LINE[431].startswith(b"HTTP/1.1 431"), told("STATUS_LINE")
    for name in ("pause_reading", "resume_reading"):
        assert callable(getattr(FlowControl, name, None)), told(f"FlowControl.{name}")
    assert "self.read_paused" in inspect.getsource(FlowControl.__init__), told("FlowControl.read_paused")
    state = ServerState()
    assert state.default_headers == [], told("ServerState.default_headers")
    assert state.total_requests == 0, told("ServerState.total_requests")
    assert weakref.ref(state)() is state
    for name in ("startup", "handle_exit"):
        assert callable(getattr(uvicorn.Server, name, None)), told(f"Server.{name}")
    assert "_captured_signals" in inspect.getsource(uvicorn.Server.handle_exit), told("Server.handle_exit")


@pytest.mark.parametrize(("raw", "status"), [
    (b"GET / HTTP/3.7\r\n", 505), (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505), (b"FROB / HTTP/1.1\r\n", 405),
    (b"GET / HTTP/1.1\r\nA : b\r\n", 400), (b"GET /\xff HTTP/1.1\r\n", 400),
])
def test_the_parser_complains_in_the_words_that_are_translated(raw: bytes, status: int) -> None:
    """Statuses are chosen by its classes and messages."""

    class Callbacks:
        def on_url(self, url: bytes) -> None: ...

        def on_header(self, name: bytes, value: bytes) -> None: ...

        def on_message_begin(self) -> None: ...

        def on_message_complete(self) -> None: ...

    with pytest.raises(httptools.HttpParserError) as found:
        httptools.HttpRequestParser(Callbacks()).feed_data(raw)
    assert explain(found.value).status == status

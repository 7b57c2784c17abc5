"""A small data plane of every kind of answer, for servers under test: `python -m tests.functional.serving.stand JSON`."""

# ruff: noqa: ARG002  # every page is shown by a method with the same arguments
from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import msgspec

from dragoman.errors import Fault, SettingsError
from dragoman.exchange import Answer, Request, Work
from dragoman.serving import server
from dragoman.serving.asgi import Application
from dragoman.serving.log import Log, share
from dragoman.serving.metrics import Metrics, open_folder
from dragoman.settings import Settings

BODY_MAX_BYTES = 1000


def told(value: Any, status: int = 200) -> Answer:
    return Answer(
        status=status, headers=[(b"content-type", b"application/json")], body=json.dumps(value).encode(),
        dialect="stand", target="stand/told",
    )


class Stand:
    """Keeps the contract of `Answerer`: the last part of the path names what is shown, `n` in the query how much."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def serves(self, path: bytes) -> bool:
        return path.startswith(b"/v2")

    def body_limit_bytes(self, request: Request) -> int:
        return BODY_MAX_BYTES if request.verb in ("POST", "PUT") else 0

    def refuse(self, request: Request, fault: Fault) -> Answer:
        return told({"refused": str(fault.code), "path": request.path.decode()}, 413)

    def answer(self, request: Request) -> Answer | Work:
        show = getattr(self, f"show_{request.path.rpartition(b'/')[2].decode()}", self.show_echo)
        number = int(parse_qs(request.query.decode()).get("n", ["0"])[0])
        return show(request, number)

    def show_echo(self, request: Request, n: int) -> Answer:
        parts = {"verb": request.verb, "path": request.path.decode("latin-1"), "query": request.query.decode("latin-1"),
                 "headers": {name.decode(): value.decode("latin-1") for name, value in request.headers.items()},
                 "peer": request.peer, "scheme": request.scheme, "host": request.host, "cluster": request.cluster,
                 "id": request.id, "body": request.body.decode("latin-1"), "pid": os.getpid()}
        return told(parts)

    def show_canary(self, request: Request, n: int) -> Answer:
        with (self._folder / "canaries").open("a") as canaries:
            canaries.write(request.id + "\n")
        return told("canary")

    def show_large(self, request: Request, n: int) -> Answer:
        return Answer(status=200, headers=[], body=b"x" * n)

    def show_view(self, request: Request, n: int) -> Answer:
        return Answer(status=200, headers=[], body=memoryview(b"x" * n))

    def show_parts(self, request: Request, n: int) -> Answer:
        return Answer(status=200, headers=[], body=[b"[", memoryview(b"x" * n), b"", b",", b"y" * 10, b"]"])

    def show_nothing(self, request: Request, n: int) -> Answer:
        return Answer(status=n, headers=[(b"etag", b'"e"')])

    def show_crash(self, request: Request, n: int) -> Answer:
        raise RuntimeError("the secret of /srv/data")

    def show_workcrash(self, request: Request, n: int) -> Work:
        async def fail() -> Answer:
            raise RuntimeError("the secret of /srv/data")

        return Work(fail)

    def show_slow(self, request: Request, n: int) -> Work:
        async def work() -> Answer:
            (self._folder / "begun").touch()
            try:
                await asyncio.sleep(n / 1000)
            except asyncio.CancelledError:
                (self._folder / "cancelled").touch()
                raise
            return told({"slept": n, "body": request.body.decode("latin-1")})

        return Work(work)

    def show_stream(self, request: Request, n: int) -> Answer:
        return Answer(status=200, headers=[], body=self._chunks(n, lambda: None))

    def show_broken(self, request: Request, n: int) -> Answer:
        return Answer(status=200, headers=[], body=self._chunks(n, self._fail))

    def show_endless(self, request: Request, n: int) -> Answer:
        return Answer(status=200, headers=[], body=self._chunks(1_000_000_000, lambda: None))

    def show_patient(self, request: Request, n: int) -> Answer:
        return Answer(status=200, headers=[], body=self._counted(request.query.decode()))

    async def _counted(self, name: str) -> AsyncIterator[bytes]:
        for number in range(100_000):
            with (self._folder / name).open("w") as counter:
                counter.write(str(number))
            yield b"." * 20_000
            await asyncio.sleep(0)

    async def _chunks(self, n: int, end: Callable[[], None]) -> AsyncIterator[bytes]:
        try:
            for number in range(n):
                yield b"chunk %d\n" % number + b"." * 20_000
                await asyncio.sleep(0)
            end()
        finally:
            (self._folder / "closed").touch()

    def _fail(self) -> None:
        raise RuntimeError("the secret of /srv/data")


async def room(scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
    """An application beside the data plane: one page, one that crashes, one that crashes in its middle."""
    if scope["path"] == "/crash":
        raise RuntimeError("the secret of /srv/data")
    status = 405 if scope["method"] == "POST" else 404 if scope["path"] == "/nowhere" else 200
    body = b"" if scope["dragoman.too_large"] else (await receive())["body"] or b"front"
    headers = [(b"allow", b"GET, HEAD"), *([] if scope["path"] == "/broken" else [(b"content-length", b"%d" % len(body))])]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": scope["path"] == "/broken"})
    if scope["path"] == "/broken":
        raise RuntimeError("the secret of /srv/data")


def build(values: dict[str, Any]) -> tuple[Application, Settings, Log]:
    settings = msgspec.convert(values, Settings, strict=False)
    log = Log(sys.stderr, access=settings.access_log)
    metrics = Metrics(open_folder(settings), lambda: [("stand", "default", 1_700_000_000.0)])
    folder = Path(settings.data_dir)

    return Application(
        Stand(folder), settings, share(metrics, log), ready=lambda: not (folder / "unready").exists(), room=room,
        metrics=metrics.render, on_start=((folder / "started").touch,), on_tick=(metrics.tick,),
        on_stop=(metrics.flush, log.flush, (folder / "stopped").touch),
    ), settings, log


def main() -> None:
    application, settings, log = build(json.loads(sys.argv[1]))
    try:
        listening = server.listen(settings)
    except SettingsError as error:
        sys.exit(f"refused: {error}")
    url = server.url_of(listening, settings)
    server.run(application, settings, log, listening, lambda: print(json.dumps({"url": url}), flush=True))


async def app(scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
    """The same for servers that import their application; its settings are in a variable."""
    if not _made:
        _made.append(build(json.loads(os.environ["STAND"]))[0])
    await _made[0](scope, receive, send)


_made: list[Application] = []

if __name__ == "__main__":
    main()

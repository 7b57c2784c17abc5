"""The data plane of the golden conversations under any server: `python -m tests.functional.serving.plane JSON`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from dragoman import assembly
from dragoman.observations import ignore
from dragoman.serving import server
from dragoman.serving.asgi import Application
from dragoman.serving.log import Log
from dragoman.settings import Settings

CATALOG = "tests/golden/catalog.py"


def shops_of(settings: Settings) -> list[assembly.Shop]:
    catalogs, _ = assembly.load_catalogs([CATALOG], None, settings)
    return assembly.open_sources(catalogs, settings)


def build(values: dict[str, Any]) -> tuple[Application, Settings, Log]:
    """What `dragoman serve` puts together, over an edition that was published before; it has heard that nobody has a key."""
    settings = msgspec.convert({"credentials_stale_max_s": 3_600, **values}, Settings, strict=False)
    log = Log(sys.stderr, access=False)
    register, _, _ = assembly.open_register(settings, log)
    register.hear()
    plane = assembly.assemble(shops_of(settings), settings, log, register)
    plane.editions.refresh()
    return Application(plane.answerer, settings, log, ready=plane.ready, on_stop=(log.flush,)), settings, log


def publish(values: dict[str, Any]) -> None:
    settings = msgspec.convert(values, Settings, strict=False)
    assembly.publish(shops_of(settings), settings, ignore, lambda *_, **__: None)


def main() -> None:
    application, settings, log = build(json.loads(sys.argv[1]))
    listening = server.listen(settings)
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

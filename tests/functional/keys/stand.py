"""A data plane with keys for servers under test: `python -m tests.functional.keys.stand JSON`.

The store of keys is a small honest one in memory. `JSON` holds `settings`, the `catalog` file and `keys`: each with its
`text`, and either the facts of its `caller` or the `code` with which it is refused.
"""

from __future__ import annotations

import json
import secrets
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from dragoman import assembly
from dragoman.errors import Code, DragomanError, refuse
from dragoman.exchange import Request
from dragoman.progress import Bar
from dragoman.query import ANONYMOUS, Caller, Credential, KeyInfo
from dragoman.serving import server
from dragoman.serving.asgi import Application
from dragoman.serving.log import Log
from dragoman.settings import Settings


class Ring:
    """Keeps the contracts of `Credentials` and `Keys` for keys that are named once."""

    def __init__(self, keys: Iterable[dict[str, Any]]) -> None:
        self._callers = {key["text"]: msgspec.convert(key["caller"], Caller) for key in keys if "caller" in key}
        self._refused = {key["text"]: Code(key["code"]) for key in keys if "code" in key}

    def identify(self, credentials: Iterable[Credential], request: Request) -> Caller:  # noqa: ARG002  # the contract's
        """The caller of the last key; the reason that is its own for one that is no longer good."""
        caller = ANONYMOUS
        for credential in credentials:
            if credential.text in self._refused:
                raise refuse(self._refused[credential.text], "refused", hint="Ask for another one.")
            found = self._callers.get(credential.text)
            if found is None:
                raise refuse(Code.CREDENTIAL_INVALID, "invalid key", hint="Make one in the Room.")
            if found.expires_at is not None and found.expires_at <= time.time():
                raise refuse(Code.CREDENTIAL_EXPIRED, "it has expired", hint="Make another one.")
            caller = found
        return caller

    def describe(self, caller: Caller) -> KeyInfo:
        """The key, called after its id."""
        return KeyInfo(id=caller.key or "", name=f"the key {caller.key}", permissions=caller.permissions)

    def derive(self, caller: Caller, permissions: frozenset[str], expires_at: float, urls: tuple[str, ...]) -> str:
        """A key that is weaker and ends at its time."""
        text = secrets.token_urlsafe(40)
        self._callers[text] = msgspec.structs.replace(caller, permissions=permissions, expires_at=expires_at, urls=urls)
        return text


def main() -> None:
    """Publish and serve until told to end; tell where, in one line."""
    told = json.loads(sys.argv[1])
    settings = msgspec.convert(told["settings"], Settings, strict=False)
    log = Log(sys.stderr, access=settings.access_log)
    catalogs, _ = assembly.load_catalogs([told["catalog"]], None, settings)
    shops = assembly.open_sources(catalogs, settings)
    try:
        with Bar(shown=False) as bar:
            assembly.publish(assembly.outdated(shops, settings), settings, log, bar)
    except DragomanError as error:          # as in a server of ours: what was published before is served
        print(error, file=sys.stderr)
    ring = Ring(told["keys"])
    plane = assembly.assemble(shops, settings, log, ring)
    plane.editions.refresh()
    application = Application(plane.answerer, settings, log, ready=plane.ready, on_tick=[plane.editions.refresh],
                              on_stop=[log.flush])
    listening = server.listen(settings)
    url = server.url_of(listening, settings)
    server.run(application, settings, log, listening, lambda: print(json.dumps({"url": url}), flush=True))


if __name__ == "__main__":
    Path(json.loads(sys.argv[1])["settings"]["data_dir"]).mkdir(parents=True, exist_ok=True)
    main()

"""A server whose resources are asked in the webmaster convention, and the keys of Alice and Bob."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ...conftest import Server
from ...timing import settle_s
from ..dast.conftest import CATALOG
from .reading import Told, read
from .valid import Descriptions

FORMATS = ("json", "xml", "csv")


class Network:
    """The server as programs of webmasters ask it, with Alice's key unless another one, or none, is given."""

    def __init__(self, server: Server, knows: str = "data/json/profile", permissions: tuple[str, ...] = ("account", "bans")) -> None:
        """`knows` is what only a key is answered at."""
        self.server = server
        self.descriptions = Descriptions(server.url)
        for name, subject in (("alice", "a-1"), ("bob", "b-2"), ("charlie", "c-3")):
            server.prepare("account", "add", name, "--subject", subject)
        self.weak = self.make("charlie", "account")
        self.bob = self.make("bob", *permissions)
        self.alice = self.make("alice", *permissions)
        settle_s(lambda: self.tell(knows).status != 403)            # the last was made last

    def make(self, account: str, *permissions: str) -> str:
        """The secret of a new key."""
        options = [part for each in permissions for part in ("--permission", each)]
        secret: str = self.server.prepare("key", "add", "--account", account, "--kind", "remote-auth", *options)["secret"]
        return secret

    def ask(self, path: str, verb: str = "GET", content: bytes | str | None = None, **parameters: Any) -> httpx.Response:
        """Ask below the mount, with parameters in the query; `remote_auth=None` for none. Every answer is valid, or nothing is."""
        given = {"remote_auth": self.alice, **parameters}
        params = {name: value for name, value in given.items() if value is not None}
        return self.descriptions.check(self.server.ask(verb, f"/api/rest/{path}", params=params, content=content))

    def tell(self, path: str, verb: str = "GET", content: bytes | str | None = None, **parameters: Any) -> Told:
        """What is told at a path, in its format."""
        return read(self.ask(path, verb, content, **parameters), path.split("/")[1])

    def data(self, path: str, verb: str = "GET", content: bytes | str | None = None, **parameters: Any) -> Any:
        """What a question that is answered gets."""
        told = self.tell(path, verb, content, **parameters)
        assert told.status == 200, told
        return told.data


@pytest.fixture(scope="module")
def network(serve: Callable[..., Server]) -> Network:
    """The endpoints of a game as resources of libraries."""
    return Network(serve(catalog=CATALOG))

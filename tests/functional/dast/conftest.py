"""A server whose endpoints are asked in the dast convention, and the tokens of Alice, Bob and Charlie."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

import httpx
import pytest

from ...conftest import Server

CATALOG = '''
import asyncio
import time
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec

from dragoman import Caller, Catalog, Extra, Filter, Key, Localized, Named, Needs, Record, Rows, Search, Sort

catalog = Catalog("stations", title="Stations", languages=("en", "de"),
                  permissions={"account": "Your account", "bans": "Your ban list"})


class Slot(Record):
    name: str
    weights: list[float] = []


def read_servers():
    for number in range(1, 121):
        yield {"id": number, "name": {"en": f"Server {number}", "de": f"Rechner {number}"}, "map": "tanoa" if number % 3 else "altis",
               "slots": number % 7, "rating": Decimal(number) / 4, "mods": [number]}


@catalog.resource("game/servers", Rows(read_servers))
class GameServer(Record):
    """A server that people play on."""

    id: Annotated[int, Key()]
    name: Annotated[Localized, Search(at_least=2), Sort()]
    map: Annotated[Literal["altis", "tanoa"], Filter()]
    slots: Annotated[int, Filter(), Sort()]
    rating: Decimal
    mods: Annotated[list[int], Extra()]


catalog.search("servers/find", GameServer, by="name", fields=("id", "name"))


class Notes(Record):
    text: str


@catalog.resource("bans", Rows(lambda: [
    {"id": 1, "owner": "a-1", "player": "Eve", "notes": {"text": "Alice's"}},
    {"id": 2, "owner": "b-2", "player": "Mallory", "notes": {"text": "Bob's"}},
]), owner="owner", live=True, permission="bans")
class Ban(Record):
    """A ban, which its owner alone knows of."""

    id: Annotated[int, Key()]
    owner: str
    player: Annotated[str, Filter()]
    notes: Annotated[Notes | None, Needs("account")] = None


@catalog.resource("profile", Rows(lambda: [{"id": "a-1", "coins": 7}, {"id": "b-2", "coins": 8}]), live=True, single=True,
                  permission="account")
class Profile(Record):
    """One's own."""

    id: Annotated[str, Key()]
    coins: int


@catalog.method("home/default")
def home(var1: bool = False, var2: int = 0) -> dict[str, Any]:
    """What the document's example asks for."""
    return {"var1": var1, "var2": var2}


@catalog.method("tools/tell", verb="POST")
def tell(count: Annotated[int, msgspec.Meta(ge=1, le=9)], half: float = 0.5, loud: bool = False, size: Literal["s", "l"] = "s",
         tags: list[str] | None = None, slot: Slot | None = None) -> dict[str, Any]:
    """All that was read, as it was read."""
    return {"count": count, "half": half, "loud": loud, "size": size, "tags": tags, "slot": slot}


@catalog.method("tools/say")
def say(text: str) -> str:
    """The same text."""
    return text


@catalog.method("tools/count", dast="counter")
def count() -> list[int]:
    """Three numbers."""
    return [1, 2, 3]


@catalog.method("tools/nothing", verb="PUT")
def nothing() -> None:
    """Returns nothing."""


@catalog.method("tools/who")
async def who(caller: Caller) -> dict[str, Any]:
    """What is known of the caller."""
    return {"account": caller.account, "subject": caller.subject, "permissions": sorted(caller.permissions),
            "application": caller.application, "key": caller.key, "limits": [limit.subject for limit in caller.limits]}


@catalog.method("tools/mine", permission="bans")
def mine(caller: Caller) -> str | None:
    """Whose leave it is."""
    return caller.subject


@catalog.method("tools/any", authenticated=True)
def any_account() -> None:
    """Whoever has an account."""


@catalog.method("tools/fail")
def fail() -> int:
    """Fails."""
    raise ValueError("the secret of /srv/data")


@catalog.method("tools/nap", timeout_s=0.2)
async def nap() -> None:
    """Takes too long."""
    await asyncio.sleep(60)
'''
AUTH, PARAMETER, REQUEST = "App\\ApiModule\\AuthException", "App\\ApiModule\\ParameterException", "App\\ApiModule\\RequestException"
PERMISSION, NOT_FOUND = "App\\ApiModule\\PermissionException", "App\\ApiModule\\NotFoundException"
WITHIN_S = 10.0


def read(answer: httpx.Response) -> dict[str, Any]:
    """The envelope of an answer, which is exact whatever is in it (D6)."""
    told: dict[str, Any] = answer.json()
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert list(told) == ["data", "error", "success"], told
    assert type(told["success"]) is bool
    for error in told["error"]:
        assert list(error) == ["exception", "message", "code"]
        assert error["exception"].startswith("App\\ApiModule\\")
        assert error["message"]
        assert 400 <= error["code"] <= 599
    if told["success"]:
        assert (answer.status_code, told["error"]) == (200, [])
        assert told["data"] == [] or isinstance(told["data"], dict)
    else:
        assert told["data"] == []
        assert answer.status_code == told["error"][0]["code"]
        assert answer.headers["cache-control"] == "no-store"
        assert "etag" not in answer.headers
    return told


class Interface:
    """The server as Alice's program asks it, with her API token unless another one, or none, is given."""

    def __init__(self, server: Server) -> None:
        self.server = server
        for name, subject in (("alice", "a-1"), ("bob", "b-2"), ("charlie", "c-3")):
            server.prepare("account", "add", name, "--subject", subject)
        made = server.prepare("application", "add", "Program", "--owner", "alice", "--type", "standalone")
        self.application: str = made["application_id"]
        self.token = self.make("alice", "api-token")
        self.alice, self.bob = (self.make(name, "user-token", "account", "bans") for name in ("alice", "bob"))
        self.weak = self.make("alice", "user-token", "account")

    def add(self, account: str, kind: str, *permissions: str, expires: str | None = None) -> dict[str, Any]:
        """A new key: its id and its secret."""
        options = [part for each in permissions for part in ("--permission", each)]
        options += ["--expires", expires] if expires is not None else []
        return self.server.prepare("key", "add", "--account", account, "--kind", kind, *options)

    def make(self, account: str, kind: str, *permissions: str) -> str:
        """The secret of a new key, once the server knows it."""
        secret: str = self.add(account, kind, *permissions)["secret"]
        tokens = {"api_token": secret} if kind == "api-token" else {"user_token": secret}
        self.wait_until(lambda: self.ask("/api/home", **tokens).status_code == 200)
        return secret

    def ask(self, path: str, verb: str = "GET", **parameters: Any) -> httpx.Response:
        """Ask with parameters in the query; `api_token=None` for none."""
        given = {"api_token": getattr(self, "token", None), **parameters}
        return self.server.ask(verb, path, params={name: value for name, value in given.items() if value is not None})

    def data(self, path: str, **parameters: Any) -> Any:
        """What a question that is answered gets."""
        told = read(self.ask(path, **parameters))
        assert told["success"], told
        return told["data"]

    def errors(self, path: str, **parameters: Any) -> list[tuple[str, str, int]]:
        """Exceptions, messages and codes of a question that is refused."""
        return errors_of(self.ask(path, **parameters))

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Wait for what takes a moment to be known."""
        begun = time.monotonic()
        while not holds():
            assert time.monotonic() - begun < WITHIN_S
            time.sleep(0.02)


def errors_of(answer: httpx.Response) -> list[tuple[str, str, int]]:
    """Exceptions, messages and codes of a refusal."""
    told = read(answer)
    assert not told["success"], told
    return [(error["exception"], error["message"], error["code"]) for error in told["error"]]


def names(messages: Iterable[tuple[str, str, int]]) -> list[str]:
    """The first words of messages: which parameters they are about."""
    return [message.split()[0] for _, message, _ in messages]


@pytest.fixture(scope="module")
def api(serve: Callable[..., Server]) -> Interface:
    """One server for a module, whose limits nobody reaches."""
    return Interface(serve(catalog=CATALOG, DRAGOMAN_LIMITS__WRONG_KEYS="", DRAGOMAN_LIMITS__KEY="100000/s"))

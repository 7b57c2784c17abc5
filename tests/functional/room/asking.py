"""A catalog whose methods want keys, and asking it with them."""

from __future__ import annotations

import httpx

from ...timing import settle_s
from .visitor import Room

CATALOG = """
import sqlite3
from pathlib import Path
from typing import Annotated

from dragoman import Caller, Catalog, Key, Needs, Record, Table

with sqlite3.connect(Path(__file__).with_name("shop.db")) as base:
    base.execute("CREATE TABLE IF NOT EXISTS toys (id INTEGER PRIMARY KEY, name TEXT, price INTEGER)")
base.close()

catalog = Catalog("shop", title="Shop", database="sqlite:///shop.db", permissions={
    "account": "Your account", "inventories": "What you <b>own</b>", "trading-post": "What you sell",
})

@catalog.resource("toys", Table("toys"), live=True)
class Toy(Record):
    '''A toy.'''
    id: Annotated[int, Key()]
    name: str
    price: Annotated[int | None, Needs("trading-post")] = None

@catalog.method("toys/mine", permission="inventories")
def mine(caller: Caller) -> list[str]:
    '''What the account owns.'''
    return sorted(caller.permissions)

@catalog.method("toys/hello", authenticated=True)
def hello(caller: Caller) -> str:
    '''Any key will do.'''
    return "hello"
"""
MINE, HELLO = "/v2/toys/mine", "/v2/toys/hello"


def ask(room: Room, secret: str, path: str = HELLO) -> httpx.Response:
    """Call the API with a key."""
    return room.server.get(path, headers={"authorization": f"Bearer {secret}"})


def wait_for(room: Room, secret: str, status: int, path: str = HELLO, within_s: float = 10.0) -> httpx.Response:
    """Ask until the answer has a status; a change is in force within a second, but the machine may be busy with other things."""
    answers: list[httpx.Response] = []

    def answered() -> bool:
        answers.append(ask(room, secret, path))
        return answers[-1].status_code == status

    assert settle_s(answered, max(within_s, 10)) < within_s, answers[-1].text
    return answers[-1]

"""The catalog of operations that tests serve: quick and long ones, good and bad ones."""

CATALOG = '''
import asyncio
import datetime as dt
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from dragoman import Attachment, Caller, Catalog, Localized, MethodError, Named, Needs, Progress, Record, Renamed

catalog = Catalog("works", languages=("en", "de"), permissions={"account": "Your account", "secrets": "Secrets"})
HERE = Path(__file__).parent


class Odd(MethodError):
    """It is odd."""
    status = 409


class Unheard(MethodError):
    """Nobody was told of this."""


class Line(Record):
    number: int
    text: Localized
    secret: Annotated[str | None, Needs("secrets")] = None


class Given(Record):
    at: dt.datetime
    price: Decimal


def less_than_hundred(number: int) -> bool:
    """Whoever asks for less than a hundred."""
    return number < 100


@catalog.method("works/squares", operation=True, authenticated=True, verb="POST", raises=[Odd])
def squares(number: int, progress: Progress) -> list[int]:
    """Squares, with some work; numbers that end with 7 fail."""
    progress.total = 5
    for step in range(5):
        progress.done = step
        time.sleep(0.01)
    if number % 10 == 7:
        raise Odd(field="number", value=number)
    return [each * each for each in range(number % 50)]


@catalog.method("works/lines", operation=True, raises=[Odd])
def lines(count: int) -> Iterator[Line]:
    """Lines, one by one."""
    if count < 0:
        raise Odd(field="count", value=count)
    for number in range(count):
        yield Line(number=number, text={"en": f"line {number}", "de": f"Zeile {number}"}, secret="hidden")


@catalog.method("works/stream", operation=True, authenticated=True)
async def stream(count: int, pause: float = 0.0) -> AsyncIterator[int]:
    for number in range(count):
        await asyncio.sleep(pause)
        yield number


@catalog.method("works/echo", verb="POST", operation=True, authenticated=True)
async def echo(
    caller: Caller, day: dt.date, price: Decimal, id: Annotated[uuid.UUID, Named(gw2="uuid")], given: Given | None = None,
    file: Attachment | None = None, any: Any = None,
) -> dict[str, Any]:
    """Everything as it was read by a worker."""
    assert isinstance(day, dt.date)
    assert isinstance(price, Decimal)
    assert isinstance(id, uuid.UUID)
    return {"day": day, "price": price, "id": id, "given": None if given is None else {"at": given.at, "price": given.price},
            "size": None if file is None else len(file.content), "any": any, "subject": caller.subject, "key": caller.key,
            "permissions": sorted(caller.permissions)}


@catalog.method("works/wait", operation=True, authenticated=True, timeout_s=20)
def wait(how: str, progress: Progress, seconds: float = 10.0) -> str:
    """Wait in one way or another."""
    until = time.monotonic() + seconds
    (HERE / f"waiting-{how}").touch()
    try:
        if how == "asleep":
            time.sleep(seconds)
        while time.monotonic() < until:
            time.sleep(0.01)
            if how == "watched":
                progress.done += 1
    except BaseException:
        (HERE / f"ended-{how}").touch()
        raise
    return how


@catalog.method("works/late", operation=True, authenticated=True, timeout_s=0.3)
def late(how: str) -> str:
    if how == "asleep":
        time.sleep(30)
    while True:
        time.sleep(0.01)


@catalog.method("works/nap", operation=True, authenticated=True)
async def nap(seconds: float) -> str:
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        (HERE / "ended-nap").touch()
        raise
    return "rested"


@catalog.method("works/wrong", operation=True, authenticated=True)
def wrong(how: str) -> Iterator[int]:
    """Everything that a method can do wrong."""
    if how == "raise":
        raise ValueError("the secret of /srv/data")
    if how == "unheard":
        raise Unheard
    if how == "exit":
        raise SystemExit(3)
    yield from range(3)
    if how == "item":
        yield "a text"
    if how == "surrogate":
        yield "\\ud800"


class Tally(Record):
    count: int
    label: str


@catalog.method("works/tally", operation=True, authenticated=True)
def tally(upto: int) -> Iterator[Tally]:
    """What was called something else before."""
    for number in range(upto):
        yield Tally(count=number, label="x" * 60)


catalog.change("2024-06-01T00:00:00Z", Tally, "`number` is called `count`.", Renamed("count", before="number"))
catalog.change("2024-06-01T00:00:00Z", "works/tally", "`limit` is called `upto`.", Renamed("upto", before="limit"))


@catalog.method("works/none", operation=True, authenticated=True)
def none(how: str) -> Line | None:
    return None


@catalog.method("works/ruled", operation=True, verb="POST", allows=less_than_hundred)
def ruled(number: int) -> int:
    return number


@catalog.method("works/crash", operation=True, authenticated=True)
def crash(how: str) -> str:
    """Take the process along."""
    import os
    os.kill(os.getpid(), 9)
    return how


@catalog.method("works/plain")
def plain(caller: Caller) -> str:
    return "plain"
'''

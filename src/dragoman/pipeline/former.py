"""Addresses that were the base before: they go on answering until their last day, and then say where to go (D10)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from email.utils import formatdate
from typing import NamedTuple

import msgspec

from ..bases import Former
from ..contracts import Answerer
from ..errors import Code, Fault
from ..exchange import Answer, Request, Work
from . import cors


class Moved(NamedTuple):
    """A path prefix of earlier times, and the one that took its place."""

    former: Former
    current: str


class FormerBases:
    """Keeps the contract of `Answerer`: a request to a former base is one to the present base, with its end in `Sunset` (RFC 8594)."""

    def __init__(self, inner: Answerer, moved: Sequence[Moved], hosts: Sequence[Former], base_url: str) -> None:
        """`hosts` are those of earlier public addresses; `base_url` is the present one."""
        self._inner, self._hosts, self._base_url = inner, {each.place.lower(): each for each in hosts}, base_url
        self._moved = [(each, each.former.place.encode(), each.current.encode()) for each in moved]

    def serves(self, path: bytes) -> bool:
        """Whether a path lies under a present or former base."""
        return self._inner.serves(path) or self._path_of(path) is not None

    def body_limit_bytes(self, request: Request) -> int:
        """As at the present base."""
        return self._inner.body_limit_bytes(self._present(request)[0])

    def refuse(self, request: Request, fault: Fault) -> Answer:
        """As at the present base."""
        return self._inner.refuse(self._present(request)[0], fault)

    def answer(self, request: Request) -> Answer | Work:
        """Answer as at the present base, with the last moment of this one; past that, only say where the API is."""
        present, ends = self._present(request)
        if not ends:
            return self._inner.answer(request)
        over = next((each for each, _place in ends if each.until <= time.time()), None)
        if over is not None and request.verb != "OPTIONS":      # a browser asks first whether it may hear that
            return self._inner.refuse(present, _over(over, dict(ends)[over]))
        until = min(each.until for each, _place in ends)
        return _ending(self._inner.answer(present), formatdate(until, usegmt=True).encode())

    def _present(self, request: Request) -> tuple[Request, list[tuple[Former, str]]]:
        """The request as it is asked at the present base, and which former ones it was asked at, with what is in their places."""
        ends: list[tuple[Former, str]] = []
        found = self._path_of(request.path) if self._moved else None
        if found is not None:
            moved, path = found
            ends.append((moved.former, self._base_url + moved.current))
            request = msgspec.structs.replace(request, path=path)
        host = self._hosts.get(request.host.partition(":")[0]) if self._hosts else None
        if host is not None:
            ends.append((host, self._base_url or "another address"))
        return request, ends

    def _path_of(self, path: bytes) -> tuple[Moved, bytes] | None:
        """The former base of a path, and the path at the present one; what is served there at present comes first."""
        for moved, former, current in self._moved:
            rest = path[len(former):]
            if path.startswith(former) and (not rest or rest.startswith((b"/", b"."))) and not self._inner.serves(path):
                return moved, current + rest
        return None


def _over(former: Former, place: str) -> Fault:
    return Fault(code=Code.TARGET_UNKNOWN, message=f"this base address was given up after {former.day}; the API is at {place}",
                 hint=f"Use {place}.", facts={"moved_to": place})


def _ending(answered: Answer | Work, until: bytes) -> Answer | Work:
    if isinstance(answered, Work):
        async def run() -> Answer:
            return _dated(await answered.run(), until)

        return Work(run)
    return _dated(answered, until)


def _dated(answer: Answer, until: bytes) -> Answer:
    answer.headers = [*cors.exposing(answer.headers, b"Sunset"), (b"sunset", until)]
    return answer

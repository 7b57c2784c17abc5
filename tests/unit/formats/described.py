"""Calls and libraries as a dialect with an envelope of its own might describe them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from dragoman import Record
from dragoman.catalog.fields import Field
from dragoman.catalog.shapes import shape_of
from dragoman.exchange import Document
from dragoman.formats.calls import Call, DocumentType, Library
from dragoman.formats.json import JsonFormat
from dragoman.formats.xml_writing import XmlFormat


class Head(Record):
    """What stands before the things."""

    code: int
    note: str


DONE, FAILED = Head(code=200, note=""), Head(code=400, note="Wrong.")
KEY = Field(name="secret", type=str, shape=shape_of(str))


def answer(name: str, item: Any = None, listed: Any = "array", only: Sequence[str] = ()) -> DocumentType:
    """What a call of a name answers."""
    return DocumentType(root=f"{name}Answer", description="What there is.", head=Head, data="things", item=item, listed=listed,
                        only=tuple(only))


def document(name: str, item: Any = None, listed: Any = "array", head: Head = DONE, **records: Any) -> Document:
    """One such answer, without its records."""
    shape = shape_of(item) if item is not None else None
    return Document(root=f"{name}Answer", head=head, data="things", item=shape, listed=listed, key="id", **records)


def call(item: Any = None, *, name: str = "get", listed: Any = "array", parameters: Sequence[Field] = (), description: str = "It.") -> Call:
    """A call that takes parameters and answers records of a type."""
    return Call(name=name, path=f"{{format}}/{name}", formats=(JsonFormat(), XmlFormat()), verb="POST", description=description,
                request=f"{name}RequestData", parameters=tuple(parameters), options=(KEY,), answer=answer(name, item, listed))


def showing(some: Call, *, only: Sequence[str]) -> Call:
    """The same with some fields of its records alone."""
    return msgspec.structs.replace(some, answer=msgspec.structs.replace(some.answer, only=tuple(only)))


def library(*calls: Call) -> Library:
    """Some calls, described together."""
    return Library(name="all", title="All", description="", version="7", address="/all", calls=calls, failures=(answer("failure"),),
                   statuses={"200": "Found.", "400": "Wrong."}, key=KEY)

"""What can be asked at one address and what is answered there, in no format: the values from which every description is made (W9, W10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from ..catalog.fields import Field
from ..catalog.record import Record
from ..catalog.shapes import Nullable, Shape, peel, shape_of, without_null
from ..catalog.target import Listed
from ..contracts import Format

FORMAT = "{format}"
"""Stands in a path for any of the formats that may be asked for there."""


class DeclaredError(NamedTuple):
    """An error that a method declares: its name, the status by which clients know it, and what it means."""

    name: str
    status: int
    meaning: str


class DocumentType(msgspec.Struct, frozen=True, kw_only=True):
    """What answers look like: types, where a `Document` of the same root, head and data has their values."""

    root: str
    description: str
    head: type[Record]
    data: str
    item: Any = None
    """The annotation of each record; None where there are none."""
    only: tuple[str, ...] = ()
    """The fields of a record that are shown; none for all."""
    listed: Listed = "array"


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One resource or method as its clients see it."""

    name: str
    """What it is called by programs: `getBannerSizes`, `setUserLanguage`."""
    path: str
    """Where it stands below the address of its library: `{format}/banner-sizes`."""
    formats: tuple[Format, ...]
    """Those in which it answers, and takes a body."""
    verb: str
    description: str
    notes: tuple[str, ...] = ()
    """What else there is to know of it, in paragraphs of Markdown."""
    request: str
    """The root of what is sent to it."""
    parameters: tuple[Field, ...] = ()
    """In the order of the schema, under the names that clients write."""
    options: tuple[Field, ...] = ()
    """What may be said of any question, by parameters of the query, such as a language."""
    positions: tuple[str, ...] = ()
    """The parameters that may stand in the path, in their order."""
    answer: DocumentType
    errors: tuple[DeclaredError, ...] = ()
    """What it declares to go wrong."""
    schema: str = ""
    """Where its XML Schema is, below the address of its library."""

    @property
    def has_body(self) -> bool:
        """Whether its parameters are sent in a body."""
        return self.verb in ("POST", "PUT")

    @property
    def in_query(self) -> tuple[Field, ...]:
        """What is sent in the query: all of it, but for what is in the body."""
        return self.options if self.has_body else (*self.parameters, *self.options)


class Library(msgspec.Struct, frozen=True, kw_only=True):
    """The calls that are described together."""

    name: str
    title: str
    description: str
    version: str
    """Of the description."""
    address: str
    """The path that all of them lie under: `/api/rest/webmaster`."""
    calls: tuple[Call, ...]
    others: tuple[Call, ...] = ()
    """What answers as some other call does, whichever that was, so that no XML Schema can say of what type."""
    failures: tuple[DocumentType, ...]
    """What is answered where nothing is there to be asked; the last is of what belongs to nothing at all."""
    statuses: Mapping[str, str]
    """What each status of HTTP means: first that of what a call answers, then those of failures, which have no records."""
    key: Field
    """The option that says whose a request is."""


def parts_of(annotation: Any) -> tuple[Shape, Any, tuple[msgspec.Meta, ...], bool]:
    """Of an annotation the shape and the type without null, its constraints, and whether it may be null."""
    inner, metadata = peel(annotation)
    constraints = tuple(mark for mark in metadata if isinstance(mark, msgspec.Meta))
    shape = shape_of(annotation)
    if not isinstance(shape, Nullable):
        return shape, inner, constraints, False
    shape, inner, inside, _ = parts_of(without_null(inner))
    return shape, inner, (*constraints, *inside), True

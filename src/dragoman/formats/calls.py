"""What can be asked at one address, in no format: the value from which every description of it is made (W9, W10)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from ..catalog.fields import Field
from ..catalog.method import Method
from ..catalog.resource import Resource
from ..catalog.shapes import Nullable, Shape, item_of, peel, shape_of, without_null
from ..catalog.timeline import Stage


class DeclaredError(NamedTuple):
    """An error that a method declares: its name, the status by which clients know it, and what it means."""

    name: str
    status: int
    meaning: str


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One resource or method as its clients see it."""

    name: str
    """What it is called in XML and for programs: `getBannerSizes`, `setUserLanguage`."""
    path: str
    """Where it stands below the format: `banner-sizes`."""
    verb: str
    description: str
    parameters: tuple[Field, ...] = ()
    """In the order of the schema, under the names that clients write."""
    item: Any = None
    """The annotation of each record of the answer; None for none."""
    only: tuple[str, ...] = ()
    """The fields of a record that are shown; none for all."""
    listed: str = "array"
    """How the records stand in the answer, as `Document` has it: `array`, `paged` or `keyed`."""
    permission: str | None = None
    operation: bool = False
    localized: bool = False
    errors: tuple[DeclaredError, ...] = ()
    """What it declares to go wrong."""
    options: tuple[Field, ...] = ()
    """What may be said of any question, by parameters of the query, such as a language."""
    positions: tuple[str, ...] = ()
    """The parameters that may stand in the path, in their order."""

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
    description: str = ""
    address: str
    """The path that all of them lie under: `/api/rest/webmaster`."""
    calls: tuple[Call, ...]
    absent: tuple[str, ...] = ()
    """The names of what is not there in this version of it: whoever asks is told so in a document of that name."""


def call_of(target: Resource | Method, stage: Stage, name: str, parameters: Iterable[Field], **rest: Any) -> Call:
    """A target as a call of that name, as it was in a version; `parameters` bear the names and stand in the order of the dialect,
    which says the `rest`."""
    if isinstance(target, Resource):
        only = tuple(old for old, meaning in stage.meanings.items() if meaning.name in target.only)
        return Call(
            name=name, path=target.name, verb="GET", description=target.description, parameters=tuple(parameters),
            item=stage.record, only=only, listed=target.listed, permission=target.permission, localized=target.localized, **rest,
        )
    return Call(
        name=name, path=target.name, verb=target.verb, description=target.description, parameters=tuple(parameters),
        item=item_of(stage.returns) if stage.returns is not None else None, listed=target.listed,
        permission=target.permission, operation=target.operation, **rest,
    )


def parts_of(annotation: Any) -> tuple[Shape, Any, tuple[msgspec.Meta, ...], bool]:
    """Of an annotation the shape and the type without null, its constraints, and whether it may be null."""
    inner, metadata = peel(annotation)
    constraints = tuple(mark for mark in metadata if isinstance(mark, msgspec.Meta))
    shape = shape_of(annotation)
    if not isinstance(shape, Nullable):
        return shape, inner, constraints, False
    shape, inner, inside, _ = parts_of(without_null(inner))
    return shape, inner, (*constraints, *inside), True

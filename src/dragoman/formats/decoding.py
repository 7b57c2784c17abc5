"""Batches of records as values that can be written in any format: the shown fields alone, every number digit by digit."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from ..catalog.fields import Field
from ..catalog.shapes import Anything, Choice, Keyed, Many, Nested, Nullable, Scalar, Shape
from ..exchange import Buffer
from ..query import Shown

Part = tuple[Field, Shown | None]
"""A field that is shown, with what is shown below it."""


@lru_cache(maxsize=512)
def batch_decoder(shape: Shape, shown: Shown | None, *, whole: bool = False) -> Callable[[Buffer], list[Any]]:
    """What decodes a JSON array of values of a shape.

    A record becomes a structure of its shown fields in their order, `UNSET` where one is absent; numbers and JSON of any form
    become `Raw`, as their digits are nobody's to change; texts, booleans and null become what Python has. With `whole`, lists
    and mappings become `Raw` too, where everything in them is shown.
    """
    return msgspec.json.Decoder(list[_type(shape, shown, whole)]).decode  # type: ignore[misc]  # a type made just now


def shown_parts(shape: Nested, shown: Shown | None) -> tuple[Part, ...]:
    """The fields of a record that are shown, in the order of their declaration."""
    if shown is None:
        return tuple((field, None) for field in shape.fields)
    below = dict(shown)
    return tuple((field, below[field.name]) for field in shape.fields if field.name in below)


def is_raw(shape: Shape) -> bool:
    """Whether values of a shape are decoded as `Raw`; null then stands there as the text `null`."""
    match shape:
        case Nullable(inner):
            return is_raw(inner)
        case Choice(values):
            return not isinstance(values[0], str)
        case Scalar(kind):
            return kind in ("int", "float", "decimal")
        case _:
            return isinstance(shape, Anything)


def _type(shape: Shape, shown: Shown | None, whole: bool) -> Any:
    """What a value is decoded as. Null is taken everywhere, since a field that a caller may not see can be null."""
    match shape:
        case Nested():
            return _struct(shape, shown, whole) | None
        case Nullable(inner):
            return _type(inner, shown, whole)
        case Many() | Keyed() if whole and shown is None:
            return msgspec.Raw
        case Many(item):
            return list[_type(item, shown, False)] | None  # type: ignore[misc]  # a type made just now
        case Keyed(value):
            return dict[str, _type(value, shown, False)] | None  # type: ignore[misc]  # a type made just now
        case _:
            return msgspec.Raw if is_raw(shape) else Any


def _struct(shape: Nested, shown: Shown | None, whole: bool) -> Any:
    declared = [(field.name, _type(field.shape, below, whole), msgspec.UNSET) for field, below in shown_parts(shape, shown)]
    return msgspec.defstruct(shape.record.__name__, declared, gc=False)

"""Changing the records of some classes wherever they stand in a plain value, in place; compiled once per shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .layout import Work
from .shapes import Keyed, Many, Nested, Nullable, Shape

Walk = Callable[[Any], None]
"""Changes a plain value in place."""


def walk_of(shape: Shape, works: Mapping[Any, Work]) -> Walk | None:
    """What changes the records of some classes in a value; None where none of them stands in it."""
    match shape:
        case Nested(record):
            return _walk_of_record(shape, works.get(record), works)
        case Nullable(inner):
            return walk_of(inner, works)
        case Many(inner) | Keyed(inner):
            walk = walk_of(inner, works)
            return walk and _walk_all(shape, walk)
        case _:
            return None


def _walk_of_record(shape: Nested, own: Work | None, works: Mapping[Any, Work]) -> Walk | None:
    inner = tuple((field.name, walk) for field in shape.fields if (walk := walk_of(field.shape, works)) is not None)
    if own is None and not inner:
        return None

    def walk_record(value: Any) -> None:
        for name, walk in inner:
            below = value.get(name)
            if below is not None:
                walk(below)
        if own is not None:
            own(value)
    return walk_record


def _walk_all(shape: Shape, walk: Walk) -> Walk:
    def walk_all(value: Any) -> None:
        for each in value.values() if isinstance(shape, Keyed) else value:
            if each is not None:
                walk(each)
    return walk_all

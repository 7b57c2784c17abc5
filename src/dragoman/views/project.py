"""Records with some of their fields: JSON in, JSON out, every kept value byte for byte as it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from ..catalog.fields import Field
from ..catalog.shapes import Keyed, Many, Nested, Nullable, Shape
from ..contracts import Buffer
from ..query import Shown

Project = Callable[[Buffer], bytes]
_RAW_NULL, _RAW_NOTHING = msgspec.Raw(b"null"), msgspec.Raw()
_encode = msgspec.json.Encoder().encode


@lru_cache(maxsize=512)
def projector(fields: tuple[Field, ...], shown: Shown, *, nulls: bool) -> Project:
    """What cuts the JSON of a record of these fields to what is shown.

    A field that stands nowhere in a record, as it is not for everybody, stays away, or is null with `nulls`.
    """
    decode = msgspec.json.Decoder(_struct(fields, shown, nulls)).decode
    return lambda record: _encode(decode(record))


def _struct(fields: Sequence[Field], shown: Shown, nulls: bool) -> type[msgspec.Struct]:
    """A type with the shown fields alone: the decoder skips all others, and keeps what is whole as it is written."""
    by_name = {field.name: field for field in fields}
    missing: Any = None if nulls else msgspec.UNSET
    absent: Any = None if nulls else msgspec.UnsetType
    declared: list[tuple[str, Any, Any]] = []
    for name, below in shown:
        if below is None:                   # `Raw` takes whatever stands there, null as well
            declared.append((name, msgspec.Raw, _RAW_NULL if nulls else _RAW_NOTHING))
        else:
            declared.append((name, _type(by_name[name].shape, below, nulls) | absent, missing))
    return msgspec.defstruct("Shown", declared, gc=False, omit_defaults=not nulls)


def _type(shape: Shape, shown: Shown, nulls: bool) -> Any:
    """The type of a value of which only a part is shown."""
    match shape:
        case Nested():
            return _struct(shape.fields, shown, nulls)
        case Nullable(inner):
            return _type(inner, shown, nulls) | None
        case Many(item):
            return list[_type(item, shown, nulls)]  # type: ignore[misc]  # a type made just now
        case Keyed(value):
            return dict[str, _type(value, shown, nulls)]  # type: ignore[misc]  # a type made just now
        case _:
            raise TypeError(f"{shape} has no parts")

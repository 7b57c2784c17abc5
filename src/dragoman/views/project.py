"""Records with some of their fields: JSON in, JSON out, every kept value byte for byte as it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from ..catalog.fields import Field
from ..catalog.shapes import Keyed, Many, Nested, Nullable, Shape
from ..exchange import Buffer
from ..query import Shown

Project = Callable[[Buffer], bytes]
_NOTHING = msgspec.Raw()
_encode = msgspec.json.Encoder().encode


@lru_cache(maxsize=512)
def projector(shape: Shape, shown: Shown) -> Project:
    """What cuts the JSON of a value to what is shown of its records; what stands nowhere in a record stays away."""
    decode = msgspec.json.Decoder(_type(shape, shown)).decode
    return lambda value: _encode(decode(value))


def _struct(fields: Sequence[Field], shown: Shown) -> type[msgspec.Struct]:
    """A type with the shown fields alone: the decoder skips all others, and keeps what is whole as it is written."""
    by_name = {field.name: field for field in fields}
    declared: list[tuple[str, Any, Any]] = []
    for name, below in shown:
        if below is None:                   # `Raw` takes whatever stands there, null as well
            declared.append((name, msgspec.Raw, _NOTHING))
        else:
            declared.append((name, _type(by_name[name].shape, below) | msgspec.UnsetType, msgspec.UNSET))
    return msgspec.defstruct("Shown", declared, gc=False, omit_defaults=True)


def _type(shape: Shape, shown: Shown) -> Any:
    """The type of a value of which only a part is shown."""
    match shape:
        case Nested():
            return _struct(shape.fields, shown)
        case Nullable(inner):
            return _type(inner, shown) | None
        case Many(item):
            return list[_type(item, shown)]  # type: ignore[misc]  # a type made just now
        case Keyed(value):
            return dict[str, _type(value, shown)]  # type: ignore[misc]  # a type made just now
        case _:
            raise TypeError(f"{shape} has no parts")

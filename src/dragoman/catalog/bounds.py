"""Types with the bounds of the wire: what msgspec converts to them fits, or nearly."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import msgspec

from .markers import LocalizedText
from .plain import INT64_MAX, INT64_MIN
from .remembered import remembered
from .shapes import Keyed, Many, Nested, Nullable, Scalar, Shape, peel, shape_of, without_null

FLOAT_MAX = 1.7976931348623157e308


@remembered
def tight_record(record: Any) -> type[msgspec.Struct]:
    """A twin of a record class that takes only finite numbers, 64-bit integers and times with a zone, as fast as msgspec
    converts; what it cannot express (decimals, free JSON, surrogates) is left to the caller."""
    declared = {field.name: field.type for field in record.__dragoman_fields__}
    fields = [(info.name, tighten(declared[info.name]), _default_of(info)) for info in msgspec.structs.fields(record)]
    return msgspec.defstruct(record.__name__, fields, kw_only=True, frozen=True, gc=False)


def _default_of(info: msgspec.structs.FieldInfo) -> Any:
    if info.default_factory is not msgspec.NODEFAULT:
        return msgspec.field(default_factory=info.default_factory)
    return info.default


def tighten(annotation: Any) -> Any:
    """The annotation with the bounds of the wire wherever its author gave none."""
    inner, metadata = peel(annotation)
    constraints = tuple(mark for mark in metadata if isinstance(mark, msgspec.Meta))
    if any(isinstance(mark, LocalizedText) for mark in metadata):
        return annotated(dict[str, str], constraints)
    shape = shape_of(inner)
    if isinstance(shape, Nullable):
        return tighten(annotated(without_null(inner), constraints)) | None
    return annotated(_tight_inner(shape, inner), (*constraints, *_bounds(shape, constraints)))


def _tight_inner(shape: Shape, inner: Any) -> Any:
    if isinstance(shape, Nested):
        return tight_record(shape.record)
    if isinstance(shape, Many):
        return list[tighten(typing.get_args(inner)[0])]  # type: ignore[misc]  # built at run time
    if isinstance(shape, Keyed):
        return dict[str, tighten(typing.get_args(inner)[1])]  # type: ignore[misc]  # built at run time from what was declared
    return inner


def _bounds(shape: Shape, constraints: Iterable[msgspec.Meta]) -> Iterator[msgspec.Meta]:
    kind = shape.kind if isinstance(shape, Scalar) else ""
    least, most = {"int": (INT64_MIN, INT64_MAX), "float": (-FLOAT_MAX, FLOAT_MAX)}.get(kind, (None, None))
    if least is not None and not any(each.ge is not None or each.gt is not None for each in constraints):
        yield msgspec.Meta(ge=least)
    if most is not None and not any(each.le is not None or each.lt is not None for each in constraints):
        yield msgspec.Meta(le=most)
    if kind == "datetime" and not any(each.tz is not None for each in constraints):
        yield msgspec.Meta(tz=True)


def annotated(inner: Any, metadata: tuple[Any, ...]) -> Any:
    """A type with its metadata, where it has any."""
    return Annotated[(inner, *metadata)] if metadata else inner

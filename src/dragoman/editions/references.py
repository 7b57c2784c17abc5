"""Proving that every reference points at a record: noted while records are read, looked up once all keys stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ..catalog.catalog import Catalog
from ..catalog.fields import Field
from ..catalog.markers import Refers
from ..catalog.plain import encode_json
from ..catalog.shapes import Keyed, Many, Nested, Nullable, Shape
from .files import Writer

_REMEMBERED_MAX = 200_000
_EACH = "*"
Where = tuple[str, ...]


class Reference(msgspec.Struct, frozen=True):
    """One field, nested ones included, whose values are keys of another resource."""

    where: Where
    target: str
    """The resource's path."""

    @property
    def name(self) -> str:
        """The field as errors name it."""
        return ".".join(self.where)


def references_of(catalog: Catalog, fields: Sequence[Field]) -> Iterator[Reference]:
    """The references that can be proven; records of live resources are known only at request time."""
    for where, refers in _refers_in(fields, ()):
        target = catalog.referred(refers)
        if target is not None and not target.live:
            yield Reference(where, target.path)


def _refers_in(fields: Sequence[Field], above: Where) -> Iterator[tuple[Where, Refers]]:
    for field in fields:
        if field.refers is not None:
            yield (*above, field.name), field.refers
        yield from _refers_inside(field.shape, (*above, field.name))


def _refers_inside(shape: Shape, above: Where) -> Iterator[tuple[Where, Refers]]:
    match shape:
        case Many(inner) | Nullable(inner):
            yield from _refers_inside(inner, above)
        case Keyed(inner):
            yield from _refers_inside(inner, (*above, _EACH))
        case Nested():
            yield from _refers_in(shape.fields, above)


def values_at(value: Any, where: Where) -> Iterator[Any]:
    """Every value at a place in a record, inside lists too; null is no reference."""
    if isinstance(value, list):
        for each in value:
            yield from values_at(each, where)
    elif value is None:
        return
    elif not where:
        yield value
    elif where[0] == _EACH:
        for each in value.values():
            yield from values_at(each, where[1:])
    else:
        yield from values_at(value[where[0]], where[1:])


class ReferenceLog:
    """Notes the references of one field in a file: lines of position and key, most repetitions left out."""

    def __init__(self, reference: Reference, path: Path) -> None:
        self.reference = reference
        self._path = path
        self._writer = Writer(path)
        self._noted: set[bytes] = set()

    def extend(self, start: int, values: Sequence[Mapping[str, Any]]) -> None:
        """Note what the records from position `start` on refer to."""
        lines: list[bytes] = []
        for position, value in enumerate(values, start):
            for found in values_at(value, self.reference.where):
                key = encode_json(found)
                if key not in self._noted:
                    self._noted.add(key)
                    lines.append(b"%d\t%b\n" % (position, key))
        self._writer.write(b"".join(lines))
        if len(self._noted) > _REMEMBERED_MAX:
            self._noted.clear()

    def close(self) -> None:
        """Let go of the file."""
        self._writer.close()

    def broken(self, find: Callable[[bytes], int]) -> tuple[int, bytes] | None:
        """The first reference without a record: the position of the record that makes it, and the key."""
        with self._path.open("rb") as lines:
            for line in lines:
                position, _, key = line.rstrip(b"\n").partition(b"\t")
                if find(key) < 0:
                    return int(position), key
        return None

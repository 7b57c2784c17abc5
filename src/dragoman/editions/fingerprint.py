"""Short texts that differ whenever a catalog would compile to another edition, and whenever its records look otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import xxhash

from ..catalog.catalog import Catalog
from ..catalog.fields import Field
from ..catalog.fitting import expectation
from ..catalog.resource import Resource
from ..catalog.shapes import Keyed, Many, Nested, Nullable, Shape, describe, nested_records
from .manifest import FORMAT


def fingerprint_of(catalog: Catalog) -> str:
    """Of languages, resources, fields and their types, of what changed in them, since changes are tried at publication, and of the
    layout of editions, so that a newer program publishes anew."""
    told = [FORMAT, list(catalog.languages), [
        [*_resource(resource), catalog.timeline.stages(resource)[-1].digest] for resource in catalog.resources.values() if not resource.live
    ]]
    return xxhash.xxh3_128_hexdigest(msgspec.json.encode(told))


def forms_of(catalog: Catalog) -> dict[str, str]:
    """The form of the records of each resource that is published, by its path."""
    return {resource.path: form_of(resource) for resource in catalog.resources.values() if not resource.live}


def form_of(resource: Resource) -> str:
    """Of what the records of a resource look like: their fields in order with the types, whatever the classes are called and however
    they are read, checked and asked for."""
    return xxhash.xxh3_64_hexdigest(msgspec.json.encode(_forms(resource.fields)))


def _forms(fields: tuple[Field, ...]) -> list[Any]:
    return [[field.name, _form(field.shape)] for field in fields]


def _form(shape: Shape) -> Any:
    match shape:
        case Nullable(inner):
            return ["null", _form(inner)]
        case Many(inner):
            return ["list", _form(inner)]
        case Keyed(inner):
            return ["map", _form(inner)]
        case Nested():
            return _forms(shape.fields)
        case _:
            return describe(shape)


def _resource(resource: Resource) -> list[Any]:
    return [resource.path, list(_origin(resource.origin)), list(_fields(resource.fields))]


def _origin(origin: Any) -> Iterator[str]:
    """An origin in words that stay the same from process to process."""
    yield type(origin).__qualname__
    for name in origin.__struct_fields__:
        value = getattr(origin, name)
        yield f"{name}={getattr(value, '__qualname__', value) if callable(value) else value}"


def _fields(fields: tuple[Field, ...]) -> Iterator[Any]:
    for field in fields:
        yield [
            field.name, expectation(field), field.required, repr(field.default), field.key,
            field.filter is not None, field.search.at_least if field.search else 0, field.sort, field.needs,
            _referred(field),
            [list(_fields(record.__dragoman_fields__)) for record in nested_records(field.shape)],
        ]


def _referred(field: Field) -> str | None:
    if field.refers is None:
        return None
    return str(getattr(field.refers.record, "__qualname__", field.refers.record))

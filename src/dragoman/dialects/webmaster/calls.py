"""Resources and methods as calls of this convention: what may be asked of them, by position and by name, and what they answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta
from msgspec.structs import replace

from ...catalog.catalog import Catalog
from ...catalog.fields import Field
from ...catalog.method import Method
from ...catalog.names import Naming, key_name
from ...catalog.resource import Resource
from ...catalog.shapes import KINDS, Choice, Scalar, Shape, element, shape_of
from ...catalog.timeline import Stage
from ...errors import MethodError, describe_error
from ...formats.calls import Call, DeclaredError, call_of
from ...query import Paging
from .refusals import declared_status
from .routes import LIMIT, SEARCH, SORT, SORT_TYPE, START, TYPE, Entry

_TYPES = {kind: annotation for annotation, kind in KINDS.items()}
ABSENT = "-"
"""Stands in a position whose parameter is not given, or not there in this version."""
_VERSION = ("The version of the schema: a time in UTC such as 2024-06-01T00:00:00Z, or latest. Answers are as they are described here "
            "where that is the version of this description.")
_KEY = "The key of an account, or the access token that an application was given."


def call_of_entry(entry: Entry, stage: Stage, positions: Sequence[str | None], catalog: Catalog, naming: Naming, paging: Paging) -> Call:
    """What an entry of a library is to its clients in the version of a stage."""
    target = entry.target
    rest: dict[str, Any] = {"options": tuple(_options(catalog, target)), "positions": tuple(name or ABSENT for name in positions)}
    if isinstance(target, Method):
        parameters = [replace(field, name=field.name_in(naming.name)) for field in stage.fields]
        return call_of(target, stage, entry.root, parameters, errors=tuple(map(_declared, target.raises)), **rest)
    known = {field.name: field for field in _asked(target, stage, naming, paging)}
    order = [name for name in positions if name in known]
    return call_of(target, stage, entry.root, [known[name] for name in dict.fromkeys([*order, *known]) if name], **rest)


def _declared(error: type[MethodError]) -> DeclaredError:
    return DeclaredError(error.__name__, declared_status(error.status), describe_error(error))


def _options(catalog: Catalog, target: Resource | Method) -> Iterator[Field]:
    """What may be said of any question."""
    yield _parameter("remote_auth", Annotated[str, Meta(description=_KEY)])
    yield _parameter("language", Annotated[_choice(catalog.languages), Meta(description="The language of texts.")], catalog.languages[0])
    yield _parameter("http_status", Annotated[bool, Meta(description="Whether the status is that of HTTP, too.")], None)
    if catalog.timeline.versions:
        yield _parameter("v", Annotated[str, Meta(description=_VERSION)], None)
    if isinstance(target, Method) and target.operation:
        about = "The operation that is asked about, instead of beginning another."
        yield _parameter("request_id", Annotated[int, Meta(ge=1, description=about)], None)


def _asked(resource: Resource, stage: Stage, naming: Naming, paging: Paging) -> Iterator[Field]:
    """What a list of records may be asked with, in the usual order."""
    if resource.single:
        return
    filters = [field for field in stage.fields if field.filter is not None and resource.by is None and field.name in stage.meanings]
    yield from (_filter(field, naming) for field in filters if field.filter is not None and field.filter.first)
    yield from _list_parameters(resource, stage, paging)
    yield from (_filter(field, naming) for field in filters if field.filter is not None and not field.filter.first)
    if resource.by is None and stage.key.filter is None:
        yield _parameter(key_name(naming, stage.key), Annotated[_list(stage.key.shape), Meta(
            description="The records of these keys alone.")], None)


def _list_parameters(resource: Resource, stage: Stage, paging: Paging) -> Iterator[Field]:
    yield _parameter(START, Annotated[int, Meta(ge=0, description="Which page, from 0.")], 0)
    yield _parameter(LIMIT, Annotated[int, Meta(ge=1, le=paging.size_max, description="How many records a page has.")],
                     paging.size_default)
    sortable = tuple(field.name for field in stage.fields if field.sort and field.name in stage.meanings)
    if sortable and resource.by is None:
        yield _parameter(SORT, Annotated[_choice(sortable), Meta(description="The field to sort by.")], None)
        yield _parameter(SORT_TYPE, Annotated[Literal["asc", "desc"], Meta(description="In which direction.")], "asc")
    searched = {field.name: field.search for field in resource.fields if field.search is not None and resource.by in (None, field.name)}
    if searched:
        least = min(search.at_least for search in searched.values())
        names = [old for old, meaning in stage.meanings.items() if meaning.name in searched] or list(searched)
        about = f"How {' or '.join(names)} begins, in any case."
        yield _parameter(SEARCH, Annotated[str, Meta(min_length=least, description=about)], None)
    if resource.by is not None:
        yield _parameter(TYPE, Annotated[Literal["startswith", "exact"], Meta(description="What the text is of.")], "startswith")


def _filter(field: Field, naming: Naming) -> Field:
    """A filter takes several values, and shows what has one of them."""
    every = field.filter.any if field.filter is not None else None
    about = f"Records whose {field.name} is one of these" + (f"; `{every}` for all." if every is not None else ".")
    return _parameter(field.name_in(naming.name), Annotated[_list(field.shape, every), Meta(description=about)], None)


def _list(shape: Shape, every: str | None = None) -> Any:
    """The annotation of several values of a shape, or of what stands for all of them."""
    shape = element(shape)
    if isinstance(shape, Choice) and (every is None or isinstance(shape.values[0], str)):
        item = _choice((*shape.values, *([every] if every is not None else [])))
    else:
        item = _TYPES[shape.kind] if isinstance(shape, Scalar) and every is None else str
    return list.__class_getitem__(item)


def _choice(values: Sequence[str | int]) -> Any:
    return Literal[tuple(dict.fromkeys(values))]


def _parameter(name: str, annotation: Any, *default: Any) -> Field:
    """A parameter of ours; it is required where it has no default."""
    return Field(name=name, type=annotation, shape=shape_of(annotation), required=not default, default=default[0] if default else None)

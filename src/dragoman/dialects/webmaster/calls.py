"""Resources and methods as calls of this convention: what may be asked of them, by position and by name, and what they answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta

from ...catalog.catalog import Catalog
from ...catalog.fields import Field
from ...catalog.method import Method
from ...catalog.names import Naming, key_name
from ...catalog.resource import Resource
from ...catalog.shapes import KINDS, Choice, Scalar, Shape, element, item_of, shape_of
from ...catalog.stage import Stage
from ...contracts import Dialect, Format
from ...errors import MethodError, describe_error
from ...formats.calls import FORMAT, Call, DeclaredError, DocumentType
from ...query import Paging
from . import words
from .envelope import document_type, request_root
from .refusals import declared_status
from .routes import Entry, written_parameters

_TYPES = {kind: annotation for annotation, kind in KINDS.items()}
_VERSION = ("The version of the schema: a time in UTC such as 2024-06-01T00:00:00Z, or latest. Answers are as they are described here "
            "where that is the version of this description.")


def call_of(
    entry: Entry, stage: Stage, positions: Sequence[str | None], catalog: Catalog, dialect: Dialect, *, formats: Iterable[Format],
    schema: str,
) -> Call:
    """What an entry of a library is to its clients in the version of a stage; `schema` is where its XML Schema is."""
    target = entry.target
    verb = target.verb if isinstance(target, Method) else "GET"
    bodied = verb in words.BODIED
    placed = () if bodied else tuple(name or words.ABSENT for name in positions)
    return Call(
        name=entry.root, path=f"{FORMAT}/{target.name}", verb=verb, description=target.description,
        formats=tuple(each for each in formats if not bodied or each.name in words.BODIES),
        notes=tuple(_notes(target, placed)), positions=placed, options=tuple(_options(catalog, target, dialect.asked_by)),
        request=request_root(entry.root), parameters=tuple(_parameters(target, stage, positions, dialect)),
        answer=_answer(entry, stage), errors=tuple(map(_declared, target.raises)) if isinstance(target, Method) else (), schema=schema,
    )


def calls_of_operations(calls: Iterable[Call], asked_by: str, formats: Sequence[Format]) -> Iterator[Call]:
    """How long operations are asked about, and ended, by their number alone, where a call begins one. A result is that of its method,
    whichever that was."""
    call = next((call for call in calls if any(field.name == asked_by for field in call.options)), None)
    if call is None:
        return
    number = _parameter(asked_by, Annotated[int, Meta(ge=1)])
    options = (number, *(field for field in call.options if field.name != asked_by))
    for name, verb, item, description in (
        ("askOperation", "GET", Any, "What became of a long operation, whichever method began it."),
        ("endOperation", "DELETE", None, "End a long operation."),
    ):
        yield Call(name=name, path=f"{FORMAT}/{words.OPERATION}", formats=tuple(formats), verb=verb, description=description,
                   request=request_root(name), options=options, answer=document_type(name, description, item=item, listed="one"))


def _parameters(target: Resource | Method, stage: Stage, positions: Sequence[str | None], dialect: Dialect) -> Iterable[Field]:
    """In the order of the positions; those that have none come last."""
    if isinstance(target, Method):
        return written_parameters(stage, dialect)
    known = {field.name: field for field in _asked(target, stage, dialect, dialect.paging)}
    order = [name for name in positions if name in known]
    return [known[name] for name in dict.fromkeys([*order, *known]) if name]


def _answer(entry: Entry, stage: Stage) -> DocumentType:
    target = entry.target
    if isinstance(target, Method):
        item = item_of(stage.returns) if stage.returns is not None else None
        return document_type(entry.root, target.description, item=item, listed=target.listed)
    only = tuple(field.name for field in stage.shown(target.only)) if target.only else ()
    return document_type(entry.root, target.description, item=stage.record, only=only, listed=target.listed)


def _notes(target: Resource | Method, positions: Sequence[str]) -> Iterator[str]:
    """What no description has words of its own for."""
    if target.permission is not None:
        yield f"The key needs the permission `{target.permission}`."
    if positions:
        order = "/".join(f"{{{name}}}" for name in positions)
        yield (f"Values may stand in the path instead: `/{FORMAT}/{target.name}/{order}`, as many as are given; `{words.ABSENT}` leaves "
               "one out. What stands in the query wins.")
    if isinstance(target, Method) and target.operation:
        yield ("A long operation: the `status` is 204, and `request_id` is its number; the same question with `request_id` gives the "
               "result once there is one.")


def _declared(error: type[MethodError]) -> DeclaredError:
    return DeclaredError(error.__name__, declared_status(error.status), describe_error(error))


def _options(catalog: Catalog, target: Resource | Method, asked_by: str) -> Iterator[Field]:
    """What may be said of any question."""
    yield KEY
    yield _parameter("language", Annotated[_choice(catalog.languages), Meta(description="The language of texts.")], catalog.languages[0])
    yield _parameter(words.HTTP_STATUS, Annotated[bool, Meta(description="Whether the status is that of HTTP, too.")], None)
    if catalog.timeline.versions:
        yield _parameter("v", Annotated[str, Meta(description=_VERSION)], None)
    if isinstance(target, Method) and target.operation:
        about = "The operation that is asked about, instead of beginning another."
        yield _parameter(asked_by, Annotated[int, Meta(ge=1, description=about)], None)


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
    yield _parameter(words.START, Annotated[int, Meta(ge=0, description="Which page, from 0.")], 0)
    yield _parameter(words.LIMIT, Annotated[int, Meta(ge=1, le=paging.size_max, description="How many records a page has.")],
                     paging.size_default)
    sortable = tuple(field.name for field in stage.fields if field.sort and field.name in stage.meanings)
    if sortable and resource.by is None:
        yield _parameter(words.SORT, Annotated[_choice(sortable), Meta(description="The field to sort by.")], None)
        yield _parameter(words.SORT_TYPE, Annotated[Literal["asc", "desc"], Meta(description="In which direction.")], "asc")
    searched = {field.name: field.search for field in resource.fields if field.search is not None and resource.by in (None, field.name)}
    if searched:
        least = min(search.at_least for search in searched.values())
        names = [old for old, meaning in stage.meanings.items() if meaning.name in searched] or list(searched)
        about = f"How {' or '.join(names)} begins, in any case."
        yield _parameter(words.SEARCH, Annotated[str, Meta(min_length=least, description=about)], None)
    if resource.by is not None:
        yield _parameter(words.TYPE, Annotated[Literal["startswith", "exact"], Meta(description="What the text is of.")], "startswith")


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


KEY = _parameter(words.REMOTE_AUTH, Annotated[str, Meta(
    description="The key of an account, or the access token that an application was given.")])
"""Says whose a request is."""

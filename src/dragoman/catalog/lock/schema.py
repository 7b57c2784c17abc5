"""The schema of a catalog as facts, as it is today or was in a version."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, NamedTuple, get_args

import msgspec

from ..catalog import Catalog
from ..change import Change
from ..fields import Field, field_of
from ..markers import Refers
from ..method import Method
from ..resource import Resource
from ..shapes import Choice, Keyed, Many, Nested, Nullable, Scalar, Shape, Text, describe, peel, shape_of, without_null
from ..stage import Stage
from ..steps import Added, Defaulted, Renamed, Reshaped, Revalued, Step
from ..timeline import Timeline
from ..version import LATEST
from .facts import Fields, LockedCatalog, LockedChange, LockedField, LockedTarget, Type
from .source import annotation_of, quoted

PAGING = "..."
RESULT = "result"
_LIMITS = ("ge", "gt", "le", "lt", "multiple_of", "min_length", "max_length", "pattern", "tz")


class Part(NamedTuple):
    """One field on its path, and the record class that it is a field of; None for a parameter or a result."""

    field: Field
    owner: Any


Parts = Mapping[str, Part]


def schema_of(catalog: Catalog) -> LockedCatalog:
    """Everything of a loaded catalog that clients rely on, as it is today."""
    today = Timeline((), catalog.targets)           # what is published now hangs on no change
    return LockedCatalog(
        api_name=catalog.api_name, languages=catalog.languages, clusters=catalog.clusters, formats=catalog.formats,
        permissions=dict(sorted(catalog.permissions.items())),
        changes=tuple(map(change_of, history_of(catalog))),
        ends={each.version: _day(each.gone_at) for each in sorted(catalog.deprecations, key=lambda each: each.version)},
        targets={target.path: target_of(catalog, target, today.stage(target, LATEST))
                 for target in sorted(catalog.targets, key=lambda each: each.path)},
    )


def _day(at: float | None) -> str:
    return "" if at is None else dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%d")


def target_of(catalog: Catalog, target: Resource | Method, stage: Stage) -> LockedTarget:
    """One target as it was at some stage."""
    common: dict[str, Any] = {
        "permission": target.permission or "", "authenticated": target.authenticated, "dast": target.dast, "listed": target.listed,
        "positions": _positions(target, stage), "since": target.since, "until": target.until,
        "fields": _facts(catalog, parts_of(target, stage)),
    }
    if isinstance(target, Method):
        return LockedTarget(
            kind="method", verb=target.verb, allows=target.allows.description if target.allows is not None else "",
            operation=target.operation, called=target.function.__name__,
            errors={error.__name__: error.status for error in sorted(target.raises, key=lambda each: each.__name__)},
            result=_facts(catalog, result_of(stage)), **common)
    return LockedTarget(
        kind="search" if target.of else "resource", owner=target.owner or "", live=target.live, single=target.single,
        expand_all=target.expand_all, of=target.of, by=target.by or "", **common)


def history_of(catalog: Catalog) -> list[Change]:
    """Its changes, the oldest first."""
    return sorted(catalog.changes, key=lambda change: change.at)


def change_of(change: Change) -> LockedChange:
    """A change as it was declared."""
    return LockedChange(at=change.at, of=change.name, steps=tuple(map(_step, change.steps)), description=change.description)


def _step(step: Step) -> str:
    """A step as Python. Whatever it says of types is told exactly, as old versions follow from it."""
    match step:
        case Added():
            value = "" if step.value is msgspec.UNSET else f", value={quoted(step.value)}"
            return f"Added({', '.join(map(quoted, step.names))}{value})"
        case Reshaped():
            before = ", ".join(f"{quoted(name)}: {_before(annotation)}" for name, annotation in sorted(step.before.items()))
            return f"Reshaped({quoted(step.now)}, before={{{before}}}{', forward=...' if step.forward is not None else ''})"
        case Renamed():
            return f"Renamed({quoted(step.now)}, before={quoted(step.before)})"
        case Revalued():
            return f"Revalued({quoted(step.name)}, {quoted(dict(step.values))})"
        case Defaulted():
            return f"Defaulted({quoted(step.name)}, before={quoted(step.before)})"
        case _:
            return type(step).__name__


def _before(annotation: Any) -> str:
    """What `before=` says of a field: its type, markers included, and the fields of its records."""
    facts = _facts(None, dict(_parts((field_of(LockedField, "value", annotation),), None, "")))
    above, *within = (f"{path.removeprefix('value')}: {annotation_of(field)}" for path, field in facts.items())
    return above.removeprefix(": ") + (f" with {', '.join(within)}" if within else "")


# -------------------------------------------------------------------------------------------- fields


def parts_of(target: Resource | Method, stage: Stage) -> Parts:
    """Every field of a resource that is shown, or parameter of a method, by path."""
    return dict(_parts(stage.shown(target.only) if isinstance(target, Resource) else stage.fields, stage.record, ""))


def result_of(stage: Stage) -> Parts:
    """Every field of what a method returns, by path; the whole is `result`."""
    shape = stage.shape
    if stage.returns is None or shape is None:
        return {}
    return dict(_parts((Field(name=RESULT, type=stage.returns, shape=shape),), None, ""))


def _parts(fields: Iterable[Field], owner: Any, above: str) -> Iterator[tuple[str, Part]]:
    for field in fields:
        yield above + field.name, Part(field, owner)
        yield from _parts_inside(field.shape, above + field.name)


def _parts_inside(shape: Shape, path: str) -> Iterator[tuple[str, Part]]:
    match shape:
        case Nullable(inner):
            yield from _parts_inside(inner, path)
        case Many(inner):
            yield from _parts_inside(inner, path + "[]")
        case Keyed(inner):
            yield from _parts_inside(inner, path + "{}")
        case Nested(record):
            yield from _parts(record.__dragoman_fields__, record, path + ".")


def _facts(catalog: Catalog | None, parts: Parts) -> Fields:
    return {path: _field(catalog, part.field) for path, part in parts.items()}


def _field(catalog: Catalog | None, field: Field) -> LockedField:
    chosen = field.filter
    return LockedField(
        type=describe(field.shape), exact=type_of(field.type), required=field.required,
        default=msgspec.UNSET if field.required else msgspec.to_builtins(field.default, enc_hook=repr),
        key=field.key, extra=field.extra, sort=field.sort, needs=field.needs or "",
        filter=None if chosen is None else {name: value for name, value in msgspec.structs.asdict(chosen).items() if value},
        search=field.search.at_least if field.search is not None else 0,
        refers=_referred(catalog, field.refers) if field.refers is not None else "",
        named={dialect: name for dialect, name in msgspec.structs.asdict(field.named).items() if name},
    )


def _referred(catalog: Catalog | None, refers: Refers) -> str:
    found = catalog.referred(refers) if catalog is not None else None
    return found.path if found is not None else str(getattr(refers.record, "__name__", refers.record))


def type_of(annotation: Any) -> Type:
    """An annotation, exactly."""
    inner, metadata = peel(annotation)
    constraints = tuple(mark for mark in metadata if isinstance(mark, msgspec.Meta))
    limits = {name: value for mark in constraints for name in _LIMITS if (value := getattr(mark, name)) is not None}
    match shape_of(annotation):
        case Nullable():
            plain = without_null(inner)
            within = type_of(Annotated[(plain, *constraints)] if constraints else plain)
            return msgspec.structs.replace(within, null=True)
        case Scalar(kind):
            return Type(kind, limits=limits)
        case Choice(values):
            return Type("choice", values=values, limits=limits)
        case Text():
            return Type("text", limits=limits)
        case Many():
            return Type("list", item=type_of(get_args(inner)[0]), limits=limits)
        case Keyed():
            return Type("object", item=type_of(get_args(inner)[1]), limits=limits)
        case Nested(record):
            return Type("record", record=record.__name__)
        case _:
            return Type("any")


# -------------------------------------------------------------------------------------------- positions


def _positions(target: Resource | Method, stage: Stage) -> tuple[str, ...]:
    """The parameters in the path of the webmaster dialect, as it orders them; one that a version does not have is `-`."""
    if target.positions is not None:
        return _declared_positions(target, target.positions, stage)
    if isinstance(target, Method):
        return tuple(parameter.name_in("webmaster") for parameter in stage.fields)
    if target.single or target.by is not None:
        return ()
    filters = [(field.filter.first, field.name_in("webmaster")) for field in stage.fields if field.filter is not None]
    return (*(name for first, name in filters if first), PAGING, *(name for first, name in filters if not first))


def _declared_positions(target: Resource | Method, declared: Iterable[str], stage: Stage) -> tuple[str, ...]:
    today = target.fields if isinstance(target, Resource) else target.parameters
    written = {field.name: field.name_in("webmaster") for field in today}
    then = {written[meaning.name]: name for name, meaning in stage.meanings.items() if meaning.name in written}
    names = {field.name: field.name_in("webmaster") for field in stage.fields}
    return tuple(names.get(then[name], "-") if name in then else "-" if name in written.values() else name for name in declared)

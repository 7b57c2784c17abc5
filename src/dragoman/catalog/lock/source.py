"""Locked types and values as Python, for the changes that a check proposes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from .facts import Fields, LockedField, Type

_NAMES = {"text": "Localized", "any": "Any", "decimal": "Decimal", "date": "date", "datetime": "datetime", "time": "time", "uuid": "UUID"}
_ZEROS: dict[str, Any] = {
    "bool": False, "str": "", "text": "", "bytes": "", "date": "1970-01-01", "datetime": "1970-01-01T00:00:00Z", "time": "00:00:00",
    "uuid": "00000000-0000-0000-0000-000000000000",
}
"""What stands on the wire for nothing."""
_READ = {"decimal": "Decimal({})", "date": "date.fromisoformat({})", "datetime": "datetime.fromisoformat({})",
         "time": "time.fromisoformat({})", "uuid": "UUID({})"}
IMPORTS = {
    "Localized": "dragoman", "Extra": "dragoman", "Filter": "dragoman", "Sort": "dragoman", "Search": "dragoman", "Named": "dragoman",
    "Record": "dragoman", "Added": "dragoman", "Renamed": "dragoman", "Reshaped": "dragoman", "Revalued": "dragoman",
    "Defaulted": "dragoman", "Annotated": "typing", "Literal": "typing", "Any": "typing", "Decimal": "decimal", "date": "datetime",
    "datetime": "datetime", "time": "datetime", "UUID": "uuid", "Meta": "msgspec",
}
"""Where the names come from that are written here."""


def annotation_of(field: LockedField, record: Callable[[str], str] = str, *, compared: bool = True) -> str:
    """A field as it would be annotated; `record` says what a record class is called there. Without `compared` nobody can filter,
    search or sort by it."""
    marks = ["Extra()"] if field.extra else []
    if compared:
        chosen = field.filter
        marks += [f"Filter({_arguments(chosen)})"] if chosen is not None else []
        marks += [f"Search({f'at_least={field.search}' if field.search > 1 else ''})"] if field.search else []
        marks += ["Sort()"] if field.sort else []
    marks += [f"Named({_arguments(field.named)})"] if field.named else []
    plain = type_source(field.exact, record)
    return f"Annotated[{plain}, {', '.join(marks)}]" if marks else plain


def _arguments(given: dict[str, Any]) -> str:
    return ", ".join(f"{name}={quoted(value)}" for name, value in given.items())


def type_source(exact: Type, record: Callable[[str], str] = str) -> str:
    """A type as an annotation."""
    item = type_source(exact.item, record) if exact.item is not None else ""
    match exact.kind:
        case "choice":
            plain = f"Literal[{', '.join(map(quoted, exact.values))}]"
        case "list":
            plain = f"list[{item}]"
        case "object":
            plain = f"dict[str, {item}]"
        case "record":
            plain = record(exact.record)
        case kind:
            plain = _NAMES.get(kind, kind)
    if exact.limits:
        plain = f"Annotated[{plain}, Meta({_arguments(exact.limits)})]"
    return f"{plain} | None" if exact.null else plain


def quoted(value: Any) -> str:
    """A JSON value as Python, texts in double quotes where that is plain."""
    if isinstance(value, str) and value.isprintable() and not {'"', "\\"} & set(value):
        return f'"{value}"'
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(name)}: {quoted(each)}" for name, each in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(quoted, value)) + "]"
    return repr(value)


def default_source(field: LockedField) -> str:
    """The default of a parameter as Python."""
    read = _READ.get(field.exact.kind) if field.default is not None else None
    return read.format(quoted(str(field.default))) if read else quoted(field.default)


def zero(path: str, field: LockedField, fields: Fields) -> Any:
    """Some value on the wire that fits a field; `fields` tell what is inside records."""
    exact = field.exact
    if exact.null:
        return None
    match exact.kind:
        case "choice":
            return exact.values[0]
        case "list":
            return []
        case "object":
            return {}
        case "record":
            return {name.removeprefix(path + "."): zero(name, each, fields) for name, each in children(path + ".", fields)}
        case "int" | "float" | "decimal":
            return _number(exact.limits)
        case "str":
            return "-" * int(exact.limits.get("min_length", 0))
        case kind:
            return _ZEROS.get(kind)


def _number(limits: dict[str, Any]) -> Any:
    if "ge" in limits or "gt" in limits:
        return limits["ge"] if "ge" in limits else limits["gt"] + 1
    return min(0, limits.get("le", 0), limits["lt"] - 1 if "lt" in limits else 0)


def children(prefix: str, fields: Fields) -> Iterator[tuple[str, LockedField]]:
    """The fields right below a prefix, by path."""
    return ((path, field) for path, field in fields.items() if path.startswith(prefix) and "." not in path[len(prefix):])


def inside(path: str, exact: Type) -> str:
    """The prefix of what stands in the record at the bottom of a field."""
    while exact.item is not None:
        path += "[]" if exact.kind == "list" else "{}"
        exact = exact.item
    return path + "."


# -------------------------------------------------------------------------------------------- from one type to another


def converted(name: str, now: Type, then: LockedField, fields: Fields, path: str) -> str:
    """An expression that makes of a value `name` of one type one of another; where nobody can guess, a value that fits."""
    nothing = quoted(zero(path, then, fields))
    plain = _converted(name, now, then.exact, nothing)
    if now.null and not then.exact.null:
        return f"{nothing} if {name} is None else {plain}" if plain != name else f"{name} if {name} is not None else {nothing}"
    if now.null and plain != name:
        return f"None if {name} is None else {plain}"
    return plain


def _converted(name: str, now: Type, then: Type, nothing: str) -> str:
    if then.kind == "choice":
        if now.kind == "choice" and set(now.values) <= set(then.values):
            return name
        return f"{name} if {name} in {quoted(then.values)} else {quoted(then.values[0])}"
    if now.kind == then.kind and now.record == then.record:
        return name if _same_items(now, then) else nothing
    if then.kind in ("str", "int", "float"):
        able = now.item is None if then.kind == "str" else now.kind in ("int", "float", "decimal", "bool", "str")
        return f"{then.kind}({name})" if able else nothing
    if then.kind == "any" or {now.kind, then.kind} == {"float", "decimal"}:
        return name
    if then.kind == "bool":
        return f"bool({name})"
    if then.kind == "list" and then.item is not None and now.kind == then.item.kind and now.kind != "record":
        return f"[{name}]"
    return nothing


def _same_items(now: Type, then: Type) -> bool:
    if now.item is None or then.item is None:
        return True
    return msgspec.structs.replace(now.item, limits={}) == msgspec.structs.replace(then.item, limits={})

"""Values on the wire for locked fields: made at random, and judged."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from dragoman.catalog.lock.facts import Fields, Type
from dragoman.catalog.lock.source import children, inside

TEXTS = {"date": "2024-05-06", "str": "some", "text": "text"}
KINDS: dict[str, tuple[type, ...]] = {
    "int": (int,), "float": (int, float), "str": (str,), "text": (str,), "date": (str,), "bool": (bool,), "list": (list,),
    "record": (dict,),
}


def sample(fields: Fields, chance: random.Random, prefix: str = "") -> dict[str, Any]:
    """A record, or the arguments of a call."""
    return {path.removeprefix(prefix): _sample(path, field.exact, fields, chance) for path, field in children(prefix, fields)}


def _sample(path: str, exact: Type, fields: Fields, chance: random.Random) -> Any:
    if exact.null and chance.random() < 0.5:
        return None
    if exact.kind == "choice":
        return chance.choice(exact.values)
    if exact.kind == "list" and exact.item is not None:
        return [_sample(path + "[]", exact.item, fields, chance) for _ in range(chance.randrange(3))]
    if exact.kind == "record":
        return sample(fields, chance, inside(path, exact))
    return TEXTS.get(exact.kind, {"bool": True, "float": 1.5}.get(exact.kind, chance.randint(3, 9)))


def fits(value: Mapping[str, Any], fields: Fields, *, exactly: bool, prefix: str = "") -> list[str]:
    """What does not fit; `exactly`: also names that are not there, and required ones that are missing."""
    known = {path.removeprefix(prefix): field for path, field in children(prefix, fields)}
    wrong = [f"{name}: strange" for name in value if exactly and name not in known]
    for name, field in known.items():
        if name in value:
            wrong += _fits(prefix + name, value[name], field.exact, fields, exactly=exactly)
        elif field.required:
            wrong.append(f"{prefix}{name}: missing")
    return wrong


def _fits(path: str, value: Any, exact: Type, fields: Fields, *, exactly: bool) -> list[str]:
    if value is None:
        return [] if exact.null else [f"{path}: null"]
    if exact.kind == "choice":
        return [] if value in exact.values else [f"{path}: {value}"]
    if not isinstance(value, KINDS[exact.kind]) or (exact.kind == "int" and isinstance(value, bool)):
        return [f"{path}: {value!r} is no {exact.kind}"]
    if exact.kind == "list" and exact.item is not None:
        return [each for item in value for each in _fits(path + "[]", item, exact.item, fields, exactly=exactly)]
    return fits(value, fields, exactly=exactly, prefix=inside(path, exact)) if exact.kind == "record" else []

"""What breaks whom: each difference of a field or a target with its weight. docs/versions.md shows the same as a table."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, NamedTuple

from ..shapes import WORDS
from .facts import LockedField, LockedTarget, Type

_LOWER, _UPPER = ("ge", "gt", "min_length"), ("le", "lt", "max_length")


class Weight(StrEnum):
    """What a difference does to clients."""

    BREAKING = "breaking"
    ADDITIVE = "additive"
    COSMETIC = "cosmetic"


class Use(NamedTuple):
    """What clients do with values of a field."""

    shown: bool
    """They read them."""
    sent: bool
    """They write them."""
    asked: bool = False
    """They filter by them."""


class Finding(NamedTuple):
    """One difference: its weight, which aspect of a thing it is about, and what it is in words."""

    weight: Weight
    aspect: str
    words: str
    names: tuple[str, ...] = ()
    """The positions that are new among others."""


def _weigh(breaks: bool, otherwise: Weight = Weight.ADDITIVE) -> Weight:
    return Weight.BREAKING if breaks else otherwise


# -------------------------------------------------------------------------------------------- types


def compare_types(old: Type, new: Type, use: Use) -> Iterator[Finding]:
    """What became of a type."""
    if old.kind != new.kind:
        weight = _weight_of_kinds(old.kind, new.kind, use)
        yield Finding(weight, "type", f"was {_words(old)}, and is {_words(new)}")
        if weight is Weight.BREAKING:
            return                              # what else became of it matters no more
    if old.null and not new.null:
        yield Finding(_weigh(use.sent), "type", "may not be null any more" if use.sent else "is never null any more")
    if new.null and not old.null:
        yield Finding(_weigh(use.shown), "type", "may be null")
    gone, fresh = ([each for each in values if each not in others]
                   for values, others in ((old.values, new.values), (new.values, old.values)))
    if gone:
        yield Finding(_weigh(use.sent or use.asked), "values", f"has no value {_list(gone)} any more")
    if fresh:
        yield Finding(_weigh(use.shown), "values", f"has the new value {_list(fresh)}")
    yield from _compare_limits(old.limits, new.limits, use)
    if old.record != new.record:
        yield Finding(Weight.COSMETIC, "record", f"has records called {new.record}, which were {old.record}")
    if old.item is not None and new.item is not None:
        yield from compare_types(old.item, new.item, use)


def _weight_of_kinds(old: str, new: str, use: Use) -> Weight:
    if {old, new} == {"float", "decimal"}:
        return Weight.COSMETIC
    if old == "int" and new in ("float", "decimal") and not use.shown:
        return Weight.ADDITIVE
    if old == "str" and new == "text" and not use.sent:
        return Weight.ADDITIVE
    return Weight.BREAKING


def _compare_limits(old: dict[str, Any], new: dict[str, Any], use: Use) -> Iterator[Finding]:
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        tighter = before is None or (after is not None and _tighter(name, before, after))
        looser = after is None or (before is not None and not (name in (*_LOWER, *_UPPER) and tighter))
        breaks = (tighter and (use.sent or use.asked)) or (looser and use.shown)
        yield Finding(_weigh(breaks), "limits", f"has {_limit(name, after)}, which was {_limit(name, before)}")


def _tighter(name: str, before: Any, after: Any) -> bool:
    """Whether a bound lets fewer values pass; another pattern may."""
    return bool(after > before if name in _LOWER else after < before) if name in (*_LOWER, *_UPPER) else True


def _limit(name: str, value: Any) -> str:
    return f"no {name}" if value is None else f"{name}={value}"


def _words(exact: Type) -> str:
    match exact.kind:
        case "list" | "object" if exact.item is not None:
            plain = f"{exact.kind} of {_words(exact.item)}"
        case "choice":
            plain = f"one of {_list(list(exact.values))}"
        case kind:
            plain = exact.record or {**WORDS, "text": "localized text", "any": "any JSON"}[kind]
    return f"{plain} or null" if exact.null else plain


def _list(values: list[Any]) -> str:
    return ", ".join(map(str, values))


# -------------------------------------------------------------------------------------------- fields


def compare_fields(old: LockedField, new: LockedField, use: Use) -> Iterator[Finding]:
    """What became of a field or parameter that has kept its name."""
    yield from compare_types(old.exact, new.exact, use)
    if use.sent:
        yield from _compare_defaults(old, new)
    if old.key != new.key:
        yield Finding(Weight.BREAKING, "key", "is not the key any more" if old.key else "is the key now")
    if old.extra != new.extra:
        yield Finding(_weigh(new.extra), "extra", "is left out unless it is asked for" if new.extra else "is shown without being asked for")
    if old.needs != new.needs:
        yield Finding(_weigh(bool(new.needs)), "needs",
                      f"is hidden from whom lacks the permission {new.needs!r}" if new.needs else "needs no permission any more")
    yield from _compare_questions(old, new)
    if old.refers != new.refers:
        yield Finding(Weight.COSMETIC, "refers", f"refers to {new.refers or 'nothing'}, and referred to {old.refers or 'nothing'}")
    if old.named != new.named:
        written = use.sent or new.key or (old.filter is not None and new.filter is not None)
        yield Finding(_weigh(written, Weight.COSMETIC), "named",
                      f"is called {new.named or 'the same'} in dialects, which was {old.named or 'the same'}")


def _compare_defaults(old: LockedField, new: LockedField) -> Iterator[Finding]:
    if new.required and not old.required:
        yield Finding(Weight.BREAKING, "default", f"is required, and was {old.default!r} where it was not sent")
    elif old.required and not new.required:
        yield Finding(Weight.ADDITIVE, "default", "may be left out")
    elif old.default != new.default:
        yield Finding(Weight.BREAKING, "default", f"is {new.default!r} where it is not sent, and was {old.default!r}")


def _compare_questions(old: LockedField, new: LockedField) -> Iterator[Finding]:
    """What clients may ask by it."""
    if (old.filter is None) != (new.filter is None):
        yield Finding(_weigh(new.filter is None), "filter",
                      "can be filtered by" if old.filter is None else "cannot be filtered by any more")
    elif old.filter is not None and new.filter is not None and old.filter.get("any") != new.filter.get("any"):
        said, was = new.filter.get("any"), old.filter.get("any")
        breaks = was is not None or _may_be(old.exact.bottom, said)
        yield Finding(_weigh(breaks), "filter", f"means all of them by {said!r}, which was {was!r}")
    if old.sort != new.sort:
        yield Finding(_weigh(old.sort), "sort", "can be sorted by" if new.sort else "cannot be sorted by any more")
    if bool(old.search) != bool(new.search):
        yield Finding(_weigh(bool(old.search)), "search", "can be searched" if new.search else "cannot be searched any more")
    elif old.search != new.search:
        yield Finding(_weigh(new.search > old.search), "search", f"is searched from {new.search} characters on, and was from {old.search}")


def _may_be(exact: Type, text: str | None) -> bool:
    """Whether a value can have been asked for by a text."""
    return text in exact.values if exact.kind == "choice" else exact.kind in ("str", "text")


# -------------------------------------------------------------------------------------------- targets


_GAINED = {"permission": "the permission", "allows": "the rule", "owner": "the owner", "authenticated": "a valid key"}
"""What lets fewer people in where it is there."""
_FIXED = ("kind", "verb", "single", "operation", "by", "called", "dast", "listed")
"""What clients know of a target that cannot be otherwise for them."""


def compare_targets(old: LockedTarget, new: LockedTarget) -> Iterator[Finding]:
    """What became of a resource, search or method beside its fields and its times."""
    for name in _FIXED:
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield Finding(Weight.BREAKING, name, f"has {name}={after!r}, which was {before!r}")
    for name, words in _GAINED.items():
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            told = before and after and name == "allows"        # the same rule in other words, for all that anybody can tell
            asks = f"asks for {words} {'' if after is True else repr(after)}".rstrip()
            yield Finding(Weight.COSMETIC if told else _weigh(bool(after)), name, asks if after else f"does not ask for {words} any more")
    if old.expand_all != new.expand_all:
        yield Finding(_weigh(old.expand_all), "expand_all", "tells all at once" if new.expand_all else "does not tell all at once any more")
    if old.positions != new.positions:
        longer = new.positions[:len(old.positions)] == old.positions
        yield Finding(_weigh(not longer), "positions", f"has the positions {'/'.join(new.positions)}, which were {'/'.join(old.positions)}",
                      tuple(name for name in new.positions if name not in old.positions))
    for name in ("live", "of"):
        if getattr(old, name) != getattr(new, name):
            yield Finding(Weight.COSMETIC, name, f"has {name}={getattr(new, name)!r}, which was {getattr(old, name)!r}")
    yield from _compare_errors(old.errors, new.errors)


def _compare_errors(old: dict[str, int], new: dict[str, int]) -> Iterator[Finding]:
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            yield Finding(Weight.COSMETIC, "errors", f"does not tell the error {name} any more")
        elif name not in old:
            yield Finding(Weight.ADDITIVE, "errors", f"tells the error {name}")
        elif old[name] != new[name]:
            yield Finding(Weight.BREAKING, "errors", f"tells the error {name} with the status {new[name]}, which was {old[name]}")



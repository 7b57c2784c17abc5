"""The changes that would explain what broke, as Python to paste: guesses of a reader who knows types and likeness, and no more."""

from __future__ import annotations

import ast
import datetime as dt
import sys
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import Any, NamedTuple

from ..catalog import Catalog
from ..change import Change
from ..version import EARLIEST, read_version, show_version
from .drift import Difference, breaking
from .facts import LockedCatalog
from .guess import Case, guess
from .source import IMPORTS, quoted

_WIDTH = 140
EXPLICABLE = frozenset({"gone", "new", "type", "values", "limits", "default", "extra", "named", "order", "positions"})
"""The aspects that steps can speak of."""


class Proposal(NamedTuple):
    """What would explain differences."""

    changes: tuple[str, ...]
    """Declarations, each ready to be pasted."""
    imports: tuple[str, ...]
    """The lines that import what they name."""
    left: tuple[Difference, ...]
    """What no change explains."""
    since: str = ""
    """The time of the first change that was declared since the lock was written, before which the proposed ones come; empty where
    there is none."""

    @property
    def text(self) -> str:
        """All of it as one piece of Python."""
        return "\n".join([*self.imports, "", *self.changes]) + "\n"


def propose(
    catalog: Catalog, locked: LockedCatalog, found: Iterable[Difference], newer: Sequence[Change], now: dt.datetime,
) -> Proposal:
    """The changes that would explain the breaking ones of some differences; `now` is their day."""
    cases: dict[Any, Case] = {}
    left: list[Difference] = []
    broken = breaking(found)
    for each in broken:
        owner = _owner_of(catalog, each)
        if each.aspect not in EXPLICABLE or owner is None or _is_key(each):
            left.append(each)
        else:
            cases.setdefault(owner, Case(owner)).take(each)
    for each in found:                              # what is new may be what something gone is called now
        if each.aspect == "new" and each.spot is not None and each.spot.owner in cases:
            cases[each.spot.owner].take(each)
    at, changes, names = _time(locked.newest, newer, now), list[str](), set[str]()
    for case in cases.values():
        guessed = guess(case, catalog)
        left += guessed.left
        if guessed.steps:
            text = _declaration(catalog, case, guessed.steps, guessed.description, at)
            changes.append("\n\n".join([*guessed.classes, text]))
            names |= _names_in(changes[-1]) - vars(_module_of(catalog, case) or object).keys()
    since = show_version(min(change.at for change in newer)) if newer else ""
    return Proposal(tuple(changes), _imports(names), tuple(left), since)


def _is_key(difference: Difference) -> bool:
    """Whether it is about a key, which may be called otherwise, and no more."""
    spot = difference.spot
    return spot is not None and difference.aspect not in ("gone", "new", "named") and any(
        field is not None and field.key for field in (spot.old, spot.new))


def _owner_of(catalog: Catalog, difference: Difference) -> Any:
    """What a change of it would name."""
    if difference.spot is not None:
        return difference.spot.owner
    if difference.aspect != "positions":
        return None
    resource = catalog.resources.get(difference.target)
    target = next(each for each in catalog.targets if each.path == difference.target)
    if target.positions is not None:
        return None
    return resource.record if resource is not None else difference.target


def _time(newest: str, newer: Sequence[Change], now: dt.datetime) -> str:
    """A time for one more change: today, but after all that was published, and before what was declared since."""
    second = dt.timedelta(seconds=1)
    day = now.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    last = None if newest == EARLIEST else dt.datetime.fromisoformat(newest)
    first = min((dt.datetime.fromisoformat(change.at) for change in newer), default=None)
    if first is not None and day >= first:
        day = first - second
    if last is not None and day <= last:
        day = last + second
    return show_version(read_version(day.strftime("%Y-%m-%dT%H:%M:%SZ")) or "")


def _declaration(catalog: Catalog, case: Case, steps: Sequence[str], description: str, at: str) -> str:
    """One declaration, on a line where it fits."""
    of = quoted(case.owner) if isinstance(case.owner, str) else case.owner.__name__
    head = [quoted(at), of, quoted(description)]
    name = _variable_of(catalog, case)
    line = f"{name}.change({', '.join([*head, *steps])})"
    if len(line) <= _WIDTH:
        return line
    return "\n".join([f"{name}.change(", f"    {', '.join(head)},", *(f"    {_broken(step)}," for step in steps), ")"])


def _broken(step: str) -> str:
    """A step on lines of its functions where it is long."""
    if len(step) + 5 <= _WIDTH:
        return step
    return step.replace(", backward=lambda", ",\n        backward=lambda").replace(", forward=lambda", ",\n        forward=lambda")


def _variable_of(catalog: Catalog, case: Case) -> str:
    """What the catalog is called where it was declared."""
    return next((name for name, value in vars(_module_of(catalog, case) or object).items() if value is catalog), "catalog")


def _module_of(catalog: Catalog, case: Case) -> ModuleType | None:
    """Where its owner was declared."""
    declared = case.owner if not isinstance(case.owner, str) else catalog.methods[case.owner].function
    return sys.modules.get(declared.__module__)


def _names_in(text: str) -> set[str]:
    """Which of the names that can be imported a piece of Python names."""
    return {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name) and node.id in IMPORTS}


def _imports(names: Iterable[str]) -> tuple[str, ...]:
    found: dict[str, list[str]] = {}
    for name in sorted(names):
        found.setdefault(IMPORTS[name], []).append(name)
    order = sorted(found, key=lambda module: (module == "dragoman", module == "msgspec", module))
    return tuple(f"from {module} import {', '.join(found[module])}" for module in order)

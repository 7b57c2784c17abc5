"""The steps of changes: what became of fields or parameters, and how values go from one to the other, both ways (G10).

They see what is on the wire, plain JSON values in one language, and never today's classes.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from ..errors import DeclarationError
from .fields import NAME
from .fitting import Misfit, Misfits
from .layout import Layout, Meaning, Path, Work, Wrong, hidden_by, put, split_name, take
from .plain import show, takes

MISSING: Any = msgspec.UNSET


class Undone(NamedTuple):
    """What a step makes of the fields after it: those before it, and how values go from one to the other."""

    layout: Layout
    back: Work
    forth: Work | None
    """None where nobody said how."""
    meanings: Mapping[str, Meaning]
    """What the fields at the top mean that could be asked by before it; all others are gone."""
    origins: Mapping[str, frozenset[str]] = {}
    """Which fields at the top those before are made of, by name."""


class Step:
    """One step; `undo` takes it back."""

    def check(self, wrong: Wrong, /) -> None:
        """Raise what `wrong(reason, remedy)` makes of a step that makes no sense by itself."""
        raise NotImplementedError

    def undo(self, layout: Layout, wrong: Wrong, /) -> Undone:
        """The fields before this step. Raises what `wrong(reason, remedy)` makes where the step does not fit those after it."""
        raise NotImplementedError


class Added(Step):
    """Fields or parameters that are new: `Added("modules", "wvw.team_id")`.

    Whoever writes in an old version does not know them: a parameter that has no default takes `value` then.
    """

    def __init__(self, *names: str, value: Any = MISSING) -> None:
        self.names, self.value = names, value

    def __repr__(self) -> str:
        return f"Added({', '.join(map(repr, self.names))})"

    def check(self, wrong: Wrong, /) -> None:
        """Refuse names that are none."""
        _check_names(self.names, wrong, 'Added("field")')

    def undo(self, layout: Layout, wrong: Wrong, /) -> Undone:
        """Without them; a nested record that was made of them alone is gone, too."""
        gone: list[Path] = []
        meanings = layout.meanings()
        known, whole = [], list[Path]()
        value, given = self.value, self.value is not MISSING
        for name in self.names:
            path = split_name(name)
            _check_there(layout, path, "Added", wrong)
            if given:
                _check_fits(layout, path, value, wrong)
            after, required = layout, layout.required(path)
            layout, emptied = layout.without(path)
            gone += [path, *emptied]
            known.append((path, required))
            whole += [each for each in reversed(emptied) if after.required(each)]
            if len(path) == 1:
                meanings.pop(path[0], None)

        def back(record: dict[str, Any]) -> None:
            for path in gone:
                take(record, path)

        def forth(record: dict[str, Any]) -> None:
            for path in whole:
                take(record, path)
                put(record, path, {})
            for path, _ in known:
                if given:
                    put(record, path, copy.deepcopy(value))
        lacks = any(required for _, required in known) and not given
        return Undone(layout, back, None if lacks else forth, meanings)


class Renamed(Step):
    """A field or parameter that has another name, or stands elsewhere: `Renamed("wvw.rank", before="wvw_rank")`."""

    def __init__(self, now: str, *, before: str) -> None:
        self.now, self.before = now, before

    def __repr__(self) -> str:
        return f"Renamed({self.now!r}, before={self.before!r})"

    def check(self, wrong: Wrong, /) -> None:
        """Refuse names that are none, or the same."""
        _check_names((self.now, self.before), wrong, 'Renamed("now", before="old")')
        if self.now == self.before:
            raise wrong(f"{self.now!r} is called as before.", "Leave Renamed() out, or say its old name.")

    def undo(self, layout: Layout, wrong: Wrong, /) -> Undone:
        """Under its old name, at its old place."""
        now, before = split_name(self.now), split_name(self.before)
        _check_there(layout, now, "Renamed", wrong)
        meanings = layout.meanings()
        meaning = meanings.pop(now[0], None) if len(now) == 1 else None
        made = _missing_above(layout.without(now)[0], before)
        old, emptied = layout.moved(now, before, wrong)
        whole = [each for each in reversed(emptied) if layout.required(each)]
        if meaning is not None and len(before) == 1:
            meanings[before[0]] = meaning

        def back(record: dict[str, Any]) -> None:
            value = take(record, now)
            for path in emptied:
                take(record, path)
            if value is not MISSING:
                put(record, before, value)

        def forth(record: dict[str, Any]) -> None:
            value = take(record, before)
            for path in made:
                take(record, path)
            for path in whole:
                put(record, path, {})
            if value is not MISSING:
                put(record, now, value)
        return Undone(old, back, forth, meanings)


class Reshaped(Step):
    """Fields that have another type, were split, joined, or removed: those of today by name, those `before` with their types.

    `backward` takes the values of today in the order of their names and gives those before by name; `forward` the other way round.
    Without `forward`, nobody can filter by the fields before, nor write them. Of removed fields there are none today:
    `Reshaped([], before={"guild": str | None}, backward=lambda: {"guild": None})`.
    """

    def __init__(
        self, now: Iterable[str], *, before: Mapping[str, Any], backward: Callable[..., Mapping[str, Any]],
        forward: Callable[..., Mapping[str, Any]] | None = None,
    ) -> None:
        self.now = (now,) if isinstance(now, str) or not isinstance(now, Iterable) else tuple(now)
        self.before, self.backward, self.forward = before, backward, forward

    def __repr__(self) -> str:
        return f"Reshaped({list(self.now)!r}, before={list(self.before)!r})"

    def check(self, wrong: Wrong, /) -> None:
        """Refuse names that are none, and functions that are none."""
        example = 'Reshaped(["now"], before={"old": str}, backward=...)'
        if not isinstance(self.before, Mapping) or not (self.before or self.now):
            raise wrong("Reshaped() does not say what was before.", f"Write {example}.")
        _check_names((*self.now, *self.before), wrong, example)
        for work, name, given in ((self.backward, "backward", self.now), (self.forward, "forward", tuple(self.before))):
            if not callable(work) and not (work is None and name == "forward"):
                raise wrong(f"{name}={show(work)} is no function.", f"Write {name}=lambda value: {{...}}.")
            if callable(work) and not takes(work, len(given)):
                raise wrong(f"{name}= cannot be given {len(given)} values.", f"Write {name}=lambda {', '.join(given)}: {{...}}.")

    def undo(self, layout: Layout, wrong: Wrong, /) -> Undone:
        """With the fields before in the place of the first of today."""
        names, now, before = self.now, [split_name(name) for name in self.now], [split_name(name) for name in self.before]
        meanings, nullable = layout.meanings(), [layout.nullable(path) for path in now]
        old, emptied, place, permission = layout, list[Path](), None, None
        for path in now:
            _check_there(old, path, "Reshaped", wrong)
            permission = permission or layout.needs(path)
            place = layout.place_of(path) if place is None else place
            old, gone = old.without(path)
            emptied += gone
            if len(path) == 1:
                meanings.pop(path[0], None)
        whole = [each for each in reversed(emptied) if layout.required(each)]
        made: list[Path] = []
        for name, annotation in self.before.items():
            made = [*_missing_above(old, split_name(name)), *made]
            old = old.with_field(split_name(name), hidden_by(annotation, permission), place, wrong)
            place = place + 1 if place is not None and "." not in name else place
        meanings |= self._filtered(old, wrong)
        backward, forward, written = self.backward, self.forward, tuple(self.before)

        def back(record: dict[str, Any]) -> None:
            values = [take(record, path) for path in now]
            for path in emptied:
                take(record, path)
            if any(value is MISSING for value in values):   # what the caller may not see, or has not asked for, is not told in another form
                return
            hidden = any(value is None and not may for value, may in zip(values, nullable, strict=True))
            _store(record, dict.fromkeys(written) if hidden else _call(backward, values), written, "backward")

        def forth(record: dict[str, Any]) -> None:
            values = [take(record, path) for path in before]
            for path in made:
                take(record, path)
            for path in whole:
                put(record, path, {})
            if not any(value is MISSING for value in values) and forward is not None:
                _store(record, _meant(forward, values, written), names, "forward")
        return Undone(old, back, forth if forward is not None else None, meanings)

    def _filtered(self, old: Layout, wrong: Callable[[str, str], DeclarationError]) -> dict[str, Meaning]:
        """What the fields before mean that are marked to be filtered by."""
        found: dict[str, Meaning] = {}
        for name in self.before:
            if "." in name or not old.compares(name):
                continue
            if self.forward is None or len(self.before) != 1 or len(self.now) != 1:
                remedy = ("Give forward=" if len(self.before) == len(self.now) == 1 else
                          "Go on publishing it, as what was split, joined or removed cannot be asked by")
                raise wrong(f"{name!r} is compared in the version before, and nobody says what its values mean today.",
                            f"{remedy}, or remove its Filter() and Sort().")
            found[name] = Meaning(self.now[0], _filtering(self.forward, name, self.now[0], many=old.many((name,))))
        return found


class Revalued(Step):
    """Values of a choice that are new or called otherwise: `Revalued("status", {"approved": "accepted", "on_hold": "open"})` says
    what each of them is called in the version before."""

    def __init__(self, name: str, values: Mapping[Any, Any]) -> None:
        self.name, self.values = name, values

    def __repr__(self) -> str:
        return f"Revalued({self.name!r}, {self.values!r})"

    def check(self, wrong: Wrong, /) -> None:
        """Refuse what is no mapping of texts, or of integers."""
        example = 'Revalued("status", {"approved": "accepted"})'
        _check_names((self.name,), wrong, example)
        if not isinstance(self.values, Mapping) or not self.values:
            raise wrong("Revalued() does not say what values were called.", f"Write {example}.")
        strangers = [each for pair in self.values.items() for each in pair if type(each) not in (str, int)]
        if strangers:
            raise wrong(f"{show(strangers[0])} is no text and no integer.", "Name values as they stand on the wire, or say Reshaped().")

    def undo(self, layout: Layout, wrong: Wrong, /) -> Undone:
        """With the values before."""
        path = split_name(self.name)
        _check_there(layout, path, "Revalued", wrong)
        before = dict(self.values)
        kept, kind = layout.choices(path), layout.kind(path)
        if kind not in ("str", "int"):
            raise wrong(f"{self.name!r} is no choice, no text and no integer.", "Say Reshaped() with the type that it had.")
        old = layout.revalued(path, before, wrong)
        for called in (*before, *before.values()) if kept is None else ():
            _check_fits(layout, path, called, wrong, whole=False)
        after: dict[Any, list[Any]] = {}
        for new, called in before.items():
            after.setdefault(called, []).append(new)

        def all_of(called: Any) -> list[Any]:
            """What a value of then may be today: a value of a choice first itself where it still is one, any other last."""
            itself = [called] if called not in before and (kept is None or called in kept) else []
            return [*after.get(called, []), *itself] if kept is None else [*itself, *after.get(called, [])]

        def found_by(called: Any) -> Sequence[Any]:
            """The same in a filter, which knows no case in texts."""
            if kept is not None or kind != "str":
                return all_of(called)
            alike = [new for new, old in before.items() if old.casefold() == called.casefold()]
            return [*([] if any(new.casefold() == called.casefold() for new in before) else [called]), *alike]

        def back(record: dict[str, Any]) -> None:
            _exchange(record, path, lambda value: before.get(value, value))

        def forth(record: dict[str, Any]) -> None:
            _exchange(record, path, lambda value: (all_of(value) or [value])[0])
        meanings = layout.meanings()
        if len(path) == 1 and path[0] in meanings:
            meanings[path[0]] = Meaning(path[0], found_by)
        return Undone(old, back, forth, meanings)


class Defaulted(Step):
    """A parameter whose default is another one, or that has none any more: `Defaulted("limit", before=20)` says what calls take that
    are written for the version before and do not send it."""

    def __init__(self, name: str, *, before: Any) -> None:
        self.name, self.before = name, before

    def __repr__(self) -> str:
        return f"Defaulted({self.name!r}, before={self.before!r})"

    def check(self, wrong: Wrong, /) -> None:
        """Refuse names of what is no parameter."""
        _check_names((self.name,), wrong, 'Defaulted("limit", before=20)')
        if "." in self.name:
            raise wrong(f"{self.name!r} is no parameter by itself.", "Name a parameter of the method.")

    def undo(self, layout: Layout, wrong: Wrong, /) -> Undone:
        """With the default before."""
        path = split_name(self.name)
        _check_there(layout, path, "Defaulted", wrong)
        _check_fits(layout, path, self.before, wrong)
        return Undone(layout.defaulted(path[0], self.before), lambda _record: None, lambda _record: None, layout.meanings())


def _check_names(names: Sequence[Any], wrong: Wrong, example: str) -> None:
    strangers = [name for name in names if not isinstance(name, str) or not all(map(NAME.match, name.split(".")))]
    if strangers:
        raise wrong(f"{show(strangers[0])} is no name of a field.", f"Write {example}.")
    if not names:
        raise wrong("a step names nothing.", f"Write {example}.")


def _check_fits(layout: Layout, path: Path, value: Any, wrong: Wrong, *, whole: bool = True) -> None:
    """Refuse a value that a field cannot have; where not the whole is meant, one of its list will do."""
    misfit = layout.misfit(path, value, whole=whole)
    if misfit is not None:
        raise wrong(f"{show(value)} does not fit {'.'.join(path)!r}: expected {misfit}.", "Say a value that it can have.")


def _missing_above(layout: Layout, path: Path) -> list[Path]:
    """The records above a path that are not there, the innermost first."""
    return [path[:length] for length in range(len(path) - 1, 0, -1) if not layout.has(path[:length])]


def _filtering(forward: Callable[..., Mapping[str, Any]], name: str, now: str, *, many: bool) -> Callable[[Any], Sequence[Any]]:
    """What stands for a plain value in a filter; where lists were filtered by, `forward` takes a list."""
    def values(value: Any) -> Sequence[Any]:
        given = _meant(forward, ([value] if many else value,), (name,))[now]
        return given if isinstance(given, (list, tuple)) else (given,)
    return values


def _meant(forward: Callable[..., Mapping[str, Any]], values: Sequence[Any], names: Sequence[str]) -> Mapping[str, Any]:
    """What values of an old version are today. Raises `Misfits` for those that `forward` cannot make anything of: clients send
    whatever they like, and the author of `lambda level: {"tier": int(level)}` meant no more than that."""
    try:
        return _call(forward, values)
    except (ValueError, LookupError, ArithmeticError):
        found = zip(names, values, strict=True)
        raise Misfits([Misfit(name, "a value that stands for something today", show(value)) for name, value in found]) from None


def _call(function: Callable[..., Mapping[str, Any]], values: Sequence[Any]) -> Mapping[str, Any]:
    """What a publisher's own function gives. `SystemExit`, a cancellation and the like, which would end whoever serves, come out as an
    ordinary `RuntimeError`."""
    try:
        return function(*values)
    except (Exception, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise RuntimeError(f"{type(error).__name__} was raised where only failures may be") from error


def _check_there(layout: Layout, path: Path, step: str, wrong: Wrong) -> None:
    if not layout.has(path):
        raise wrong(f"{step}() names {'.'.join(path)!r}, which is not there after it.",
                    f"There is {', '.join(layout.names)}; a change of a list's records is declared for their class.")


def _store(record: dict[str, Any], given: Any, names: Sequence[str], work: str) -> None:
    if not isinstance(given, Mapping) or set(given) != set(names):
        raise TypeError(f"{work} gave {show(given)} instead of values for {', '.join(names)}")
    for name in names:
        put(record, split_name(name), _own(given[name]))


def _own(value: Any) -> Any:
    """A value that later steps may change: what a function gives may be its own, or the same each time."""
    if isinstance(value, dict):
        return {name: _own(each) for name, each in value.items()}
    return list(map(_own, value)) if isinstance(value, (list, tuple)) else value


def _exchange(record: dict[str, Any], path: Path, work: Callable[[Any], Any]) -> None:
    """Change a single value, or each in a list; null stays null, also where it stands above."""
    value = take(record, path)
    if value is not MISSING and value is not None:
        put(record, path, _exchanged(value, work))
    elif value is None and isinstance(above := _at(record, path[:-1]), dict):
        above[path[-1]] = None


def _exchanged(value: Any, work: Callable[[Any], Any]) -> Any:
    if isinstance(value, list):
        return [_exchanged(each, work) for each in value]
    return None if value is None else work(value)


def _at(record: dict[str, Any], path: Path) -> Any:
    found: Any = record
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found

"""Changes of the schema: dated steps, declared as data, from which every old version is derived (G10).

A change tells what became of the fields of a record, or of the parameters of a method, on one day. Its steps say both ways: how
an answer of today is shown to whoever asks in the version before (`back`), and what whoever writes in that version means today
(`forth`). They see what is on the wire, plain JSON values in one language, and never today's classes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from ..errors import DeclarationError
from .fitting import Misfit, Misfits
from .layout import Layout, Meaning, Path, meanings_of, put, split_name, take
from .plain import show
from .version import EARLIEST, LATEST, read_version, show_version

Work = Callable[[dict[str, Any]], None]
"""Changes the plain value of one record, or the arguments of a call, in place."""
MISSING: Any = msgspec.UNSET


class Undone(NamedTuple):
    """What a step makes of the fields after it: those before it, and how values go from one to the other."""

    layout: Layout
    back: Work
    forth: Work | None
    """None where nobody said how."""
    names: Mapping[str, Meaning]
    """What the fields at the top mean that could be asked by before it; all others are gone."""


class Step:
    """One step; `undo` takes it back."""

    def undo(self, layout: Layout, wrong: Callable[[str, str], DeclarationError], /) -> Undone:
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

    def undo(self, layout: Layout, wrong: Callable[[str, str], DeclarationError], /) -> Undone:
        """Without them; a nested record that was made of them alone is gone, too."""
        if not self.names:
            raise wrong("Added() names nothing.", 'Write Added("field").')
        gone: list[Path] = []
        meanings = layout.meanings()
        known = []
        for name in self.names:
            path = split_name(name)
            _check_there(layout, path, "Added", wrong)
            required = layout.required(path)
            layout, emptied = layout.without(path)
            gone += [path, *emptied]
            known.append((path, required))
            meanings.pop(path[0], None) if len(path) == 1 else None
        value, given = self.value, self.value is not MISSING

        def back(record: dict[str, Any]) -> None:
            for path in gone:
                take(record, path)

        def forth(record: dict[str, Any]) -> None:
            for path, _ in known:
                if given:
                    put(record, path, value)
        lacks = any(required for _, required in known) and not given
        return Undone(layout, back, None if lacks else forth, meanings)


class Renamed(Step):
    """A field or parameter that has another name, or stands elsewhere: `Renamed("wvw.rank", before="wvw_rank")`."""

    def __init__(self, now: str, *, before: str) -> None:
        self.now, self.before = now, before

    def __repr__(self) -> str:
        return f"Renamed({self.now!r}, before={self.before!r})"

    def undo(self, layout: Layout, wrong: Callable[[str, str], DeclarationError], /) -> Undone:
        """Under its old name, at its old place."""
        now, before = split_name(self.now), split_name(self.before)
        _check_there(layout, now, "Renamed", wrong)
        meanings = layout.meanings()
        meaning = meanings.pop(now[0], None) if len(now) == 1 else None
        old, emptied = layout.moved(now, before, wrong)
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
        self.now = (now,) if isinstance(now, str) else tuple(now)
        self.before, self.backward, self.forward = before, backward, forward

    def __repr__(self) -> str:
        return f"Reshaped({list(self.now)!r}, before={sorted(self.before)!r})"

    def undo(self, layout: Layout, wrong: Callable[[str, str], DeclarationError], /) -> Undone:
        """With the fields before in the place of the first of today."""
        if not (isinstance(self.before, Mapping) and self.before) and not self.now:
            raise wrong("Reshaped() says nothing.", 'Write Reshaped(["now"], before={"old": str}, backward=...).')
        for work, name in ((self.backward, "backward"), (self.forward, "forward")):
            if work is not None and not callable(work):
                raise wrong(f"{name}={show(work)} is no function.", f"Write {name}=lambda value: {{...}}.")
        names, now, before = self.now, [split_name(name) for name in self.now], [split_name(name) for name in self.before]
        for path in now:
            _check_there(layout, path, "Reshaped", wrong)
        meanings = layout.meanings()
        for path in now:
            meanings.pop(path[0], None) if len(path) == 1 else None
        place = layout.place_of(now[0]) if now else None
        old, emptied = layout, list[Path]()
        for path in now:
            old, gone = old.without(path)
            emptied += gone
        for name, annotation in self.before.items():
            old = old.with_field(split_name(name), annotation, place, wrong)
            place = place + 1 if place is not None and "." not in name else place
        meanings |= self._filtered(old, wrong)
        backward, forward, written = self.backward, self.forward, tuple(self.before)
        nullable = [layout.nullable(path) for path in now]

        def back(record: dict[str, Any]) -> None:
            values = [take(record, path) for path in now]
            for path in emptied:
                take(record, path)
            if MISSING in values:               # what the caller may not see, or has not asked for, is not told in another form
                return
            hidden = any(value is None and not may for value, may in zip(values, nullable, strict=True))
            _store(record, dict.fromkeys(written) if hidden else backward(*values), written, "backward")

        def forth(record: dict[str, Any]) -> None:
            values = [take(record, path) for path in before]
            if MISSING not in values and forward is not None:
                _store(record, _meant(forward, values, written), names, "forward")
        return Undone(old, back, forth if forward is not None else None, meanings)

    def _filtered(self, old: Layout, wrong: Callable[[str, str], DeclarationError]) -> dict[str, Meaning]:
        """What the fields before mean that are marked to be filtered by."""
        found: dict[str, Meaning] = {}
        for name in self.before:
            if "." in name or not old.compares(name):
                continue
            if self.forward is None or len(self.before) != 1 or len(self.now) != 1:
                raise wrong(f"{name!r} is compared in the version before, and nobody says what its values mean today.",
                            "Give forward=, of one field to one, or remove its Filter() and Sort().")
            forward, now = self.forward, self.now[0]

            def values(value: Any, forward: Callable[..., Mapping[str, Any]] = forward, now: str = now, name: str = name) -> Sequence[Any]:
                given = _meant(forward, (value,), (name,))[now]
                return given if isinstance(given, (list, tuple)) else (given,)
            found[name] = Meaning(now, values)
        return found


class Revalued(Step):
    """Values of a choice that are new or called otherwise: `Revalued("status", {"approved": "accepted", "on_hold": "open"})` says
    what each of them is called in the version before."""

    def __init__(self, name: str, values: Mapping[Any, Any]) -> None:
        self.name, self.values = name, values

    def __repr__(self) -> str:
        return f"Revalued({self.name!r}, {self.values!r})"

    def undo(self, layout: Layout, wrong: Callable[[str, str], DeclarationError], /) -> Undone:
        """With the values before."""
        path = split_name(self.name)
        _check_there(layout, path, "Revalued", wrong)
        before = dict(self.values)
        old = layout.revalued(path, before, wrong)
        after: dict[Any, list[Any]] = {}
        for new, called in before.items():
            after.setdefault(called, []).append(new)
        kept = layout.choices(path)

        def all_of(called: Any) -> Sequence[Any]:
            """What a value of then may be today, itself first where it still is."""
            itself = [called] if called not in before and (kept is None or called in kept) else []
            return [*itself, *after.get(called, [])] or [called]

        def back(record: dict[str, Any]) -> None:
            _exchange(record, path, lambda value: before.get(value, value))

        def forth(record: dict[str, Any]) -> None:
            _exchange(record, path, lambda value: all_of(value)[0])
        meanings = layout.meanings()
        if len(path) == 1 and path[0] in meanings:
            meanings[path[0]] = Meaning(path[0], all_of)
        return Undone(old, back, forth, meanings)


class Defaulted(Step):
    """A parameter whose default is another one, or that has none any more: `Defaulted("limit", before=20)` says what calls take that
    are written for the version before and do not send it."""

    def __init__(self, name: str, *, before: Any) -> None:
        self.name, self.before = name, before

    def __repr__(self) -> str:
        return f"Defaulted({self.name!r}, before={self.before!r})"

    def undo(self, layout: Layout, wrong: Callable[[str, str], DeclarationError], /) -> Undone:
        """With the default before."""
        path = split_name(self.name)
        _check_there(layout, path, "Defaulted", wrong)
        if len(path) != 1:
            raise wrong(f"{self.name!r} is no parameter by itself.", "Name a parameter of the method.")
        return Undone(layout.defaulted(path[0], self.before), lambda _record: None, lambda _record: None, layout.meanings())


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What changed on one day in a record, or in the parameters of a method."""

    at: str
    """In the form of `read_version`: from this version on it is as it is after the change."""
    of: Any
    """The record class, or the path of the method."""
    description: str
    """For people who write clients."""
    steps: tuple[Step, ...]
    place: str = ""
    """`file.py:12` of its declaration."""

    @property
    def name(self) -> str:
        """What changed, by the name of its class or its path."""
        return self.of if isinstance(self.of, str) else str(self.of.__name__)

    def wrong(self, reason: str, remedy: str) -> DeclarationError:
        """The error of a step that does not fit."""
        return DeclarationError(f"the change of {self.name} at {show_version(self.at)}", reason, remedy, self.place)

    def undo(self, layout: Layout) -> Undone:
        """The fields before all of its steps. Raises `DeclarationError` where they do not fit."""
        backs: list[Work] = []
        forths: list[Work | None] = []
        meanings: dict[str, Meaning] = dict(layout.meanings())
        for step in reversed(self.steps):
            undone = step.undo(layout, self.wrong)
            layout = undone.layout
            backs.append(undone.back)
            forths.insert(0, undone.forth)
            meanings = meanings_of(undone.names, meanings)

        def back(record: dict[str, Any]) -> None:
            for work in backs:
                work(record)

        def forth(record: dict[str, Any]) -> None:
            for work in forths:
                assert work is not None  # noqa: S101  # none of them is, or there would be no way forth
                work(record)
        return Undone(layout, back, None if None in forths else forth, meanings)


def declare(at: Any, of: Any, description: Any, steps: Sequence[Any], place: str) -> Change:
    """Check one declaration by itself; raise `DeclarationError` for what cannot work."""
    name = of if isinstance(of, str) else getattr(of, "__name__", show(of))

    def wrong(reason: str, remedy: str) -> DeclarationError:
        return DeclarationError(f"the change of {name}", reason, remedy, place)

    version = read_version(at) if isinstance(at, str) else None
    if version is None or version in (LATEST, EARLIEST):
        raise wrong(f"{show(at)} is no time.", 'Write a time in UTC: "2024-06-01T00:00:00Z".')
    if not (isinstance(of, str) or hasattr(of, "__dragoman_record__")):
        raise wrong(f"{show(of)} is no record class, and no path of a method.", "Name what changed.")
    if not isinstance(description, str) or not description.strip():
        raise wrong("it does not say what changed.", "Describe it for people who write clients.")
    if not steps:
        raise wrong("it has no step.", "Say Added(), Renamed(), Reshaped(), Revalued() or Defaulted().")
    stranger = next((step for step in steps if not isinstance(step, Step)), None)
    if stranger is not None:
        raise wrong(f"{show(stranger)} is no step.", "Say Added(), Renamed(), Reshaped(), Revalued() or Defaulted().")
    return Change(at=version, of=of, description=description.strip(), steps=tuple(steps), place=place)


def _check_there(layout: Layout, path: Path, step: str, wrong: Callable[[str, str], DeclarationError]) -> None:
    if not layout.has(path):
        raise wrong(f"{step}() names {'.'.join(path)!r}, which is not there after it.",
                    f"There is {', '.join(layout.names)}; a change of a list's records is declared for their class.")


def _meant(forward: Callable[..., Mapping[str, Any]], values: Sequence[Any], names: Sequence[str]) -> Mapping[str, Any]:
    """What values of an old version are today. Raises `Misfits` for those that `forward` cannot make anything of: clients send
    whatever they like, and the author of `lambda level: {"tier": int(level)}` meant no more than that."""
    try:
        return forward(*values)
    except (ValueError, LookupError, ArithmeticError):
        found = zip(names, values, strict=True)
        raise Misfits([Misfit(name, "a value that stands for something today", show(value)) for name, value in found]) from None


def _store(record: dict[str, Any], given: Any, names: Sequence[str], work: str) -> None:
    if not isinstance(given, Mapping) or set(given) != set(names):
        raise TypeError(f"{work} gave {show(given)} instead of values for {', '.join(names)}")
    for name in names:
        put(record, split_name(name), given[name])


def _exchange(record: dict[str, Any], path: Path, work: Callable[[Any], Any]) -> None:
    """Change a single value, or each in a list."""
    value = take(record, path)
    if value is not MISSING:
        put(record, path, [work(each) for each in value] if isinstance(value, list) else None if value is None else work(value))

"""What probably became of the fields of one record class, or of the parameters of one method: the steps that would undo it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from ..catalog import Catalog
from ..shapes import Nested, nested_records
from .drift import Difference, Spot
from .facts import Fields, LockedField
from .rules import Weight
from .schema import PAGING, type_of
from .source import annotation_of, children, converted, default_source, inside, quoted, zero

_ALIKE = 0.5
"""How much of two names is the same where one is taken for the other."""


class Guess(NamedTuple):
    """What a change would say."""

    steps: list[str]
    description: str
    classes: list[str]
    """Record classes as they were, which the steps name."""
    left: list[Difference]
    """What it does not explain."""


class Case:
    """All that became of one owner."""

    def __init__(self, owner: Any) -> None:
        self.owner = owner
        self.gone: dict[str, Difference] = {}
        self.new: dict[str, Difference] = {}
        self.changed: dict[str, list[Difference]] = {}
        self.positions: list[Difference] = []
        self.ordered: list[Difference] = []
        """What stands at another place where clients tell places apart."""

    def take(self, difference: Difference) -> None:
        """Note one difference; the same field may stand in several targets."""
        spot = difference.spot
        if spot is None:
            self.positions.append(difference)
        elif difference.aspect == "gone":
            self.gone.setdefault(spot.name, difference)
        elif difference.aspect == "new":
            known = self.new.get(spot.name)
            if known is None or difference.weight is Weight.BREAKING:
                self.new[spot.name] = difference
        elif difference.aspect == "order":
            self.ordered.append(difference)
        else:
            self.changed.setdefault(spot.name, []).append(difference)

    @property
    def sent(self) -> bool:
        """Whether clients write such records."""
        every = [*self.gone.values(), *self.new.values(), *(each for found in self.changed.values() for each in found)]
        return isinstance(self.owner, str) or any(each.spot is not None and each.spot.use.sent for each in every)


def guess(case: Case, catalog: Catalog) -> Guess:
    """The steps that probably explain a case, the oldest first."""
    return _Guessing(case, catalog).guess()


class _Guessing:
    def __init__(self, case: Case, catalog: Catalog) -> None:
        self._case, self._catalog = case, catalog
        self._sent = case.sent
        self._told: list[str] = []
        self._classes: dict[str, str] = {}
        self._all_locked: Fields = {}
        self._known = {record.__name__: record for record in _records_of(catalog)}
        self._today = _names_of(case.owner, catalog)
        """Fields or parameters as they stand today, in their order."""

    def guess(self) -> Guess:
        case = self._case
        renamed = self._renames(case.gone)
        named = {now: before for before, now in renamed.items()}
        left = [each for name, each in case.gone.items() if _field(each).key and name not in renamed]
        defaults: list[str] = []
        last = [f'Renamed("{now}", before="{before}")' for before, now in renamed.items()]
        self._told += [f"`{before}` is called `{now}`" for before, now in renamed.items()]
        lost = {name: each for name, each in case.gone.items() if name not in renamed and each not in left}
        added = self._added(named)
        shaped = self._reshaped(lost, named, defaults)
        for before, now in renamed.items():
            defaults += self._default_of_renamed(before, now)
        steps = [*defaults, *last, *shaped, *added]
        left += [] if steps else case.positions
        return Guess(steps, f"{'; '.join(self._told)}.", list(self._classes.values()), left)

    # ------------------------------------------------------------------------------------ other names

    def _renames(self, gone: dict[str, Difference]) -> dict[str, str]:
        """What is gone, with what it is called now: the likeliest of those of the same type, each once."""
        pairs = [(self._likeness(before, now, old, new), before, now) for before, old in gone.items() for now, new in self._candidates()
                 if _spot(old).old is not None and _field(old).exact == new.exact and _field(old).key == new.key]
        found: dict[str, str] = {}
        for likeness, before, now in sorted(pairs, key=lambda pair: -pair[0]):
            alone = [pair for pair in pairs if pair[1] == before or pair[2] == now] == [(likeness, before, now)]
            if before not in found and now not in found.values() and (alone or likeness >= _ALIKE):
                found[before] = now
        return found

    def _candidates(self) -> Iterator[tuple[str, LockedField]]:
        """What is new, also inside a record that is."""
        for name, each in self._case.new.items():
            new = _spot(each).new
            assert new is not None  # noqa: S101  # that is what new means
            yield name, new
            if new.exact.kind == "record" and not new.exact.null and new.exact.record in self._known:
                for field in self._known[new.exact.record].__dragoman_fields__:
                    yield f"{name}.{field.name}", LockedField(type="", exact=type_of(field.type))

    def _likeness(self, before: str, now: str, old: Difference, new: LockedField) -> float:
        was, fields = _field(old), _spot(old).fields
        alike = difflib.SequenceMatcher(a=before, b=now.rpartition(".")[2]).ratio()
        places = [path.rpartition(".")[2] for path, _ in children(_prefix(_spot(old)), fields)]
        same_place = now in self._today and places.index(before) == self._today.index(now)
        same_marks = (was.filter, was.sort, was.search, was.required) == (new.filter, new.sort, new.search, new.required)
        return alike + 0.5 * same_place + 0.2 * same_marks

    def _default_of_renamed(self, before: str, now: str) -> Iterator[str]:
        if isinstance(self._case.owner, str) and now in self._case.new:
            was, new = _field(self._case.gone[before]), _spot(self._case.new[now]).new
            if not was.required and new is not None and (new.required, new.default) != (was.required, was.default):
                yield f'Defaulted("{before}", before={default_source(was)})'

    # ------------------------------------------------------------------------------------ what is new

    def _added(self, named: dict[str, str]) -> list[str]:
        """What old clients must not need to know: required parameters, and whatever moves the places of others."""
        shifting = {name for each in self._case.positions for name in each.names}
        names = [name for name, each in self._case.new.items()
                 if name not in named and (each.weight is Weight.BREAKING or name in shifting or (self._sent and self._case.positions))]
        self._told += [f"`{name}` is new" for name in names]
        found = []
        for name in names:
            spot = _spot(self._case.new[name])
            assert spot.new is not None  # noqa: S101  # that is what new means
            value = f", value={quoted(zero(spot.path, spot.new, {}))}" if self._sent and spot.new.required else ""
            found.append(f'Added("{name}"{value})')
        return found

    # ------------------------------------------------------------------------------------ other types, and nothing any more

    def _reshaped(self, lost: dict[str, Difference], named: dict[str, str], defaults: list[str]) -> list[str]:
        """Steps for what is gone, has another type, or stands elsewhere; defaults of parameters are noted in `defaults`."""
        steps, changed = [], dict(self._case.changed)
        if self._sent and (lost or self._case.ordered):
            steps += self._restated(lost, changed, named, defaults)
        else:
            steps += [self._removed(name, each) for name, each in lost.items()]
        for name, found in changed.items():
            aspects = {each.aspect for each in found}
            spot = _spot(found[0])
            if aspects == {"default"}:
                self._told.append(f"`{name}` is something else where it is not sent")
                defaults.append(f'Defaulted("{name}", before={default_source(_old(spot))})')
            elif aspects == {"values"} and (values := self._revalued(name, spot)) is not None:
                steps.append(values)
            else:
                steps.append(self._retyped(name, spot, defaults))
        shifting = [name for each in self._case.positions for name in each.names
                    if name in self._today and name not in (*self._case.new, *changed, *lost, *named)]
        if not isinstance(self._case.owner, str) and not self._sent:
            steps += [step for name in dict.fromkeys(shifting) if (step := self._unfiltered(name)) is not None]
        return steps

    def _removed(self, name: str, difference: Difference) -> str:
        spot = _spot(difference)
        self._told.append(f"`{name}` is gone")
        nothing = quoted({name: zero(spot.path, _old(spot), spot.fields)})
        return f'Reshaped([], before={{"{name}": {self._annotation(spot, compared=False)}}}, backward=lambda: {nothing})'

    def _retyped(self, name: str, spot: Spot, defaults: list[str]) -> str:
        old, new = _old(spot), spot.new
        assert new is not None  # noqa: S101  # it is there
        self._told.append(f"`{name}` is {new.type}, and was {old.type}" if old.type != new.type else f"`{name}` is told otherwise")
        kept = msgspec.structs.replace(old, filter=old.filter if new.filter is not None else None, sort=old.sort and new.sort,
                                       search=old.search if new.search else 0)
        back = converted(name, new.exact, old, spot.fields, spot.path)
        then = annotation_of(kept, self._record(spot))
        text = f'Reshaped(["{name}"], before={{"{name}": {then}}}, backward=lambda {name}: {{"{name}": {back}}}'
        if self._sent or kept.filter is not None or kept.sort or kept.search:
            text += f', forward=lambda {name}: {{"{name}": {converted(name, old.exact, new, {}, spot.path)}}}'
        if isinstance(self._case.owner, str) and not old.required:
            defaults.append(f'Defaulted("{name}", before={default_source(old)})')
        return text + ")"

    def _revalued(self, name: str, spot: Spot) -> str | None:
        """The values of a choice that are called otherwise; None where old ones would stay unknown."""
        old, new = _old(spot).exact.bottom.values, spot.new.exact.bottom.values if spot.new is not None else ()
        gone, fresh = [each for each in old if each not in new], [each for each in new if each not in old]
        if not fresh or ((spot.use.sent or _old(spot).filter is not None) and len(gone) > len(fresh)):
            return None
        called: dict[Any, Any] = {}
        for value in sorted(fresh, key=lambda each: -_best(each, gone)[0]):
            free = [each for each in gone if each not in called.values()] or gone
            if free or spot.use.shown:
                called[value] = _best(value, free or old)[1]
        self._told.append(f"`{name}` has other values")
        return f'Revalued("{name}", {quoted(called)})'

    def _restated(
        self, lost: dict[str, Difference], changed: dict[str, list[Difference]], named: dict[str, str], defaults: list[str],
    ) -> list[str]:
        """One step that says what stood where places count: what is gone, and what stands elsewhere, between what stays."""
        spot = _spot([*self._case.ordered, *lost.values()][0])
        self._all_locked = spot.fields
        locked = {path.rpartition(".")[2]: field for path, field in children(_prefix(spot), spot.fields)}
        today = {before: now for now, before in named.items()}
        before = [today.get(name, name) for name in locked]
        after = [name for name in self._today if name in before]
        start, stop = _common(before, after)
        then, now = before[start:len(before) - stop], after[start:len(after) - stop]
        if not then:
            return []
        if not now and stop:                                # what is gone stands before something: that holds its place
            then, now = [*then, before[len(before) - stop]], [after[len(after) - stop]]
        for name in now:
            changed.pop(name, None)
        fields = {name: locked[named.get(name, name)] for name in then}
        self._told += [f"`{name}` is gone" for name in lost] or ["parameters stand at other places"]
        record = self._record(spot)
        types = ", ".join(f'"{name}": {annotation_of(fields[name], record)}' for name in then)
        back = ", ".join(f'"{name}": {self._back(name, now, fields)}' for name in then)
        forth = ", ".join(f'"{name}": {self._forth(name, fields)}' for name in now)
        if isinstance(self._case.owner, str):
            defaults += [f'Defaulted("{named.get(name, name)}", before={default_source(fields[name])})' for name in then
                         if not fields[name].required]
        backward, forward = f"lambda{_arguments(now)}: {{{back}}}", f"lambda{_arguments(then)}: {{{forth}}}"
        return [f"Reshaped({quoted(now)}, before={{{types}}}, backward={backward}, forward={forward})"]

    def _back(self, name: str, now: Sequence[str], fields: Fields) -> str:
        if name not in now:
            return quoted(zero(name, fields[name], self._all_locked))
        new = self._new_field(name)
        return converted(name, new.exact, fields[name], self._all_locked, name) if new is not None else name

    def _forth(self, name: str, fields: Fields) -> str:
        new = self._new_field(name)
        return converted(name, fields[name].exact, new, {}, name) if new is not None else name

    def _new_field(self, name: str) -> LockedField | None:
        found = self._case.changed.get(name)
        return _spot(found[0]).new if found else None

    def _unfiltered(self, name: str) -> str | None:
        """That nobody could filter by a field, whose place among positions is new."""
        field = next((each for each in getattr(self._case.owner, "__dragoman_fields__", ()) if each.name == name), None)
        if field is None or field.filter is None or name == PAGING:
            return None
        self._told.append(f"`{name}` can be filtered by")
        plain = LockedField(type="", exact=type_of(field.type), extra=field.extra)
        return f'Reshaped(["{name}"], before={{"{name}": {annotation_of(plain)}}}, backward=lambda {name}: {{"{name}": {name}}})'

    # ------------------------------------------------------------------------------------ records of then

    def _annotation(self, spot: Spot, *, compared: bool) -> str:
        return annotation_of(_old(spot), self._record(spot), compared=compared)

    def _record(self, spot: Spot) -> Callable[[str], str]:
        """What record classes are called: those of today, or of then, which are declared on the way."""
        def called(name: str) -> str:
            path = next((path for path, field in spot.fields.items() if field.exact.bottom.record == name), None)
            if path is None or self._is_today(name, path, spot.fields):
                return name
            made = f"Old{name}" if name in self._known else name
            if made not in self._classes:
                self._classes[made] = ""                    # its place, after those that it names
                inner = {p.rpartition(".")[2]: f for p, f in children(inside(path, spot.fields[path].exact), spot.fields)}
                lines = [f"    {each}: {annotation_of(field, called, compared=False)}"
                         + ("" if field.required else f" = {default_source(field)}") for each, field in inner.items()]
                self._classes.pop(made)
                self._classes[made] = "\n".join([f"class {made}(Record):", *lines])
            return made
        return called

    def _is_today(self, name: str, path: str, fields: Fields) -> bool:
        record = self._known.get(name)
        if record is None:
            return False
        then = {p.rpartition(".")[2]: f.exact for p, f in children(inside(path, fields[path].exact), fields)}
        return then == {field.name: type_of(field.type) for field in record.__dragoman_fields__}


def _best(value: Any, others: Sequence[Any]) -> tuple[float, Any]:
    """The likest of some values, and how alike it is."""
    found = [(difflib.SequenceMatcher(a=str(value), b=str(each)).ratio(), each) for each in others]
    return max(found, key=lambda pair: pair[0], default=(0.0, None))


def _common(before: Sequence[str], after: Sequence[str]) -> tuple[int, int]:
    """How many names two orders share at the start, and how many at the end."""
    start = _shared(before, after)
    return start, _shared(before[start:][::-1], after[start:][::-1])


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    differing = (number for number, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1])
    return next(differing, min(len(one), len(other)))


def _arguments(names: Sequence[str]) -> str:
    return f" {', '.join(names)}" if names else ""


def _prefix(spot: Spot) -> str:
    return spot.path[:len(spot.path) - len(spot.name)]


def _spot(difference: Difference) -> Spot:
    assert difference.spot is not None  # noqa: S101  # cases take what has one
    return difference.spot


def _old(spot: Spot) -> LockedField:
    assert spot.old is not None  # noqa: S101  # it was there
    return spot.old


def _field(difference: Difference) -> LockedField:
    return _old(_spot(difference))


def _names_of(owner: Any, catalog: Catalog) -> list[str]:
    fields = catalog.methods[owner].parameters if isinstance(owner, str) else owner.__dragoman_fields__
    return [field.name for field in fields]


def _records_of(catalog: Catalog) -> Iterator[Any]:
    for resource in catalog.resources.values():
        yield from nested_records(Nested(resource.record))
    for method in catalog.methods.values():
        for field in (*method.parameters, *((method.result,) if method.result is not None else ())):
            yield from nested_records(field.shape)

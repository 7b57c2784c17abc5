"""The fields of a record as they were at some time: taken away, moved, retyped, and made a record class again."""

from __future__ import annotations

import copy
import decimal
import enum
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, Union

import msgspec

from ..errors import DeclarationError
from .fields import Field, field_of
from .fitting import check_of, expectation
from .markers import Needs
from .plain import to_plain
from .record import Record, RecordMeta
from .shapes import Choice, Many, Nested, Nullable, Text, bare, element, is_union, peel, scalar_kind, shape_of

Path = tuple[str, ...]
Wrong = Callable[[str, str], DeclarationError]
Work = Callable[[dict[str, Any]], None]
"""Changes the plain value of one record, or the arguments of a call, in place."""
NODEFAULT: Any = msgspec.NODEFAULT


class Slot(NamedTuple):
    """One field: its annotation, markers and constraints included, and its default."""

    annotation: Any
    default: Any = NODEFAULT


class Meaning(NamedTuple):
    """What a field of an old version is today, for filters and sorts: its name, and the values that stand for one of then."""

    name: str
    values: Callable[[Any], Sequence[Any]] | None = None
    """None where values are the same."""

    def through(self, later: Mapping[str, Meaning]) -> Meaning:
        """What a field means by way of what its successor means."""
        further = later[self.name]
        first, second = self.values, further.values
        if first is None or second is None:
            return Meaning(further.name, first or second)
        return Meaning(further.name, lambda value: [each for middle in first(value) for each in second(middle)])


class Layout:
    """Fields by name, in their order; every change of it is another one."""

    def __init__(self, slots: Mapping[str, Slot]) -> None:
        self.slots = dict(slots)

    @property
    def names(self) -> tuple[str, ...]:
        """The names at the top."""
        return tuple(self.slots)

    def has(self, path: Path) -> bool:
        """Whether there is a field at a path, through records that are never null."""
        return self.slot(path) is not None

    def required(self, path: Path) -> bool:
        """Whether it has no default."""
        slot = self.slot(path)
        return slot is not None and slot.default is NODEFAULT

    def choices(self, path: Path) -> tuple[Any, ...] | None:
        """The values of a choice; None for anything else."""
        slot = self.slot(path)
        shape = element(shape_of(slot.annotation)) if slot is not None else None
        return shape.values if isinstance(shape, Choice) else None

    def kind(self, path: Path) -> str:
        """What single values of a field are, those of a list too: a kind of `Scalar`, also of a choice; empty for what holds others."""
        slot = self.slot(path)
        return scalar_kind(element(shape_of(slot.annotation))) if slot is not None else ""

    def many(self, path: Path) -> bool:
        """Whether it is a list."""
        slot = self.slot(path)
        return slot is not None and isinstance(bare(shape_of(slot.annotation)), Many)

    def misfit(self, path: Path, value: Any, *, whole: bool) -> str | None:
        """What is expected of a field instead of a value; None where it fits. Where not the whole is meant, a value of its list does."""
        slot = self.slot(path)
        field = field_of(Record, path[-1], slot.annotation) if slot is not None else None
        if field is None:
            return "a field"
        plain, shape = to_plain(value), bare(field.shape)
        while not whole and isinstance(shape, Many):
            plain, shape = [plain], bare(shape.item)
        return expectation(field) if any(check_of(field)(plain, field.name)) else None

    def nullable(self, path: Path) -> bool:
        """Whether it may be null."""
        slot = self.slot(path)
        return slot is not None and isinstance(shape_of(slot.annotation), Nullable)

    def needs(self, path: Path) -> str | None:
        """The permission that hides it, or what it stands in."""
        for length in range(len(path), 0, -1):
            slot = self.slot(path[:length])
            permission = _field(path[0], slot).needs if slot is not None else None
            if permission is not None:
                return permission
        return None

    def place_of(self, path: Path) -> int:
        """Which of the fields at the top leads to a path."""
        return self.names.index(path[0])

    def meanings(self) -> dict[str, Meaning]:
        """That every field at the top means itself."""
        return {name: Meaning(name) for name in self.slots}

    def compares(self, name: str) -> bool:
        """Whether a field at the top is marked to be filtered or sorted by."""
        field = _field(name, self.slots[name])
        return field.filter is not None or field.sort or field.search is not None

    # ------------------------------------------------------------------------------------ other layouts

    def without(self, path: Path) -> tuple[Layout, list[Path]]:
        """Without one field; nested records that have none left are gone, too, and their paths told, the innermost first."""
        head, *rest = path
        if not rest:
            return Layout({name: slot for name, slot in self.slots.items() if name != head}), []
        inner, emptied = layout_of(self._record(head)).without(tuple(rest))
        emptied = [(head, *each) for each in emptied]
        if not inner.slots:
            return self.without((head,))[0], [*emptied, (head,)]
        return self._inside(head, lambda _: inner), emptied

    def with_field(self, path: Path, annotation: Any, place: int | None, wrong: Wrong) -> Layout:
        """With one more field, at a place among those at the top, else at the end. Raises where its name is taken."""
        head, *rest = path
        slot = annotation if isinstance(annotation, Slot) else Slot(annotation)
        if not rest:
            if head in self.slots:
                raise wrong(f"{head!r} is there already in the version before.", "Choose another name, or say what became of that one.")
            items = list(self.slots.items())
            items.insert(len(items) if place is None else place, (head, slot))
            return Layout(dict(items))
        if head not in self.slots:
            made = _made(head.capitalize(), Record, Layout({}).with_field(tuple(rest), slot, None, wrong))
            return self.with_field((head,), Slot(made), place, wrong)
        if not isinstance(shape_of(self.slots[head].annotation), Nested):
            raise wrong(f"{head!r} is no record in the version before that {'.'.join(rest)!r} could stand in.",
                        "Choose another name, or say what became of that one.")
        return self._inside(head, lambda inner: inner.with_field(tuple(rest), slot, None, wrong))

    def with_defaults(self, after: Layout, work: Work) -> Layout:
        """With the defaults as they were, given the fields after a step and what it makes of their values. Raises whatever the work does,
        and `msgspec.ValidationError`."""
        told = {name: to_plain(slot.default) for name, slot in after.slots.items() if slot.default is not NODEFAULT}
        plain = copy.deepcopy(told)
        work(plain)

        def before(name: str, slot: Slot) -> Slot:
            known = after.slots.get(name)
            same = known is not None and known.annotation is slot.annotation and plain.get(name) == told.get(name)
            if same or slot.default is NODEFAULT or name not in plain:
                return slot
            return Slot(slot.annotation, msgspec.convert(plain[name], slot.annotation))
        return Layout({name: before(name, slot) for name, slot in self.slots.items()})

    def moved(self, now: Path, before: Path, wrong: Wrong) -> tuple[Layout, list[Path]]:
        """With a field at another path, at its own place where it stays among the same fields."""
        slot = self.slot(now)
        assert slot is not None  # noqa: S101  # it was looked for
        if now[:-1] == before[:-1] and len(now) > 1:
            return self._inside(now[0], lambda inner: inner.moved(now[1:], before[1:], wrong)[0]), []
        place = self.place_of(now) if len(before) == 1 else None
        layout, emptied = self.without(now)
        return layout.with_field(before, slot._replace(annotation=hidden_by(slot.annotation, self.needs(now))), place, wrong), emptied

    def revalued(self, path: Path, before: Mapping[Any, Any], wrong: Wrong) -> Layout:
        """With other values of a choice."""
        head, *rest = path
        if rest:
            return self._inside(head, lambda inner: inner.revalued(tuple(rest), before, wrong))
        slot, values = self.slots[head], self.choices(path)
        if values is None:
            return self
        unknown = next((value for value in before if value not in values), None)
        if unknown is not None:
            raise wrong(f"{unknown!r} is no value of {head!r} after it.", f"There are {', '.join(map(str, values))}.")
        old = tuple(dict.fromkeys(before.get(value, value) for value in values))
        return self._with(head, Slot(exchange(slot.annotation, lambda part: Literal[old] if _is_choice(part) else part), slot.default))

    def defaulted(self, name: str, default: Any) -> Layout:
        """With another default."""
        return self._with(name, Slot(self.slots[name].annotation, default))

    # ------------------------------------------------------------------------------------ records

    def make(self, like: Any) -> Any:
        """A record class with these fields, in the place of another one."""
        return _made(like.__name__, like, self)

    def fields(self, owner: Any) -> tuple[Field, ...]:
        """As fields; `owner` is named in errors."""
        return tuple(field_of(owner, name, slot.annotation, slot.default) for name, slot in self.slots.items())

    def slot(self, path: Path) -> Slot | None:
        """The field at a path, through records that are never null; None where there is none."""
        head, *rest = path
        slot = self.slots.get(head)
        if slot is None or not rest:
            return slot
        shape = shape_of(slot.annotation)
        return layout_of(shape.record).slot(tuple(rest)) if isinstance(shape, Nested) else None

    def _record(self, name: str) -> Any:
        """The class of a nested record at the top."""
        shape = shape_of(self.slots[name].annotation)
        assert isinstance(shape, Nested)  # noqa: S101  # whoever asks has found something in it
        return shape.record

    def _inside(self, name: str, change: Callable[[Layout], Layout]) -> Layout:
        """With another layout of the nested record at the top."""
        slot, old = self.slots[name], self._record(name)
        new = change(layout_of(old)).make(old)
        return self._with(name, Slot(exchange(slot.annotation, lambda part: new if part is old else part), slot.default))

    def _with(self, name: str, slot: Slot) -> Layout:
        return Layout({each: slot if each == name else known for each, known in self.slots.items()})


def layout_of(record: Any) -> Layout:
    """The fields of a record class."""
    return of_fields(record.__dragoman_fields__)


def of_fields(fields: Sequence[Field]) -> Layout:
    """Fields, or parameters of a method."""
    return Layout({field.name: Slot(field.type, NODEFAULT if field.required else field.default) for field in fields})


def meanings_of(earlier: Mapping[str, Meaning], later: Mapping[str, Meaning]) -> dict[str, Meaning]:
    """What names of a version mean today, given what they mean one step later, and what that means today."""
    return {name: meaning.through(later) for name, meaning in earlier.items() if meaning.name in later}


def origins_of(earlier: Mapping[str, frozenset[str]], later: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """Which fields of today those of a version are made of, given which of one step later, and what these are made of."""
    return {name: frozenset(origin for each in names for origin in later.get(each, ())) for name, names in earlier.items()}


def origin_of(record: Any) -> Any:
    """The declared class that a record class of some time stands for."""
    return getattr(record, "__dragoman_origin__", record)


def _made(name: str, like: Any, layout: Layout) -> Any:
    namespace: dict[str, Any] = {
        "__annotations__": {each: slot.annotation for each, slot in layout.slots.items()}, "__doc__": like.__doc__,
        "__module__": like.__module__, "__qualname__": name, "__dragoman_origin__": origin_of(like) if like is not Record else None,
    }
    for each, slot in layout.slots.items():
        if slot.default is not NODEFAULT:
            namespace[each] = _default(slot.default)
    return RecordMeta(name, (Record,), namespace)


def _default(value: Any) -> Any:
    if isinstance(value, (list, dict, set)):
        return msgspec.field(default_factory=lambda: copy.deepcopy(value))
    return value


def _field(name: str, slot: Slot) -> Field:
    return field_of(Record, name, slot.annotation, slot.default)


def exchange(annotation: Any, change: Callable[[Any], Any]) -> Any:
    """An annotation with its parts exchanged; itself where none is."""
    changed = change(annotation)
    if changed is not annotation:
        return changed
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        inner = exchange(parts[0], change)
        return annotation if inner is parts[0] else Annotated[inner, *parts[1:]]
    if origin is None or origin is Literal:
        peeled, marks = peel(annotation)
        inner = exchange(peeled, change) if peeled is not annotation else peeled
        return annotation if inner is peeled else Annotated[inner, *marks] if marks else inner
    inner_parts = tuple(exchange(part, change) for part in parts)
    if all(new is old for new, old in zip(inner_parts, parts, strict=True)):
        return annotation
    return Union[inner_parts] if is_union(annotation) else origin[inner_parts]  # noqa: UP007  # built from its parts


def _is_choice(part: Any) -> bool:
    return typing.get_origin(part) is Literal or (isinstance(part, type) and issubclass(part, enum.Enum))


def hidden_by(annotation: Any, permission: str | None) -> Any:
    """An annotation of what a permission hides, if any does: descriptions of old versions have to tell that it can be absent."""
    known = any(isinstance(mark, Needs) for mark in peel(annotation)[1])
    return annotation if permission is None or known else Annotated[annotation, Needs(permission)]


def records_in(annotation: Any) -> Iterator[Any]:
    """The record classes that an annotation names, not those inside them."""
    found: list[Any] = []

    def look(part: Any) -> Any:
        if isinstance(part, type) and hasattr(part, "__dragoman_record__"):
            found.append(part)
        return part
    exchange(annotation, look)
    yield from found


def on_wire(annotation: Any) -> Any:
    """A type as its values are shown: with texts in one language, and decimals as numbers alone, which sources may give as texts."""
    return exchange(annotation, _part_on_wire)


def _part_on_wire(part: Any) -> Any:
    if isinstance(part, type) and hasattr(part, "__dragoman_record__"):
        return Layout({name: Slot(on_wire(slot.annotation)) for name, slot in layout_of(part).slots.items()}).make(part)
    if part is decimal.Decimal:
        return float
    return str if typing.get_origin(part) is Annotated and shape_of(part) == Text() else part


# -------------------------------------------------------------------------------------------- plain values


def split_name(name: str) -> Path:
    """A dotted name as a path."""
    return tuple(name.split("."))


def take(value: dict[str, Any], path: Path) -> Any:
    """What stands at a path of a plain record, taken away: null where that stands above it, `UNSET` where nothing does."""
    *above, name = path
    found: Any = value
    for each in above:
        if found.get(each, found) is None:
            return None
        found = found.get(each, {})
    return found.pop(name, msgspec.UNSET) if isinstance(found, dict) else msgspec.UNSET


def put(value: dict[str, Any], path: Path, given: Any) -> None:
    """Set a value at a path of a plain record; records on the way are made, but not in the place of one that is hidden."""
    *above, name = path
    found = value
    for each in above:
        if found.get(each, found) is None:
            return
        if not isinstance(found.get(each), dict):
            found[each] = {}
        found = found[each]
    found[name] = given

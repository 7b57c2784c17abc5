"""Random histories: record classes as they are today, and changes of every kind that lead back from them."""

from __future__ import annotations

import decimal
import enum
from typing import Annotated, Any, Literal, NamedTuple, NewType

import msgspec
from hypothesis import strategies as st

from dragoman import Added, Catalog, Defaulted, Key, Localized, Record, Renamed, Reshaped, Revalued, Rows
from dragoman.catalog.layout import Layout, layout_of, on_wire, origin_of
from dragoman.catalog.plain import encode_json
from dragoman.catalog.record import RecordMeta
from dragoman.catalog.shapes import Choice, Nested, Scalar, element, nested_records, shape_of
from dragoman.catalog.stage import Stage
from dragoman.catalog.steps import Step
from dragoman.errors import DeclarationError

from ..formats.shapes import NAMES, SINGLE, inside, values

decode = msgspec.json.Decoder(float_hook=decimal.Decimal).decode
DAYS = [f"20{year}-01-01T00:00:00Z" for year in range(20, 10, -1)]
SOME_DAYS = st.lists(st.sampled_from(DAYS), min_size=1, max_size=4)


class State(enum.Enum):
    OPEN = "open"
    OVER = "over"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 9


Number = NewType("Number", int)
Tag = NewType("Tag", Annotated[str, msgspec.Meta(max_length=9)])
TYPES = st.recursive(SINGLE | st.sampled_from([
    State, Level, Number, Tag, list[Annotated[Number, msgspec.Meta(ge=0)]], list[State], Literal["one", "two", "three"],
    list[Literal[1, 2]] | None,
]), inside, max_leaves=4)


def record_of(name: str, fields: dict[str, Any], **rest: Any) -> Any:
    """A record class."""
    return RecordMeta(name, (Record,), {"__annotations__": fields, "__module__": __name__, "__qualname__": name, **rest})


# Each is made once: hypothesis looks through a new one longer than it then takes to draw from it.
PART, WHOLE = (st.dictionaries(NAMES, TYPES, min_size=1, max_size=most) for most in (3, 2))
ROOT = st.dictionaries(NAMES.filter(lambda name: name != "id"), TYPES, max_size=3)
PLACES = st.sampled_from([
    lambda cls: cls, lambda cls: cls, lambda cls: cls | None, lambda cls: list[cls], lambda cls: dict[str, cls],
    lambda cls: list[cls | None] | None, lambda cls: dict[str, list[cls]], lambda cls: NewType("Named", cls),
])
"""Where a record may stand in another one."""
SPOTS = st.lists(st.tuples(st.booleans(), PLACES), max_size=3)


@st.composite
def records_of_today(draw: Any) -> tuple[Any, ...]:
    """A record class, and those that stand in it, some of them in several places."""
    part = record_of("Part", draw(PART))
    whole = record_of("Whole", {**draw(WHOLE), "parts": draw(PLACES)(part)})
    spots = {f"spot_{number}": place(whole if is_whole else part) for number, (is_whole, place) in enumerate(draw(SPOTS))}
    return record_of("Root", {"id": Annotated[int, Key()], "name": Localized, **draw(ROOT), **spots}), part, whole


class History(NamedTuple):
    """A catalog with changes, and what was refused on the way."""

    catalog: Catalog
    root: Any
    lossless: bool
    """Whether no step lost anything on the way back."""
    refused: tuple[DeclarationError, ...]


@st.composite
def histories(draw: Any, *, forth: bool = False) -> History:
    """A catalog of one resource, and with `forth` of a method that takes what the resource shows: then each step has a way forth."""
    root, *parts = draw(records_of_today())
    catalog, refused, lossless, changes = catalog_of(root, [], forth), [], True, []
    for day in sorted(draw(SOME_DAYS), reverse=True):
        oldest = catalog.timeline.stages(catalog.resources["data/roots"])[-1].record
        here = [each for each in nested_records(Nested(oldest)) if origin_of(each) in (root, *parts)]
        cls = draw(st.sampled_from(here))
        steps, exact = draw(_steps(layout_of(cls), forth))
        if not steps:
            continue
        try:
            catalog = catalog_of(root, [(day, origin_of(cls), steps), *changes], forth)
        except DeclarationError as error:           # it does not fit another place of the same class
            refused.append(error)
            continue
        changes.insert(0, (day, origin_of(cls), steps))
        lossless = lossless and exact
    return History(catalog, root, lossless, tuple(refused))


def catalog_of(root: Any, changes: list[Any], with_method: bool) -> Catalog:
    """A catalog with changes, each a day, what changed, and steps."""
    catalog = Catalog("history", languages=("en", "de"), permissions={"account": "Yours"})
    catalog.resource("roots", Rows(list))(root)
    if with_method:
        def take(root: Any) -> None:
            """Take one."""
        take.__annotations__ = {"root": root, "return": None}
        catalog.method("take")(take)
    for day, cls, steps in changes:
        catalog.change(day, cls, "It changed.", *steps)
    _ = catalog.timeline
    return catalog


@st.composite
def _steps(draw: Any, layout: Layout, forth: bool) -> tuple[list[Step], bool]:
    """Steps that fit a record class one after another, and whether they lose nothing."""
    steps: list[Step] = []
    lossless = True
    for _ in range(draw(st.integers(1, 3))):
        if not layout.slots:
            break
        step, exact = draw(_step(layout, forth))
        try:
            layout = step.undo(layout, lambda reason, remedy: DeclarationError("Root", reason, remedy)).layout
        except DeclarationError:
            continue
        steps.insert(0, step)
        lossless = lossless and exact
    return steps, lossless


@st.composite
def _step(draw: Any, layout: Layout, forth: bool) -> tuple[Step, bool]:
    paths = _paths(layout)
    path = draw(st.sampled_from([path for path in paths if path != ("id",) or draw(st.integers(0, 9)) == 9] or paths))
    name, annotation = ".".join(path), layout.slot(path).annotation
    shape = element(shape_of(annotation))
    kinds = ["added", "renamed", "renamed", "text", "gone"]
    kind = draw(st.sampled_from([*kinds, *(["defaulted"] if len(path) == 1 and path != ("id",) else []),
                                 *(["revalued"] * 3 if isinstance(shape, Choice) or shape in (Scalar("int"), Scalar("str")) else [])]))
    if kind == "added":
        return (Added(name, value=draw(values(annotation, sent=True))) if forth else Added(name)), False
    if kind == "renamed":
        return Renamed(name, before=draw(_names(layout, paths))), True
    if kind == "revalued":
        return draw(_revalued(name, shape, forth))
    if kind == "defaulted":
        return Defaulted(name, before=draw(values(annotation, sent=True))), True
    if kind == "text":
        names = [name, *draw(st.lists(st.sampled_from([".".join(each) for each in paths if each[0] != path[0]] or [name]), max_size=1))]
        names = list(dict.fromkeys(names))
        old = draw(_names(layout, paths) | st.just(name))
        return Reshaped(
            names, before={old: str}, backward=lambda *found: {old: encode_json(list(found)).decode()},
            forward=lambda text: dict(zip(names, decode(text), strict=True))), True
    gone = draw(_names(layout, paths))
    kept = on_wire(draw(TYPES))
    value = draw(values(kept, sent=True))
    return Reshaped([], before={gone: kept}, backward=lambda: {gone: value}, forward=lambda _: {}), True


@st.composite
def _revalued(draw: Any, name: str, shape: Any, forth: bool) -> tuple[Step, bool]:
    known = list(shape.values) if isinstance(shape, Choice) else ["a", "b"] if shape.kind == "str" else [1, 2]
    new = draw(st.permutations(list(known)))
    fresh = [f"was_{each}" for each in new] if isinstance(known[0], str) else [each + 1000 for each in new]
    before = dict(zip(known, fresh if isinstance(shape, Choice) else new, strict=True))
    if not forth and draw(st.booleans()):
        before = dict.fromkeys(known, fresh[0])
        return Revalued(name, before), False
    return Revalued(name, before), True


def _paths(layout: Layout) -> list[tuple[str, ...]]:
    found = []
    for name, slot in layout.slots.items():
        found.append((name,))
        shape = shape_of(slot.annotation)
        if isinstance(shape, Nested):
            found += [(name, *below) for below in _paths(layout_of(shape.record))]
    return found


@st.composite
def _names(draw: Any, layout: Layout, paths: list[tuple[str, ...]]) -> str:
    """A name that may be free: at the top, in a record, or in one that is made for it."""
    fresh = draw(NAMES)
    above = draw(st.sampled_from([(), (), *(path[:-1] for path in paths), *paths, ("fresh",), ("fresh", "inner")]))
    return ".".join((*above, fresh))


def valid(stage: Stage) -> Any:
    """The record class of a stage, as it is on the wire."""
    return on_wire(stage.record)


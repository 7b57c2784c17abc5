"""The fields of a record or the parameters of a method, read from annotations once and checked."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from ..errors import DeclarationError
from .markers import Extra, Filter, Key, LocalizedText, Marker, Named, Needs, Refers, Search, Sort
from .places import place_of
from .shapes import Anything, Choice, Many, Scalar, Shape, Text, UnsupportedType, bare, convertible, element, peel, shape_of

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_MARKERS = (Key, Extra, Filter, Search, Sort, Needs, Refers, Named)


class Field(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One field or parameter: its name on the wire, its shape, and what may be done with it. Each is equal to itself alone."""

    name: str
    type: Any
    """The annotation as msgspec converts it, constraints included."""
    shape: Shape
    required: bool = True
    default: Any = None
    key: bool = False
    extra: bool = False
    filter: Filter | None = None
    search: Search | None = None
    sort: bool = False
    needs: str | None = None
    refers: Refers | None = None
    named: Named = Named()

    @property
    def localized(self) -> bool:
        """Whether the field itself is a localized text."""
        return isinstance(bare(self.shape), Text)

    def name_in(self, dialect: str) -> str:
        """The name by which clients of a dialect write this field as a parameter."""
        return getattr(self.named, dialect, None) or self.name


def field_of(owner: Any, name: str, annotation: Any, default: Any = msgspec.NODEFAULT) -> Field:
    """Read one annotated name of a record class or function; raise `DeclarationError` for what makes no sense."""
    def wrong(reason: str, remedy: str) -> DeclarationError:
        return DeclarationError(f"{owner.__qualname__}.{name}", reason, remedy, place_of(owner, name))

    if not NAME.match(name) or name.startswith("_"):
        raise wrong("a name on the wire begins with a letter.", "Rename it.")
    marks = _marks(annotation, wrong)
    try:
        shape = shape_of(annotation)
    except UnsupportedType as error:
        raise wrong(str(error), error.remedy) from None
    field = Field(
        name=name, type=convertible(annotation), shape=shape,
        required=default is msgspec.NODEFAULT, default=None if default is msgspec.NODEFAULT else default,
        key=Key in marks, extra=Extra in marks, filter=marks.get(Filter), search=marks.get(Search),
        sort=Sort in marks, needs=marks[Needs].permission if Needs in marks else None,
        refers=marks.get(Refers), named=marks.get(Named, Named()),
    )
    _check_arguments(marks, wrong)
    _check(field, wrong)
    return field


def _marks(annotation: Any, wrong: Any) -> dict[type, Any]:
    """The markers in an annotation by class, each called and at most once."""
    found: dict[type, Any] = {}
    inner, metadata = peel(annotation)
    for mark in metadata:
        if isinstance(mark, type) and issubclass(mark, (*_MARKERS, LocalizedText, msgspec.Meta)):
            raise wrong(f"the marker {mark.__name__} is not called.", f"Write {mark.__name__}(...).")
        if isinstance(mark, (Marker, Named)):
            if type(mark) in found:
                raise wrong(f"the marker {type(mark).__name__} stands twice.", "Keep one.")
            found[type(mark)] = mark
        elif not isinstance(mark, msgspec.Meta):
            raise wrong(f"{mark!r} is no marker.", "Use the markers of dragoman, or msgspec.Meta for constraints.")
    for mark in _marks_inside(inner):
        raise wrong(f"the marker {mark} stands inside the type, where nothing reads it.",
                    "Write it outermost: Annotated[list[int] | None, Filter()].")
    return found


def _marks_inside(annotation: Any) -> Iterator[str]:
    """The markers of fields that stand at a part of a type, by name."""
    if typing.get_origin(annotation) is typing.Literal:
        return
    for part in typing.get_args(annotation):
        inner, metadata = peel(part)
        for mark in metadata:
            kind = mark if isinstance(mark, type) else type(mark)
            if issubclass(kind, (Marker, Named)) and kind is not LocalizedText:
                yield kind.__name__
        yield from _marks_inside(inner)


def _check_arguments(marks: Mapping[type, Any], wrong: Any) -> None:
    """Refuse markers whose arguments are of the wrong kind; nothing else looks at them before they are used."""
    needs, refers, search, named = (marks.get(kind) for kind in (Needs, Refers, Search, Named))
    if needs is not None and not isinstance(needs.permission, str):
        raise wrong(f"{needs.permission!r} is no permission.", 'Write Needs("account").')
    if refers is not None and not (isinstance(refers.record, str) or hasattr(refers.record, "__dragoman_record__")):
        raise wrong(f"{refers.record!r} is no record.", 'Write Refers(Module) or Refers("group/name").')
    if search is not None and not (type(search.at_least) is int and search.at_least >= 1):
        raise wrong("a search has at least one character.", "Write Search(at_least=3), with 1 or more.")
    chosen = marks.get(Filter)
    if chosen is not None and not (chosen.any is None or (isinstance(chosen.any, str) and chosen.any and "," not in chosen.any)):
        raise wrong(f"{chosen.any!r} is no value that a client could write for all of them.", 'Write Filter(any="all").')
    for dialect, name in (msgspec.structs.asdict(named).items() if named is not None else ()):
        if name is not None and not (isinstance(name, str) and NAME.match(name)):
            raise wrong(f"{name!r} is no name of a parameter.", f'Use letters, digits and `_`: Named({dialect}="choice").')


def _check(field: Field, wrong: Any) -> None:
    """Refuse combinations of type and markers that cannot work."""
    comparable = isinstance(element(field.shape), (Scalar, Choice)) and element(field.shape) != Scalar("bytes")
    if field.key and not can_be_key(field.shape):
        raise wrong("a key is an integer, a text, a UUID or a choice of these, never null.", "Change its type.")
    if field.key and not field.required:
        raise wrong("a key has no default.", "Remove the default.")
    if field.key and (field.extra or field.needs):
        raise wrong("a key is always shown.", "Remove Extra() or Needs() from it.")
    if field.filter is not None and not (comparable or field.localized):
        raise wrong("only simple values and lists of them can be filtered.", "Remove Filter().")
    if field.sort and not ((comparable and not isinstance(bare(field.shape), Many)) or field.localized):
        raise wrong("only simple values can be sorted.", "Remove Sort().")
    if field.search is not None and not (bare(field.shape) == Scalar("str") or field.localized):
        raise wrong("only text can be searched.", "Remove Search(), or make it str or Localized.")
    if field.refers is not None and not comparable:
        raise wrong("a reference is a key or a list of keys.", "Make it int, str, or a list of one of them.")
    if field.needs is not None and (field.filter is not None or field.sort or field.search is not None):
        raise wrong("filters and sorts would tell what Needs() hides.", "Remove Filter(), Search() and Sort().")
    if isinstance(bare(field.shape), Anything) and (field.filter is not None or field.sort):
        raise wrong("JSON of any form cannot be compared.", "Remove Filter() and Sort().")


def can_be_key(shape: Shape) -> bool:
    """Whether values of a shape name one record, or one owner."""
    return (isinstance(shape, Scalar) and shape.kind in ("int", "str", "uuid")) or isinstance(shape, Choice)

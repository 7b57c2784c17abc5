"""The fields of a record or the parameters of a method, read from annotations once and checked."""

from __future__ import annotations

import inspect
import re
import typing
from typing import Annotated, Any

import msgspec

from ..errors import DeclarationError
from .markers import Extra, Filter, Key, LocalizedText, Marker, Named, Needs, Refers, Search, Sort
from .shapes import Anything, Choice, Scalar, Shape, Text, UnsupportedType, bare, element, shape_of

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_MARKERS = (Key, Extra, Filter, Search, Sort, Needs, Refers, Named)


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field or parameter: its name on the wire, its shape, and what may be done with it."""

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


def place_of(declared: Any, name: str | None = None) -> str:
    """`file.py:12` of a class or function, or of the line that annotates `name` in it; empty where unknown."""
    try:
        lines, first = inspect.getsourcelines(declared)
        path = inspect.getsourcefile(declared)
    except (OSError, TypeError):
        return ""
    pattern = re.compile(rf"\s*{re.escape(name)}\s*:") if name else None
    offset = next((i for i, line in enumerate(lines) if pattern and pattern.match(line)), 0)
    return f"{path}:{first + offset}"


def resolve(declared: Any) -> dict[str, Any]:
    """The annotations of a class or function with names looked up; raise where one cannot be."""
    try:
        return typing.get_type_hints(declared, include_extras=True)
    except NameError as error:
        raise DeclarationError(
            declared.__name__, f"the type `{error.name}` is not defined.",
            "Import it, or declare it before this.", place_of(declared),
        ) from None
    except TypeError as error:
        raise DeclarationError(
            declared.__name__, f"an annotation is no type ({error}).", "Annotate with types.", place_of(declared),
        ) from None


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
        name=name, type=annotation, shape=shape,
        required=default is msgspec.NODEFAULT, default=None if default is msgspec.NODEFAULT else default,
        key=Key in marks, extra=Extra in marks, filter=marks.get(Filter), search=marks.get(Search),
        sort=Sort in marks, needs=marks[Needs].permission if Needs in marks else None,
        refers=marks.get(Refers), named=marks.get(Named, Named()),
    )
    _check(field, wrong)
    return field


def _marks(annotation: Any, wrong: Any) -> dict[type, Any]:
    """The markers in an annotation by class, each called and at most once."""
    found: dict[type, Any] = {}
    metadata = typing.get_args(annotation)[1:] if typing.get_origin(annotation) is Annotated else ()
    for mark in metadata:
        if isinstance(mark, type) and issubclass(mark, (*_MARKERS, LocalizedText)):
            raise wrong(f"the marker {mark.__name__} is not called.", f"Write {mark.__name__}().")
        if isinstance(mark, (Marker, Named)):
            if type(mark) in found:
                raise wrong(f"the marker {type(mark).__name__} stands twice.", "Keep one.")
            found[type(mark)] = mark
        elif not isinstance(mark, msgspec.Meta):
            raise wrong(f"{mark!r} is no marker.", "Use the markers of dragoman, or msgspec.Meta for constraints.")
    return found


def _check(field: Field, wrong: Any) -> None:
    """Refuse combinations of type and markers that cannot work."""
    comparable = isinstance(element(field.shape), (Scalar, Choice))
    if field.key and not _can_be_key(field.shape):
        raise wrong("a key is an integer, a text, a UUID or a choice of these, never null.", "Change its type.")
    if field.key and not field.required:
        raise wrong("a key has no default.", "Remove the default.")
    if field.key and (field.extra or field.needs):
        raise wrong("a key is always shown.", "Remove Extra() or Needs() from it.")
    if field.filter is not None and not (comparable or field.localized):
        raise wrong("only simple values and lists of them can be filtered.", "Remove Filter().")
    if field.sort and not (isinstance(bare(field.shape), (Scalar, Choice)) or field.localized):
        raise wrong("only simple values can be sorted.", "Remove Sort().")
    if field.search is not None and not (bare(field.shape) == Scalar("str") or field.localized):
        raise wrong("only text can be searched.", "Remove Search(), or make it str or Localized.")
    if field.search is not None and field.search.at_least < 1:
        raise wrong("a search has at least one character.", "Raise at_least to 1 or more.")
    if field.refers is not None and not comparable:
        raise wrong("a reference is a key or a list of keys.", "Make it int, str, or a list of one of them.")
    if field.needs is not None and (field.filter is not None or field.sort or field.search is not None):
        raise wrong("filters and sorts would tell what Needs() hides.", "Remove Filter(), Search() and Sort().")
    if isinstance(bare(field.shape), Anything) and (field.filter is not None or field.sort):
        raise wrong("JSON of any form cannot be compared.", "Remove Filter() and Sort().")


def _can_be_key(shape: Shape) -> bool:
    return (isinstance(shape, Scalar) and shape.kind in ("int", "str", "uuid")) or isinstance(shape, Choice)

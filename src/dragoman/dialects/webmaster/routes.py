"""Which path is whose: `/<library>/<format>/<resource>/{positional...}` below the mount (W1, W4)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import msgspec

from ...catalog.catalog import Catalog
from ...catalog.fields import NAME, Field
from ...catalog.method import Method
from ...catalog.names import Naming
from ...catalog.remembered import remembered
from ...catalog.resource import Resource
from ...catalog.routes import Route, Routes, plain_path
from ...catalog.stage import Stage
from ...errors import Code, DeclarationError, Refusal, refuse
from ...formats.xml_body import RequestSchema
from . import words
from .envelope import request_root

ERROR = "error"
"""What documents are called that belong to no resource."""
_REMEDY = "Give one of them another group or name."


class Entry(Route, frozen=True, gc=False):
    """A resource of a library, in the words of this convention."""

    root: str
    """What its documents are called in XML, without `RequestData` and `ResponseData`."""
    positions: tuple[str, ...]
    """The parameters that may stand in the path, in this order, by their names of today."""


class Asking(NamedTuple):
    """How a resource is asked in one version."""

    positions: tuple[str | None, ...]
    """The parameters that may stand in the path; None where one stood that is gone."""
    schema: RequestSchema | None
    """What may be sent to it in XML; None where nothing is."""


class Place(NamedTuple):
    """What a path names, as far as that exists."""

    library: str | None
    format: str | None
    entry: Entry | None
    positional: tuple[bytes, ...]
    """Percent-encoded."""
    operation: bool = False
    """Whether long operations of any method are asked about here."""


class Libraries:
    """Every resource of every library under a mount, by path."""

    def __init__(self, mount: str, formats: Sequence[str], naming: Naming) -> None:
        """`formats` by name; the first is that of the addresses that are shown."""
        self._mount, self._naming = mount, naming
        self._formats = {each.encode(): each for each in formats}
        self._shown = formats[0]
        self._routes: Routes[Entry] = Routes(_REMEDY)
        self._libraries: dict[str, dict[str, Entry]] = {}
        """By library and root."""
        self.asking = remembered(self._asking)
        """How a resource is asked in the version of a stage."""

    def add_target(self, catalog: Catalog, target: Resource | Method) -> None:
        """Route a target. Raises `DeclarationError` where another one has its address or its root."""
        if target.name == words.OPERATION:
            raise DeclarationError(target.path, f"{self._naming.name} asks about long operations at this address.", "Choose another name.",
                                   target.place)
        entry = Entry(catalog.name, target.path, target, root_of(target), self._positions_of(target))
        library = self._libraries.setdefault(target.group, {})
        taken = library.get(entry.root) or (entry.root == ERROR and "failures")
        if taken:
            raise DeclarationError(str(entry), f"its documents are called {entry.root} like those of {taken}.",
                                   "Rename one of them, or its function.", target.place)
        self._routes.add(f"{self._mount}/{target.group}/{self._shown}/{target.name}", entry)
        library[entry.root] = entry

    def address_of(self, catalog: str, path: str) -> str | None:
        """Where a target is asked for; None where there is none of that name."""
        return self._routes.address_of(catalog, path)

    def claims(self) -> dict[str, str]:
        """Every address with who declared it."""
        return dict(self._routes.claims())

    def entries(self) -> Mapping[str, Collection[Entry]]:
        """What is in each library."""
        return {name: library.values() for name, library in self._libraries.items()}

    def find(self, path: bytes) -> Place:
        """What a path names."""
        library, written, name, *positional = segments(path, self._mount) + [b""] * 3
        known = self._libraries.get(library.decode("latin-1"))
        if known is None:
            return Place(None, None, None, ())
        entry = self._routes.get(b"/".join((self._mount.encode(), library, self._shown.encode(), name)))
        return Place(library.decode(), self._formats.get(written), entry, tuple(filter(None, positional)), name == words.OPERATION.encode())

    def refusal(self, place: Place) -> Refusal:
        """Why nothing answers at a place: its library, its format or its resource does not exist."""
        if place.library is None:
            hint = f"Ask for {self._mount}/<library>/<format>/<resource>; there is {', '.join(self._libraries) or 'none'}."
            return refuse(Code.TARGET_UNKNOWN, "no such library", hint=hint)
        if place.format is None:
            return refuse(Code.FORMAT_UNKNOWN, "no such format", hint=f"Use {', '.join(self._formats.values())}.")
        names = sorted(entry.target.name for entry in self._libraries[place.library].values())
        return refuse(Code.TARGET_UNKNOWN, "no such resource", hint=f"{place.library} has {', '.join(names)}.")

    def _asking(self, entry: Entry, stage: Stage) -> Asking:
        return Asking(self._positions_in(entry, stage), self._schema_of(entry.target, stage))

    def _schema_of(self, target: Resource | Method, stage: Stage) -> RequestSchema | None:
        if not isinstance(target, Method) or target.verb not in words.BODIED:
            return None
        return RequestSchema(request_root(root_of(target)), written_parameters(stage, self._naming))

    def _positions_in(self, entry: Entry, stage: Stage) -> tuple[str | None, ...]:
        """Positions in a version: in the order of its own fields, or as they are declared, each under its name of then."""
        target, naming = entry.target, self._naming
        if target.positions is None:
            return _parameters_of(target, stage.fields, naming)
        today = target.fields if isinstance(target, Resource) else target.parameters
        written = {field.name: field.name_in(naming.name) for field in today}
        names = {written[stage.meanings[field.name].name]: field.name_in(naming.name) for field in stage.fields
                 if field.name in stage.meanings}
        own = set(words.PAGING) | {words.TYPE} if isinstance(target, Resource) else set()
        return tuple(names.get(name, name if name in own else None) for name in target.positions)

    def _positions_of(self, target: Resource | Method) -> tuple[str, ...]:
        """The declared positions; else the first filters, then those of lists, then the other filters."""
        known = _parameters_of(target, target.fields if isinstance(target, Resource) else target.parameters, self._naming)
        if target.positions is None:
            return known
        stranger = next((name for name in target.positions if name not in known), None)
        if stranger is not None:
            raise DeclarationError(target.path, f"the position {stranger!r} is no parameter in {self._naming.name}.",
                                   f"Name some of {', '.join(known) or 'none'}.", target.place)
        return target.positions


def segments(path: bytes, mount: str) -> list[bytes]:
    """What stands in a path below a mount; slashes that stand twice, or at the end, mean nothing."""
    return [*filter(None, plain_path(path[len(mount):]).split(b"/"))]


def written_parameters(stage: Stage, naming: Naming) -> list[Field]:
    """The parameters of a method under the names by which clients write them."""
    return [msgspec.structs.replace(field, name=field.name_in(naming.name)) for field in stage.fields]


def _parameters_of(target: Resource | Method, fields: Sequence[Field], naming: Naming) -> tuple[str, ...]:
    if isinstance(target, Method):
        return tuple(parameter.name_in(naming.name) for parameter in fields)
    if target.single:
        return ()
    if target.by is not None:
        return (words.SEARCH, words.TYPE, words.START, words.LIMIT)
    filters = [(field.filter.first, field.name_in(naming.name)) for field in fields if field.filter is not None]
    return (*(name for first, name in filters if first), *words.PAGING, *(name for first, name in filters if not first))


def root_of(target: Resource | Method) -> str:
    """What its documents are called: `getBannerSizes` for the resource `banner-sizes`, `setUserLanguage` for the method
    `set_user_language`."""
    if isinstance(target, Method):
        name = target.function.__name__
        return _camel(name if NAME.match(name) and name.strip("_") else target.name)
    return _camel(f"get-{target.name}")


def _camel(name: str) -> str:
    first, *others = [part for part in name.replace("-", "_").split("_") if part]
    return first + "".join(part[:1].upper() + part[1:] for part in others)

"""A resource: a keyed collection of records at a path `group/name`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ..errors import DeclarationError
from .fields import Field, can_be_key
from .fitting import fault_of_declaration
from .origin import Origin, Rows
from .places import caller_place, place_of
from .plain import show
from .record import Record
from .shapes import UnsupportedType, all_fields, bare, nested_records
from .target import Target, split_path


class Resource(Target, frozen=True, kw_only=True):
    """What is published at one path: a record class, where its records come from, and who may see them."""

    record: type[Record]
    origin: Origin
    fields: tuple[Field, ...]
    key: Field
    localized: bool
    """Whether any field, nested ones included, is a localized text."""
    owner: str | None = None
    """The field that holds the subject to whom a record belongs; the key, where a single resource names none."""
    live: bool = False
    """Read at request time instead of published into an edition."""
    single: bool = False
    """One record, keyed by its caller (`/v2/account`)."""
    expand_all: bool = True
    """Whether `ids=all` may ask for everything at once (G4)."""
    of: str = ""
    """The path of the resource whose records it finds, where it is a search."""
    by: str | None = None
    """The field that a search looks through; without a text to look for it answers nothing."""
    only: tuple[str, ...] = ()
    """The fields that a search shows; none for all."""
    needs: frozenset[str] = frozenset()
    """The permissions that its fields ask for, nested ones included."""

    @property
    def kept_at(self) -> str:
        """The path at which its records are published, or read."""
        return self.of or self.path

    def searched(self, text: str, by: str | None = None) -> tuple[Field, ...]:
        """The fields in which a text is looked for: one, or all that can be searched, as far as it is long enough."""
        return tuple(field for field in self.fields if field.search is not None and len(text) >= field.search.at_least
                     and by in (None, field.name))

    @property
    def description(self) -> str:
        """The record's docstring."""
        return (self.record.__doc__ or "").strip()

    @property
    def authenticated(self) -> bool:
        """Whether nobody is answered without a valid key."""
        return self.permission is not None or self.single

    @property
    def private(self) -> bool:
        """Whether nothing but their own records exists for callers."""
        return self.owner is not None and self.authenticated


def declare(
    catalog: str, path: str, origin: Any, record: Any, *, owner: str | None = None, live: bool = False,
    single: bool = False, expand_all: bool = True, permission: str | None = None,
) -> Resource:
    """Check one declaration by itself; raise `DeclarationError` for what cannot work."""
    place = caller_place()
    if not (isinstance(record, type) and issubclass(record, Record)):
        raise DeclarationError(str(path), f"{show(record)} is no record class.", "Decorate a class derived from Record.",
                               place)

    def wrong(reason: str, remedy: str) -> DeclarationError:
        return DeclarationError(record.__qualname__, reason, remedy, place_of(record) or place)

    group, short = split_path(record.__qualname__, path, place)
    _check_origin(origin, wrong)
    fields = record.__dragoman_fields__
    _check_types(record, wrong)
    keys = [field for field in fields if field.key]
    if len(keys) != 1:
        raise wrong(f"a resource has exactly one key, not {len(keys)}.", "Mark one field with Key().")
    resource = Resource(
        catalog=catalog, group=group, name=short, record=record, origin=origin, fields=fields, key=keys[0],
        localized=any(field.localized for _, field in all_fields(record)),
        owner=owner or (keys[0].name if single else None), live=live, single=single, expand_all=expand_all,
        permission=permission, needs=frozenset(permission for _, permission in fields_needing(fields)), place=place,
    )
    _check_owner(resource, wrong)
    return resource


def declare_search(resource: Resource, path: str, by: str, only: tuple[str, ...]) -> Resource:
    """A way to find the records of a resource by the beginning of a text, or by the whole of it."""
    place = caller_place()
    names = {field.name: field for field in resource.fields}
    found = names.get(by)

    def wrong(reason: str, remedy: str) -> DeclarationError:
        return DeclarationError(str(path), reason, remedy, place)

    if found is None or found.search is None:
        raise wrong(f"{by!r} is no field of {resource.path} that can be searched.", f"Mark it: {by}: Annotated[str, Search()].")
    unknown = next((name for name in only if name not in names), None)
    if unknown is not None:
        raise wrong(f"{resource.path} has no field {unknown!r}.", f"Name some of {', '.join(names)}.")
    hidden = next((name for name in only if names[name].needs), None)
    if hidden is not None:
        raise wrong(f"the field {hidden!r} is not for everybody.", "Leave it out, and show it where its owner asks.")
    if resource.single:
        raise wrong(f"there is one record of {resource.path} for each caller.", "Search a resource of many records.")
    group, short = split_path(str(path), path, place)
    return msgspec.structs.replace(resource, group=group, name=short, of=resource.path, by=by, only=only, place=place)


def fields_needing(fields: tuple[Field, ...], above: str = "") -> Iterator[tuple[str, str]]:
    """The fields that are hidden from some, by dotted name, each with the permission that shows it."""
    for field in fields:
        if field.needs is not None:
            yield above + field.name, field.needs
        record = next(nested_records(field.shape), None)
        if record is not None:
            yield from fields_needing(record.__dragoman_fields__, f"{above}{field.name}.")


def _check_origin(origin: Any, wrong: Any) -> None:
    if not isinstance(origin, Origin):
        raise wrong(f"{show(origin)} is no origin of records.", 'Say Table("..."), File("...") or Rows(function).')
    if isinstance(origin, Rows) and not callable(origin.function):
        raise wrong(f"{show(origin.function)} cannot be called for its rows.", "Write Rows(read_them), without calling it.")


def _check_types(record: type[Record], wrong: Any) -> None:
    """Try the types and defaults of a record and of all inside it."""
    try:
        inside = list(all_fields(record))
    except UnsupportedType as error:
        raise wrong(str(error), error.remedy) from None
    for each, field in inside:
        fault = fault_of_declaration(field)
        if fault is not None:
            raise DeclarationError(f"{each.__qualname__}.{field.name}", *fault, place_of(each, field.name))


def _check_owner(resource: Resource, wrong: Any) -> None:
    """Whose the records are, and that what is hidden is hidden for somebody (L11, G7)."""
    if resource.single and not resource.live:
        raise wrong("a single resource is read for its caller, at request time.", "Add live=True.")
    if resource.owner is None:
        return
    owning = next((field for field in resource.fields if field.name == resource.owner), None)
    if owning is None:
        raise wrong(f"the owner {resource.owner!r} is no field.", "Name the field that holds the owner's subject.")
    if not can_be_key(bare(owning.shape)):
        raise wrong(f"the owner {resource.owner!r} is no single value that names somebody.",
                    "Name a field of text, integers, UUIDs or a choice of these.")
    if owning.default is not None:
        raise wrong(f"the owner {resource.owner!r} has a default, to whom every record without one would belong.",
                    "Remove the default, or make it None.")
    if not resource.live:
        raise wrong("owned records are read at request time.", "Add live=True.")
    if not (resource.authenticated or resource.needs):
        raise wrong("everybody may read all of its records, so owner= would hide nothing.",
                    'Say permission="..." to keep records to their owners, or mark what is theirs with Needs("...").')

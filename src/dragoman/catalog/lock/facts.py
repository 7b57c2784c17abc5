"""What a lock holds: a published schema as plain facts, which the file writes and the comparison reads."""

from __future__ import annotations

from typing import Any

import msgspec

from ..version import EARLIEST

FORMAT = 1
"""The number of the layout of locks."""


class Type(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What values look like, exactly. `kind` is one of `Scalar`, or `choice`, `text` for a localized one, `list` and `object` of
    `item`, `record`, or `any`."""

    kind: str
    null: bool = False
    values: tuple[str | int, ...] = ()
    item: Type | None = None
    record: str = ""
    """The name of its class."""
    limits: dict[str, Any] = {}
    """Constraints by their names in msgspec.Meta: `{"ge": 1}`."""

    @property
    def bottom(self) -> Type:
        """What stands inside lists and objects with free names."""
        return self if self.item is None else self.item.bottom


class LockedField(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """One field or parameter."""

    type: str
    """In words."""
    exact: Type
    required: bool = True
    default: Any = msgspec.UNSET
    key: bool = False
    extra: bool = False
    filter: dict[str, Any] | None = None
    """The arguments of its marker, where clients may filter by it."""
    search: int = 0
    """The shortest search in characters; 0 where there is none."""
    sort: bool = False
    needs: str = ""
    refers: str = ""
    named: dict[str, str] = {}
    """Its other names, by dialect."""


Fields = dict[str, LockedField]
"""Fields by path, in their order, those of nested records after the field that holds them: `crew`, `crew[].role`, `by_seat{}.name`."""


class LockedTarget(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """One resource, search or method."""

    kind: str
    verb: str = "GET"
    permission: str = ""
    authenticated: bool = False
    allows: str = ""
    """Who may call it, in words."""
    owner: str = ""
    live: bool = False
    single: bool = False
    expand_all: bool = True
    operation: bool = False
    of: str = ""
    by: str = ""
    called: str = ""
    """The name of the function, after which documents are named."""
    dast: str = ""
    positions: tuple[str, ...] = ()
    """In the path of the webmaster dialect, whether declared or not; `...` for those of paging and sorting."""
    listed: str = "array"
    errors: dict[str, int] = {}
    """By name, with their statuses."""
    since: str = ""
    until: str = ""
    fields: Fields = {}
    """Of a record, or the parameters of a method."""
    result: Fields = {}
    """What a method returns, under the name `result`."""


class LockedChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One change as it was declared."""

    at: str
    of: str
    steps: tuple[str, ...]
    """As Python, types before included; functions are not told."""
    description: str


class LockedCatalog(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """One catalog."""

    api_name: str
    languages: tuple[str, ...]
    clusters: tuple[str, ...]
    formats: tuple[str, ...] = ()
    permissions: dict[str, str] = {}
    changes: tuple[LockedChange, ...] = ()
    ends: dict[str, str] = {}
    """Versions with the day on which they and all before them go, empty where none is known yet."""
    targets: dict[str, LockedTarget] = {}

    @property
    def newest(self) -> str:
        """The newest version of the schema that was published; what goes one day does not count, as it is announced long before."""
        return max((*(change.at for change in self.changes), *(each.since for each in self.targets.values())), default="") or EARLIEST


class Lock(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All catalogs of one file."""

    lock: int
    catalogs: dict[str, LockedCatalog]

"""What a lock holds: a published schema as plain facts, which the file writes and the comparison reads."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterable
from typing import Annotated, Any

import msgspec

from ..shapes import ScalarKind
from ..version import EARLIEST, LATEST, read_version

FORMAT = 1
"""The number of the layout of locks."""


KINDS = frozenset({*typing.get_args(ScalarKind), "choice", "text", "list", "object", "record", "any"})
_HOLDING = ("list", "object")
_NUMBER = (int, float)
LIMITS: dict[str, Any] = {"ge": _NUMBER, "gt": _NUMBER, "le": _NUMBER, "lt": _NUMBER, "multiple_of": _NUMBER,
                          "min_length": int, "max_length": int, "pattern": str, "tz": bool}
"""The names of limits in msgspec.Meta, with the types of their values."""


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

    def __post_init__(self) -> None:
        """Refuse what nobody has written: locks are edited by hand, and merged."""
        if self.kind not in KINDS or (self.kind in _HOLDING) != (self.item is not None):
            raise ValueError(f"{self.kind!r} is no kind of values" if self.kind not in KINDS else f"what is in a {self.kind}?")
        if (self.kind == "choice") != bool(self.values) or (self.kind == "record") != self.record.isidentifier():
            raise ValueError(f"a {self.kind} is told otherwise")
        for name, value in self.limits.items():
            if name not in LIMITS or not isinstance(value, LIMITS[name]):
                raise ValueError(f"{name}={value!r} is no limit")

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


_PATH = re.compile(r"[A-Za-z_]\w*(?:\[\]|\{\})*(?:\.[A-Za-z_]\w*(?:\[\]|\{\})*)*\Z")
Fields = dict[Annotated[str, msgspec.Meta(pattern=_PATH.pattern)], LockedField]
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

    def __post_init__(self) -> None:
        """Refuse times that are none, and fields that stand in nothing."""
        _check_times(filter(None, (self.since, self.until)))
        for fields in (self.fields, self.result):
            records = {path + _marks(field.exact) for path, field in fields.items() if field.exact.bottom.kind == "record"}
            strays = records ^ {above for path in fields if (above := path.rpartition(".")[0])}
            if strays:
                raise ValueError(f"{min(strays)!r} is no record, or has no field")


class LockedChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One change as it was declared."""

    at: str
    of: str
    steps: tuple[str, ...]
    """As Python, types before included; functions are not told."""
    description: str

    def __post_init__(self) -> None:
        """Refuse a time that is none."""
        _check_times([self.at])


class LockedCatalog(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """One catalog."""

    api_name: str
    languages: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    clusters: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    formats: tuple[str, ...] = ()
    permissions: dict[str, str] = {}
    changes: tuple[LockedChange, ...] = ()
    ends: dict[str, str] = {}
    """Versions with the day on which they and all before them go, empty where none is known yet."""
    targets: dict[str, LockedTarget] = {}

    def __post_init__(self) -> None:
        """Refuse versions that are none."""
        _check_times(version for version in self.ends if version != EARLIEST)

    @property
    def newest(self) -> str:
        """The newest version of the schema that was published; what goes one day does not count, as it is announced long before."""
        return max((*(change.at for change in self.changes), *(each.since for each in self.targets.values())), default="") or EARLIEST


class Lock(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All catalogs of one file."""

    lock: int
    catalogs: dict[str, LockedCatalog]


def _marks(exact: Type) -> str:
    """What stands after the name of a field in the paths of those inside its record."""
    return "" if exact.item is None else ("[]" if exact.kind == "list" else "{}") + _marks(exact.item)


def _check_times(versions: Iterable[str]) -> None:
    for version in versions:
        if read_version(version) != version or version in (EARLIEST, LATEST):
            raise ValueError(f"{version!r} is no time")

"""Which fields of a record are shown: the names that a client wrote, judged against a schema (L13, L14)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..catalog.fields import Field
from ..catalog.shapes import Nested, bottom
from ..query import Shown

Path = tuple[str, ...]
NAMES_MAX = 100
"""How many names `fields` or `extra` may hold."""


class Unfit(NamedTuple):
    """A name that cannot be meant: which parameter it stands in, what was written, why, and what would do."""

    parameter: str
    name: str
    reason: str
    remedy: str


class Selection:
    """What a client asked to see of the records with these fields."""

    def __init__(self, fields: Sequence[Field], wanted: Sequence[str], extra: Sequence[str]) -> None:
        self._fields = fields
        self.unfit: list[Unfit] = []
        self._known = dict(walk(fields))
        names = self._read("fields", wanted)
        self._included = {self._path(name) for name in names if not name.startswith("-")}
        self._excluded = {self._path(name[1:]) for name in names if name.startswith("-")}
        self._extra = {above for name in self._read("extra", extra) for above in _upward(self._path(name))}
        self._check(names, extra)

    def shown(self, *, extra: bool = False) -> Shown | None:
        """The tree of what is shown; None for everything. `extra` shows extra fields without being asked."""
        return self._tree(self._fields, (), all_extra=extra)

    def _read(self, parameter: str, names: Sequence[str]) -> Sequence[str]:
        if len(names) > NAMES_MAX:
            self.unfit.append(Unfit(parameter, f"{len(names)} names", "too many names", f"Name at most {NAMES_MAX}."))
            return ()
        return names

    @staticmethod
    def _path(name: str) -> Path:
        return tuple(name.split("."))

    def _check(self, names: Sequence[str], extra: Sequence[str]) -> None:
        for name in names:
            if self._path(name.removeprefix("-")) not in self._known:
                self.unfit.append(Unfit("fields", name, "there is no such field", "The reference lists the fields."))
        for name in extra:
            field = self._known.get(self._path(name))
            if field is None or not field.extra:
                self.unfit.append(Unfit("extra", name, "there is no such extra field", "The reference lists the extra fields."))
        for path in self._included:
            if any(above in self._excluded for above in _upward(path)):
                self.unfit.append(Unfit("fields", ".".join(path), "it is included and excluded", "Say one of both."))

    def _tree(self, fields: Sequence[Field], above: Path, *, all_extra: bool) -> Shown | None:
        """What is shown of some fields; None where it is all of them, whole."""
        chosen: list[tuple[str, Shown | None]] = []
        for field in fields:
            path = (*above, field.name)
            if (field.extra and not all_extra and path not in self._extra) or not self._wants(path):
                continue
            inner = bottom(field.shape)
            chosen.append((field.name, self._tree(inner.fields, path, all_extra=all_extra) if isinstance(inner, Nested) else None))
        if len(chosen) == len(fields) and all(below is None for _, below in chosen):
            return None
        return tuple(chosen)

    def _wants(self, path: Path) -> bool:
        if path in self._excluded:
            return False
        return (not self._included or any(each in self._included for each in _upward(path))
                or any(each[:len(path)] == path for each in self._included))


def _upward(path: Path) -> Iterator[Path]:
    """A path and those above it."""
    return (path[:length] for length in range(len(path), 0, -1))


def walk(fields: Sequence[Field], above: Path = ()) -> Iterator[tuple[Path, Field]]:
    """Every field with its path, those of nested records after them, through lists, maps and nulls."""
    for field in fields:
        path = (*above, field.name)
        yield path, field
        inner = bottom(field.shape)
        if isinstance(inner, Nested):
            yield from walk(inner.fields, path)

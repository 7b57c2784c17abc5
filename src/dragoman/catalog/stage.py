"""One target as it was in a version: its fields and types as of then, and what undoes each change since then in values (G10)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import msgspec

from .fields import Field
from .layout import Meaning, Work
from .shapes import Nested, Shape, shape_of
from .steps import Undone
from .version import EARLIEST, LATEST


class Undoing(NamedTuple):
    """One change as it is undone in the values of one target."""

    at: str
    shape: Shape
    """What the values look like just after it."""
    undone: Mapping[Any, Undone]
    """What becomes of the records of each class."""

    @property
    def backs(self) -> dict[Any, Work]:
        """What shows the records of each class as they were."""
        return {cls: undone.back for cls, undone in self.undone.items()}

    @property
    def forths(self) -> dict[Any, Work]:
        """What makes of those of then what they mean just after it."""
        return {cls: undone.forth for cls, undone in self.undone.items() if undone.forth is not None}


class Stage(msgspec.Struct, frozen=True, kw_only=True, eq=False, dict=True):
    """One target as it was in a version. Each is equal to itself alone."""

    version: str
    """The version that it has been like this since; empty for how it is today."""
    record: Any = None
    """The record class of a resource, as of then."""
    returns: Any = None
    """The annotation of what a method returns, as of then."""
    fields: tuple[Field, ...] = ()
    """The fields of a record, or the parameters of a method, as of then."""
    meanings: Mapping[str, Meaning] = {}
    """What fields of then are today, for filters and sorts."""
    origins: Mapping[str, frozenset[str]] = {}
    """Which fields of today those of a record of then are made of."""
    undoings: tuple[Undoing, ...] = ()
    """The changes since then, the newest first."""
    asked: tuple[Undoing, ...] = ()
    """Those of the parameters of a method."""
    spoken: frozenset[Any] = frozenset()
    """The declared record classes that `before=` of any change names: their values come from functions."""
    digest: str = ""
    """Differs where the changes since then are declared in other words; empty where there are none."""

    @cached_property
    def key(self) -> Field:
        """The key of the records of a resource."""
        return next(field for field in self.fields if field.key)

    def shown(self, only: Collection[str]) -> tuple[Field, ...]:
        """The fields of then of which nothing but some fields of today is shown; all where `only` is empty. What was removed since was
        made of none, so that nobody can tell whether it was shown."""
        return tuple(field for field in self.fields if not only or (self.origins[field.name] and self.origins[field.name] <= set(only)))

    @property
    def shape(self) -> Shape | None:
        """What an answer looks like."""
        if self.record is not None:
            return Nested(self.record)
        return shape_of(self.returns) if self.returns is not None else None


class History(NamedTuple):
    """The stages of one target, the newest first, and since when each holds; the last one since ever."""

    since: tuple[str, ...]
    stages: tuple[Stage, ...]

    def at(self, version: str) -> Stage:
        """How it was in a version."""
        if version == LATEST:
            return self.stages[0]
        return next((stage for since, stage in zip(self.since, self.stages, strict=False) if since <= version and version != EARLIEST),
                    self.stages[-1])

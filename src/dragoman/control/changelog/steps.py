"""Steps of changes in words: what was there before, and what is there now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from ...catalog.plain import show
from ...catalog.shapes import describe, shape_of
from ...catalog.steps import Added, Defaulted, Renamed, Reshaped, Revalued, Step
from ..room.texts import Piece

Cell = list[Piece]


class Row(NamedTuple):
    """One thing before and after a step; an empty cell for what was, or is, not there."""

    before: list[Cell]
    now: list[Cell]


def rows_of(step: Step) -> list[Row]:
    """A step in words, in the language that is active."""
    return list(_rows_of(step))


def _rows_of(step: Step) -> Iterator[Row]:
    if isinstance(step, Added):
        yield from (Row([], [_name(name)]) for name in step.names)
    elif isinstance(step, Renamed):
        yield Row([_name(step.before)], [_name(step.now)])
    elif isinstance(step, Reshaped):
        yield Row([_typed(name, annotation) for name, annotation in step.before.items()], [_name(name) for name in step.now])
    elif isinstance(step, Revalued):
        yield from (Row([_valued(step.name, before)], [_valued(step.name, now)]) for now, before in step.values.items())
    elif isinstance(step, Defaulted):
        yield Row([[*_name(step.name), Piece(_("by default")), Piece(show(step.before), code=True)]],
                  [[*_name(step.name), Piece(_("with another default, or none"))]])


def _name(name: str) -> Cell:
    return [Piece(name, code=True)]


def _typed(name: str, annotation: Any) -> Cell:
    return [*_name(name), Piece(f"({describe(shape_of(annotation))})")]


def _valued(name: str, value: Any) -> Cell:
    return [*_name(name), Piece("="), Piece(str(value), code=True)]

"""JSON as a plan shows it: in the version that is asked for, with the shown fields alone.

`digest` is that of the stage as of which records are that were compiled for an old version; it is empty for those of today, and for what
methods returned.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..exchange import Buffer
from ..query import Plan
from .project import projector
from .translate import translator


def is_whole(plan: Plan, digest: str = "") -> bool:
    """Whether it is shown as it is."""
    stage = plan.stage
    return plan.view.shown is None and (stage.digest == digest or not stage.undoings)


def cut(plan: Plan, items: Sequence[Buffer | None], digest: str = "") -> Sequence[Buffer | None]:
    """Records as they are shown; None for those that are none."""
    if is_whole(plan, digest):
        return items
    cut_one = cutter(plan, digest)
    return [cut_one(item) if item is not None else None for item in items]


def cutter(plan: Plan, digest: str = "") -> Callable[[Buffer], bytes]:
    """What makes of one record, or of what a method returned, what is shown of it."""
    stage, shown = plan.stage, plan.view.shown
    back = translator(stage).back_json if stage.undoings and stage.digest != digest else None
    if shown is None or stage.shape is None:
        return back or bytes
    project = projector(stage.shape, shown)
    return project if back is None else lambda item: project(back(item))

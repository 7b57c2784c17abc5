"""Keys and pages as published and live resources both know them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..catalog.plain import encode_json
from ..catalog.shapes import Nested, scalar_kind
from ..errors import Code, Fault, Refusal, refuse
from ..exchange import Buffer
from ..query import Ask, Plan
from ..views.project import projector
from ..views.translate import translator


def keys_json(plan: Plan) -> list[bytes]:
    """The keys as JSON, to be compared with those of records: no text but the canonical one is equal."""
    target: Any = plan.target
    write = str.encode if scalar_kind(target.key.shape) == "int" else encode_json
    return list(map(write, plan.keys))


def no_such(plan: Plan) -> Refusal:
    """The refusal of a key that no record has."""
    target: Any = plan.target
    return refuse(Code.NOT_FOUND, "no such id", field=plan.names.get(target.key.name), value=plan.keys[0] if plan.keys else None)


def lie_as_wanted(plan: Plan, digest: str) -> bool:
    """Whether records as of the stage with a digest are answered as they lie there."""
    return plan.view.shown is None and plan.stage.digest == digest


def cut(plan: Plan, items: Sequence[Buffer | None], digest: str = "") -> Sequence[Buffer | None]:
    """Records as JSON as they are in the version that is asked for, with the shown fields alone; `digest` as in `cutter`."""
    if lie_as_wanted(plan, digest):
        return items
    cut_one = cutter(plan, digest)
    return [cut_one(item) if item is not None else None for item in items]


def cutter(plan: Plan, digest: str = "") -> Callable[[Buffer], bytes]:
    """What makes of one record what is shown of it in the version that is asked for; `digest` is that of the stage as of which the record
    is, empty for today."""
    stage, shown = plan.stage, plan.view.shown
    back = translator(stage).back_json if stage.digest != digest else None
    if shown is None:
        return back or bytes
    project = projector(Nested(stage.record), shown)
    return project if back is None else lambda item: project(back(item))


def check_range(plan: Plan, total: int) -> None:
    """A page past the end is an error; the first page of nothing is an empty page."""
    if plan.ask is not Ask.PAGE or (plan.paging.beyond == "empty" and plan.page >= 0):
        return
    last = max(0, -(-total // plan.page_size) - 1)
    if not 0 <= plan.page <= last:
        first, name = plan.paging.first, plan.paging.page
        raise Refusal(Fault(
            code=Code.PAGE_OUT_OF_RANGE, message="page out of range", field=name, value=str(plan.page + first),
            hint=f"Use {name} values {first} - {last + first}.", facts={"last_page": last + first},
        ))

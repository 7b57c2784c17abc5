"""Keys and pages as published and live resources both know them."""

from __future__ import annotations

from typing import Any

from ..catalog.plain import encode_json
from ..catalog.shapes import scalar_kind
from ..errors import Code, Fault, Refusal, refuse
from ..query import Ask, Plan


def keys_json(plan: Plan) -> list[bytes]:
    """The keys as JSON, to be compared with those of records: no text but the canonical one is equal."""
    target: Any = plan.target
    write = str.encode if scalar_kind(target.key.shape) == "int" else encode_json
    return list(map(write, plan.keys))


def no_such(plan: Plan) -> Refusal:
    """The refusal of a key that no record has."""
    target: Any = plan.target
    return refuse(Code.NOT_FOUND, "no such id", field=plan.names.get(target.key.name), value=plan.keys[0] if plan.keys else None)


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

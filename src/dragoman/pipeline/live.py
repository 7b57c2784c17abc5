"""Reading live resources: asked when a client asks, each caller's own records alone where they belong to somebody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..catalog.fitting import Misfits
from ..catalog.resource import Resource
from ..catalog.values import Validator, read_scalar
from ..contracts import Source
from ..errors import Code, SourceUnavailable, refuse
from ..exchange import Buffer, Result
from ..query import Ask, Filtered, Plan
from ..views.cutting import cut
from ..views.render import Renderer
from .keys import check_range, keys_json, no_such

Sources = Mapping[tuple[str, str, str], Source]
"""By catalog, cluster and path of the resource."""
Values = list[dict[str, Any]]


class Live:
    """Asks sources at request time. No answer holds more than `rows_max` records."""

    def __init__(self, sources: Sources, rows_max: int) -> None:
        self._sources, self._rows_max = sources, rows_max
        self._renderers: dict[tuple[str, str], Renderer] = {}

    async def read(self, plan: Plan, target: Resource) -> Result:
        """What a plan asks for. Raises `Refusal`, and `SourceUnavailable` for a source that cannot answer."""
        renderer = self._renderer(plan, target)
        try:
            rows, total = await self._rows(plan, target)
            values = [renderer.validate(row) for row in rows]
        except Misfits as error:
            raise SourceUnavailable(f"{target.path}: {error}", Code.SOURCE_INVALID) from error
        if target.private and not all(map(_owned(plan).holds, values)):
            raise SourceUnavailable(f"{target.path}: the source gave a record of somebody else", Code.SOURCE_INVALID)
        keys = [renderer.key(value) for value in values]
        return _result(plan, keys, cut(plan, [renderer.render(value, plan) for value in values]), total)

    async def _rows(self, plan: Plan, target: Resource) -> tuple[Sequence[Any], int]:
        """The rows that are asked for, and how many fit; of a private resource nothing but the caller's own exists."""
        source = self._sources[plan.catalog.name, plan.cluster, target.kept_at]
        owned = _owned(plan) if target.private else None
        if owned is not None and owned.value is None:
            return (), 0
        if target.single:
            return _one_of(*await source.find(Filtered(), 0, 2, owned), target)
        if plan.ask in (Ask.ONE, Ask.MANY):
            keys = [key for text in plan.keys if (key := _key_of(target, text)) is not None]
            rows = await source.get(keys, owned) if keys else ()
            return rows, len(rows)
        size = plan.page_size or self._rows_max
        rows, total = await source.find(plan.filtered, plan.page * size, size, owned)
        check_range(plan, total)
        if plan.ask is not Ask.PAGE and total > size:
            raise refuse(Code.LIST_NOT_EXPANDABLE, f"more than {size} records in one answer", hint="Ask for pages.")
        return rows, total

    def _renderer(self, plan: Plan, target: Resource) -> Renderer:
        known = self._renderers.get((plan.catalog.name, target.path))
        if known is None:
            known = Renderer(target, Validator(target.record), plan.catalog.languages)
            self._renderers[plan.catalog.name, target.path] = known
        return known


def _owned(plan: Plan) -> Any:
    assert plan.owned is not None  # noqa: S101  # the plan of every resource that has an owner says whose records are meant
    return plan.owned


def _one_of(rows: Sequence[Any], total: int, target: Resource) -> tuple[Sequence[Any], int]:
    """The one row of a single resource, or none."""
    if total > 1:
        raise SourceUnavailable(f"{target.path}: {total} records belong to one owner of a single resource",
                                Code.SOURCE_INVALID)
    return rows, total


def _key_of(target: Resource, text: str) -> Any:
    """A key as its field has it; None for a text that no key can be."""
    try:
        return read_scalar(target.key.shape, text)
    except ValueError:
        return None


def _result(plan: Plan, keys: list[bytes], items: Sequence[Buffer | None], total: int) -> Result:
    if plan.ask is Ask.KEYS:
        return Result(plan=plan, body=b"[" + b",".join(keys) + b"]", found=total, total=total)
    if plan.ask in (Ask.ONE, Ask.MANY) and plan.keys:
        rendered = dict(zip(keys, items, strict=True))
        keys = keys_json(plan)
        found = [rendered.get(key) for key in keys]
        if plan.ask is Ask.ONE and found[0] is None:
            raise no_such(plan)
        return Result(plan=plan, items=found, keys=keys, found=len(found) - found.count(None), total=total)
    if plan.ask is Ask.ONE and not items:
        raise refuse(Code.NOT_FOUND, "the account of this key has no record here", field=_owned(plan).field,
                     hint="Whoever runs this API links accounts with their data.")
    return Result(plan=plan, items=list(items), keys=keys, found=len(items), total=total)

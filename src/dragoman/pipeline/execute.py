"""Doing what a plan says: slices of an edition at once; live reads, calls and first-time listings as work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from ..catalog.method import Method
from ..catalog.resource import Resource
from ..contracts import Runtime
from ..editions.shelf import Shelf
from ..editions.store import Editions
from ..errors import Code, refuse
from ..exchange import Outcome, Result
from ..query import Ask, Plan
from ..views.cutting import is_whole
from .batches import is_long, is_quick, stream
from .calls import Calls
from .keys import check_range, keys_json, no_such
from .live import Live
from .operating import Operating
from .rendered import Rendering, records_of

Later = Callable[[], Awaitable[Outcome]]


class Executor:
    """Executes plans against the open editions, the live sources and the methods."""

    def __init__(
        self, editions: Editions, live: Live, calls: Calls, operating: Operating, runtime: Runtime, rendering: Rendering,
    ) -> None:
        self._editions, self._live, self._calls = editions, live, calls
        self.operating, self._runtime, self._rendering = operating, runtime, rendering
        self._reads = {Ask.ONE: self._one, Ask.MANY: self._many, Ask.KEYS: _keys, Ask.ALL: self._all, Ask.PAGE: self._page}

    def execute(self, plan: Plan) -> Outcome | Later:
        """The outcome at once, or what will give it. Raises `Refusal` for what is not to be had."""
        outcome = self._execute(plan)
        if plan.format is None or not isinstance(outcome, Result) or is_quick(outcome):
            return outcome

        async def give() -> Outcome:
            return outcome
        return give

    async def aside(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What a function returns that takes time, called in a thread."""
        return await self._runtime.in_thread(function, *arguments)

    def _execute(self, plan: Plan) -> Outcome | Later:
        target = plan.target
        if isinstance(target, Method):
            return self._called(plan, target)
        if target.live:
            return lambda: self._live.read(plan, target)
        shelf = self._shelf(plan, target)
        if plan.filtered:
            return self._listed(plan, shelf)
        if _is_rewritten(plan, shelf) and is_long(plan, shelf, shelf.count):
            return self._streamed(plan, shelf, range(shelf.count))
        return self._reads[plan.ask](plan, shelf)

    def _called(self, plan: Plan, method: Method) -> Later:
        """A method, or the beginning of a long operation, or how one is that began before."""
        if not method.operation:
            return lambda: self._calls.call(plan, method)
        if plan.operation is None:
            return lambda: self.operating.start(plan, method)
        return lambda: self.operating.ask(plan, method)

    def _shelf(self, plan: Plan, resource: Resource) -> Shelf:
        """What is served of a published resource. Where there is no edition it is looked for once more, as it may have come a moment
        ago. Raises `Refusal` where there is none yet."""
        edition = self._editions.current(plan.catalog.name, plan.cluster)
        if edition is None:
            self._editions.refresh()
            edition = self._editions.current(plan.catalog.name, plan.cluster)
        shelf = edition.shelves.get(resource.kept_at) if edition is not None else None
        if shelf is None:
            raise refuse(Code.NOT_READY, "not published yet", hint="Try again in a moment.", facts={"retry_after_s": 1})
        return shelf

    def _listed(self, plan: Plan, shelf: Shelf) -> Outcome | Later:
        """A filtered or sorted list: from the positions found before, or found now, away from the event loop."""
        positions = shelf.select(plan.filtered, plan.view.language)
        if positions is not None:
            return self._selected(plan, shelf, positions)

        async def materialize() -> Outcome:
            found = await self._runtime.in_thread(shelf.materialize, plan.filtered, plan.view.language)
            return self._selected(plan, shelf, found)
        return materialize

    def _selected(self, plan: Plan, shelf: Shelf, positions: Sequence[int]) -> Result:
        if _is_rewritten(plan, shelf) and is_long(plan, shelf, len(positions)):
            return self._streamed(plan, shelf, positions)
        return self._chosen(plan, shelf, positions)

    def _streamed(self, plan: Plan, shelf: Shelf, positions: Sequence[int]) -> Result:
        """A list that is made anew, and would be too long to be held."""
        return Result(plan=plan, stream=stream(plan, shelf, positions, self._runtime), found=len(positions), total=len(positions),
                      tag=_tag(plan, shelf), published_at=shelf.published_at)

    # ---------------------------------------------------------------------------------------- published resources

    def _one(self, plan: Plan, shelf: Shelf) -> Result:
        keys = keys_json(plan)
        position = shelf.find(keys[0])
        if position < 0:
            raise no_such(plan)
        return Result(
            plan=plan, items=(self._rendering.record(plan, shelf, position),), keys=keys, found=1, total=shelf.count,
            tag=_tagged(f"{shelf.revision(position):x}", plan), published_at=shelf.published_at,
        )

    def _many(self, plan: Plan, shelf: Shelf) -> Result:
        keys = keys_json(plan)
        positions = [shelf.find(key) for key in keys]
        items = self._rendering.records(plan, shelf, positions)
        return Result(plan=plan, items=items, keys=keys, found=len(keys) - positions.count(-1), total=shelf.count,
                      tag=_tag(plan, shelf), published_at=shelf.published_at)

    def _all(self, plan: Plan, shelf: Shelf) -> Result:
        if plan.keyed:
            return self._items(plan, shelf, range(shelf.count), shelf.count)
        records = records_of(plan, shelf)
        if not is_whole(plan, records.digest):
            return self._run(plan, shelf, 0, shelf.count)
        return Result(plan=plan, body=records.everything, found=shelf.count, total=shelf.count, tag=_tag(plan, shelf),
                      published_at=shelf.published_at, prepared=records.prepared)

    def _page(self, plan: Plan, shelf: Shelf) -> Result:
        check_range(plan, shelf.count)
        start = plan.page * plan.page_size
        stop = min(start + plan.page_size, shelf.count)
        if plan.keyed:
            return self._items(plan, shelf, range(start, stop), shelf.count)
        return self._run(plan, shelf, start, stop)

    def _run(self, plan: Plan, shelf: Shelf, start: int, stop: int) -> Result:
        """Records that follow one another, as one text."""
        return Result(plan=plan, body=self._rendering.run(plan, shelf, start, stop), found=max(0, stop - start),
                      total=shelf.count, tag=_tag(plan, shelf), published_at=shelf.published_at)

    def _chosen(self, plan: Plan, shelf: Shelf, positions: Sequence[int]) -> Result:
        total = len(positions)
        if plan.ask is Ask.KEYS:
            body = b"[" + b",".join(map(shelf.key, positions)) + b"]"
            return Result(plan=plan, body=body, found=total, total=total, tag=_tag(plan, shelf), published_at=shelf.published_at)
        if plan.ask is Ask.PAGE:
            check_range(plan, total)
            start = plan.page * plan.page_size
            positions = positions[start:start + plan.page_size]
        return self._items(plan, shelf, positions, total)

    def _items(self, plan: Plan, shelf: Shelf, positions: Sequence[int], total: int) -> Result:
        """Records one by one, with their keys."""
        return Result(
            plan=plan, items=self._rendering.records(plan, shelf, positions), keys=list(map(shelf.key, positions)),
            found=len(positions), total=total, tag=_tag(plan, shelf), published_at=shelf.published_at,
        )


def _keys(plan: Plan, shelf: Shelf) -> Result:
    return Result(plan=plan, body=shelf.keys(), found=shelf.count, total=shelf.count, tag=_tag(plan, shelf),
                  published_at=shelf.published_at, prepared=shelf.prepared_keys())


def _is_rewritten(plan: Plan, shelf: Shelf) -> bool:
    """Whether a list of everything is made anew for whoever asks: in another format, a version not compiled, or with some fields."""
    if plan.format is not None:
        return plan.ask in (Ask.KEYS, Ask.ALL)
    return plan.ask is Ask.ALL and not is_whole(plan, records_of(plan, shelf).digest)


def _tag(plan: Plan, shelf: Shelf) -> str:
    return _tagged(shelf.edition, plan)


def _tagged(revision: str, plan: Plan) -> str:
    """The tag of what a plan shows of records of a revision. A change that is mended shows the same records otherwise."""
    tag, digest = f"{revision}-{plan.view.tag}", plan.stage.digest
    return f"{tag};{digest}" if digest else tag

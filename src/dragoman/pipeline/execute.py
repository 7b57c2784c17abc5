"""Doing what a plan says: slices of an edition at once; live reads, calls and first-time listings as work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from ..catalog.catalog import Catalog
from ..catalog.fitting import Misfits
from ..catalog.method import Injected, Method
from ..catalog.plain import encode_json, to_plain
from ..catalog.resource import Resource
from ..catalog.shapes import scalar_kind
from ..catalog.values import Validator
from ..contracts import Operations, Outcome, Result, Runtime, Source, StartedOperation
from ..editions.store import Edition, Editions, Shelf
from ..errors import Code, Fault, Refusal, SourceUnavailable, refuse
from ..query import Ask, Caller, Plan, Progress
from ..views.render import Renderer

Later = Callable[[], Awaitable[Outcome]]
Sources = Mapping[tuple[str, str, str], Source]
"""By catalog, cluster and path of the resource."""


class Executor:
    """Executes plans against the open editions, the live sources and the methods."""

    def __init__(self, editions: Editions, sources: Sources, operations: Operations, runtime: Runtime) -> None:
        self._editions, self._sources, self._operations, self._runtime = editions, sources, operations, runtime
        self._renderers: dict[str, Renderer] = {}
        self._reads = {Ask.ONE: _one, Ask.MANY: _many, Ask.KEYS: _keys, Ask.ALL: _all, Ask.PAGE: _page}

    def execute(self, plan: Plan) -> Outcome | Later:
        """The outcome at once, or what will give it. Raises `Refusal` for what is not to be had."""
        target = plan.target
        if isinstance(target, Method):
            return self._start(plan, target) if target.operation else lambda: self._call(plan, target)
        if target.live:
            return lambda: self._read_live(plan, target)
        edition = self._editions.current(plan.catalog.name, plan.cluster)
        shelf = edition.shelves.get(target.path) if edition is not None else None
        if edition is None or shelf is None:
            raise refuse(Code.NOT_READY, "not published yet", hint="Try again in a moment.", facts={"retry_after_s": 1})
        if plan.filtered:
            return self._listed(plan, edition, shelf)
        return self._reads[plan.ask](plan, edition, shelf)

    def _listed(self, plan: Plan, edition: Edition, shelf: Shelf) -> Outcome | Later:
        """A filtered or sorted list: from the positions found before, or found now, away from the event loop."""
        positions = shelf.select(plan.filtered, plan.view.language)
        if positions is not None:
            return _selected(plan, edition, shelf, positions)

        async def materialize() -> Outcome:
            found = await self._runtime.in_thread(shelf.materialize, plan.filtered, plan.view.language)
            return _selected(plan, edition, shelf, found)
        return materialize

    # ------------------------------------------------------------------------------------ methods

    async def _call(self, plan: Plan, method: Method) -> Outcome:
        arguments = {**plan.arguments, **injected(method, plan.caller)}
        called = (method.function(**arguments) if method.is_async
                  else self._runtime.in_thread(_contained, method.function, arguments))
        try:
            value = await self._runtime.within(method.timeout_s, called)
        except TimeoutError:
            raise refuse(Code.METHOD_TIMEOUT, "the method took too long") from None
        except SystemExit as error:             # it would end the server, for everybody
            raise RuntimeError(f"{method.path} ended with {error!r}") from error
        return Result(plan=plan, value=to_plain(value), found=1, total=1)

    def _start(self, plan: Plan, method: Method) -> Outcome:
        id = self._operations.start(method, plan.arguments, plan.caller, plan.idempotency_key)
        return StartedOperation(id=id, plan=plan)

    # ------------------------------------------------------------------------------------ live resources

    async def _read_live(self, plan: Plan, target: Resource) -> Outcome:
        source = self._sources[plan.catalog.name, plan.cluster, target.path]
        renderer = self._renderer(plan.catalog, target)
        try:
            if plan.ask in (Ask.ONE, Ask.MANY):
                rows: Sequence[Any] = await source.get([_key_value(target, text) for text in plan.keys])
                total = len(rows)
            else:
                size = plan.page_size or _LIVE_MAX
                rows, total = await source.find(plan.filtered, plan.page * size, size)
                _check_range(plan, total)
            rendered = {renderer.key(row): renderer.render(row, plan) for row in map(renderer.validate, rows)}
        except Misfits as error:
            raise SourceUnavailable(f"{target.path}: {error}", Code.SOURCE_INVALID) from error
        return _live_result(plan, rendered, total)

    def _renderer(self, catalog: Catalog, target: Resource) -> Renderer:
        known = self._renderers.get(f"{catalog.name}:{target.path}")
        if known is None:
            known = Renderer(target, Validator(target.record), catalog.languages)
            self._renderers[f"{catalog.name}:{target.path}"] = known
        return known


def _contained(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """Call in a thread: a future cannot carry `StopIteration`, and whoever waits for it would wait for ever."""
    try:
        return function(**arguments)
    except StopIteration as error:
        raise RuntimeError("StopIteration left the function") from error


_LIVE_MAX = 1000
"""How many live records one answer may hold where no page is asked for."""


def injected(method: Method, caller: Caller) -> dict[str, Any]:
    """What a method is given by type: the caller, and a progress that nobody watches where it is no operation."""
    known: dict[type[Injected], Any] = {Caller: caller, Progress: Progress()}
    return {name: known[kind] for name, kind in method.injected.items()}


def _live_result(plan: Plan, rendered: Mapping[bytes, bytes], total: int) -> Result:
    if plan.ask in (Ask.ONE, Ask.MANY):
        wanted = keys_json(plan)
        items = [rendered.get(key) for key in wanted]
        if plan.ask is Ask.ONE and items[0] is None:
            raise _no_such(plan)
        return Result(plan=plan, items=items, keys=wanted, found=len(rendered), total=total)
    if plan.ask is Ask.KEYS:
        return Result(plan=plan, body=b"[" + b",".join(rendered) + b"]", found=total, total=total)
    return Result(plan=plan, items=list(rendered.values()), keys=list(rendered), found=len(rendered), total=total)


# -------------------------------------------------------------------------------------------- keys


def keys_json(plan: Plan) -> list[bytes]:
    """The keys as JSON, to be compared with what stands in the edition: no text but the canonical one is equal."""
    write = str.encode if _has_integer_key(plan.target) else encode_json
    return list(map(write, plan.keys))


def _key_value(target: Resource, text: str) -> Any:
    return int(text) if _has_integer_key(target) and text.lstrip("-").isdecimal() else text


def _has_integer_key(target: Any) -> bool:
    return scalar_kind(target.key.shape) == "int"


def _no_such(plan: Plan) -> Refusal:
    return refuse(Code.NOT_FOUND, "no such id", field=plan.target.key.name,     # type: ignore[union-attr]  # a resource
                  value=plan.keys[0] if plan.keys else None)


# -------------------------------------------------------------------------------------------- published resources


def _one(plan: Plan, edition: Edition, shelf: Shelf) -> Result:
    keys = keys_json(plan)
    position = shelf.find(keys[0])
    if position < 0:
        raise _no_such(plan)
    return Result(
        plan=plan, items=(shelf.record(position, plan.view.language),), keys=keys, found=1, total=shelf.count,
        tag=f"{shelf.version(position):x}-{plan.view.tag}", published_at=edition.published_at,
    )


def _many(plan: Plan, edition: Edition, shelf: Shelf) -> Result:
    keys = keys_json(plan)
    positions = [shelf.find(key) for key in keys]
    items = shelf.records(positions, plan.view.language)
    return Result(plan=plan, items=items, keys=keys, found=len(keys) - positions.count(-1), total=shelf.count,
                  tag=_tag(plan, edition), published_at=edition.published_at)


def _keys(plan: Plan, edition: Edition, shelf: Shelf) -> Result:
    return Result(plan=plan, body=shelf.keys(), found=shelf.count, total=shelf.count, tag=_tag(plan, edition),
                  published_at=edition.published_at, prepared=shelf.prepared("keys", plan.view.language))


def _all(plan: Plan, edition: Edition, shelf: Shelf) -> Result:
    language = plan.view.language
    return Result(plan=plan, body=shelf.everything(language), found=shelf.count, total=shelf.count,
                  tag=_tag(plan, edition), published_at=edition.published_at,
                  prepared=shelf.prepared("everything", language))


def _page(plan: Plan, edition: Edition, shelf: Shelf) -> Result:
    _check_range(plan, shelf.count)
    start = plan.page * plan.page_size
    stop = min(start + plan.page_size, shelf.count)
    body = b"".join((b"[", shelf.run(start, stop, plan.view.language), b"]")) if stop > start else b"[]"
    return Result(plan=plan, body=body, found=stop - start, total=shelf.count, tag=_tag(plan, edition),
                  published_at=edition.published_at)


def _selected(plan: Plan, edition: Edition, shelf: Shelf, positions: Sequence[int]) -> Result:
    total = len(positions)
    result = Result(plan=plan, found=total, total=total, tag=_tag(plan, edition), published_at=edition.published_at)
    if plan.ask is Ask.KEYS:
        result.body = b"[" + b",".join(map(shelf.key, positions)) + b"]"
        return result
    if plan.ask is Ask.PAGE:
        _check_range(plan, total)
        start = plan.page * plan.page_size
        positions = positions[start:start + plan.page_size]
    result.items = shelf.records(positions, plan.view.language)
    result.keys = [shelf.key(position) for position in positions]
    result.found = len(result.items)
    return result


def _check_range(plan: Plan, total: int) -> None:
    """A page past the end is an error; page 0 of nothing is an empty page."""
    if plan.ask is not Ask.PAGE:
        return
    last = max(0, -(-total // plan.page_size) - 1)
    if not 0 <= plan.page <= last:
        raise Refusal(Fault(
            code=Code.PAGE_OUT_OF_RANGE, message="page out of range", field="page", value=str(plan.page),
            hint=f"Use page values 0 - {last}.", facts={"last_page": last},
        ))


def _tag(plan: Plan, edition: Edition) -> str:
    return f"{edition.id}-{plan.view.tag}"

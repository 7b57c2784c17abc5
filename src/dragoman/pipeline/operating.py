"""Long operations as clients meet them: begun, asked about, cancelled, and answered with what the method returned."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import msgspec

from ..catalog.method import Method, declare
from ..catalog.plain import decode_exact
from ..catalog.stage import Stage
from ..contracts import Operations, Runtime
from ..errors import Code, Refusal, refuse
from ..exchange import Buffer, Operation, OperationResult, Outcome, Result, StartedOperation, Stream
from ..observations import Observe, OperationAccepted
from ..query import Caller, Plan
from .calls import Calls
from .forms import after, another_form, check_asked, form_asked, stage_of
from .results import Showing, answers_one, has_form, is_listed

_ID = re.compile(r"[1-9][0-9]{0,18}\Z")


def _any(caller: Caller) -> Any:
    """Whatever the operation's method returns."""
    raise AssertionError(f"{caller} asks for no method of its own")


ANY = declare("operations", "operations/any", _any)
"""What stands for the method of an operation that is asked for by its id alone, until it is known."""


def read_id(text: str, named: str) -> int:
    """An id as a client wrote it. What can be none is as one that nobody has: raises the same `Refusal`."""
    if not _ID.match(text):
        raise no_such_operation(text, named)
    return int(text)


def no_such_operation(text: str, named: str) -> Refusal:
    """The same for an operation that never was, is forgotten, is somebody else's, or is of another method; `named` is the
    parameter that it was asked by."""
    return refuse(Code.NOT_FOUND, "no such operation", field=named, value=text)


class Operating:
    """Begins operations and answers for them."""

    def __init__(self, operations: Operations, calls: Calls, showing: Showing, runtime: Runtime, observe: Observe) -> None:
        self._operations, self._calls, self._showing, self._runtime, self._observe = operations, calls, showing, runtime, observe

    async def start(self, plan: Plan, method: Method) -> StartedOperation:
        """Accept an operation, once its rule allows it."""
        await self._calls.judge(plan, method)
        id = await self._runtime.in_thread(partial(
            self._operations.start, method, plan.arguments, plan.caller, plan.idempotency_key, cluster=plan.cluster,
            request_id=plan.request_id, version=form_asked(plan.catalog, method)))
        self._observe(OperationAccepted(operation=id, target=f"{plan.catalog.name}:{method.path}", request_id=plan.request_id,
                                        application=plan.caller.application, key=plan.caller.key))
        return StartedOperation(id=id, plan=plan)

    async def find(self, text: str, named: str, caller: Caller) -> Operation:
        """An operation of this caller, whatever its method. Raises `Refusal`."""
        found: Operation | None = await self._runtime.in_thread(self._operations.look, read_id(text, named), caller)
        if found is None:
            raise no_such_operation(text, named)
        return found

    async def ask(self, plan: Plan, method: Method) -> Outcome:
        """How an operation is, or what became of it. Raises `Refusal` for one that failed, or that is not to be had."""
        text = str(plan.operation)
        operation = await self.find(text, plan.operation_name, plan.caller)
        if operation.method != f"{method.catalog}:{method.path}" or operation.cluster not in ("", plan.cluster):
            raise no_such_operation(text, plan.operation_name)
        if plan.cancels:
            operation = await self._runtime.in_thread(self._operations.cancel, operation.id, plan.caller) or operation
            return _state_of(operation, plan)
        if operation.result is not None:
            return await self._result(plan, method, operation, operation.result)
        if operation.fault is not None:
            raise Refusal(msgspec.structs.replace(
                operation.fault, field=plan.names.get(operation.fault.field or "", operation.fault.field)))
        if operation.state == "cancelled":
            raise refuse(Code.OPERATION_CANCELLED, "the operation was cancelled", hint="Start it again.")
        return _state_of(operation, plan)

    async def _result(self, plan: Plan, method: Method, operation: Operation, result: OperationResult) -> Result:
        """What the method returned: a value where it is small, else a stream of its parts. Raises `Refusal` where the method returns
        something else by now."""
        kept: Stage = await self._runtime.in_thread(self._stage, plan, method, operation.id, result)
        if kept.undoings:
            plan = msgspec.structs.replace(plan, stage=after(kept, plan.stage))
        show = partial(self._batch, plan, method, kept, operation.id, result)
        if result.is_list and result.parts > 1:
            return Result(plan=plan, stream=self._stream(show, result), found=result.items, total=result.items)
        value = await self._runtime.in_thread(self._small, plan, method, kept, operation.id, result)
        if value is None and answers_one(method):
            raise refuse(Code.NOT_FOUND, "nothing found", field=next(iter(plan.names.values()), None))
        return Result(plan=plan, value=value, found=1, total=1)

    def _stage(self, plan: Plan, method: Method, id: int, result: OperationResult) -> Stage:
        """In a thread: how the method was when a result was written; its first part has to be so, as a catalog may have changed in ways
        that it does not tell, and what it hides or renames by their names now would not be met."""
        found = decode_exact(self._operations.part(id, result, 0)) if result.parts else []
        value = found if result.is_list else found[0]
        kept = stage_of(plan.catalog, method, result.version)
        if kept is None or is_listed(method) != result.is_list or not (
                value is None if kept.shape is None else has_form(kept.shape, value)):
            raise another_form()
        check_asked(kept, plan.stage, result)
        return kept

    def _small(self, plan: Plan, method: Method, kept: Stage, id: int, result: OperationResult) -> Any:
        """In a thread: a result that is there as a whole."""
        if result.is_list:
            return decode_exact(self._batch(plan, method, kept, id, result, 0)) if result.parts else []
        (plain,) = decode_exact(self._operations.part(id, result, 0))
        return self._showing.show(plan, method, plain, kept)

    def _stream(self, show: Callable[[int], Buffer], result: OperationResult) -> Stream:
        async def batches() -> AsyncIterator[Buffer]:
            for number in range(result.parts):
                yield await self._runtime.in_thread(show, number)
        return Stream(count=result.items, batches=batches, aside=self._runtime.in_thread)

    def _batch(self, plan: Plan, method: Method, kept: Stage, id: int, result: OperationResult, number: int) -> Buffer:
        """In a thread: one part as this client sees it."""
        return self._showing.show_batch(plan, method, self._operations.part(id, result, number), kept)


def _state_of(operation: Operation, plan: Plan) -> StartedOperation:
    return StartedOperation(id=operation.id, plan=plan, state=operation.state, done=operation.done, total=operation.total)

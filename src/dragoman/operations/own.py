"""What everybody may ask of their own operations, whatever their methods: a list of them, and the end of one."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import msgspec

from ..catalog.catalog import Catalog
from ..catalog.record import Record
from ..contracts import Operations
from ..errors import Code, Fault, refuse
from ..exchange import Operation
from ..query import Caller

NAME = "dragoman"
"""Of the catalog, and of its API in the dialects where each has one."""
_SHOWN_MAX = 100


class OperationState(Record):
    """One long operation, without its result."""

    id: int
    catalog: str
    method: str
    state: str
    """`queued`, `running`, `done`, `failed` or `cancelled`."""
    cancelling: bool
    done: int
    total: int | None
    error: str | None
    created_at: datetime.datetime
    started_at: datetime.datetime | None
    ended_at: datetime.datetime | None
    expires_at: datetime.datetime | None


def catalog_of(operations: Operations, languages: Sequence[str]) -> Catalog:
    """The two methods as a catalog, which is served where any other has long operations."""
    catalog = Catalog(NAME, title="Long operations", languages=languages or ("en",))

    @catalog.method("operations/list")
    def list_operations(caller: Caller) -> list[OperationState]:
        """Your long operations, the newest first: those of your account, else of your application or key."""
        return [_state_of(each) for each in operations.recent([_party(caller)], _SHOWN_MAX)]

    @catalog.method("operations/cancel", verb="POST")
    def cancel_operation(caller: Caller, operation: int) -> OperationState:
        """End one of your long operations; one that has ended already stays as it is."""
        _party(caller)
        found = operations.cancel(operation, caller)
        if found is None:
            raise refuse(Code.NOT_FOUND, "no such operation", field="operation", value=str(operation))
        return _state_of(found)

    return catalog.load()


def _party(caller: Caller) -> str:
    if caller.party is None:
        raise refuse(Code.CREDENTIAL_MISSING, "whose operations these are is not known",
                     hint="Send a key or the id of an application.")
    return caller.party


def _state_of(operation: Operation) -> OperationState:
    catalog, _, path = operation.method.partition(":")
    moments = {name: _moment(getattr(operation, name)) for name in ("started_at", "ended_at", "expires_at")}
    return OperationState(
        id=operation.id, catalog=catalog, method=path, state=operation.state, cancelling=operation.cancelling, done=operation.done,
        total=operation.total, error=_error(operation.fault), created_at=_at(operation.created_at), **moments)


def _error(fault: Fault | None) -> str | None:
    return None if fault is None else str(msgspec.structs.replace(fault, facts={}))


def _moment(at: float | None) -> datetime.datetime | None:
    return None if at is None else _at(at)


def _at(at: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(int(at), datetime.UTC)

"""Calling methods: the rule first, then the function, then what it returned is checked and shown; writes as a whole, and
once only under an idempotency key."""

from __future__ import annotations

import decimal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec

from ..catalog.fitting import Misfit, Misfits, check_of
from ..catalog.method import Injected, Method, Rule
from ..catalog.plain import encode_json, show, to_plain
from ..catalog.shapes import Nested, Nullable
from ..contracts import Runtime, Transactions
from ..errors import Code, MethodError, Refusal, SourceUnavailable, refuse
from ..exchange import Result
from ..operations.replays import Claim, Kept, Replays, digest_of
from ..query import Caller, Plan, Progress, Transaction
from ..views.localize import Localizer
from ..views.project import projector
from .faults import faults_of, refusal_of
from .turns import CallTurn

T = TypeVar("T")
Databases = Mapping[tuple[str, str], Transactions]
"""Where the methods of a catalog write, by catalog and cluster."""


class Calls:
    """Calls the methods of all catalogs. `store` is where idempotency keys are kept of those that write nowhere we know."""

    def __init__(self, runtime: Runtime, databases: Databases, store: Transactions) -> None:
        self._runtime, self._databases, self._store = runtime, databases, store
        self._replays: dict[Transactions, Replays] = {}
        self._localizers: dict[tuple[str, str, frozenset[str], bool], Localizer] = {}

    async def call(self, plan: Plan, method: Method) -> Result:
        """What a method returns. Raises `Refusal` for what it declared, and for a call that took too long."""
        turn = CallTurn(method.timeout_s)
        try:
            if plan.idempotency_key is not None:
                value = await self._call_once(plan, method, turn)
            elif method.is_async:
                value = await self._call_async(plan, method, turn)
            else:
                value = await self._runtime.apart(lambda: self._call_whole(plan, method, turn), turn)
        except TimeoutError as error:
            raise Refusal(*faults_of(error, plan.request_id)) from None
        if value is None and _answers_one(method):
            raise refuse(Code.NOT_FOUND, "nothing found", field=next(iter(plan.names.values()), None))
        return Result(plan=plan, value=value, found=1, total=1)

    def _call_whole(self, plan: Plan, method: Method, turn: CallTurn) -> Any:
        """In a thread: in one transaction, where the method is given one."""
        if not method.writes:
            return self._call(plan, method)
        return self._database(plan).run(lambda transaction: self._call(plan, method, transaction), turn)

    def _database(self, plan: Plan) -> Transactions:
        return self._databases[plan.catalog.name, plan.cluster]

    def _call(self, plan: Plan, method: Method, transaction: Transaction | None = None) -> Any:
        with _told(plan, method):
            if method.allows is not None:
                _judge(method.allows, method.allows.function(**_asked(method.allows, plan, transaction)))
            return self._shown(plan, method, method.function(**_given(method, plan, transaction)))

    async def _call_async(self, plan: Plan, method: Method, turn: CallTurn) -> Any:
        with _told(plan, method):
            if method.allows is not None:
                _judge(method.allows, await self._runtime.within(
                    turn.left_s, method.allows.function(**_asked(method.allows, plan, None))))
            value = await self._runtime.within(turn.left_s, method.function(**_given(method, plan, None)))
            return self._shown(plan, method, value)

    # ------------------------------------------------------------------------------------ once only

    async def _call_once(self, plan: Plan, method: Method, turn: CallTurn) -> Any:
        """The same answer for the same key, however often it is asked, and whatever became of those who asked."""
        claim = Claim(plan.caller.party or "", plan.idempotency_key or "", digest_of(plan))
        if method.writes:
            kept = await self._runtime.apart(lambda: self._write_once(plan, method, claim, turn), turn)
        else:
            kept = await self._begin_once(plan, method, claim, turn)
        if kept.faults:
            raise Refusal(*kept.faults)
        return _decode(kept.value)

    def _write_once(self, plan: Plan, method: Method, claim: Claim, turn: CallTurn) -> Kept:
        """In a thread: the key is kept in the transaction of the write itself, so that both are there or neither."""
        database = self._database(plan)
        replays = self._replays_of(database, turn)

        def write(transaction: Transaction) -> Kept:
            kept = replays.find(transaction, claim)
            if kept is None:
                kept = Kept(value=msgspec.Raw(encode_json(self._call(plan, method, transaction))))
                replays.add(transaction, claim, kept)
            return kept
        try:
            return database.run(write, turn)
        except Exception as error:
            if not _is_final(error) or isinstance(error, TimeoutError):         # it undid everything
                raise
            failed = Kept(faults=faults_of(error, plan.request_id))
            first = database.run(lambda transaction: replays.settle(transaction, claim, failed), turn)
            if first is not None:
                return first
            raise

    async def _begin_once(self, plan: Plan, method: Method, claim: Claim, turn: CallTurn) -> Kept:
        """The key is kept before the call and its outcome after it: what ended in between is never begun anew."""
        replays, found = await self._ask_store(lambda turn: self._begin(claim, method.timeout_s, turn))
        if found is not None:
            return found
        try:
            value = (await self._call_async(plan, method, turn) if method.is_async
                     else await self._runtime.apart(lambda: self._call(plan, method), turn))
            kept = Kept(value=msgspec.Raw(encode_json(value)))
        except TimeoutError as error:
            kept = Kept(faults=faults_of(error, plan.request_id))
        except Exception as error:
            kept = Kept(faults=faults_of(error, plan.request_id))
            await self._keep(replays, claim, kept if _is_final(error) else None)
            raise
        await self._keep(replays, claim, kept)
        return kept

    async def _keep(self, replays: Replays, claim: Claim, kept: Kept | None) -> None:
        """Keep an outcome, or forget a call that did nothing; however long the call itself took."""
        await self._ask_store(lambda turn: self._store.run(lambda transaction: replays.end(transaction, claim, kept), turn))

    def _begin(self, claim: Claim, timeout_s: float, turn: CallTurn) -> tuple[Replays, Kept | None]:
        replays = self._replays_of(self._store, turn)
        ends_at = time.time() + timeout_s + _STORE_S
        return replays, self._store.run(lambda transaction: replays.begin(transaction, claim, ends_at), turn)

    async def _ask_store(self, question: Callable[[CallTurn], T]) -> T:
        """What the store gives. Raises `SourceUnavailable` where that takes too long."""
        turn = CallTurn(_STORE_S)
        try:
            answer: T = await self._runtime.apart(lambda: question(turn), turn)
        except TimeoutError:
            raise SourceUnavailable("the store of idempotency keys did not answer", Code.SOURCE_TIMEOUT) from None
        return answer

    def _replays_of(self, database: Transactions, turn: CallTurn) -> Replays:
        """What is kept in a database; its table is made when it is first needed."""
        known = self._replays.get(database)
        if known is None:
            known = self._replays[database] = Replays(database, turn)
        return known

    # ------------------------------------------------------------------------------------ what is shown

    def _shown(self, plan: Plan, method: Method, value: Any) -> Any:
        """What a method returned as plain JSON: of its declared type, in the client's language, with the fields that are
        wanted. Raises `Misfits` for any other."""
        if method.result is None:
            if value is not None:
                raise Misfits([Misfit("result", "nothing, as declared", show(value))])
            return None
        plain = to_plain(value)
        found = list(check_of(method.result)(plain, "result"))
        if found:
            raise Misfits(found)
        plain = self._localizer(plan, method).localize(plain, plan.view.language)
        if plan.view.shown is not None and plain is not None:
            return _decode(projector(method.result.shape, plan.view.shown)(encode_json(plain)))
        encode_json(plain)                      # finds what is no text
        return plain

    def _localizer(self, plan: Plan, method: Method) -> Localizer:
        permitted = plan.caller.permissions & method.needs
        known = (plan.catalog.name, method.path, permitted, plan.view.nulls)
        localizer = self._localizers.get(known)
        if localizer is None:
            assert method.result is not None  # noqa: S101  # asked of methods with a result alone
            localizer = Localizer(method.result.shape, plan.catalog.languages, permitted, nulls=plan.view.nulls)
            self._localizers[known] = localizer
        return localizer


_decode = msgspec.json.Decoder(float_hook=decimal.Decimal).decode
"""Numbers keep their digits."""
_STORE_S = 10.0
"""How long the store of idempotency keys may take."""


@contextmanager
def _told(plan: Plan, method: Method) -> Iterator[None]:
    """What a method declared to raise is for the client; anything else is for the log."""
    try:
        yield
    except MethodError as error:
        refusal = refusal_of(error, method, plan.names.get(error.field or "", error.field))
        if refusal is None:
            raise
        raise refusal from error


def _answers_one(method: Method) -> bool:
    """Whether it finds one record or none, so that null means that there is none."""
    return isinstance(method.returns, Nullable) and isinstance(method.returns.inner, Nested)


def _is_final(error: Exception) -> bool:
    """Whether a call with the same key would fail again: a refusal by its rule, a database that was away and a time-out
    that undid everything say nothing of the next."""
    if isinstance(error, Refusal):
        return error.faults[0].code is Code.METHOD_FAILED
    return not isinstance(error, SourceUnavailable)


def _judge(rule: Rule, allowed: Any) -> None:
    if allowed is True:
        return
    if allowed is not False:
        raise Misfits([Misfit(rule.function.__name__, "True or False", show(allowed))])
    raise refuse(Code.OBJECT_NOT_ALLOWED, "this is not yours to do", hint=f"Allowed: {rule.description}")


def _asked(rule: Rule, plan: Plan, transaction: Transaction | None) -> dict[str, Any]:
    return {**{name: plan.arguments[name] for name in rule.parameters}, **_injected(rule.injected, plan, transaction)}


def _given(method: Method, plan: Plan, transaction: Transaction | None) -> dict[str, Any]:
    return {**plan.arguments, **_injected(method.injected, plan, transaction)}


def _injected(wanted: Mapping[str, type], plan: Plan, transaction: Transaction | None) -> dict[str, Any]:
    """What is given by type: the caller, a progress that nobody watches, the transaction."""
    known: dict[type[Injected], Any] = {Caller: plan.caller, Progress: Progress(), Transaction: transaction}
    return {name: known[kind] for name, kind in wanted.items()}

"""Calling methods: the rule first, then the function, then what it returned is checked and shown; writes as a whole, and
once only under an idempotency key."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec

from ..catalog.fitting import Misfit, Misfits
from ..catalog.method import Injected, Method, Rule
from ..catalog.plain import decode_exact, encode_json, show
from ..contracts import Runtime, Transactions
from ..errors import Code, MethodError, Refusal, SourceUnavailable, refuse
from ..exchange import Result
from ..operations.replays import Claim, Kept, Replays, digest_of
from ..query import Caller, Plan, Progress, Transaction
from .faults import faults_of, refusal_of
from .results import Showing, answers_one, checked
from .turns import CallTurn

T = TypeVar("T")
Databases = Mapping[tuple[str, str], Transactions]
"""Where the methods of a catalog write, by catalog and cluster."""


class Calls:
    """Calls the methods of all catalogs. `store` is where idempotency keys are kept of those that write nowhere we know."""

    def __init__(self, runtime: Runtime, databases: Databases, store: Transactions, showing: Showing) -> None:
        self._runtime, self._databases, self._store = runtime, databases, store
        self._replays: dict[Transactions, Replays] = {}
        self._showing = showing

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
        if value is None and answers_one(method):
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
            return self._showing.show(plan, method, checked(method, method.function(**_given(method, plan, transaction))))

    async def _call_async(self, plan: Plan, method: Method, turn: CallTurn) -> Any:
        with _told(plan, method):
            if method.allows is not None:
                _judge(method.allows, await self._runtime.within(
                    turn.left_s, method.allows.function(**_asked(method.allows, plan, None))))
            value = await self._runtime.within(turn.left_s, method.function(**_given(method, plan, None)))
            return self._showing.show(plan, method, checked(method, value))

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
        return decode_exact(kept.value)

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

    # ------------------------------------------------------------------------------------ long operations

    async def judge(self, plan: Plan, method: Method) -> None:
        """See that the caller may begin a long operation with these arguments. Raises `Refusal`."""
        if method.allows is None:
            return
        turn, rule = CallTurn(_RULE_S), method.allows
        try:
            if method.is_async:
                _judge(rule, await self._runtime.within(turn.left_s, rule.function(**_asked(rule, plan, None))))
            else:
                await self._runtime.apart(lambda: self._judge_whole(plan, method, rule, turn), turn)
        except TimeoutError as error:
            raise Refusal(*faults_of(error, plan.request_id)) from None

    def _judge_whole(self, plan: Plan, method: Method, rule: Rule, turn: CallTurn) -> None:
        def judge(transaction: Transaction | None) -> None:
            with _told(plan, method):
                _judge(rule, rule.function(**_asked(rule, plan, transaction)))
        if method.writes:
            self._database(plan).run(judge, turn)
        else:
            judge(None)


_STORE_S = 10.0
"""How long the store of idempotency keys may take."""
_RULE_S = 30.0
"""How long a rule may take that judges who may begin a long operation."""


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

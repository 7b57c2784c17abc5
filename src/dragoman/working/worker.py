"""A worker: claims one operation after another, watches each while it runs, and writes down how it ended."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeVar

import msgspec

from ..catalog.catalog import Catalog
from ..catalog.fitting import Misfit, Misfits
from ..catalog.method import Method
from ..catalog.plain import show
from ..catalog.values import read_values
from ..contracts import Jobs
from ..errors import Code, Fault, MethodError, SourceUnavailable
from ..exchange import Claim, OperationResult
from ..observations import Crashed, Ending, Logged, Observe, OperationBegun, OperationEnded, OperationRetried
from ..operations.doorbells import Doorbell
from ..pipeline.arguments import today
from ..pipeline.faults import faults_of, refusal_of
from ..pipeline.forms import form_told, stage_of
from ..settings import Operations as Limits
from .job import Ended, Job, Part

T = TypeVar("T")
_IDLE_S, _AWAY_S = 1.0, 1.0
_TICK_S = 1.0
"""How often progress is told, and whether it was cancelled is asked."""
_LOOK_S = 0.2
_PATIENCE_S = 2.0
"""How long a method that is given up may take to hear; then the process is replaced."""


class Stuck(Exception):
    """A method does not end: only the end of the process ends it."""


class Held(NamedTuple):
    """An operation that this worker holds."""

    claim: Claim
    method: Method
    form: str
    """The version of the schema that its result is in."""
    job: Job
    begun_at: float


class Worker:
    """Works until it is told to stop."""

    def __init__(
        self, name: str, catalogs: Mapping[str, Catalog], jobs: Jobs, bell: Doorbell, limits: Limits, observe: Observe,
        stopping: Callable[[], bool],
    ) -> None:
        """`stopping` is asked several times a second whether it should stop."""
        self._name, self._catalogs, self._jobs, self._bell = name, catalogs, jobs, bell
        self._limits, self._observe, self._stopping = limits, observe, stopping
        self._reaped_at = 0.0
        self._away = False

    def run(self) -> None:
        """Until it is told to stop. Raises `Stuck` where a method does not end: the process has to."""
        try:
            while not self._stopping():
                claim = self._look()
                if claim is not None:
                    self._work(claim)
        finally:
            self._bell.close()

    def _look(self) -> Claim | None:
        """The next operation; None where there was none for a moment."""
        try:
            self._reap()
            claim = self._jobs.claim(self._name, list(self._catalogs))
            self._away = False
        except SourceUnavailable as error:
            self._tell_away(error)
            time.sleep(_AWAY_S)
            return None
        if claim is None:
            self._bell.wait(min(_IDLE_S, self._limits.heartbeat_s))
        return claim

    def _reap(self) -> None:
        now = time.monotonic()
        if now - self._reaped_at < self._limits.heartbeat_s:
            return
        self._reaped_at = now
        found = self._jobs.reap()
        for id in found.retried:
            self._observe(OperationRetried(operation=id, worker=self._name))
        for id in found.failed:
            self._observe(OperationEnded(operation=id, target="", state="failed", outcome="cut-off", time_s=0.0))

    # ------------------------------------------------------------------------------------ one operation

    def _work(self, claim: Claim) -> None:
        target = f"{claim.catalog}:{claim.path}"
        self._observe(OperationBegun(operation=claim.id, target=target, attempt=claim.attempts, worker=self._name,
                                     request_id=claim.request_id))
        catalog = self._catalogs[claim.catalog]
        method = catalog.methods.get(claim.path)
        if method is None or not method.operation or claim.cluster not in catalog.clusters:
            self._refuse(claim, _GONE)
            return
        try:
            arguments = _arguments_of(claim, catalog, method)
        except Exception as error:  # noqa: BLE001  # a publisher's own function may say what arguments of then mean today
            self._refuse(claim, _OTHER if isinstance(error, Misfits) else self._fault_of(claim, method, error))
            return
        held = Held(claim, method, form_told(catalog, method), Job(method, arguments, claim.caller), time.monotonic())
        held.job.start()
        self._watch(held)

    def _refuse(self, claim: Claim, fault: Fault) -> None:
        """End what cannot even begin."""
        self._close(claim, time.monotonic(), "failed", lambda: self._jobs.fail(claim, fault), fault.code)

    def _watch(self, held: Held) -> None:
        """Until it has ended, or nobody wants it any more."""
        claim, job = held.claim, held.job
        ends_at = held.begun_at + held.method.timeout_s
        beats = _Beats(self._jobs, held, self._limits, self._tell_away)
        parts, items, size_bytes = 0, 0, 0
        while True:
            told = job.next(min(_LOOK_S, ends_at - time.monotonic()))
            if isinstance(told, Part):
                if size_bytes + len(told.body) > self._limits.result_max_bytes:
                    return self._refuse_size(held)
                if not self._ask(partial(self._jobs.add_part, claim, parts, told.body), beats.held_until):
                    return self._lose(held)
                parts, items, size_bytes = parts + 1, items + told.items, size_bytes + len(told.body)
            elif isinstance(told, Ended):
                result = OperationResult(lease=claim.lease, parts=parts, items=items, size_bytes=size_bytes, is_list=told.is_list,
                                         version=held.form, hides=bool(held.method.needs))
                return self._settle(held, told.error, result, beats.held_until)
            if time.monotonic() >= ends_at:
                return self._end_early(held, "failed", lambda: self._jobs.fail(claim, _TOO_LONG), _TOO_LONG.code)
            if self._stopping():
                return self._give_back(held)
            wanted = beats.beat()
            if wanted is None:
                return self._lose(held)
            if not wanted:
                return self._end_early(held, "cancelled", lambda: self._jobs.end(claim), Code.OPERATION_CANCELLED)

    def _settle(self, held: Held, error: BaseException | None, result: OperationResult, until: float) -> None:
        """Write down how it ended by itself."""
        claim = held.claim
        if error is None:
            self._close(claim, held.begun_at, "done", lambda: self._jobs.finish(claim, result), "ok", until)
            return
        fault = self._fault_of(claim, held.method, error)
        self._close(claim, held.begun_at, "failed", lambda: self._jobs.fail(claim, fault), fault.code, until)

    def _fault_of(self, claim: Claim, method: Method, error: BaseException) -> Fault:
        """What its owner is told: what the method declared, and of anything else the id of the request that the log has."""
        if isinstance(error, MethodError):
            refusal = refusal_of(error, method, error.field)
            if refusal is not None:
                return refusal.faults[0]
        told = "".join(traceback.format_exception(error))
        self._observe(Crashed(request_id=claim.request_id, stage="operation", error=repr(error)[:1_000], traceback=told))
        return faults_of(RuntimeError(), claim.request_id)[0]

    # ------------------------------------------------------------------------------------ ends that come from outside

    def _end_early(self, held: Held, state: Ending, write: Callable[[], bool], outcome: str) -> None:
        self._close(held.claim, held.begun_at, state, write, outcome)
        self._give_up(held)

    def _refuse_size(self, held: Held) -> None:
        """Its result is larger than is kept: what was written of it is removed, and the operator is told which setting says so."""
        fault = _too_large(self._limits.result_max_bytes)
        self._observe(Logged(logger="dragoman.working", level="warning",
                             message=f"operation {held.claim.id}, {_target(held.claim)}: {fault.message}"))
        self._end_early(held, "failed", lambda: self._jobs.fail(held.claim, fault), fault.code)

    def _give_back(self, held: Held) -> None:
        """Let another worker begin it anew, as this one has to stop; the method has a moment to hear before."""
        held.job.give_up(_LOOK_S)
        self._close(held.claim, held.begun_at, "given-back", lambda: self._jobs.give_back(held.claim), "stopped")

    def _lose(self, held: Held) -> None:
        """Somebody else has it, or may have it by now."""
        self._observe(OperationEnded(operation=held.claim.id, target=_target(held.claim), state="lost", outcome="lease-lost",
                                     time_s=time.monotonic() - held.begun_at))
        self._give_up(held)

    @staticmethod
    def _give_up(held: Held) -> None:
        if not held.job.give_up(_PATIENCE_S):
            raise Stuck(f"{_target(held.claim)} does not end")

    def _close(
        self, claim: Claim, begun_at: float, state: Ending, write: Callable[[], bool], outcome: str, until: float | None = None,
    ) -> None:
        """Write an end, for as long as the lease lasts, and tell of it."""
        written = self._ask(write, time.monotonic() + self._limits.lease_s if until is None else until)
        self._observe(OperationEnded(operation=claim.id, target=_target(claim), state=state if written else "lost",
                                     outcome=outcome if written else "lease-lost", time_s=time.monotonic() - begun_at))

    def _ask(self, question: Callable[[], T], until: float) -> T | None:
        """What the database says, tried again while it is away; None once the lease is over by then."""
        while True:
            try:
                return question()
            except SourceUnavailable as error:
                self._tell_away(error)
                if time.monotonic() >= until:
                    return None
                time.sleep(_LOOK_S)

    def _tell_away(self, error: SourceUnavailable) -> None:
        if not self._away:
            self._away = True
            self._observe(Logged(logger="dragoman.working", level="error", message=f"the store of operations is away: {error}"))


class _Beats:
    """The heartbeat of one operation: tells its progress about once a second, and asks whether it was cancelled."""

    def __init__(self, jobs: Jobs, held: Held, limits: Limits, tell_away: Callable[[SourceUnavailable], None]) -> None:
        self._jobs, self._held, self._limits, self._tell_away = jobs, held, limits, tell_away
        self._tick_s = min(_TICK_S, limits.heartbeat_s)
        self._asked_at = self._beaten_at = time.monotonic()
        self._told: Any = (0, None)
        self.held_until = self._beaten_at + limits.lease_s
        """Until when it is held for certain."""

    def beat(self) -> bool | None:
        """Whether it is wanted still; None where the lease is lost."""
        now = time.monotonic()
        if now - self._asked_at < self._tick_s:
            return True
        self._asked_at = now
        limits, jobs, claim = self._limits, self._jobs, self._held.claim
        progress = (self._held.job.done, self._held.job.total)
        try:
            if progress == self._told and now - self._beaten_at < limits.heartbeat_s:
                cancelled = jobs.asked_to_end(claim)
            else:
                cancelled = jobs.beat(claim, *progress)
                self._told, self._beaten_at, self.held_until = progress, now, now + limits.lease_s
        except SourceUnavailable as error:
            self._tell_away(error)
            return None if now >= self.held_until else True
        return None if cancelled is None else not cancelled


def _arguments_of(claim: Claim, catalog: Catalog, method: Method) -> dict[str, Any]:
    """The arguments as they were accepted, and as the changes since then say that they are meant today. Raises `Misfits` where the
    method takes others by now: one that is gone is not left out, as what was asked for would be done otherwise."""
    given = msgspec.json.decode(claim.arguments, type=dict[str, Any])
    stage = stage_of(catalog, method, claim.version)
    known = {field.name for field in stage.fields} if stage is not None else ()
    gone = [Misfit(name, "nothing", show(value)) for name, value in given.items() if name not in known]
    if stage is None or gone:
        raise Misfits(gone)
    arguments = read_values(stage.fields, given)
    return today(arguments, method, stage) if stage.asked else arguments


def _target(claim: Claim) -> str:
    return f"{claim.catalog}:{claim.path}"


def _too_large(most: int) -> Fault:
    return Fault(code=Code.RESULT_TOO_LARGE, message=f"the result is larger than {most} bytes", facts={"limit": most},
                 hint="Ask for less at once. The publisher can allow more: operations.result_max_bytes.")


_TOO_LONG = Fault(code=Code.METHOD_TIMEOUT, message="the operation took too long")
_GONE = Fault(code=Code.TARGET_UNKNOWN, message="the method of this operation is published no more", hint="Look at what there is now.")
_OTHER = Fault(code=Code.CONFLICT, message="the method of this operation takes other parameters by now", hint="Start it again.")

"""The way of a request on one screen: read, find, admit, plan, execute, write, finish."""

from __future__ import annotations

import reprlib
import traceback
from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import msgspec

from ..catalog.catalog import Catalog
from ..catalog.method import Method
from ..catalog.resource import Resource
from ..catalog.version import show_version
from ..contracts import Dialect, Format, Switches
from ..errors import Code, Fault, Refusal, refuse
from ..exchange import Answer, Header, Outcome, Refused, Request, Result, Work
from ..observations import Crashed, Observe
from ..query import ANONYMOUS, Ask, Caller, Query
from . import conditional, cors, ending
from .encoding import Encoder
from .execute import Executor, Later
from .faults import faults_of
from .formatting import Formatter
from .gate import Gate
from .operating import ANY, no_such_operation
from .plan import Planner
from .standing import Standing, refusal_headers

Targets = Mapping[tuple[str, str], tuple[Catalog, Resource | Method]]
"""Everything published, by catalog and path."""
_REPR = reprlib.Repr()
"""Tells any exception, also one that cannot tell itself."""
_REPR.maxother = 1_000


class Course:
    """What a request has become so far, for whoever writes its answer."""

    __slots__ = ("caller", "ending", "format", "negotiated", "query", "standing", "version")

    def __init__(self) -> None:
        self.query: Query | None = None
        self.caller = ANONYMOUS
        self.standing: Standing | None = None
        self.version = ""
        self.ending: Sequence[Header] = ()
        self.format: str | None = None
        self.negotiated = False


class Spoken(NamedTuple):
    """A dialect, and what is made once for it."""

    dialect: Dialect
    planner: Planner
    exposed: Header


class Pipeline:
    """Answers every request of the data plane; keeps the contract of `Answerer`."""

    def __init__(
        self, targets: Targets, dialects: Sequence[Dialect], gate: Gate, executor: Executor, encoder: Encoder,
        observe: Observe, body_max_bytes: int, *, formats: Sequence[Format] = (), switches: Switches | None = None,
        hears_host: bool = False, changelog: str = "/",
    ) -> None:
        """`hears_host`: whether a proxy's `X-Forwarded-Host` chooses the cluster, which caches have to know; `changelog`: where
        people read what changed in the schema."""
        self._targets, self._gate, self._executor, self._encoder = targets, gate, executor, encoder
        self._observe, self._body_max_bytes, self._switches, self._hears_host = observe, body_max_bytes, switches, hears_host
        self._changelog = changelog
        self._formatter = Formatter(formats)
        self._spoken = [Spoken(each, Planner(each, self._formatter), cors.exposed(each.exposed_headers)) for each in dialects]
        self._deepest = sorted(self._spoken, key=lambda each: len(each.dialect.mount), reverse=True)
        """Those first whose mount may lie below another's."""

    def serves(self, path: bytes) -> bool:
        """Whether a path belongs to one of the dialects."""
        return self._serving(path) is not None

    def body_limit_bytes(self, request: Request) -> int:
        """How much of a body this request may have; 0 where its dialect reads none."""
        return self._body_max_bytes if self._spoken_by(request).dialect.takes_body(request) else 0

    def answer(self, request: Request) -> Answer | Work:
        """Judge, allow, charge and answer; what takes time is returned as `Work`, judged and charged already."""
        spoken, course = self._spoken_by(request), Course()
        outcome: Outcome | Later
        try:
            if request.verb == "OPTIONS":
                return cors.preflight(spoken.dialect.verbs)
            read = spoken.dialect.read(request)
            if isinstance(read, Answer):
                return self._finish(read, spoken, request, course)
            query = course.query = read
            if query.ask is Ask.OPERATION:
                self._enter(query, ANY, request, course)
                outcome = partial(self._ask_whatever, query, spoken, request, course)
            else:
                catalog, target = self._find(query, course)
                self._enter(query, target, request, course)
                outcome = self._plan(query, catalog, target, spoken, request, course)
        except Exception as error:  # noqa: BLE001  # the one place where every failure becomes an answer
            outcome = self._refused(error, course.query, request, "answer")
        if callable(outcome):
            later = outcome
            return Work(lambda: self._run(later, spoken, request, course))
        return self._write(outcome, spoken, request, course)

    def refuse(self, request: Request, fault: Fault) -> Answer:
        """The answer to a request that a lane could not read whole, such as one with too large a body."""
        return self._write(Refused(faults=(fault,)), self._spoken_by(request), request, Course())

    def _spoken_by(self, request: Request) -> Spoken:
        """The dialect of a request; for a path of none the first, which says so."""
        return self._serving(request.path) or self._spoken[0]

    def _serving(self, path: bytes) -> Spoken | None:
        for spoken in self._deepest:
            try:
                if spoken.dialect.serves(path):
                    return spoken
            except Exception as error:  # noqa: BLE001  # the others go on answering
                self._tell(error, "", "serves")
        return None

    def _find(self, query: Query, course: Course) -> tuple[Catalog, Resource | Method]:
        found = self._targets.get((query.catalog or "", query.target))
        if found is None:
            raise refuse(Code.TARGET_UNKNOWN, "no such endpoint", value=query.target)
        course.negotiated = self._formatter.negotiates(query, found[0])
        if self._switches is not None and self._switches.off:
            _check_on(self._switches.off, found[0].name, query.target)
        return found

    def _enter(self, query: Query, target: Resource | Method, request: Request, course: Course) -> None:
        """Let the caller in, and charge the call. Raises `Refusal`."""
        course.caller = self._admit(query, target, request, course)
        course.standing = self._gate.charge(course.caller, request)
        if course.standing is not None and not course.standing.verdict.allowed:
            raise course.standing.refusal()

    def _plan(
        self, query: Query, catalog: Catalog, target: Resource | Method, spoken: Spoken, request: Request, course: Course,
    ) -> Outcome | Later:
        plan = spoken.planner.plan(query, catalog, target, course.caller, request)
        course.version, course.format = show_version(plan.version), plan.format
        course.ending = ending.headers_of(plan, request, self._changelog)
        return self._executor.execute(plan)

    async def _ask_whatever(self, query: Query, spoken: Spoken, request: Request, course: Course) -> Outcome:
        """What became of an operation that was asked for by its id alone: it is answered as its method's, once the caller
        is seen to be allowed that still."""
        text, named = query.operation or "", spoken.dialect.asked_by
        found = await self._executor.operating.find(text, named, course.caller)
        catalog, _, path = found.method.partition(":")
        if query.catalog not in (None, catalog) or (catalog, path) not in self._targets:
            raise no_such_operation(text, named)
        query.ask, query.catalog, query.target = Ask.CALL, catalog, path
        declared, target = self._find(query, course)
        self._gate.allow(course.caller, target)
        outcome = self._plan(query, declared, target, spoken, request, course)
        return await outcome() if callable(outcome) else outcome

    def _admit(self, query: Query, target: Resource | Method, request: Request, course: Course) -> Caller:
        """The caller. Whose call was refused is counted all the same, so that developers see what they get wrong."""
        try:
            return self._gate.admit(query, target, request)
        except Refusal as refusal:
            facts = refusal.faults[0].facts
            course.caller = msgspec.structs.replace(ANONYMOUS, key=facts.get("key"), application=facts.get("application"))
            raise

    async def _run(self, later: Later, spoken: Spoken, request: Request, course: Course) -> Answer:
        try:
            outcome: Outcome = await later()
        except Exception as error:  # noqa: BLE001  # the same place, for work
            outcome = self._refused(error, course.query, request, "work")
        if course.format is not None and isinstance(outcome, Result):
            answer: Answer = await self._executor.aside(self._write, outcome, spoken, request, course)
            return answer
        return self._write(outcome, spoken, request, course)

    def _refused(self, error: Exception, query: Query | None, request: Request, stage: str) -> Refused:
        """Every failure as a refusal: of an unexpected one the client learns the request's id, the log the rest."""
        if not isinstance(error, Refusal):
            self._tell(error, request.id, stage)
        return Refused(faults=faults_of(error, request.id), query=query)

    def _tell(self, error: Exception, request_id: str, stage: str) -> None:
        """Tell the log what nobody expected, while it is handled."""
        self._observe(Crashed(request_id=request_id, stage=stage, error=_REPR.repr(error), traceback=traceback.format_exc()))

    def _write(self, outcome: Outcome, spoken: Spoken, request: Request, course: Course) -> Answer:
        """The outcome in its dialect's form; in none where the dialect cannot even say that it could not write it."""
        try:
            return self._put(outcome, spoken, request, course)
        except Exception as error:  # noqa: BLE001  # a dialect that cannot write its answer
            refused = self._refused(error, None, request, "write")
        try:
            return self._put(refused, spoken, request, course)
        except Exception as error:  # noqa: BLE001  # nor that something went wrong
            self._tell(error, request.id, "write")
            return _last_resort(request, spoken.dialect.name, course.caller)

    def _put(self, outcome: Outcome, spoken: Spoken, request: Request, course: Course) -> Answer:
        """The outcome as the dialect writes it, with what every answer has."""
        answer = spoken.dialect.write(outcome, request)
        if isinstance(outcome, Refused):
            answer.headers += refusal_headers(outcome.faults[0])
        elif course.negotiated and isinstance(outcome, Result) and course.format is not None and answer.outcome == "ok":
            self._formatter.rewrite(answer, outcome, request)
        return self._finish(answer, spoken, request, course)

    def _finish(self, answer: Answer, spoken: Spoken, request: Request, course: Course) -> Answer:
        """What every answer has: cross-origin headers, how the caller stands with its limits, an entity tag, a coding, and
        304 where the client has it."""
        answer.application, answer.key, answer.version = course.caller.application, course.caller.key, course.version
        if course.standing is not None:
            answer.headers += course.standing.headers()
        if course.negotiated:
            answer.headers = conditional.varying(answer.headers, b"Accept")
        if course.version:
            answer.headers.append((b"x-schema-version", course.version.encode()))
        if self._hears_host:
            answer.headers = conditional.varying(answer.headers, b"X-Forwarded-Host")
        answer.headers += (cors.ORIGIN, spoken.exposed)
        if course.ending:
            answer.headers = ending.joined(answer.headers, course.ending)
        answer.dialect = spoken.dialect.name
        if answer.etag is None:
            return answer
        held = conditional.not_modified(answer, request) if b"if-none-match" in request.headers else None
        if held is not None:
            answer.headers.append((b"etag", held))
            return conditional.emptied(answer)
        coding = self._encoder.encode(answer, request) if b"accept-encoding" in request.headers else None
        if coding is not None:
            answer.etag = conditional.with_coding(answer.etag, coding)
            answer.headers.append((b"content-encoding", coding.encode()))
        answer.headers.append((b"etag", answer.etag))
        return answer


def _last_resort(request: Request, dialect: str, caller: Caller) -> Answer:
    text = f"internal error; report the request id {request.id} if it lasts\n"
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"), cors.ORIGIN]
    return Answer(status=500, headers=headers, body=text.encode(), outcome=Code.INTERNAL.value, dialect=dialect,
                  application=caller.application, key=caller.key)


def _check_on(off: Mapping[tuple[str, str], str], catalog: str, path: str) -> None:
    """Refuse what an operator has switched off (L20), whoever asks for it."""
    reason = off.get((catalog, path))
    if reason is not None:
        raise refuse(Code.TARGET_DISABLED, "disabled by the operator", detail=reason, hint="Try again later.")

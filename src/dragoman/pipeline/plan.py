"""Judging a query against the catalog: every fault is collected, and what is left makes sense."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec

from ..catalog.catalog import CLUSTER_DEFAULT, Catalog
from ..catalog.fields import Field
from ..catalog.method import Method
from ..catalog.names import key_name
from ..catalog.remembered import remembered
from ..catalog.resource import Resource
from ..catalog.shapes import Nested, bottom
from ..catalog.stage import Stage
from ..contracts import Dialect
from ..errors import Code, Fault, Refusal, refuse
from ..exchange import Request
from ..query import Ask, Caller, Plan, Query, View
from ..views.select import Selection
from .arguments import read_arguments, read_idempotency_key
from .faults import unknown_names
from .formatting import Formatter
from .gate import audience_of
from .language import match, negotiate
from .operating import read_id
from .versions import choose
from .wanted import Records, Wanted

_NO_RECORDS = Wanted(Ask.CALL)


class Planner:
    """Plans the queries of one dialect."""

    def __init__(self, dialect: Dialect, formatter: Formatter) -> None:
        self._dialect, self._terms, self._formatter = dialect, dialect.terms, formatter
        self._records = Records(dialect)
        self._parameters_of = remembered(partial(_parameters_in, dialect.name))
        self._names_of = remembered(partial(_names_in, dialect))
        self._views: dict[tuple[str, Stage], View] = {}

    def plan(self, query: Query, catalog: Catalog, target: Resource | Method, caller: Caller, request: Request) -> Plan:
        """The plan of an admitted query. Raises `Refusal` with everything that is wrong with it."""
        self._check_verb(query, target)
        faults: list[Fault] = []
        language = self._language(query, catalog, faults)
        version, pinned, stage = choose(query, target, catalog, caller, self._terms.version, faults)
        if query.settle is not None:
            query.settle(stage)
        faults[:0] = query.faults                       # what could not even be read is told first
        wanted, arguments, idempotency_key = _NO_RECORDS, {}, None
        if isinstance(target, Resource):
            wanted = self._records.wanted(query, target, stage, caller, faults)
        elif not asks_about(query, target):
            arguments = self._arguments(query, target, stage, faults)
            idempotency_key = read_idempotency_key(target, caller, request, faults)
        view = self._view(language, query, target, stage, faults)
        if faults:
            raise Refusal(*faults)
        plan = Plan(
            catalog=catalog, cluster=cluster_of(catalog, request.cluster), target=target, stage=stage, view=view,
            version=version if catalog.timeline.versions else "", pinned=pinned,
            audience=audience_of(caller, target), caller=caller,
            ask=wanted.ask, keys=wanted.keys, keyed=self._dialect.keyed, page=wanted.page, page_size=wanted.page_size,
            paging=self._dialect.paging, filtered=wanted.filtered, owned=wanted.owned,
            arguments=arguments, names=self._names_of(stage), idempotency_key=idempotency_key,
            format=self._formatter.choose(query, catalog, request), request_id=request.id,
        )
        return self._asking(plan, query) if asks_about(query, target) else plan

    def _arguments(self, query: Query, method: Method, stage: Stage, faults: list[Fault]) -> dict[str, Any]:
        """What a method takes, by its names of today."""
        names = self._parameters_of(stage)
        faults += unknown_names(self._dialect, query.parameters if query.arguments is None else query.arguments, names)
        return read_arguments(query, method, stage, names, faults)

    def _asking(self, plan: Plan, query: Query) -> Plan:
        """The plan of a question about a long operation, whose arguments do not matter any more."""
        named = self._dialect.asked_by
        return msgspec.structs.replace(plan, operation=read_id(query.operation or "", named), operation_name=named,
                                       cancels=query.cancels)

    def _check_verb(self, query: Query, target: Resource | Method) -> None:
        own = target.verb if isinstance(target, Method) else "GET"
        allowed: list[str] = ["GET", "POST"] if self._dialect.verbs_alike else [own]
        if asks_about(query, target):                # by GET, however it was begun; DELETE cancels
            allowed = list(dict.fromkeys(["GET", "HEAD", *allowed, *(() if self._dialect.verbs_alike else ("DELETE",))]))
        elif own == "GET" and not (isinstance(target, Method) and target.operation):
            allowed.insert(1, "HEAD")                # whoever asks for the head alone wants nothing done
        if query.verb not in allowed:
            verbs = ", ".join([*allowed, "OPTIONS"])
            raise refuse(Code.VERB_NOT_ALLOWED, f"{query.verb} is not allowed here", hint=f"Use {verbs}.",
                         facts={"allow": verbs})

    def _language(self, query: Query, catalog: Catalog, faults: list[Fault]) -> str:
        if query.language is None:
            accepted = query.accept_language
            return negotiate(accepted, catalog.languages) if accepted else catalog.languages[0]
        language = match(query.language, catalog.languages)
        if language is None:
            faults.append(Fault(
                code=Code.LANGUAGE_UNKNOWN, message="unknown language", field=self._terms.language, value=query.language,
                hint=f"Use one of {', '.join(catalog.languages)}.",
            ))
        return language or catalog.languages[0]

    def _view(self, language: str, query: Query, target: Resource | Method, stage: Stage, faults: list[Fault]) -> View:
        """How records are shown; the same view for all who choose nothing."""
        if query.fields or query.extra:
            return self._selected(language, query, target, stage, faults)
        view = self._views.get((language, stage))
        if view is None:
            view = self._views[language, stage] = self._selected(language, query, target, stage, faults)
        return view

    def _selected(self, language: str, query: Query, target: Resource | Method, stage: Stage, faults: list[Fault]) -> View:
        selection = Selection(fields_of(target, stage), query.fields, query.extra)
        faults += [Fault(code=Code.FIELD_UNKNOWN, message=each.reason, field=getattr(self._terms, each.parameter), value=each.name,
                         hint=each.remedy) for each in selection.unfit]
        shown = selection.shown(extra=self._dialect.shows_extra)
        if shown is None and isinstance(target, Resource) and target.only:
            shown = tuple((field.name, None) for field in fields_of(target, stage))
        return View(language, version=stage.version, shown=shown,
                    nulls=self._dialect.hidden_nulls and bool(target.needs))


def asks_about(query: Query, target: Resource | Method) -> bool:
    """Whether a long operation is asked about that began before, and none is to begin."""
    return query.operation is not None and isinstance(target, Method) and target.operation


def fields_of(target: Resource | Method, stage: Stage) -> tuple[Field, ...]:
    """The fields of what a target answers in a version; none where that are no records."""
    if isinstance(target, Resource):
        return stage.shown(target.only)
    shape = bottom(stage.shape) if stage.shape is not None else None
    return shape.fields if isinstance(shape, Nested) else ()


def cluster_of(catalog: Catalog, asked: str) -> str:
    """The cluster that answers for a host. Raises `Refusal` for a host that belongs to none."""
    if asked in catalog.clusters:
        return asked
    if asked == CLUSTER_DEFAULT or (asked and catalog.clusters == (CLUSTER_DEFAULT,)):
        return catalog.clusters[0]
    raise refuse(Code.CLUSTER_UNKNOWN, "this host serves no data", hint="Use one of the documented hosts.")


def _parameters_in(dialect: str, stage: Stage) -> Mapping[str, Field]:
    """The parameters of a method as clients of a dialect write them."""
    return {each.name_in(dialect): each for each in stage.fields}


def _names_in(dialect: Dialect, stage: Stage) -> Mapping[str, str]:
    """What clients of a dialect call the parameters of a method, or the key of a resource, by their names of today."""
    if stage.record is not None:
        return {stage.meanings[stage.key.name].name: key_name(dialect, stage.key)}
    return {stage.meanings[each.name].name: each.name_in(dialect.name) for each in stage.fields if each.name in stage.meanings}

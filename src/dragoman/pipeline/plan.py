"""Judging a query against the catalog: every fault is collected, and what is left makes sense."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from ..catalog.catalog import CLUSTER_DEFAULT, Catalog
from ..catalog.fields import Field
from ..catalog.layout import Meaning
from ..catalog.method import Method
from ..catalog.names import key_name
from ..catalog.plain import to_plain
from ..catalog.resource import Resource
from ..catalog.shapes import Nested, bottom, describe, element
from ..catalog.timeline import Stage
from ..catalog.values import read_scalar
from ..contracts import Dialect
from ..errors import Code, Fault, Refusal, refuse
from ..exchange import Request
from ..query import Ask, Caller, Filtered, Plan, Query, View
from ..views.select import Selection
from .arguments import read_arguments, read_idempotency_key
from .formatting import Formatter
from .gate import audience_of, owned_by
from .language import match, negotiate
from .operating import read_id
from .versions import choose, not_there

_INTEGER = re.compile(r"-?[0-9]+\Z")
_DIGITS_MAX = 12
_WRONG_VALUES_MAX = 10
"""How many wrong values of one filter are told at once."""
NOTHING_FILTERED = Filtered()
NO_NAMES: Mapping[str, str] = {}


class Planner:
    """Plans the queries of one dialect."""

    def __init__(self, dialect: Dialect, formatter: Formatter) -> None:
        self._dialect, self._formatter = dialect, formatter
        self._filters: dict[int, dict[str, Field]] = {}
        self._parameters: dict[int, dict[str, Field]] = {}
        self._names: dict[int, dict[str, str]] = {}
        """By the identity of stages, which live as long as their catalogs."""
        self._views: dict[tuple[str, str, str, str], View] = {}

    def plan(self, query: Query, catalog: Catalog, target: Resource | Method, caller: Caller, request: Request) -> Plan:
        """The plan of an admitted query. Raises `Refusal` with everything that is wrong with it."""
        self._check_verb(query, target)
        unread: list[Fault] = []
        version, settled = choose(query, caller, catalog, unread)
        if not catalog.timeline.knows(target, version):
            raise not_there(target, version)
        stage = catalog.timeline.stage(target, version)
        if query.settle is not None:
            query.settle(stage)
        faults = list(query.faults)
        language = self._language(query, catalog, faults)
        faults += unread
        ask, keys = query.ask, query.keys
        if isinstance(target, Resource) and target.by is not None:
            ask, keys = Ask.PAGE, ()
        page, page_size = self._page(query, faults) if ask is Ask.PAGE else (0, 0)
        filtered, owned, arguments, idempotency_key = NOTHING_FILTERED, None, {}, None
        asks = asks_about(query, target)
        if isinstance(target, Method):
            if not asks:
                names = self._parameters_of(stage)
                self._check_known(query.parameters if query.arguments is None else query.arguments, names, faults)
                arguments = read_arguments(query, target, stage, names, faults)
                idempotency_key = read_idempotency_key(target, caller, request, faults)
        elif target.single:                          # whatever was asked for, there is one record, and it is the caller's
            ask, keys, owned = Ask.ONE, (), owned_by(caller, target)
            self._check_known(query.parameters, (), faults)
        else:
            self._check_keys(query, target, stage, faults)
            owned = owned_by(caller, target) if target.owner is not None else None
            if target.by is not None:
                filtered = self._searched(query, target, target.by, faults)
            elif query.parameters or query.search is not None or query.sort is not None:
                filtered = self._filtered(query, target, stage, faults)
        view = self._view(language, query, catalog, target, stage, faults)
        if faults:
            raise Refusal(*faults)
        plan = Plan(
            catalog=catalog, cluster=cluster_of(catalog, request.cluster), target=target, ask=ask,
            view=view, stage=stage, version=version if catalog.timeline.versions else "",
            settled=settled, keyed=self._dialect.keyed,
            audience=audience_of(caller, target), caller=caller, keys=keys,
            page=page, page_size=page_size, paging=self._dialect.paging, filtered=filtered, owned=owned, arguments=arguments,
            names=self._names_of(stage) if isinstance(target, Method) else NO_NAMES,
            format=self._formatter.choose(query, catalog, request), idempotency_key=idempotency_key, request_id=request.id,
        )
        return self._asking(plan, query) if asks else plan

    def _asking(self, plan: Plan, query: Query) -> Plan:
        """The plan of a question about a long operation, whose arguments do not matter any more."""
        named = self._dialect.asked_by
        return msgspec.structs.replace(plan, operation=read_id(query.operation or "", named), operation_name=named,
                                       cancels=query.cancels)

    def _view(
        self, language: str, query: Query, catalog: Catalog, target: Resource | Method, stage: Stage, faults: list[Fault],
    ) -> View:
        """How records are shown; the same view for all who choose nothing."""
        if query.fields or query.extra:
            return self._selected(language, query, target, stage, faults)
        known = (language, catalog.name, target.path, stage.version)
        view = self._views.get(known)
        if view is None:
            view = self._views[known] = self._selected(language, query, target, stage, faults)
        return view

    def _selected(self, language: str, query: Query, target: Resource | Method, stage: Stage, faults: list[Fault]) -> View:
        selection = Selection(fields_of(target, stage), query.fields, query.extra)
        faults += [Fault(code=Code.FIELD_UNKNOWN, message=each.reason, field=each.parameter, value=each.name, hint=each.remedy)
                   for each in selection.unfit]
        shown = selection.shown(extra=self._dialect.shows_extra)
        if shown is None and isinstance(target, Resource) and target.only:
            shown = tuple((field.name, None) for field in fields_of(target, stage))
        return View(language, version=stage.version, shown=shown,
                    nulls=self._dialect.hidden_nulls and bool(target.needs))

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
                code=Code.LANGUAGE_UNKNOWN, message="unknown language", field="lang", value=query.language,
                hint=f"Use one of {', '.join(catalog.languages)}.",
            ))
        return language or catalog.languages[0]

    def _page(self, query: Query, faults: list[Fault]) -> tuple[int, int]:
        paging = self._dialect.paging
        page = _read_integer(paging.page, query.page, paging.first, faults)
        size = _read_integer(paging.size, query.page_size, paging.size_default, faults)
        if paging.too_many == "clamp":
            size = min(size, paging.size_max)
        if not 1 <= size <= paging.size_max:
            faults.append(Fault(
                code=Code.PARAMETER_INVALID, message="out of range", field=paging.size,
                value=query.page_size, hint=f"Use {paging.size} values 1 - {paging.size_max}.",
            ))
        return page - paging.first, size

    def _check_keys(self, query: Query, target: Resource, stage: Stage, faults: list[Fault]) -> None:
        limit, key = self._dialect.keys_max, stage.key
        name = key_name(self._dialect, key)
        if query.ask is Ask.ONE and not query.keys:
            faults.append(Fault(code=Code.PARAMETER_MISSING, message="missing parameter", field=name,
                                hint=f"Expected {describe(key.shape)}."))
        elif len(query.keys) > limit:
            faults.append(Fault(code=Code.LIST_TOO_LONG, message="id list too long", field=name,
                                hint=f"Ask for at most {limit} at once.", facts={"limit": limit}))
        elif self._dialect.checks_keys:
            faults += [Fault(code=Code.PARAMETER_INVALID, message="invalid value", field=name, value=text,
                             hint=f"Expected {describe(key.shape)}.")
                       for text in query.keys if not _fits(key, text)][:_WRONG_VALUES_MAX]
        if query.ask is Ask.ALL and not target.expand_all:
            faults.append(Fault(code=Code.LIST_NOT_EXPANDABLE, message="ids=all is not supported here", field="ids",
                                value="all", hint="Ask for pages, or name the ids."))

    def _filtered(self, query: Query, target: Resource, stage: Stage, faults: list[Fault]) -> Filtered:
        filters = self._filters_of(stage)
        named = query.ask in (Ask.ONE, Ask.MANY)    # records named by their keys are not filtered
        self._check_known(query.parameters, () if named else filters, faults)
        values = [_filter_by(target, stage.meanings[filters[name].name], name, _read_filter(name, filters[name], texts, faults), faults)
                  for name, texts in query.parameters.items() if name in filters and not _means_any(filters[name], texts)]
        if named:
            return NOTHING_FILTERED
        sort, descending = self._sort(query, stage, faults)
        return Filtered(values=tuple(sorted(values)), search=self._search(query, target, faults), sort=sort,
                        descending=descending)

    def _filters_of(self, stage: Stage) -> Mapping[str, Field]:
        known = self._filters.get(id(stage))
        if known is None:
            known = {field.name_in(self._dialect.name): field for field in stage.fields
                     if field.filter is not None and field.name in stage.meanings}
            self._filters[id(stage)] = known
        return known

    def _parameters_of(self, stage: Stage) -> Mapping[str, Field]:
        """The parameters of a method as clients write them."""
        known = self._parameters.get(id(stage))
        if known is None:
            known = self._parameters[id(stage)] = {each.name_in(self._dialect.name): each for each in stage.fields}
        return known

    def _names_of(self, stage: Stage) -> Mapping[str, str]:
        """What clients call the parameters of today."""
        known = self._names.get(id(stage))
        if known is None:
            known = {stage.meanings[each.name].name: each.name_in(self._dialect.name) for each in stage.fields
                     if each.name in stage.meanings}
            self._names[id(stage)] = known
        return known

    def _check_known(self, sent: Iterable[str], known: Collection[str], faults: list[Fault]) -> None:
        """Unknown names are ignored or refused as the dialect's clients expect."""
        if self._dialect.unknown_parameters == "refuse":
            hint = f"Known are {', '.join(known)}." if known else "Leave it out."
            faults += [Fault(code=Code.PARAMETER_UNKNOWN, message="unknown parameter", field=name, hint=hint)
                       for name in sent if name not in known]

    def _searched(self, query: Query, target: Resource, by: str, faults: list[Fault]) -> Filtered:
        """What a search looks for; without a text there is nothing to find."""
        self._check_known(query.parameters, (), faults)
        if query.search_type not in (None, "startswith", "exact"):
            faults.append(Fault(code=Code.PARAMETER_INVALID, message="invalid value", field="type", value=query.search_type,
                                hint="Use startswith or exact."))
        if query.search is None:
            faults.append(Fault(code=Code.PARAMETER_MISSING, message="missing parameter", field="search",
                                hint=f"Say what {by} begins with."))
            return NOTHING_FILTERED
        if query.search_type != "exact":
            return Filtered(search=self._search(query, target, faults), by=by)
        names = tuple(dict.fromkeys(part.strip() for part in query.search.split(",") if part.strip()))
        if len(names) > self._dialect.keys_max:
            faults.append(Fault(code=Code.LIST_TOO_LONG, message="too many texts", field="search",
                                hint=f"Ask for at most {self._dialect.keys_max} at once.",
                                facts={"limit": self._dialect.keys_max}))
        return Filtered(values=((by, names),))

    def _search(self, query: Query, target: Resource, faults: list[Fault]) -> str | None:
        text = query.search
        searched = [field.search for field in target.fields if field.search is not None and target.by in (None, field.name)]
        if text is None or not searched:
            self._check_known(() if text is None else ("search",), (), faults)
            return None
        least = min(search.at_least for search in searched)
        if len(text) < least:
            faults.append(Fault(code=Code.SEARCH_TOO_SHORT, message="the search text is too short", field="search",
                                value=text, hint=f"Use at least {least} characters.", facts={"at_least": least}))
        return text.casefold()

    def _sort(self, query: Query, stage: Stage, faults: list[Fault]) -> tuple[str | None, bool]:
        if not query.sort:
            return None, False
        name, descending = query.sort.removeprefix("-"), query.sort.startswith("-")
        sortable = [field.name for field in stage.fields if field.sort and field.name in stage.meanings]
        self._check_known(() if sortable else ("sort",), (), faults)
        if name not in sortable and sortable:
            faults.append(Fault(code=Code.PARAMETER_INVALID, message="cannot sort by this", field="sort",
                                value=query.sort, hint=f"Use one of {', '.join(sortable)}, with - before it to reverse."))
        return (stage.meanings[name].name, descending) if name in sortable else (None, False)


def asks_about(query: Query, target: Resource | Method) -> bool:
    """Whether a long operation is asked about that began before, and none is to begin."""
    return query.operation is not None and isinstance(target, Method) and target.operation


def fields_of(target: Resource | Method, stage: Stage) -> tuple[Field, ...]:
    """The fields of what a target answers in a version; none where that are no records."""
    if isinstance(target, Resource):
        return stage.fields if not target.only else tuple(
            field for field in stage.fields if field.name in stage.meanings and stage.meanings[field.name].name in target.only)
    shape = bottom(stage.shape) if stage.shape is not None else None
    return shape.fields if isinstance(shape, Nested) else ()


def _filter_by(
    target: Resource, meaning: Meaning, name: str, values: Sequence[Any], faults: list[Fault],
) -> tuple[str, tuple[Any, ...]]:
    """The field of today, and the values that it may have. Values of an old version can stand for nothing today: that is told."""
    if meaning.values is None:
        return meaning.name, tuple(values)
    shape = element(next(field.shape for field in target.fields if field.name == meaning.name))
    today: list[Any] = []
    wrong: list[Fault] = []
    for value in map(to_plain, values):
        try:
            today += [read_scalar(shape, _written(each)) for each in meaning.values(value)]
        except ValueError:
            wrong.append(Fault(code=Code.PARAMETER_INVALID, message="invalid value", field=name, value=_written(value),
                               hint="It stands for nothing in the schema of today."))
    faults += wrong[:_WRONG_VALUES_MAX]
    return meaning.name, tuple(today)


def _written(value: Any) -> str:
    """A single value as clients write it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def cluster_of(catalog: Catalog, asked: str) -> str:
    """The cluster that answers for a host. Raises `Refusal` for a host that belongs to none."""
    if asked in catalog.clusters:
        return asked
    if asked == CLUSTER_DEFAULT or (asked and catalog.clusters == (CLUSTER_DEFAULT,)):
        return catalog.clusters[0]
    raise refuse(Code.CLUSTER_UNKNOWN, "this host serves no data", hint="Use one of the documented hosts.")


def _fits(field: Field, text: str) -> bool:
    try:
        read_scalar(field.shape, text)
    except ValueError:
        return False
    return True


def _read_integer(name: str, text: str | None, default: int, faults: list[Fault]) -> int:
    if text is None:
        return default
    if not _INTEGER.match(text):
        faults.append(Fault(code=Code.PARAMETER_INVALID, message="not an integer", field=name, value=text,
                            hint="Write a number such as 1."))
        return default
    return int(text[:_DIGITS_MAX])          # no list is longer, so that all larger numbers are alike


def _means_any(field: Field, texts: Sequence[str]) -> bool:
    """Whether a filter is given the value that stands for all."""
    every = field.filter.any if field.filter is not None else None
    return every is not None and any(every in text.split(",") for text in texts)


def _read_filter(name: str, field: Field, texts: Sequence[str], faults: list[Fault]) -> list[Any]:
    """Any of the values by comma or repetition; text fields are compared without case."""
    values: list[Any] = []
    wrong: list[Fault] = []
    shape = element(field.shape)
    for part in (part for text in texts for part in text.split(",")):
        try:
            values.append(read_scalar(shape, part))
        except ValueError:
            wrong.append(Fault(code=Code.PARAMETER_INVALID, message="invalid value", field=name, value=part,
                               hint=f"Expected {describe(shape)}."))
            if len(wrong) == _WRONG_VALUES_MAX:     # who sends thousands learns of the rest later
                break
    faults += wrong
    return values

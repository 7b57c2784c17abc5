"""Which records of a resource a query wants: those of some keys, a page, or what filters and searches find."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from ..catalog.fields import Field
from ..catalog.layout import Meaning
from ..catalog.names import key_name
from ..catalog.plain import to_plain
from ..catalog.remembered import remembered
from ..catalog.resource import Resource
from ..catalog.shapes import describe, element
from ..catalog.stage import Stage
from ..catalog.values import read_scalar
from ..contracts import Dialect
from ..errors import Code, Fault
from ..query import Ask, Caller, Filtered, Owned, Query
from .faults import unknown_names
from .gate import owned_by

_INTEGER = re.compile(r"-?[0-9]+\Z")
_DIGITS_MAX = 12
_WRONG_VALUES_MAX = 10
"""How many wrong values of one filter are told at once."""
_EVERYTHING = Filtered()


class Wanted(NamedTuple):
    """Some records of a resource, as `Plan` tells of them."""

    ask: Ask
    keys: tuple[str, ...] = ()
    page: int = 0
    page_size: int = 0
    filtered: Filtered = _EVERYTHING
    owned: Owned | None = None


class Records:
    """Reads which records the queries of one dialect want."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect, self._terms = dialect, dialect.terms
        self._filters_of = remembered(partial(_filters_in, dialect.name))

    def wanted(self, query: Query, target: Resource, stage: Stage, caller: Caller, faults: list[Fault]) -> Wanted:
        """What is asked of a resource, as it is in a stage; whatever makes no sense is noted among the faults."""
        owned = owned_by(caller, target)
        ask = query.ask if target.by is None else Ask.PAGE
        page, page_size = self._page(query, faults) if ask is Ask.PAGE else (0, 0)
        if target.single:                               # whatever was asked for, there is one record, and it is the caller's
            faults += unknown_names(self._dialect, query.parameters, ())
            return Wanted(Ask.ONE, owned=owned)
        self._check_keys(query, target, stage, faults)
        if target.by is not None:
            return Wanted(ask, (), page, page_size, self._searched(query, target, target.by, faults), owned)
        return Wanted(ask, query.keys, page, page_size, self._filtered(query, target, stage, faults), owned)

    # ------------------------------------------------------------------------------------ keys and pages

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
            ids = self._terms.ids
            faults.append(Fault(code=Code.LIST_NOT_EXPANDABLE, message=f"{ids}=all is not supported here", field=ids,
                                value="all", hint="Ask for pages, or name the ids."))

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

    # ------------------------------------------------------------------------------------ filters, search and order

    def _filtered(self, query: Query, target: Resource, stage: Stage, faults: list[Fault]) -> Filtered:
        if not query.parameters and query.search is None and query.sort is None:
            return _EVERYTHING
        filters = self._filters_of(stage)
        named = query.ask in (Ask.ONE, Ask.MANY)        # records named by their keys are not filtered
        faults += unknown_names(self._dialect, query.parameters, () if named else filters)
        values = [_filter_by(target, stage.meanings[filters[name].name], name, _read_filter(name, filters[name], texts, faults), faults)
                  for name, texts in query.parameters.items() if name in filters and not _means_any(filters[name], texts)]
        if named:
            return _EVERYTHING
        sort, descending = self._sort(query, stage, faults)
        return Filtered(values=tuple(sorted(values)), search=self._search(query, target, faults), sort=sort,
                        descending=descending)

    def _searched(self, query: Query, target: Resource, by: str, faults: list[Fault]) -> Filtered:
        """What a search looks for; without a text there is nothing to find."""
        terms, limit = self._terms, self._dialect.keys_max
        faults += unknown_names(self._dialect, query.parameters, ())
        if query.search_type not in (None, "startswith", "exact"):
            faults.append(Fault(code=Code.PARAMETER_INVALID, message="invalid value", field=terms.search_type, value=query.search_type,
                                hint="Use startswith or exact."))
        if query.search is None:
            faults.append(Fault(code=Code.PARAMETER_MISSING, message="missing parameter", field=terms.search,
                                hint=f"Say what {by} begins with."))
            return _EVERYTHING
        if query.search_type != "exact":
            return Filtered(search=self._search(query, target, faults), by=by)
        names = tuple(dict.fromkeys(part.strip() for part in query.search.split(",") if part.strip()))
        if len(names) > limit:
            faults.append(Fault(code=Code.LIST_TOO_LONG, message="too many texts", field=terms.search,
                                hint=f"Ask for at most {limit} at once.", facts={"limit": limit}))
        return Filtered(values=((by, names),))

    def _search(self, query: Query, target: Resource, faults: list[Fault]) -> str | None:
        text, name = query.search, self._terms.search
        if text is None:
            return None
        searched = [field.search for field in target.fields if field.search is not None and target.by in (None, field.name)]
        if not searched:
            faults += unknown_names(self._dialect, (name,), ())
            return None
        least = min(search.at_least for search in searched)
        if len(text) < least:
            faults.append(Fault(code=Code.SEARCH_TOO_SHORT, message="the search text is too short", field=name,
                                value=text, hint=f"Use at least {least} characters.", facts={"at_least": least}))
        return text.casefold()

    def _sort(self, query: Query, stage: Stage, faults: list[Fault]) -> tuple[str | None, bool]:
        """The field of today to sort by, and whether the other way round."""
        if not query.sort:
            return None, False
        terms, name, descending = self._terms, query.sort.removeprefix("-"), query.sort.startswith("-")
        sortable = [field.name for field in stage.fields if field.sort and field.name in stage.meanings]
        if name in sortable:
            return stage.meanings[name].name, descending
        if not sortable:
            faults += unknown_names(self._dialect, (terms.sort,), ())
        else:
            value, reverse = (query.sort, ", with - before it to reverse") if terms.direction is None else (name, "")
            faults.append(Fault(code=Code.PARAMETER_INVALID, message="cannot sort by this", field=terms.sort, value=value,
                                hint=f"Use one of {', '.join(sortable)}{reverse}."))
        return None, False


def _filters_in(dialect: str, stage: Stage) -> Mapping[str, Field]:
    """The filters of a resource as clients of a dialect write them."""
    return {field.name_in(dialect): field for field in stage.fields if field.filter is not None and field.name in stage.meanings}


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

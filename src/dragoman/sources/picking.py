"""Choosing among rows where the source itself cannot: filters, search, order and keys as in an edition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from ..catalog.catalog import Catalog
from ..catalog.comparables import comparable, compared, kind_of, single_values
from ..catalog.fields import Field
from ..catalog.origin import Row
from ..catalog.resource import Resource
from ..catalog.shapes import Nested
from ..catalog.values import Validator
from ..query import Filtered, Owned
from ..views.localize import Localizer


class Picker:
    """Chooses among the rows of one resource; texts are compared without regard to case, nulls come last.

    A localized text fits in any of its languages and is ordered by the catalog's default. What does not fit its record
    raises `Misfits`.
    """

    def __init__(self, catalog: Catalog, resource: Resource) -> None:
        self._resource = resource
        self._fields = {field.name: field for field in resource.fields}
        self._validate = Validator(resource.record)
        self._localizer, self._language = Localizer(Nested(resource.record), catalog.languages), catalog.languages[0]

    def by_key(self, rows: Iterable[Row], keys: Sequence[Any], owned: Owned | None = None) -> list[Row]:
        """The rows with one of these keys, of one owner where one is named."""
        name, wanted = self._resource.key.name, {msgspec.to_builtins(key) for key in keys}
        checked = ((self._validate(row), row) for row in rows)
        return [row for value, row in checked if value[name] in wanted and (owned is None or owned.holds(value))]

    def owned(self, rows: Iterable[Row], owned: Owned | None) -> list[Row]:
        """The rows of one owner; all where none is named."""
        return [row for row in rows if owned is None or owned.holds(self._validate(row))]

    def pick(self, rows: Iterable[Row], filtered: Filtered, owned: Owned | None = None) -> list[Row]:
        """The rows that fit, in the order asked."""
        tests = [self._test(self._fields[name], values) for name, values in filtered.values]
        tests += [self._search(filtered.search, filtered.by)] if filtered.search is not None else []
        tests += [owned.holds] if owned is not None else []
        checked = ((self._validate(row), row) for row in rows)
        found = [(value, row) for value, row in checked if all(test(value) for test in tests)]
        return [row for _, row in found] if filtered.sort is None else self._sort(found, filtered)

    def _sort(self, found: Sequence[tuple[Row, Row]], filtered: Filtered) -> list[Row]:
        field = self._fields[filtered.sort or ""]
        keyed = [(self._sort_key(field, value), row) for value, row in found]
        there = [pair for pair in keyed if pair[0] is not None]
        there.sort(key=lambda pair: pair[0], reverse=filtered.descending)
        return [row for _, row in there] + [row for key, row in keyed if key is None]

    def _sort_key(self, field: Field, value: Row) -> Any:
        found = value[field.name]
        if field.localized:
            found = self._localizer.choose(found, self._language)
        return None if found is None else comparable(kind_of(field.shape))(found)

    def _test(self, field: Field, values: Sequence[Any]) -> Callable[[Row], bool]:
        kind = kind_of(field.shape)
        compare, wanted = comparable(kind), [compared(kind, value) for value in values]
        return lambda row: any(compare(each) in wanted for each in single_values(row[field.name]))

    def _search(self, text: str, by: str | None) -> Callable[[Row], bool]:
        begin = text.casefold()
        fields = self._resource.searched(text, by)
        return lambda row: any(
            each.casefold().startswith(begin) for field in fields for each in single_values(row[field.name])
        )

"""Rows that are chosen in memory fit a filter as those of an edition do."""

from __future__ import annotations

import asyncio
import datetime
import decimal
from pathlib import Path
from typing import Annotated, Any

import pytest

from dragoman import Filter, Key, Record, Rows
from dragoman.query import Filtered

from .helpers import open_source

ROWS: list[dict[str, Any]] = [
    {"id": 1, "tags": [["Red", None], [None]], "price": decimal.Decimal("1.50"), "opens": "12:00:00Z"},
    {"id": 2, "tags": [], "price": decimal.Decimal(2), "opens": "13:00:00+01:00"},
]


class Offer(Record):
    """A thing on sale."""

    id: Annotated[int, Key()]
    tags: Annotated[list[list[str | None]], Filter()]
    price: Annotated[decimal.Decimal, Filter()]
    opens: Annotated[datetime.time, Filter()]


@pytest.mark.parametrize(("name", "value", "found"), [
    ("tags", "red", [1]),
    ("tags", "blue", []),
    ("price", decimal.Decimal("1.5"), [1]),
    ("opens", datetime.time(12, tzinfo=datetime.UTC), [1, 2]),
])
def test_values_that_mean_the_same_are_equal(tmp_path: Path, name: str, value: Any, found: list[int]) -> None:
    """Texts in any case, in lists within lists and beside null; numbers however long; times in any zone."""
    source = open_source(tmp_path, Offer, Rows(lambda: ROWS))
    rows, total = asyncio.run(source.find(Filtered(values=((name, (value,)),)), 0, 9))
    assert [row["id"] for row in rows] == found
    assert total == len(found)

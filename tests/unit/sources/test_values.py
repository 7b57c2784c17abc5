"""What a source holds becomes what a field takes, or stays what it is for the validator to tell."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any, Literal

import pytest

from dragoman.catalog.shapes import shape_of
from dragoman.sources.values import Contents, converter

ID = uuid.UUID("12345678-1234-5678-1234-567812345678")
MIDNIGHT = dt.datetime(2024, 1, 2)  # noqa: DTZ001  # a database without zones gives such


@pytest.mark.parametrize(("annotation", "stored", "value"), [
    (bool, 1, True), (bool, 0, False), (bool, 2, 2), (bool, "yes", "yes"),
    (int, 7.0, 7), (int, 7.5, 7.5), (int, Decimal(7), 7), (int, Decimal("1e40"), 10**40), (int, 1e300, 1e300),
    (float, Decimal("1.5"), 1.5), (float, 7, 7),
    (Decimal, 1.1, Decimal("1.1")), (Decimal, "1.10", "1.10"),
    (str, ID, str(ID)), (str, dt.date(2024, 1, 2), "2024-01-02"), (str, 7, 7),
    (dt.date, "2024-01-02 00:00:00", "2024-01-02"), (dt.date, "2024-01-02T00:00:00.000", "2024-01-02"),
    (dt.date, "2024-01-02 10:00:00", "2024-01-02 10:00:00"), (dt.date, MIDNIGHT, dt.date(2024, 1, 2)),
    (dt.datetime, "2024-01-02 10:11:12", "2024-01-02T10:11:12Z"),
    (dt.datetime, "2024-01-02T10:11:12.5+02:00", "2024-01-02T10:11:12.5+02:00"),
    (dt.datetime, "2024-01-02 10:11:12 -0500", "2024-01-02T10:11:12-0500"),
    (dt.datetime, "2024-01-02", "2024-01-02T00:00:00Z"), (dt.datetime, "soon", "soon"),
    (dt.datetime, 1700000000, 1700000000),
    (dt.datetime, MIDNIGHT, dt.datetime(2024, 1, 2, tzinfo=dt.UTC)),
    (uuid.UUID, ID.bytes, ID), (uuid.UUID, b"short", b"short"),
    (list[int], "[1,2]", [1, 2]), (list[int], "[1,", "[1,"), (dict[str, Any], b'{"a": {"b": null}}', {"a": {"b": None}}),
    (Any, "[1]", [1]), (Any, "text", "text"), (Any, "{broken", "{broken"), (Any, "7", "7"),
    (Any, "[" * 100_000, "[" * 100_000),
    (float | None, float("nan"), None), (Decimal | None, Decimal("nan"), None), (str | None, "x", "x"),
])
def test_a_database_keeps_values_in_its_own_way(annotation: Any, stored: Any, value: Any) -> None:
    """SQLite knows no truth, no dates and no JSON; what cannot be meant stays as it is."""
    found = converter(shape_of(annotation), Contents.STORED)(stored)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(("annotation", "text", "value"), [
    (int, "7", 7), (int, "007", "007"), (int, "7.0", "7.0"), (int, "9" * 30, "9" * 30), (float, "1e3", 1000.0),
    (float, "nan", "nan"),
    (bool, "TRUE", True), (bool, "0", False), (bool, "maybe", "maybe"), (Decimal, "1.10", Decimal("1.10")),
    (dt.date, "2024-01-02", dt.date(2024, 1, 2)), (dt.date, "02/01/2024", "02/01/2024"),
    (dt.datetime, "2024-01-02 10:11:12", dt.datetime(2024, 1, 2, 10, 11, 12, tzinfo=dt.UTC)),
    (str, "007", "007"), (Literal[1, 2], "2", 2), (Literal["a"], "b", "b"), (uuid.UUID, str(ID), ID),
    (list[str], '["a"]', ["a"]), (int | None, "5", 5), (float | None, "NaN", "NaN"),
])
def test_a_text_is_read_as_its_field_says(annotation: Any, text: str, value: Any) -> None:
    """Nothing is guessed: a field of text keeps its zeros, a number with them is none."""
    found = converter(shape_of(annotation), Contents.TEXT)(text)
    assert (found, type(found)) == (value, type(value))


def test_typed_values_are_left_alone() -> None:
    """A text in JSON or Parquet that looks like JSON is a text."""
    assert converter(shape_of(Any), Contents.TYPED)("[1]") == "[1]"
    nested = {"at": dt.date(2024, 1, 2), "raw": b"\xaa"}
    assert converter(shape_of(Any), Contents.TYPED)(nested) == {"at": "2024-01-02", "raw": "qg=="}

"""A validator refuses the numbers that JSON cannot write, wherever they stand."""

from decimal import Decimal
from typing import Annotated, Any

import pytest

from dragoman import Key, Record
from dragoman.catalog.values import Misfits, Validator


class Depth(Record):
    metres: float | None


class Sounding(Record):
    id: Annotated[int, Key()]
    depth: Depth
    price: Decimal = Decimal(1)
    depths: list[Depth] | None = None
    by_day: dict[str, float] | None = None
    notes: Any = None


ROW = {"id": 1, "depth": {"metres": 1.5}}


@pytest.mark.parametrize(("given", "path"), [
    ({"depth": {"metres": float("nan")}}, "depth.metres"),
    ({"price": Decimal("Infinity")}, "price"),
    ({"depths": [{"metres": None}, {"metres": float("inf")}]}, "depths.1.metres"),
    ({"by_day": {"monday": float("-inf")}}, "by_day.monday"),
    ({"notes": {"deep": [1.0, float("nan")]}}, "notes.deep.1"),
])
def test_an_endless_number_is_refused_with_its_place(given, path):
    """Nested, in lists, in objects and in free JSON."""
    with pytest.raises(Misfits) as caught:
        Validator(Sounding)({**ROW, **given})
    assert [misfit.path for misfit in caught.value.misfits] == [path]


def test_finite_numbers_pass():
    """With nulls, lists and objects of them."""
    value = Validator(Sounding)({**ROW, "depths": [{"metres": None}], "by_day": {"a": 2}, "notes": [1, "x", None]})
    assert value["by_day"] == {"a": 2.0}

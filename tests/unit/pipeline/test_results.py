"""What methods return, as plain values of the very types that they declared, however it was written."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta

from dragoman import Catalog, Localized, Record
from dragoman.catalog.fitting import Misfits
from dragoman.catalog.plain import decode_exact, encode_json
from dragoman.catalog.shapes import Scalar, shape_of
from dragoman.pipeline.results import checked, has_form, item_check


class Bill(Record):
    """What somebody owes."""

    name: Localized
    sum: Decimal
    paid: bool = False


def method(returns: Any) -> Any:
    catalog = Catalog("tools")

    def find() -> None:
        """Find it."""

    find.__annotations__["return"] = returns
    catalog.method("find")(find)
    return catalog.methods["data/find"]


@pytest.mark.parametrize(("returns", "value", "plain"), [
    (Decimal, "1.50", Decimal("1.50")), (float, 7, 7.0), (dt.datetime, "2024-01-01 00:00:00z", "2024-01-01T00:00:00Z"),
    (uuid.UUID, "A" * 32, "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"), (dict[str, Any], {"a": Decimal(1)}, {"a": Decimal(1)}),
    (int | None, None, None),
    (Bill, {"name": {"en": "Rent"}, "sum": "5"}, {"name": {"en": "Rent"}, "sum": Decimal(5), "paid": False}),
    (Bill, Bill(name={"en": "Rent"}, sum=Decimal(5)), {"name": {"en": "Rent"}, "sum": Decimal(5), "paid": False}),
    (list[dt.date], (dt.date(2024, 1, 1),), ["2024-01-01"]),
])
def test_a_result_has_the_form_of_its_type(returns, value, plain):
    found = checked(method(returns), value)
    assert found == plain
    assert type(found) is type(plain)


@pytest.mark.parametrize("returns", [
    list[Decimal], list[Decimal] | None, Annotated[list[Decimal], Meta(max_length=2)], Annotated[list[Decimal] | None, Meta(max_length=2)],
])
def test_the_items_of_a_list_have_it_too(returns):
    assert item_check(method(returns).result)("1.50") == Decimal("1.50")


@pytest.mark.parametrize(("returns", "value"), [(int, "7"), (int, 7.5), (Bill, {"name": {}}), (Decimal, "many"), (None, 1)])
def test_what_does_not_fit_is_told(returns, value):
    with pytest.raises(Misfits):
        checked(method(returns if returns is not None else type(None)), value)


FORMS = [
    (int, 7), (float, 7.5), (float, 1e300), (Decimal, Decimal("1E-30")), (bool, True), (str, "a"), (bytes, b"a"),
    (dt.date, dt.date(2024, 1, 1)), (dt.datetime, "2024-01-01T00:00:00Z"), (uuid.UUID, uuid.UUID(int=1)), (Literal["a", "b"], "b"),
    (Literal[1, 2], 2), (list[int], [1]), (dict[str, int], {"a": 1}), (Bill, {"name": {"en": "Bill"}, "sum": Decimal(1)}),
    (int | None, None), (list[Bill | None], [None]), (Any, {"a": [1, None]}),
]


@pytest.mark.parametrize(("returns", "value"), FORMS, ids=[str(each[0]) for each in FORMS])
def test_whatever_was_returned_has_the_form_of_its_type_once_it_was_kept(returns: Any, value: Any) -> None:
    kept = decode_exact(encode_json(checked(method(returns), value)))
    assert has_form(shape_of(returns), kept)
    assert not has_form(Scalar("int"), [kept])


@pytest.mark.parametrize(("returns", "plain"), [
    (int, True), (int, "1"), (bool, 1), (float, "1"), (str, 1), (str, None), (Literal["a"], "b"), (list[int], {"a": 1}),
    (dict[str, int], [1]), (Bill, {"name": {}, "sum": 1}), (Bill, {"name": {}, "sum": 1, "paid": True, "more": 1}),
    (Bill, {"name": "a", "sum": 1, "paid": True}), (list[Bill], [None]),
])
def test_what_another_type_would_have_returned_has_another_form(returns: Any, plain: Any) -> None:
    assert not has_form(shape_of(returns), plain)

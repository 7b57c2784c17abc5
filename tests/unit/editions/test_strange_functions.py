"""Whatever a publisher's own function of a change gives or raises, it is told with its record, and nothing strange is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from dragoman import Catalog, Record, Reshaped, errors
from dragoman.catalog.plain import encode_json
from dragoman.views.translate import Asker, Translator, Untranslatable

from .shops import TANKS, tank
from .test_compiling import CREW, OldShop


class Seat(Record):
    role: str


class Speechless(Exception):
    def __str__(self) -> str:
        raise RuntimeError


class Title(str):
    __slots__ = ()


def raising(error: BaseException) -> Callable[..., Any]:
    def fail(crew: Any) -> Any:
        if crew:
            raise error
        return {"crew": ""}
    return fail


@pytest.mark.parametrize("strange", [object(), "\ud800", float("nan"), "secret"])
@pytest.mark.parametrize("compiled", [False, True])
def test_records_have_no_field_that_is_not_declared(tmp_path, compiled, strange):
    """Whatever a function puts into a record, alone, in a list, or under a name: it is as if it were not there."""
    for before, wrap in ((Seat, lambda seat: seat), (list[Seat], lambda seat: [seat]), (dict[str, Seat | None], lambda seat: {"a": seat})):
        def backward(crew: Any, wrap: Any = wrap) -> Any:
            return {"crew": wrap({"role": "driver", "extra": strange})}

        shop = OldShop(tmp_path / str(before), [tank(1, crew=CREW)], backward=backward, before=before)
        newer, _ = shop.stages(TANKS)
        shop.publish_with(*([(TANKS, newer)] if compiled else []))
        shown = Translator(newer).back({"id": 1, "crew": []})["crew"]
        assert shown == wrap({"role": "driver"})
        if compiled:
            assert b'"crew":%b,' % encode_json(shown) in shop.current().shelves[TANKS].records("en", newer.digest).one(0)


@pytest.mark.parametrize(("before", "given", "told"), [
    (Seat, Seat(role="driver"), "crew"), (Seat, "driver", "crew"), (list[Seat], {"role": "driver"}, "crew"), (dict[str, Seat], [], "crew"),
    (list[Seat], [7], "crew.0"),
])
def test_what_is_no_record_is_told(tmp_path, before, given, told):
    """As what does not fit `before=`."""
    shop = OldShop(tmp_path, [tank(1, crew=CREW)], backward=lambda _: {"crew": given}, before=before)
    with pytest.raises(errors.PublicationError) as caught:
        shop.publish()
    assert caught.value.field == told


def test_what_fits_and_is_no_json_is_told(tmp_path):
    """Such as a text of a class of its own."""
    shop = OldShop(tmp_path, [tank(1, crew=CREW)], backward=lambda _: {"crew": Title("driver")}, before=str)
    with pytest.raises(errors.PublicationError, match="Title is unsupported"):
        shop.publish()


@pytest.mark.parametrize("error", [
    SystemExit(0), GeneratorExit(), StopIteration(), asyncio.CancelledError(), MemoryError(), RecursionError(), Speechless(),
    BaseExceptionGroup("", [SystemExit()]),
])
def test_whatever_a_function_raises_is_an_ordinary_failure(tmp_path, error):
    """Neither a server nor a publication ends by it, as if all were well."""
    shop = OldShop(tmp_path, [tank(1, crew=CREW)], backward=raising(error), before=str)
    with pytest.raises(errors.PublicationError) as caught:
        shop.publish()
    assert type(error).__name__ in str(caught.value)
    with pytest.raises(Untranslatable):
        Translator(shop.stages(TANKS)[0]).back({"id": 1, "crew": [1]})


@pytest.mark.parametrize("error", [SystemExit(0), asyncio.CancelledError()])
def test_what_would_end_a_server_is_a_failure_in_what_is_written_too(error):
    """Of calls that are written for an old version."""
    catalog = Catalog("armory")

    @catalog.method("zoom")
    def zoom(crew: int) -> int:
        """Zoom."""
        return crew

    catalog.change("2024-01-01", "data/zoom", "It is a number.", Reshaped(
        "crew", before={"crew": str}, backward=raising(error), forward=raising(error)))
    stage = catalog.load().timeline.stages(catalog.methods["data/zoom"])[1]
    with pytest.raises(RuntimeError, match=type(error).__name__):
        Asker(stage).forth({"crew": "near"})

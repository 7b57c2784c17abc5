"""Whether a type may become another one, proven by values: nothing that is called harmless lets an old client meet what it never knew."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import json
import random
from collections.abc import Callable
from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta

from dragoman import Localized, Record
from dragoman.catalog.fields import field_of
from dragoman.catalog.fitting import check_of
from dragoman.catalog.layout import on_wire
from dragoman.catalog.lock.rules import Use, Weight, compare_types
from dragoman.catalog.lock.schema import type_of


class State(enum.Enum):
    A = "a"
    B = "b"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


FAMILIES: list[list[Any]] = [
    [int, float, decimal.Decimal, bool], [str, Localized, Literal["a", "b"], Literal["a"], Literal["b", "a", "c"], State],
    [Level, Literal[1, 2], Literal["1", "2"], Literal[2]], [dt.date, dt.datetime, dt.time, str], [Any, int, str],
]
SINGLE = [None, True, -1, 0, 1, 2, 3, 6, 0.5, 1.5, 10**12, "", "a", "b", "c", "ab", "aaaa", "1", "2", "2020-01-01", "2020-01-01T00:00:00Z",
          "2020-01-01T00:00:00", "10:00:00"]


def limited(of: Any, chance: random.Random) -> Any:
    """A type with some limits that go with it."""
    names = ["ge", "gt", "le", "lt", "multiple_of"] if of in (int, float) else ["min_length", "max_length", "pattern"] if of is str else []
    given = {name: chance.choice(["a", "^b"]) if name == "pattern" else chance.choice([1, 2, 3])
             for name in chance.sample(names, chance.randint(0, 2) if names else 0)}
    if {"ge", "gt"} <= set(given) or {"le", "lt"} <= set(given):
        return of
    return Annotated[of, Meta(**given)] if given else of


def of_form(form: str, family: list[Any], chance: random.Random) -> Any:
    """A type of a family, in lists and objects, where any may be null."""
    found = limited(chance.choice(family), chance)
    for each in form:
        found = list[found] if each == "l" else dict[str, found]  # type: ignore[valid-type]  # made just now
        least = chance.choice([None, 1, 2])
        found = Annotated[found, Meta(min_length=least)] if least else found
        found = found | None if chance.random() < 0.2 else found
    return found if form or chance.random() < 0.7 else found | None


def values_of(form: str, chance: random.Random) -> list[Any]:
    """Values of a form, most of which fit some type of it."""
    found = SINGLE
    for each in form:
        many = [[], *([one] * count for one in chance.sample(found, 12) for count in (1, 2)),
                *(chance.choices(found, k=2) for _ in range(8))]
        found = [*(many if each == "l" else [{f"k{number}": one for number, one in enumerate(some)} for some in many]), None]
    return found


def fits(of: Any) -> Callable[[Any], bool]:
    check = check_of(field_of(Record, "x", on_wire(of)))
    return lambda value: not any(check(value, "x"))


def decimal_as_text(value: Any) -> bool:
    """Numbers are shown as numbers; that some may be written as texts is another matter."""
    return '"1"' in json.dumps(value) or '"2"' in json.dumps(value)


@pytest.mark.parametrize("seed", range(2))
def test_no_value_surprises_a_client_of_a_type_that_may_become_another(seed: int) -> None:
    """What is shown fits what was told, and what could be sent still fits, wherever no difference is called breaking."""
    chance, harmless = random.Random(seed), 0
    for _ in range(150):
        family, form = chance.choice(FAMILIES), chance.choice(["", "", "", "l", "d"])
        old, new = (of_form(form, family, chance) for _ in range(2))
        values = [each for each in values_of(form, chance) if family is not FAMILIES[0] or not decimal_as_text(each)]
        before, after = ([fits(each)(value) for value in values] for each in (old, new))
        for use, told, met in ((Use(shown=True, sent=False), before, after), (Use(shown=False, sent=True), after, before)):
            if any(each.weight is Weight.BREAKING for each in compare_types(type_of(old), type_of(new), use)):
                continue
            harmless += 1
            strangers = [value for value, known, here in zip(values, told, met, strict=True) if here and not known]
            assert not strangers, (use, old, new, strangers[:3])
    assert harmless > 40

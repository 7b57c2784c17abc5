"""`fields` and `extra`: which names make sense, what they show, and that what is shown stays as it was written."""

import json
from decimal import Decimal
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman import Extra, Key, Localized, Record
from dragoman.catalog.plain import encode_json
from dragoman.catalog.shapes import Keyed, Many, Nested, Nullable
from dragoman.views.project import projector
from dragoman.views.select import NAMES_MAX, Selection


class Crew(Record):
    role: str
    name: Localized


class Garage(Record):
    size: int
    tanks: Annotated[list[int], Extra()]


class Private(Record):
    gold: int
    garage: Annotated[Garage | None, Extra()] = None


class Tank(Record):
    tank_id: Annotated[int, Key()]
    price: Decimal
    crew: list[Crew]
    by_map: dict[str, Crew]
    boss: Crew | None
    modules: Annotated[list[int], Extra()]
    private: Private | None
    anything: Any = None


FIELDS = Tank.__dragoman_fields__
RECORD = {
    "tank_id": 1, "price": Decimal("1.50"), "crew": [{"role": "gunner", "name": "Ann"}, {"role": "driver", "name": "Ben"}],
    "by_map": {"a.b": {"role": "x", "name": "X"}}, "boss": None, "modules": [1, 2],
    "private": {"gold": 5, "garage": {"size": 2, "tanks": [7]}}, "anything": {"z": [1.0, None]},
}


def show(fields="", extra="", record=RECORD):
    """A record as a client would see it, None where a name makes no sense."""
    selection = Selection(FIELDS, fields.split(",") if fields else (), extra.split(",") if extra else ())
    assert not selection.unfit
    shown = selection.shown()
    raw = encode_json(record)
    return json.loads(raw if shown is None else projector(Nested(Tank), shown)(raw), parse_float=Decimal)


def unfit(fields="", extra=""):
    return [(each.parameter, each.name) for each in
            Selection(FIELDS, fields.split(",") if fields else (), extra.split(",") if extra else ()).unfit]


ALL = {**RECORD, "private": {"gold": 5}}
del ALL["modules"]


@pytest.mark.parametrize(("fields", "extra", "expected"), [
    ("", "", json.loads(encode_json(ALL), parse_float=Decimal)),
    ("tank_id", "", {"tank_id": 1}),
    ("crew.role,tank_id", "", {"tank_id": 1, "crew": [{"role": "gunner"}, {"role": "driver"}]}),
    ("by_map.name", "", {"by_map": {"a.b": {"name": "X"}}}),
    ("boss.role", "", {"boss": None}),
    ("price,anything", "", {"price": Decimal("1.50"), "anything": {"z": [Decimal("1.0"), None]}}),
    ("tank_id,tank_id", "", {"tank_id": 1}),
    ("crew,crew.role", "", {"crew": RECORD["crew"]}),
    ("crew,-crew.name", "", {"crew": [{"role": "gunner"}, {"role": "driver"}]}),
    ("tank_id,modules", "", {"tank_id": 1}),
    ("tank_id,modules", "modules", {"tank_id": 1, "modules": [1, 2]}),
    ("private", "private.garage", {"private": {"gold": 5, "garage": {"size": 2}}}),
    ("private", "private.garage,private.garage.tanks", {"private": {"gold": 5, "garage": {"size": 2, "tanks": [7]}}}),
    ("private", "private.garage.tanks", {"private": {"gold": 5, "garage": {"size": 2, "tanks": [7]}}}),
    ("private.garage.size", "private.garage", {"private": {"garage": {"size": 2}}}),
    ("-crew,-by_map,-boss,-private,-anything,-price", "", {"tank_id": 1}),
    ("-private.gold,tank_id,private", "", {"tank_id": 1, "private": {}}),
])
def test_what_is_named_is_shown(fields, extra, expected):
    assert show(fields, extra) == expected


def test_what_is_excluded_is_left_out_and_all_else_is_shown():
    assert show("-crew.name,-price").keys() == ALL.keys() - {"price"}
    assert show("-crew.name")["crew"] == [{"role": "gunner"}, {"role": "driver"}]


@pytest.mark.parametrize(("fields", "extra", "expected"), [
    ("name", "", [("fields", "name")]), ("crew.rank", "", [("fields", "crew.rank")]), ("-crew.", "", [("fields", "-crew.")]),
    ("tank_id.x", "", [("fields", "tank_id.x")]), ("", "crew", [("extra", "crew")]), ("", "-modules", [("extra", "-modules")]),
    ("crew,-crew", "", [("fields", "crew")]), ("-crew,crew.role", "", [("fields", "crew.role")]), ("Crew", "", [("fields", "Crew")]),
    ("a,b", "c", [("fields", "a"), ("fields", "b"), ("extra", "c")]), (".".join(["crew"] * 50), "", [("fields", ".".join(["crew"] * 50))]),
    ("--crew", "", [("fields", "--crew")]), ("-", "", [("fields", "-")]), ("crew .role", "", [("fields", "crew .role")]),
])
def test_a_name_that_makes_no_sense_is_told(fields, extra, expected):
    assert unfit(fields, extra) == expected


def test_more_names_than_are_allowed_are_one_fault():
    assert unfit(",".join(["tank_id"] * (NAMES_MAX + 1))) == [("fields", f"{NAMES_MAX + 1} names")]
    assert unfit(",".join(["tank_id"] * NAMES_MAX)) == []


def test_two_ways_to_say_the_same_are_one_view():
    first = Selection(FIELDS, ["crew.role", "tank_id"], []).shown()
    second = Selection(FIELDS, ["tank_id", "crew", "-crew.name", "tank_id"], []).shown()
    assert first == second
    assert hash(first) == hash(second)


def test_everything_is_no_selection_at_all():
    whole = Selection(FIELDS, [], []).shown(extra=True)
    assert whole is None


def test_what_a_record_does_not_hold_is_absent():
    record = {name: value for name, value in RECORD.items() if name not in ("private", "price")}
    assert show("tank_id,price,private.gold", record=record) == {"tank_id": 1}


def test_lists_and_maps_of_records_are_cut_alike():
    shown = Selection(FIELDS, ["tank_id"], []).shown()
    assert projector(Many(Nested(Tank)), shown)(encode_json([RECORD, RECORD])) == b'[{"tank_id":1},{"tank_id":1}]'
    assert projector(Keyed(Nullable(Nested(Tank))), shown)(encode_json({"a": RECORD, "b": None})) == b'{"a":{"tank_id":1},"b":null}'


def test_numbers_and_escapes_stay_as_they_were_written():
    raw = b'{"tank_id":1,"price":1.50,"anything":{"a":1e2,"b":"\\u00e9"}}'
    shown = Selection(FIELDS, ["price", "anything"], []).shown()
    assert projector(Nested(Tank), shown)(memoryview(raw)) == b'{"price":1.50,"anything":{"a":1e2,"b":"\\u00e9"}}'


EXTRA = ["modules", "private.garage", "private.garage.tanks"]
NAMES = ["tank_id", "price", "crew", "crew.role", "crew.name", "by_map", "by_map.role", "by_map.name", "boss", "boss.name", "private",
         "private.gold", "private.garage.size", "anything", *EXTRA]
RECORDS = [RECORD, {**RECORD, "boss": {"role": "z", "name": "Z"}, "private": None, "crew": [], "by_map": {}},
           {**RECORD, "private": {"gold": 0, "garage": None}, "anything": None}]


def cut(value: Any, shape: Any, path: tuple[str, ...], asked: Any) -> Any:
    """The rule written plainly: what is shown of a value that stands at a path."""
    if isinstance(shape, Nullable):
        return None if value is None else cut(value, shape.inner, path, asked)
    if isinstance(shape, Many):
        return [cut(each, shape.item, path, asked) for each in value]
    if isinstance(shape, Keyed):
        return {name: cut(each, shape.value, path, asked) for name, each in value.items()}
    if not isinstance(shape, Nested):
        return value
    return {field.name: cut(value[field.name], field.shape, (*path, field.name), asked) for field in shape.fields
            if is_shown(".".join((*path, field.name)), field.extra, asked)}


def is_shown(name: str, extra: bool, asked: Any) -> bool:
    """Whether a field is: named, below what is named or on the way there, or nothing is; not left out, nor extra unasked."""
    included, excluded, extras = asked
    named = not included or any(f"{name}.".startswith(f"{each}.") or f"{each}.".startswith(f"{name}.") for each in included)
    wanted = not extra or any(f"{each}.".startswith(f"{name}.") for each in extras)
    return named and wanted and name not in excluded


@given(st.lists(st.sampled_from(NAMES), max_size=6), st.lists(st.sampled_from(NAMES), max_size=4),
       st.lists(st.sampled_from(EXTRA), max_size=3), st.sampled_from(RECORDS))
def test_a_selection_agrees_with_its_plain_meaning(included, excluded, extra, record):
    """Names to show, names to leave out and extra ones, in every combination, through lists, maps and nulls."""
    names = [*included, *(f"-{name}" for name in excluded)]
    selection = Selection(FIELDS, names, extra)
    assert bool(selection.unfit) == any(f"{name}.".startswith(f"{out}.") for name in included for out in excluded)
    if not selection.unfit:
        plain = json.loads(encode_json(record), parse_float=Decimal)
        assert show(",".join(names), ",".join(extra), record) == cut(plain, Nested(Tank), (), (included, excluded, extra))

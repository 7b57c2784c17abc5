"""Each step of a change, back and forth, and each refusal with what its author is told."""

from __future__ import annotations

import enum
from typing import Annotated, Any, Literal, NewType

import msgspec
import pytest

from dragoman import Added, Catalog, Defaulted, Filter, Key, Localized, Record, Renamed, Reshaped, Revalued, Rows, Sort
from dragoman.catalog.stage import Stage
from dragoman.errors import DeclarationError
from dragoman.views.translate import Asker, Translator

Level = NewType("Level", int)


class State(enum.Enum):
    OPEN = "open"
    DAILY = "daily"


class Crew(Record):
    role: str
    name: str = "Nobody"


class Gun(Record):
    damage: int


class Turret(Record):
    gun: Gun
    level: Level


class Tank(Record):
    id: Annotated[int, Key()]
    title: Localized
    tier: Annotated[Annotated[int, msgspec.Meta(ge=1)] | None, Filter(), Sort()]
    state: Annotated[State, Filter()] = State.DAILY
    states: list[Literal["open", "daily"]] = msgspec.field(default_factory=lambda: ["daily"])
    note: Annotated[str, Filter()]
    crew: list[Crew | None]
    leader: Crew | None = Crew(role="commander")
    turret: Turret
    spare: dict[str, Turret]


VALUE = {
    "id": 7, "title": "Maus", "tier": 10, "state": "daily", "states": ["daily", "open"], "note": "heavy",
    "crew": [{"role": "gunner", "name": "Ann"}, None], "leader": None, "turret": {"gun": {"damage": 5}, "level": 3},
    "spare": {"a": {"gun": {"damage": 6}, "level": 4}},
}


def catalog_of(*changes: tuple[Any, ...]) -> Catalog:
    """Tanks, and a method that takes one, with changes: each what changed, and steps."""
    catalog = Catalog("armory", languages=("en", "de"))
    catalog.resource("tanks", Rows(list))(Tank)

    @catalog.method("equip")
    def equip(tank: Tank, count: int = 1, unit: Literal["inch", "foot"] = "inch") -> Crew:
        """Equip one."""
        return Crew(role=f"{tank}{count}{unit}")
    for number, (of, *steps) in enumerate(changes):
        catalog.change(f"20{20 + number}-01-01", of, "It changed.", *steps)
    _ = catalog.timeline
    return catalog


def oldest(catalog: Catalog, path: str = "data/tanks") -> Stage:
    return catalog.timeline.stages(catalog.resources.get(path) or catalog.methods[path])[-1]


def copied(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


def back(*changes: tuple[Any, ...]) -> Any:
    """The tank as it was before all changes."""
    return Translator(oldest(catalog_of(*changes))).back(copied(VALUE))


CASES: dict[str, tuple[tuple[Any, ...], dict[str, Any], tuple[str, ...]]] = {
    "added": ((Tank, Added("note", value="heavy")), {}, ("note",)),
    "added in a record": ((Tank, Added("turret.level", value=3)), {"turret": {"gun": {"damage": 5}}}, ()),
    "added with the record that it made": ((Tank, Added("turret.gun.damage", value=5)), {"turret": {"level": 3}}, ()),
    "renamed": ((Tank, Renamed("note", before="remark")), {"remark": "heavy"}, ("note",)),
    "moved up": ((Tank, Renamed("turret.level", before="level")), {"turret": {"gun": {"damage": 5}}, "level": 3}, ()),
    "moved up, with nothing left": ((Tank, Renamed("turret.gun.damage", before="damage")), {"turret": {"level": 3}, "damage": 5}, ()),
    "moved down": ((Tank, Renamed("note", before="turret.note")),
                   {"turret": {"gun": {"damage": 5}, "level": 3, "note": "heavy"}}, ("note",)),
    "moved down into a record of then": ((Tank, Renamed("note", before="texts.all.note")),
                                         {"texts": {"all": {"note": "heavy"}}}, ("note",)),
    "renamed below": ((Tank, Renamed("turret.level", before="turret.tier")), {"turret": {"gun": {"damage": 5}, "tier": 3}}, ()),
    "renamed wherever it stands": ((Turret, Renamed("level", before="tier")),
                                   {"turret": {"gun": {"damage": 5}, "tier": 3}, "spare": {"a": {"gun": {"damage": 6}, "tier": 4}}}, ()),
    "in lists that hold null": ((Crew, Renamed("role", before="job")), {"crew": [{"job": "gunner", "name": "Ann"}, None]}, ()),
    "revalued": ((Tank, Revalued("state", {"daily": "each-day"})), {"state": "each-day"}, ()),
    "revalued in a list": ((Tank, Revalued("states", {"daily": "each-day"})), {"states": ["each-day", "open"]}, ()),
    "revalued text": ((Tank, Revalued("note", {"heavy": "fat"})), {"note": "fat"}, ()),
    "reshaped": ((Tank, Reshaped("tier", before={"tier": Annotated[str, Filter()]}, backward=lambda tier: {"tier": f"#{tier}"},
                                 forward=lambda tier: {"tier": int(tier[1:])})), {"tier": "#10"}, ()),
    "split": ((Tank, Reshaped("note", before={"first": str, "rest": str}, backward=lambda note: {"first": note[0], "rest": note[1:]},
                              forward=lambda first, rest: {"note": first + rest})), {"first": "h", "rest": "eavy"}, ("note",)),
    "joined": ((Tank, Reshaped(["note", "turret.level"], before={"all": str}, backward=lambda note, level: {"all": f"{note}:{level}"},
                               forward=lambda both: {"note": both.split(":")[0], "turret.level": int(both.split(":")[1])})),
               {"all": "heavy:3", "turret": {"gun": {"damage": 5}}}, ("note",)),
    "removed": ((Tank, Reshaped([], before={"guild": str | None}, backward=lambda: {"guild": None}, forward=lambda _: {})),
                {"guild": None}, ()),
}


@pytest.mark.parametrize("name", CASES)
def test_a_step_is_undone_in_answers_and_done_in_what_is_written(name):
    """Back, what old clients know; forth, what is meant today; and what they know is of the types that they were told."""
    change, before, without = CASES[name]
    old = {**{each: value for each, value in VALUE.items() if each not in without}, **before}
    catalog = catalog_of(change)
    assert Translator(oldest(catalog)).back(copied(VALUE)) == old
    assert Asker(oldest(catalog, "data/equip")).forth({"tank": copied(old)}) == {"tank": VALUE}


def test_defaults_are_told_as_they_were():
    """Of choices, of lists of them, and of records that changed; each time a copy."""
    stage = oldest(catalog_of(
        (Tank, Revalued("state", {"daily": "each-day"}), Revalued("states", {"daily": "each-day"})), (Crew, Renamed("role", before="job"))))
    defaults = {field.name: field.default for field in stage.fields if not field.required}
    assert (defaults["state"], defaults["states"], msgspec.to_builtins(defaults["leader"])) == (
        "each-day", ["each-day"], {"job": "commander", "name": "Nobody"})


def test_a_function_that_gives_the_same_object_each_time_gives_it_unharmed():
    """What it gave is changed by older steps, and belongs to it."""
    kept = {"damage": 1}
    catalog = catalog_of((Tank, Renamed("gun.damage", before="gun.force")),
                         (Tank, Reshaped([], before={"gun": Gun}, backward=lambda: {"gun": kept},
                                        forward=lambda _: {})))
    for _ in range(2):
        assert Translator(oldest(catalog)).back(copied(VALUE))["gun"] == {"force": 1}
    assert kept == {"damage": 1}


def test_markers_stay_where_types_bear_constraints_and_null():
    """A filter by what may be null is one in old versions, too."""
    catalog = Catalog("plain")

    @catalog.resource("plain", Rows(list))
    class Plain(Record):
        id: Annotated[int, Key()]
        tier: Annotated[int | None, Filter(), Sort(), msgspec.Meta(ge=1)]
    catalog.change("2020-01-01", Plain, "It had an id.", Renamed("id", before="key"))
    stage = oldest(catalog, "data/plain")
    tier = next(field for field in stage.fields if field.name == "tier")
    assert (tier.filter is not None, tier.sort, stage.meanings["tier"].name) == (True, True, "tier")


def test_what_did_not_change_has_no_other_stage():
    """Names of types are no change, wherever else something did."""
    catalog = catalog_of((Gun, Renamed("damage", before="force")), ("data/equip", Defaulted("count", before=2)))
    assert len(catalog.timeline.stages(catalog.resources["data/tanks"])) == 2
    assert len(catalog.timeline.stages(catalog.methods["data/equip"])) == 3
    with pytest.raises(DeclarationError, match="stands in nothing"):
        catalog_of((type("Else", (Record,), {"__annotations__": {"a": int}}), Added("a")))


@pytest.mark.parametrize(("asked", "found"), [("fat", ["fat", "heavy"]), ("FAT", ["FAT", "heavy"]), ("heavy", []), ("light", ["light"])])
def test_values_of_a_text_are_filtered_without_case_as_they_were_shown(asked, found):
    """Those of today that were shown as what is asked for; what is called otherwise now was never shown as it is."""
    meaning = oldest(catalog_of((Tank, Revalued("note", {"heavy": "fat"})))).meanings["note"]
    assert meaning.values(asked) == found


def test_null_stays_null_where_the_caller_may_not_see_a_record():
    """A hidden record does not come back as one with nothing but nulls."""
    catalog = catalog_of((Tank, Renamed("turret.level", before="turret.tier"), Renamed("note", before="turret.note")))
    old = Translator(oldest(catalog)).back({**copied(VALUE), "turret": None})
    assert old["turret"] is None


def gives(**values: Any) -> Any:
    return lambda *_: values


REFUSED: list[tuple[Any, Any, str, str]] = [
    (Tank, Added("nothing"), "Added() names 'nothing', which is not there after it", "There is id, title"),
    (Tank, Added("note", "note"), "Added() names 'note', which is not there", ""),
    (Tank, Added(), "names nothing", 'Write Added("field")'),
    (Tank, Added(5), "5 is no name of a field", 'Write Added("field")'),
    (Tank, Added(None), "None is no name", ""),
    (Tank, Added("turret..gun"), "is no name of a field", ""),
    (Tank, Added("crew.role"), "'crew.role', which is not there", "a change of a list's records is declared for their class"),
    (Tank, Added("leader.role"), "'leader.role', which is not there", ""),
    (Tank, Added("note", value=5), "5 does not fit 'note': expected text", "Say a value that it can have"),
    (Tank, Added("id"), "the key of data/tanks is another one", "A key may be renamed, and no more"),
    (Tank, Renamed("id", before="turret.id"), "the key of data/tanks is another one", ""),
    (Tank, Reshaped("id", before={"id": Annotated[int, Key()]}, backward=gives(id=1)), "the key of data/tanks is another one", ""),
    (Gun, Added("damage"), "no field is left", "Say since="),
    (Tank, Renamed("note", before="note"), "'note' is called as before", ""),
    (Tank, Renamed("note", before="tier"), "'tier' is there already", "Choose another name"),
    (Tank, Renamed("note", before="tier.note"), "'tier' is no record in the version before that 'note' could stand in",
     "Choose another name"),
    (Tank, Renamed("note", before="crew.note"), "'crew' is no record", ""),
    (Tank, Renamed("note", before="leader.note"), "'leader' is no record", ""),
    (Tank, Renamed("note", before=7), "7 is no name", ""),
    (Tank, Renamed("note", before="a b"), "'a b' is no name", ""),
    (Tank, Reshaped([], before={}, backward=gives()), "does not say what was before", "Write Reshaped"),
    (Tank, Reshaped("note", before=str, backward=gives()), "does not say what was before", ""),
    (Tank, Reshaped(5, before={"a": str}, backward=gives(a="")), "5 is no name", ""),
    (Tank, Reshaped(["note", "note"], before={"a": str}, backward=gives(a="")), "'note', which is not there", ""),
    (Tank, Reshaped("note", before={"a": str, "a.b": str}, backward=gives()), "'a' is no record", ""),
    (Tank, Reshaped("note", before={"a": set}, backward=gives()), "set has no form on the wire", "Use int, float"),
    (Tank, Reshaped("note", before={"a": "str"}, backward=gives()), "no form on the wire", ""),
    (Tank, Reshaped("note", before={"a": Annotated[int, msgspec.Meta(min_length=1)]}, backward=gives()), "its type cannot be read",
     "Change the type"),
    (Tank, Reshaped("note", before={"a": Annotated[str, Filter()]}, backward=gives(a="")), "nobody says what its values mean today",
     "Give forward="),
    (Tank, Reshaped("note", before={"a": Annotated[str, Filter()], "b": str}, backward=gives(a="", b="")),
     "nobody says what its values mean today", "Go on publishing it, as what was split"),
    (Tank, Reshaped(["tier", "note"], before={"a": str}, backward=lambda tier: {"a": str(tier)}), "backward= cannot be given 2 values",
     "Write backward=lambda tier, note: {...}"),
    (Tank, Reshaped("note", before={"a": str}, backward=lambda note: {"a": note}, forward=lambda: {"note": ""}),
     "forward= cannot be given 1 values", "Write forward=lambda a: {...}"),
    (Tank, Reshaped("note", before={"a": str}, backward=None), "backward=None is no function", "Write backward=lambda"),
    (Tank, Reshaped("note", before={"a": str}, backward=gives(), forward=7), "forward=7 is no function", ""),
    (Tank, Revalued("state", {"nightly": "open"}), "'nightly' is no value of 'state'", "There are open, daily"),
    (Tank, Revalued("state", {}), "does not say what values were called", 'Write Revalued("status"'),
    (Tank, Revalued("state", ["open"]), "does not say what values were called", ""),
    (Tank, Revalued("state", {"open": 5}), "not all texts or all integers", "Use values of one type"),
    (Tank, Revalued("state", {"open": None}), "None is no text and no integer", "or say Reshaped()"),
    (Tank, Revalued("note", {"heavy": 5}), "5 does not fit 'note'", ""),
    (Tank, Revalued("tier", {1: 0}), "0 does not fit 'tier': expected integer", ""),
    (Tank, Revalued("turret", {"a": "b"}), "'turret' is no choice", "Say Reshaped()"),
    (Tank, Revalued("title", {"a": "b"}), "'title' is no choice", ""),
    (Tank, Defaulted("turret.level", before=1), "'turret.level' is no parameter by itself", ""),
    ("data/equip", Defaulted("count", before="x"), "'x' does not fit 'count'", ""),
    ("data/equip", Defaulted("nothing", before=1), "'nothing', which is not there", "There is tank, count"),
    ("data/equip", Renamed("tank", before="count"), "'count' is there already", ""),
    ("data/nothing", Added("a"), "there is no method 'data/nothing'", ""),
    ("data/equip", Added("tank"), "nobody says what a call of the version before means today", "Give Added() a value="),
    (Crew, Reshaped("role", before={"roles": list[str]}, backward=lambda role: {"roles": [role]}),
     "takes such records, and nobody says", ""),
    (Crew, "Added", "'Added' is no step", "Say Added(), Renamed()"),
]


@pytest.mark.parametrize(("of", "step", "reason", "remedy"), REFUSED, ids=[f"{number}" for number, _ in enumerate(REFUSED)])
def test_a_step_that_does_not_fit_is_refused_with_its_change_and_the_remedy(of, step, reason, remedy):
    """By line, by what changed, and by what to do."""
    with pytest.raises(DeclarationError) as caught:
        catalog_of((of, step))
    error = caught.value
    assert reason in error.reason
    assert remedy in error.remedy
    assert error.remedy
    assert error.name.startswith("the change of " + (of if isinstance(of, str) else of.__name__))
    assert "test_changes.py:" in error.place


def test_a_default_that_a_function_cannot_take_is_told():
    """The publisher's own function fails when the catalog is loaded, and not when a client asks."""
    with pytest.raises(DeclarationError, match="a default has no form in the version before: AttributeError"):
        catalog_of((Tank, Reshaped("leader", before={"leader": str}, backward=lambda leader: {"leader": leader.role},
                                   forward=lambda leader: {"leader": leader})))

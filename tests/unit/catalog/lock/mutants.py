"""Edits of a catalog: those that break clients, explicable or not, and those that break nobody."""

from __future__ import annotations

import random
from collections.abc import Callable

from .model import Line, Model

Edit = Callable[[Model, random.Random], None]
FREE = ("speed", "weight", "motto", "length", "notes", "retired", "guns")
"""Fields that no change and no filter names."""


def _rename(lines: dict[str, Line], old: str, new: str) -> None:
    items = [(new if name == old else name, line) for name, line in lines.items()]
    lines.clear()
    lines.update(items)


def _insert(lines: dict[str, Line], place: int, name: str, line: Line) -> None:
    items = list(lines.items())
    items.insert(place, (name, line))
    lines.clear()
    lines.update(items)


# -------------------------------------------------------------------------------------------- what a change explains


def rename_field(model: Model, chance: random.Random) -> None:
    old = chance.choice([*FREE, "tier", "kind", "nation", "crew", "tank_id"])
    if old in model.records["Tank"]:
        _rename(model.records["Tank"], old, f"{old}_{chance.randrange(9)}")


def rename_otherwise(model: Model, chance: random.Random) -> None:
    _rename(model.records["Tank"], "length", "extent")


def rename_nested(model: Model, chance: random.Random) -> None:
    old = chance.choice(["calibre", "shells", "label"])
    _rename(model.records["Gun"], old, f"new_{old}")


def rename_parameter(model: Model, chance: random.Random) -> None:
    parameters = model.methods["war/go"][0]
    old = chance.choice(["steps", "limit", "mode", "unit", "label"])
    _rename(parameters, old, f"{old}_{chance.randrange(9)}")


def remove_field(model: Model, chance: random.Random) -> None:
    name = chance.choice([each for each in FREE if "sort" not in str(model.records["Tank"].get(each, "")).lower()])
    model.records["Tank"].pop(name, None)


def remove_nested(model: Model, chance: random.Random) -> None:
    model.records["Gun"].pop(chance.choice(["label", "shells", "grade"]), None)


def remove_records(model: Model, chance: random.Random) -> None:
    model.records["Tank"].pop("guns", None)
    model.records["Tank"].pop("gun", None)


def remove_parameter(model: Model, chance: random.Random) -> None:
    model.methods["war/go"][0].pop(chance.choice(["unit", "steps", "label", "limit", "mode", "seen"]), None)


def require_parameter(model: Model, chance: random.Random) -> None:
    _insert(model.methods["war/go"][0], chance.randrange(4), "wanted", Line(chance.choice(["int", "str", "list[int]"])))


def require_nested(model: Model, chance: random.Random) -> None:
    _insert(model.records["Point"], chance.randrange(3), "z", Line("int"))


def squeeze_in(model: Model, chance: random.Random) -> None:
    items = list(model.methods["war/look"][0].items())
    items.insert(chance.randrange(2), ("between", Line("int", default="3")))
    model.methods["war/look"] = (dict(items), *model.methods["war/look"][1:])


def squeeze_filter_in(model: Model, chance: random.Random) -> None:
    _insert(model.records["Tank"], 2, "squeezed", Line("int", ["Filter()"]))


def retype_field(model: Model, chance: random.Random) -> None:
    tank = model.records["Tank"]
    name, types = chance.choice([
        ("speed", "str"), ("notes", "int"), ("length", "str"), ("retired", "int"), ("tier", "str"), ("weight", "str"),
        ("crew", "list[int]"), ("length", "list[int]"), ("notes", "Gun"), ("guns", "Gun"), ("gun", "str")])
    if name in tank:
        tank[name].type = types


def make_nullable(model: Model, chance: random.Random) -> None:
    for name in chance.sample(["speed", "length", "tier", "gun"], 2):
        if name in model.records["Tank"]:
            model.records["Tank"][name].type += " | None"


def hide_unless_asked(model: Model, chance: random.Random) -> None:
    model.records["Tank"]["notes"].marks.append("Extra()") if "notes" in model.records["Tank"] else None


def add_value(model: Model, chance: random.Random) -> None:
    record, name = chance.choice([("Tank", "kind"), ("Gun", "grade")])
    if name in model.records[record]:
        model.records[record][name].type = model.records[record][name].type.replace("]", ', "heavier"]')


def rename_value(model: Model, chance: random.Random) -> None:
    if "kind" in model.records["Tank"]:
        model.records["Tank"]["kind"].type = 'Literal["lightest", "heavy"]'


def remove_value_of_parameter(model: Model, chance: random.Random) -> None:
    if "unit" in model.methods["war/go"][0]:
        model.methods["war/go"][0]["unit"].type = 'Literal["foot"]'


def change_default(model: Model, chance: random.Random) -> None:
    name = chance.choice(["limit", "mode"])
    if name in model.methods["war/go"][0]:
        model.methods["war/go"][0][name].default = "30" if name == "limit" else '"fast"'


def require_what_was_not(model: Model, chance: random.Random) -> None:
    model.methods["war/look"][0]["name"].default = ""


def tighten(model: Model, chance: random.Random) -> None:
    if "steps" in model.methods["war/go"][0]:
        model.methods["war/go"][0]["steps"].marks = ["Meta(ge=2)"]


def reorder(model: Model, chance: random.Random) -> None:
    parameters = model.methods["war/go"][0]
    required = [name for name, line in parameters.items() if not line.default]
    one, other = chance.sample(required, 2)
    order = [other if name == one else one if name == other else name for name in parameters]
    lines = dict(parameters)
    parameters.clear()
    parameters.update((name, lines[name]) for name in order)


EXPLICABLE: list[Edit] = [
    rename_field, rename_otherwise, rename_nested, rename_parameter, remove_field, remove_nested, remove_records, remove_parameter,
    require_parameter, require_nested, squeeze_in, squeeze_filter_in, retype_field, make_nullable, hide_unless_asked, add_value,
    rename_value, remove_value_of_parameter, change_default, require_what_was_not, tighten, reorder,
]

# -------------------------------------------------------------------------------------------- what none explains


def _options(model: Model, **options: str) -> None:
    model.resources["war/tanks"][1].update(options)


def remove_filter(model: Model, chance: random.Random) -> None:
    name = chance.choice(["nation", "tier", "kind"])
    if name in model.records["Tank"]:
        line = model.records["Tank"][name]
        line.marks = [mark for mark in line.marks if not mark.startswith("Filter")]


def remove_sort(model: Model, chance: random.Random) -> None:
    for line in model.records["Tank"].values():
        line.marks = [mark for mark in line.marks if mark != "Sort()"]


def search_from_later_on(model: Model, chance: random.Random) -> None:
    model.records["Tank"]["name"].marks = ["Search(at_least=3)"] if chance.randrange(2) else []


def retype_key(model: Model, chance: random.Random) -> None:
    model.records["Tank"]["tank_id"].type = "str"


def change_verb(model: Model, chance: random.Random) -> None:
    model.methods["war/go"][2]["verb"] = chance.choice(['"PUT"', '"GET"', '"DELETE"'])


def ask_for_permission(model: Model, chance: random.Random) -> None:
    if chance.randrange(2):
        _options(model, permission='"account"')
    else:
        model.methods["war/look"][2]["authenticated"] = "True"


def show_otherwise(model: Model, chance: random.Random) -> None:
    _options(model, **chance.choice([{"expand_all": "False"}, {"listed": '"paged"'}, {"dast": '"armour"'},
                                     {"positions": '("tier", "nation")'}]))


def remove_from_head(model: Model, chance: random.Random) -> None:
    getattr(model, chance.choice(["languages", "formats", "permissions"])).pop()


def other_default_language(model: Model, chance: random.Random) -> None:
    model.languages.reverse()


def remove_target(model: Model, chance: random.Random) -> None:
    del model.methods[chance.choice(list(model.methods))]


def come_later(model: Model, chance: random.Random) -> None:
    _options(model, since='"2021-06-01"')


INEXPLICABLE: list[Edit] = [
    remove_filter, remove_sort, search_from_later_on, retype_key, change_verb, ask_for_permission, show_otherwise, remove_from_head,
    other_default_language, remove_target, come_later,
]

# -------------------------------------------------------------------------------------------- what breaks nobody


def add_field(model: Model, chance: random.Random) -> None:
    record = chance.choice(["Tank", "Gun"])
    types = ["int", "str | None", "list[Gun]"] if record == "Tank" else ["float"]
    _insert(model.records[record], chance.randrange(1, 4), f"added_{chance.randrange(99)}", Line(chance.choice(types)))


def add_filter(model: Model, chance: random.Random) -> None:
    model.records["Tank"]["notes"].marks.append("Filter()") if not model.records["Tank"]["notes"].marks else None


def add_optional_parameter(model: Model, chance: random.Random) -> None:
    model.methods["war/look"][0][f"more_{chance.randrange(99)}"] = Line("int", default="7")


def add_optional_nested(model: Model, chance: random.Random) -> None:
    model.records["Point"][f"more_{chance.randrange(99)}"] = Line("int", default="7")


def widen_parameter(model: Model, chance: random.Random) -> None:
    name, types = chance.choice([("unit", 'Literal["inch", "foot", "metre"]'), ("label", "str | None"), ("steps", "float")])
    model.methods["war/go"][0][name].type = types


def loosen(model: Model, chance: random.Random) -> None:
    model.methods["war/go"][0]["steps"].marks = chance.choice([["Meta(ge=0)"], []])


def never_null(model: Model, chance: random.Random) -> None:
    model.records["Tank"]["motto"].type = "str"


def always_shown(model: Model, chance: random.Random) -> None:
    model.records["Tank"]["crew"].marks = []


def localize(model: Model, chance: random.Random) -> None:
    model.records["Tank"]["notes"].type = "Localized"


def sort_by_more(model: Model, chance: random.Random) -> None:
    model.records["Tank"]["length"].marks = ["Sort()"]


def search_sooner(model: Model, chance: random.Random) -> None:
    model.records["Tank"]["name"].marks = ["Search()"]


def add_to_head(model: Model, chance: random.Random) -> None:
    if chance.randrange(2):
        model.languages.append(f"x{chance.choice('abcdefgh')}")
        model.languages = list(dict.fromkeys(model.languages))
    else:
        model.permissions.append(f"more{chance.randrange(99)}")


def tell_other_errors(model: Model, chance: random.Random) -> None:
    model.methods["war/go"][2]["raises"] = chance.choice(["[Taken, Late]", "[Late]", "[]"])


def add_target(model: Model, chance: random.Random) -> None:
    model.methods[f"war/more_{chance.randrange(99)}"] = ({}, "int", {})


def go_one_day(model: Model, chance: random.Random) -> None:
    _options(model, until='"2031-01-01"')


def not_required_any_more(model: Model, chance: random.Random) -> None:
    model.methods["war/go"][0]["label"].default = '""'
    parameters = model.methods["war/go"][0]
    for name in ("limit", "mode", "seen"):
        parameters[name] = parameters.pop(name)


def reorder_fields(model: Model, chance: random.Random) -> None:
    model.records["Tank"]["speed"] = model.records["Tank"].pop("speed")


ADDITIVE: list[Edit] = [
    add_field, add_filter, add_optional_parameter, add_optional_nested, widen_parameter, loosen, never_null, always_shown, localize,
    sort_by_more, search_sooner, add_to_head, tell_other_errors, add_target, go_one_day, not_required_any_more, reorder_fields,
]

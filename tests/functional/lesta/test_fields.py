"""`fields` and `extra` over HTTP: on lists, maps, optionals and methods, published and live, by query and by body."""

# ruff: noqa: E501  # a table is read by its columns
from __future__ import annotations

from typing import Any

import pytest

from .stand import TANKS, Stand

ANN = {"role": "gunner", "name": "Ann", "skills": ["aim", "run"]}
BEN = {"role": "driver", "name": "Ben", "skills": []}
WHOLE = {"tank_id": 1, "name": "Ant", "nation": "ussr", "tier": 3, "price": 1.5, "crew": [ANN, BEN], "by_seat": {"a.b": ANN, "": BEN},
         "chief": ANN, "depot": {"shells": 5}}
BARE = {"tank_id": 2, "name": "Bee", "nation": "uk", "tier": 1, "price": 20, "crew": [], "by_seat": {}, "chief": None, "depot": None}


def without(record: dict[str, Any], *names: str) -> dict[str, Any]:
    """A record without some of its fields."""
    return {name: value for name, value in record.items() if name not in names}


NAMED = {"role": "gunner", "name": "Ann"}
SELECTIONS: list[tuple[str, str, Any, Any]] = [
    # fields                       extra                           what is shown of a full tank                                 of an empty one
    ("",                           "",                             WHOLE,                                                       BARE),
    ("name",                       "",                             {"name": "Ant"},                                             {"name": "Bee"}),
    ("name,crew.role",             "",                             {"name": "Ant", "crew": [{"role": "gunner"}, {"role": "driver"}]}, {"name": "Bee", "crew": []}),
    ("crew.role,name",             "",                             {"name": "Ant", "crew": [{"role": "gunner"}, {"role": "driver"}]}, {"name": "Bee", "crew": []}),
    ("-name",                      "",                             without(WHOLE, "name"),                                      without(BARE, "name")),
    ("-crew,-by_seat,-chief",      "",                             without(WHOLE, "crew", "by_seat", "chief"),                  without(BARE, "crew", "by_seat", "chief")),
    ("-crew.role",                 "",                             {**WHOLE, "crew": [without(ANN, "role"), without(BEN, "role")]}, BARE),
    ("crew,-crew.skills",          "",                             {"crew": [NAMED, {"role": "driver", "name": "Ben"}]},        {"crew": []}),
    ("by_seat.name",               "",                             {"by_seat": {"a.b": {"name": "Ann"}, "": {"name": "Ben"}}},  {"by_seat": {}}),
    ("by_seat,-by_seat.skills",    "",                             {"by_seat": {"a.b": NAMED, "": {"role": "driver", "name": "Ben"}}}, {"by_seat": {}}),
    ("chief.skills",               "",                             {"chief": {"skills": ["aim", "run"]}},                       {"chief": None}),
    ("chief,-chief.skills",        "",                             {"chief": NAMED},                                            {"chief": None}),
    ("depot.shells",               "",                             {"depot": {"shells": 5}},                                    {"depot": None}),
    ("depot,-depot.shells",        "",                             {"depot": {}},                                               {"depot": None}),
    ("tier,-name",                 "",                             {"tier": 3},                                                 {"tier": 1}),
    ("crew,crew.role",             "",                             {"crew": [ANN, BEN]},                                        {"crew": []}),
    ("",                           "modules",                      {**WHOLE, "modules": [7, 9]},                                {**BARE, "modules": []}),
    ("",                           "depot.garage",                 {**WHOLE, "depot": {"shells": 5, "garage": {"size": 2}}},    BARE),
    ("",                           "depot.garage,depot.garage.tanks", {**WHOLE, "depot": {"shells": 5, "garage": {"size": 2, "tanks": [1, 2]}}}, BARE),
    ("depot",                      "depot.garage.tanks",           {"depot": {"shells": 5, "garage": {"size": 2, "tanks": [1, 2]}}}, {"depot": None}),
    ("tier,modules",               "",                             {"tier": 3},                                                 {"tier": 1}),
    ("tier,modules",               "modules",                      {"tier": 3, "modules": [7, 9]},                              {"tier": 1, "modules": []}),
    ("tier",                       "modules",                      {"tier": 3},                                                 {"tier": 1}),
    ("-modules,tier",              "modules",                      {"tier": 3},                                                 {"tier": 1}),
    ("depot.garage.size",          "depot.garage",                 {"depot": {"garage": {"size": 2}}},                          {"depot": None}),
    ("depot.garage.size",          "",                             {"depot": {}},                                               {"depot": None}),
    ("-depot.garage",              "depot.garage",                 WHOLE,                                                       BARE),
]


@pytest.mark.covers("L13")
@pytest.mark.parametrize(("fields", "extra", "full", "empty"), SELECTIONS, ids=[f"fields={row[0]}&extra={row[1]}" for row in SELECTIONS])
def test_fields_and_extra_show_what_they_name(stand: Stand, fields: str, extra: str, full: Any, empty: Any) -> None:
    """By keys, in pages, filtered and searched, by GET and by POST: the same of each record."""
    asked = "&".join(part for part in (f"fields={fields}" * bool(fields), f"extra={extra}" * bool(extra)) if part)
    assert stand.data(TANKS, f"tank_id=1,2,5&{asked}") == {"1": full, "2": empty, "5": None}
    assert stand.data(TANKS, f"nation=ussr&{asked}") == {"1": full}
    assert stand.data(TANKS, f"search=an&{asked}") == [full]
    assert stand.data(TANKS, f"limit=1&page_no=2&{asked}") == {"2": empty}
    assert stand.data(TANKS, verb="POST", json={"tank_id": [1, 2], "fields": fields.split(","), "extra": extra}) == {"1": full, "2": empty}


@pytest.mark.covers("L13")
@pytest.mark.parametrize(("method", "query", "data"), [
    ("tools/crew", "role=cook&fields=role", {"role": "cook"}), ("tools/crew", "role=cook&fields=-name,-skills", {"role": "cook"}),
    ("tools/depot", "", {"shells": 5}), ("tools/depot", "fields=-shells", {}), ("tools/depot", "fields=garage", {}),
    ("tools/depot", "extra=garage", {"shells": 5, "garage": {"size": 2}}),
    ("tools/depot", "extra=garage&fields=garage.size", {"garage": {"size": 2}}),
    ("tools/depot", "extra=garage.tanks", {"shells": 5, "garage": {"size": 2, "tanks": [7]}}),
    ("tools/find", "role=gunner&fields=role,skills", {"role": "gunner", "skills": []}),
    ("encyclopedia/find", "search=be&fields=name", [{"name": "Bee"}, {"name": "Beetle"}]),
    ("account/info", "account_id=7,5&fields=nickname", {"7": {"nickname": "Alice"}, "5": None}),
    ("account/info", "account_id=7&fields=-nickname", {"7": {"account_id": 7, "gold": None}}),
    ("account/info", "search=bob&fields=nickname", [{"nickname": "Bob"}]),
])
def test_methods_searches_and_live_records_are_cut_alike(stand: Stand, method: str, query: str, data: Any) -> None:
    """One grammar everywhere."""
    assert stand.data(method, query) == data


def test_a_list_of_a_method_is_cut_record_by_record(stand: Stand) -> None:
    """What it returns is a list of records here."""
    first = {"role": "cook", "name": {}, "skills": ["soup"]}
    assert stand.data("tools/pair", "fields=skills", verb="POST", json={"first": first, "times": 2}) == [{"skills": ["soup"]}] * 2


@pytest.mark.parametrize(("method", "query"), [
    ("tools/depot", "fields=drum"), ("tools/depot", "fields=garage.drum"), ("tools/depot", "fields=shells,-shells"),
    ("tools/crew", "role=a&fields=x"), ("tools/echo", "fields=text"), ("account/info", "account_id=7&fields=drum"),
    ("encyclopedia/find", "search=be&fields=tier"), ("far/stars", "fields=name,-name"),
])
def test_a_field_that_is_none_is_refused_everywhere(stand: Stand, method: str, query: str) -> None:
    """Of methods too; where they return no records, there are no fields."""
    fields = query.rpartition("fields=")[2]
    assert stand.error(method, query) == {"field": "fields", "message": "INVALID_FIELDS", "code": 407, "value": fields}


@pytest.mark.parametrize(("method", "extra"), [
    ("tools/depot", "shells"), ("tools/depot", "garage.size"), ("tools/crew", "skills"), ("account/info", "gold"), (TANKS, "modules,name"),
    (TANKS, "depot"), (TANKS, "garage"), ("tools/echo", "text"),
])
def test_what_is_no_extra_field_is_refused_everywhere(stand: Stand, method: str, extra: str) -> None:
    """With the list as it was sent."""
    query = f"role=a&extra={extra}"
    assert stand.error(method, query) == {"field": "extra", "message": "INVALID_EXTRA", "code": 407, "value": extra}


def test_hidden_fields_stay_hidden_whatever_is_named(stand: Stand) -> None:
    """Another's gold is null, however it is asked for; one's own is there."""
    token = stand.token("7")
    for query in ("", "&fields=gold", "&fields=-nickname", "&fields=account_id,gold"):
        mine = stand.data("account/info", f"account_id=7,8&access_token={token}{query}")
        assert (mine["7"]["gold"], mine["8"]["gold"]) == (70, None)
        assert stand.data("account/info", f"account_id=7{query}")["7"]["gold"] is None

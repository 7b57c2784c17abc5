"""The changes of the Guild Wars 2 interface that its clients know best, in data of our own, and some of every other kind."""

from typing import Annotated, Literal

import msgspec

from dragoman import (
    Added,
    Caller,
    Catalog,
    Defaulted,
    Extra,
    Filter,
    Key,
    Localized,
    Record,
    Renamed,
    Reshaped,
    Revalued,
    Rows,
    Search,
    Sort,
)

catalog = Catalog("tyria", title="Tyria", languages=("en", "de"), permissions={"account": "Your account"})


class WvW(Record):
    """How one fights among worlds."""

    team_id: int
    rank: int


@catalog.resource("account", Rows(lambda: [
    {"id": "a-1", "name": "Alice", "wvw": {"team_id": 11001, "rank": 7}, "build_storage_slots": 3, "last_modified": "2024-07-20T00:00:00Z"},
]), live=True, single=True, permission="account")
class Account(Record):
    """One's own account."""

    id: Annotated[str, Key()]
    name: str
    wvw: WvW
    build_storage_slots: int
    last_modified: str


catalog.change("2024-07-20T01:00:00Z", Account, "`wvw` holds the team and the rank, which was `wvw_rank`.",
               Added("wvw.team_id"), Renamed("wvw.rank", before="wvw_rank"))
catalog.change("2019-12-19T00:00:00Z", Account, "`build_storage_slots` are new.", Added("build_storage_slots"))
catalog.change("2019-02-21T00:00:00Z", Account, "`last_modified` is new.", Added("last_modified"))


class Ingredient(Record):
    type: Literal["Item", "Currency", "GuildUpgrade"]
    id: int
    count: int


class ItemIngredient(Record):
    item_id: int
    count: int


class GuildIngredient(Record):
    upgrade_id: int
    count: int


@catalog.resource("recipes", Rows(lambda: [
    {"id": 1, "type": "Soup", "min_rating": 0, "ingredients": [
        {"type": "Item", "id": 12134, "count": 2}, {"type": "Currency", "id": 23, "count": 5},
        {"type": "GuildUpgrade", "id": 570, "count": 1},
    ]},
    {"id": 2, "type": "Feast", "min_rating": 400, "ingredients": []},
]))
class Recipe(Record):
    """How something is made."""

    id: Annotated[int, Key()]
    type: Annotated[str, Filter()]
    min_rating: Annotated[int, Filter(), Sort()]
    ingredients: Annotated[list[Ingredient], Extra()]


def of_items(ingredients: list[dict[str, int]]) -> dict[str, list[dict[str, int]]]:
    """Currencies have no old form."""
    return {
        "ingredients": [{"item_id": each["id"], "count": each["count"]} for each in ingredients if each["type"] == "Item"],
        "guild_ingredients": [{"upgrade_id": each["id"], "count": each["count"]} for each in ingredients if each["type"] == "GuildUpgrade"],
    }


catalog.change("2022-03-09T02:00:00Z", Recipe, "`ingredients` are of several types; those of guilds were `guild_ingredients`.", Reshaped(
    ["ingredients"], backward=of_items, before={
        "ingredients": Annotated[list[ItemIngredient], Extra()], "guild_ingredients": Annotated[list[GuildIngredient], Extra()]}))
catalog.change("2020-01-01T00:00:00Z", Recipe, "`level` is called `min_rating`.", Renamed("min_rating", before="level"))


class Achievement(Record):
    id: int
    level: list[int]


@catalog.resource("achievements/categories", Rows(lambda: [
    {"id": 1, "name": {"en": "Slayer", "de": "Schlächter"}, "state": "open", "order": 2, "achievements": [{"id": 4, "level": [1, 80]}]},
    {"id": 2, "name": {"en": "Hero", "de": "Held"}, "state": "daily", "order": 1, "achievements": []},
    {"id": 3, "name": {"en": "Winter", "de": "Winter"}, "state": "closed", "order": 3, "achievements": [{"id": 9, "level": []}]},
]))
class Category(Record):
    """A group of achievements."""

    id: Annotated[int, Key()]
    name: Annotated[Localized, Search()]
    state: Annotated[Literal["open", "daily", "closed"], Filter(first=True)]
    order: Annotated[int, Filter(), Sort()]
    achievements: list[Achievement]


catalog.change("2022-03-23T19:00:00Z", Category, "`achievements` are objects instead of ids.", Reshaped(
    "achievements", before={"achievements": list[int]}, backward=lambda found: {"achievements": [each["id"] for each in found]}))
catalog.change("2021-05-01", Category, "`daily` is new and was `open`; `closed` was `over`.",
               Revalued("state", {"daily": "open", "closed": "over"}))
catalog.change("2021-01-01", Category, "`order` counts from 1, and was the text `#1`.", Reshaped(
    "order", before={"order": Annotated[str, Filter()]}, backward=lambda order: {"order": f"#{order}"},
    forward=lambda order: {"order": int(order.lstrip("#") or 0)}))
catalog.change("2023-06-01", Achievement, "`levels` are called `level`.", Renamed("level", before="levels"))


@catalog.resource("mounts", Rows(lambda: [{"mount_id": 1, "name": "Raptor"}]), since="2021-09-01", listed="keyed")
class Mount(Record):
    """An animal to ride on, in the interface since 2021."""

    mount_id: Annotated[int, Key()]
    name: str


catalog.change("2023-01-01", Mount, "`id` is called `mount_id`.", Renamed("mount_id", before="id"))


@catalog.resource("cats", Rows(lambda: [{"id": 1, "hint": "chicken"}]), until="2020-06-01")
class Cat(Record):
    """A cat, in the interface until 2020."""

    id: Annotated[int, Key()]
    hint: str


class Point(Record):
    x: int
    y: int
    floor: int


@catalog.method("maps/distance", verb="POST")
def distance(start: Point, end: Point, unit: Literal["inch", "foot"], steps: Annotated[int, msgspec.Meta(ge=1)] = 1) -> dict[str, str]:
    """What is asked, as it is understood."""
    return {"start": f"{start.x},{start.y},{start.floor}", "end": f"{end.x},{end.y},{end.floor}", "unit": unit, "steps": str(steps)}


catalog.change("2022-01-01", "maps/distance", "`unit` is required, and was inches; `end` was `finish`; `steps` was 2 unless it was sent.",
               Defaulted("unit", before="inch"), Renamed("end", before="finish"), Defaulted("steps", before=2))

@catalog.method("maps/zoom")
def zoom(level: int, tile: int = 1) -> int:
    """The level that is asked for."""
    return level * tile


catalog.change("2022-01-01", "maps/zoom", "`level` is a number, and was a name; `tile` was a share of a map.", Reshaped(
    "level", before={"name": str}, backward=lambda level: {"name": str(level)},
    forward=lambda name: {"level": {"near": 1, "far": 9}[name]}),
    Reshaped("tile", before={"share": Annotated[int | None, msgspec.Meta(ge=0)]}, backward=lambda tile: {"share": 100 // tile},
             forward=lambda share: {"tile": 1 if share is None else 100 // share}))
catalog.change("2023-01-01", Point, "Points have a floor, which was the ground.", Added("floor", value=0))


@catalog.method("maps/who", permission="account")
def who(caller: Caller) -> Account:
    """An account made for the moment."""
    return Account(id=caller.subject or "", name="Nobody", wvw=WvW(team_id=1, rank=2), build_storage_slots=0, last_modified="")

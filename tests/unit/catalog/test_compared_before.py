"""What old versions filter and sort by has to be comparable today: it is looked for among the records of today."""

from __future__ import annotations

from typing import Annotated, Any

import pytest

from dragoman import Catalog, Filter, Key, Needs, Record, Renamed, Reshaped, Rows, Sort
from dragoman.errors import DeclarationError


class Plain(Record):
    id: Annotated[int, Key()]
    tier: int


class Filtered(Record):
    id: Annotated[int, Key()]
    tier: Annotated[int, Filter()]


class Hidden(Record):
    id: Annotated[int, Key()]
    tier: Annotated[int | None, Needs("account")] = None


def loaded(record: Any, before: Any) -> Catalog:
    """A catalog in which `tier` was `level`, of another type."""
    catalog = Catalog("levels", permissions={"account": "Your account"})
    catalog.resource("data/levels", Rows(list), live=True)(record)
    catalog.change("2020-01-01", record, "`level` was a text.", Reshaped(
        "tier", before={"level": before}, backward=lambda tier: {"level": str(tier)}, forward=lambda level: {"tier": int(level)}))
    catalog.change("2019-01-01", record, "`level` was `rank`.", Renamed("level", before="rank"))
    catalog = catalog.load()
    assert catalog.timeline
    return catalog


@pytest.mark.parametrize(("record", "before", "told"), [
    (Plain, Annotated[str, Filter()], "Remove Filter() from 'level', or mark 'tier' with it, too."),
    (Filtered, Annotated[str, Filter(), Sort()], "Remove Sort() from 'level', or mark 'tier' with it, too."),
    (Plain, Annotated[str, Sort()], "Remove Sort() from 'level'"),
])
def test_what_is_not_comparable_today_was_not_before(record: Any, before: Any, told: str) -> None:
    """Nothing of an edition is indexed for it, and the filter would be ignored."""
    with pytest.raises(DeclarationError) as caught:
        loaded(record, before)
    assert told in str(caught.value)


@pytest.mark.parametrize("mark", [Filter(), Sort()])
def test_what_a_permission_hides_is_not_told_by_filters_of_old_versions(mark: Any) -> None:
    """Whoever may not see a field would learn its values by asking which records have them."""
    with pytest.raises(DeclarationError, match=r"would tell what Needs\(\) hides|Remove (Filter|Sort)\(\) from 'level'\.$"):
        loaded(Hidden, Annotated[str | None, mark])


class Purse(Record):
    gold: int


class Owner(Record):
    id: Annotated[int, Key()]
    purse: Annotated[Purse, Needs("account")] = Purse(gold=0)
    rank: Annotated[int | None, Needs("account")] = None


def test_what_a_permission_hides_is_hidden_by_it_in_every_version() -> None:
    """Under another name, of another type, and outside of the record that is hidden: old descriptions tell that it can be absent."""
    catalog = Catalog("owners", permissions={"account": "Your account"})
    catalog.resource("data/owners", Rows(list), live=True)(Owner)
    catalog.change("2021-01-01", Owner, "`purse` held nothing.", Renamed("purse.gold", before="gold"))
    catalog.change("2020-01-01", Owner, "`rank` was a text.", Reshaped(
        "rank", before={"title": str | None}, backward=lambda rank: {"title": str(rank)}))
    catalog.change("2019-01-01", Owner, "`title` was `name`.", Renamed("title", before="name"))
    catalog = catalog.load()
    stage = catalog.timeline.stage(catalog.resources["data/owners"], "earliest")
    assert {field.name: field.needs for field in stage.fields} == {"id": None, "gold": "account", "name": "account"}


def test_what_is_comparable_in_both_is_so_in_all() -> None:
    """Under each name."""
    catalog = loaded(Filtered, Annotated[str, Filter()])
    stage = catalog.timeline.stage(catalog.resources["data/levels"], "earliest")
    assert stage.meanings["rank"].name == "tier"

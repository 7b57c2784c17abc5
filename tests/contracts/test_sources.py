"""What every source keeps, whatever it reads: the same records by scan, by key and by page; changes; failures."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import pytest

from dragoman.catalog.origin import Row
from dragoman.catalog.values import Validator
from dragoman.errors import DragomanError, SourceUnavailable
from dragoman.query import Filtered, Owned

from .made import COUNT, VESSELS, Made, Vessel


def plain(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Rows as an edition would take them."""
    return list(map(Validator(Vessel), rows))


def expected(numbers: Iterable[int]) -> list[dict[str, Any]]:
    """What the vessels have to be, in any source."""
    made = []
    for number in numbers:
        row = dict(VESSELS[number - 1])
        names = {"en": row.pop("name_en"), "de": row.pop("name_de")}
        row |= {"name": {tag: text for tag, text in names.items() if text}, "price": Decimal(row["price"])}
        made.append({name: row[name] for name in ("id", "name", *list(row)[1:-1])})
    return made


def numbers(rows: Iterable[Row]) -> list[int]:
    """The keys of rows."""
    return [row["id"] for row in plain(rows)]


def find(made: Made, filtered: Filtered, offset: int = 0, limit: int = COUNT) -> tuple[Sequence[Row], int]:
    """Ask as the pipeline does."""
    return asyncio.run(made.source.find(filtered, offset, limit))


def fitting(fits: Any) -> list[int]:
    """The numbers of the vessels for which something is true."""
    return [row["id"] for row in VESSELS if fits(row)]


def test_a_scan_gives_every_record_whole_and_in_order(made: Made) -> None:
    """Languages join, JSON nests, dates and decimals are what they are, and a null stays null."""
    found = plain(made.source.scan())
    assert [{**row, "draft": row["draft"]} for row in found] == expected(range(1, COUNT + 1))
    assert plain(made.source.scan()) == found


def test_a_count_is_right_or_unknown(made: Made) -> None:
    """Progress needs no more."""
    assert made.source.count() in (COUNT, None)


def test_keys_are_found_and_missing_ones_left_out(made: Made) -> None:
    """Nothing that a client may send for a key breaks the source."""
    wanted = [3, 40, 41, -1, 0, 2**62, 2**63, -(2**80), 3]
    assert sorted(numbers(asyncio.run(made.source.get(wanted)))) == [3, 40]
    assert plain(asyncio.run(made.source.get([7]))) == expected([7])
    assert asyncio.run(made.source.get([])) == []


@pytest.mark.parametrize(("name", "values", "fits"), [
    ("decks", (1, 3), lambda row: row["decks"] in (1, 3)),
    ("decks", (2**70,), lambda _: False),
    ("port", ("BERGEN",), lambda row: row["port"] == "bergen"),
    ("port", ("x' OR 1=1 --", "nul\0", "half \ud800"), lambda _: False),
    ("kind", ("boat",), lambda row: row["kind"] == "boat"),
    ("afloat", (True,), lambda row: row["afloat"]),
    ("price", (Decimal("20.5"), Decimal("30.50")), lambda row: row["id"] in (2, 3)),
    ("built", (dt.date(2005, 2, 3),), lambda row: row["id"] == 5),
    ("seen", (dt.datetime(2024, 3, 3, 5, 5, 6, tzinfo=dt.timezone(dt.timedelta(hours=1))),),
     lambda row: row["id"] in (2, 30)),
    ("crew", ("Bo",), lambda row: "Bo" in row["crew"]),
    ("name", ("schiff 4", "VESSEL 9"), lambda row: row["id"] in (4, 9)),
])
def test_a_filter_takes_the_records_that_have_one_of_its_values(
    made: Made, name: str, values: tuple[Any, ...], fits: Any,
) -> None:
    """Texts fit in any case, lists by any item, a localized text in any language."""
    found, total = find(made, Filtered(values=((name, values),)))
    assert numbers(found) == fitting(fits)
    assert total == len(found)


def test_filters_narrow_each_other_and_pages_count_all(made: Made) -> None:
    """A page tells how many fit in all, and pages together are the whole."""
    filtered = Filtered(values=(("kind", ("ship",)), ("decks", (1, 2, 3))))
    whole = fitting(lambda row: row["kind"] == "ship" and row["decks"] in (1, 2, 3))
    pages = [find(made, filtered, offset, 5) for offset in range(0, len(whole) + 5, 5)]
    assert [number for page, _ in pages for number in numbers(page)] == whole
    assert {total for _, total in pages} == {len(whole)}
    assert numbers(find(made, Filtered(), 38, 10)[0]) == [39, 40]


@pytest.mark.parametrize(("search", "fits"), [
    ("BER", lambda row: row["port"] == "bergen"),
    ("år", lambda row: row["port"] == "Århus"),
    ("ÅL", lambda row: row["port"] == "ålesund"),
    ("schiff 1", lambda row: str(row["name_de"]).startswith("Schiff 1")),
    ("100%", lambda _: False),
    ("_", lambda _: False),
    ("b", lambda _: False),
])
def test_a_search_finds_how_texts_begin(made: Made, search: str, fits: Any) -> None:
    """In any case and script; wildcards are letters, and what is too short finds nothing."""
    found, total = find(made, Filtered(search=search))
    assert numbers(found) == fitting(fits)
    assert total == len(found)


@pytest.mark.parametrize("name", ["port", "decks", "draft", "price", "built", "seen", "name"])
@pytest.mark.parametrize("descending", [False, True])
def test_an_order_is_that_of_the_values_with_nulls_last(made: Made, name: str, descending: bool) -> None:
    """Texts by letters without regard to case, equal ones by key."""
    def key(row: dict[str, Any]) -> Any:
        if name == "name":
            return row["name_en"].casefold()
        return Decimal(row[name]) if name == "price" else row[name].casefold() if name == "port" else row[name]

    there = [row for row in VESSELS if name == "name" or row[name] is not None]
    ordered = sorted(there, key=key, reverse=descending)
    whole = [row["id"] for row in ordered] + [row["id"] for row in VESSELS if row not in there]
    assert numbers(find(made, Filtered(sort=name, descending=descending))[0]) == whole
    page, total = find(made, Filtered(sort=name, descending=descending), 30, 7)
    assert (numbers(page), total) == (whole[30:37], COUNT)


@pytest.mark.parametrize(("owned", "own"), [
    (Owned("port", "bergen"), fitting(lambda row: row["port"] == "bergen")),
    (Owned("port", "Bergen"), []),
    (Owned("port", "berge"), []),
    (Owned("port", "nul\0"), []),
    (Owned("port", "half \ud800"), []),
    (Owned("kind", "boat"), fitting(lambda row: row["kind"] == "boat")),
    (Owned("decks", 3), fitting(lambda row: row["decks"] == 3)),
    (Owned("decks", 2**70), []),
    (Owned("id", 7), [7]),
])
def test_to_an_owner_nothing_but_their_own_exists(made: Made, owned: Owned, own: list[int]) -> None:
    """By key, in pages, in counts, with filters that the source compares itself and with others."""
    every = [*range(1, COUNT + 1), 99]
    assert sorted(numbers(asyncio.run(made.source.get(every, owned)))) == own
    assert [numbers(asyncio.run(made.source.get([number], owned))) for number in (1, 2, 3)] == [
        [number] if number in own else [] for number in (1, 2, 3)]
    found, total = asyncio.run(made.source.find(Filtered(), 2, 3, owned))
    assert (numbers(found), total) == (own[2:5], len(own))
    for filtered, fits in (
        (Filtered(values=(("afloat", (True,)),), sort="decks"), lambda row: row["afloat"]),
        (Filtered(values=(("crew", ("Bo",)),), sort="decks"), lambda row: "Bo" in row["crew"]),
        (Filtered(search="schiff", sort="decks"), lambda row: row["name_de"]),
    ):
        theirs = sorted((row["decks"], row["id"]) for row in VESSELS if row["id"] in own and fits(row))
        found, total = asyncio.run(made.source.find(filtered, 0, 4, owned))
        assert (numbers(found), total) == ([number for _, number in theirs[:4]], len(theirs))


def test_a_fingerprint_changes_with_the_records_and_only_then(made: Made) -> None:
    """Reading leaves no trace; where only reading could tell, there is none."""
    before = made.source.fingerprint()
    list(made.source.scan())
    assert made.source.fingerprint() == before
    made.change()
    after = made.source.fingerprint()
    assert (after != before) if made.fingerprinted else (after is None and before is None)


def test_a_source_that_vanished_says_so(made: Made) -> None:
    """Publication and requests get errors that are meant for people; nothing hangs, nothing is made up."""
    asyncio.run(made.source.get([1]))
    made.vanish()
    with pytest.raises(DragomanError, match="data/vessels"):
        list(made.source.scan())
    with pytest.raises(SourceUnavailable):
        asyncio.run(made.source.get([1]))
    with pytest.raises(SourceUnavailable):
        find(made, Filtered())

"""Deprecations as they are declared: what cannot work is told with the remedy, and the rest says what is supported when."""

from typing import Annotated

import pytest

from dragoman import Catalog, Key, Record, Renamed, Rows
from dragoman.catalog.lives import Lives, declare
from dragoman.errors import DeclarationError

FIRST, SECOND, THIRD = (f"20{year}-01-01T00:00:00.000000Z" for year in (20, 21, 22))


def day(text):
    return declare("earliest", text, None, "", "").deprecated_at


def made(*deprecations):
    """A catalog with three versions, loaded."""
    catalog = Catalog("shop")

    @catalog.resource("toys", Rows(list))
    class Toy(Record):
        """A toy."""

        id: Annotated[int, Key()]
        name: str

    for year, now, before in ((22, "name", "called"), (21, "called", "title"), (20, "title", "label")):
        catalog.change(f"20{year}-01-01", Toy, "Another name.", Renamed(now, before=before))
    for version, given in deprecations:
        catalog.deprecate(version, **given)
    return catalog.load()


@pytest.mark.parametrize(("version", "given", "reason"), [
    ("2020", {"on": "2027-01-01"}, "it is no version"), (7, {"on": "2027-01-01"}, "it is no version"),
    ("latest", {"on": "2027-01-01"}, "it is no version"), ("2020-01-01", {"on": "soon"}, "on='soon' is no day"),
    ("2020-01-01", {"on": "2027-02-30"}, "is no day"), ("2020-01-01", {"on": None}, "on=None is no day"),
    ("2020-01-01", {"on": "2027-01-01T00:00:00Z"}, "is no day"),
    ("2020-01-01", {"on": "2027-01-01", "sunset": "never"}, "sunset='never' is no day"),
    ("2020-01-01", {"on": "2028-01-01", "sunset": "2027-01-01"}, "it is gone on 2027-01-01, before it is deprecated on 2028-01-01"),
    ("2020-01-01", {"on": "2027-01-01", "link": "example.org"}, "is no address"),
    ("2020-01-01", {"on": "2027-01-01", "link": 'https://a/>"'}, "is no address"),
    ("2020-01-01", {"on": "2027-01-01", "link": "javascript:x"}, "is no address"),
    ("2020-01-01", {"on": "2027-01-01", "link": None}, "is no address"),
    ("2019-01-01", {"on": "2027-01-01"}, "there is no such version"), ("2020-01-02", {"on": "2027-01-01"}, "there is no such version"),
    ("2022-01-01", {"on": "2027-01-01"}, "it is the latest: nothing would stay"),
])
def test_what_cannot_work_is_refused_with_the_place(version, given, reason):
    with pytest.raises(DeclarationError) as raised:
        made((version, given))
    assert reason in str(raised.value)
    assert raised.value.remedy
    assert "test_lives.py:" in raised.value.place


@pytest.mark.parametrize(("later", "reason"), [
    ({"on": "2026-12-31", "sunset": "2028-01-01"}, "it ends before 2020-01-01T00:00:00Z"),
    ({"on": "2027-01-01", "sunset": "2027-12-31"}, "it ends before 2020-01-01T00:00:00Z"),
])
def test_days_come_in_the_order_of_versions(later, reason):
    with pytest.raises(DeclarationError, match=reason):
        made(("2021-01-01", later), ("2020-01-01", {"on": "2027-01-01", "sunset": "2028-01-01"}))


def test_a_version_is_deprecated_once():
    with pytest.raises(DeclarationError, match="deprecated twice"):
        made(("2020-01-01", {"on": "2027-01-01"}), ("2020-01-01T00:00Z", {"on": "2027-01-01"}))


def test_what_has_no_versions_has_none_to_deprecate():
    with pytest.raises(DeclarationError, match="no such version"):
        Lives([declare("earliest", "2027-01-01", None, "", "")], ())


def test_a_loaded_catalog_takes_no_more():
    with pytest.raises(DeclarationError, match="loaded already"):
        made().deprecate("2020-01-01", on="2027-01-01")


def test_what_is_said_of_a_version_holds_for_all_before_it():
    lives = made(("2021-01-01", {"on": "2027-01-01"}), ("earliest", {"on": "2026-01-01", "sunset": "2026-06-01"})).timeline.lives
    assert lives.of("earliest").gone_at == day("2026-06-01")
    assert lives.of(FIRST) is lives.of(SECOND)
    assert lives.of(SECOND).gone_at is None
    assert lives.of(THIRD) is None


@pytest.mark.parametrize(("today", "gone", "earliest"), [
    ("2025-01-01", [], "earliest"), ("2026-05-31", [], "earliest"), ("2026-06-01", ["earliest"], FIRST),
    ("2029-12-31", ["earliest", FIRST, SECOND], THIRD), ("2099-01-01", ["earliest", FIRST, SECOND], THIRD),
])
def test_the_earliest_that_is_supported_moves_on_with_the_days(today, gone, earliest):
    ends = ("earliest", {"on": "2026-01-01", "sunset": "2026-06-01"}), ("2021-01-01", {"on": "2027-01-01", "sunset": "2028-01-01"})
    lives = made(*ends).timeline.lives
    now = day(today)
    assert [each for each in ("earliest", FIRST, SECOND, THIRD) if lives.is_gone(each, now)] == gone
    assert lives.earliest(now) == earliest

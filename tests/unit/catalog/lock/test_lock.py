"""What a lock holds and what is found against it, case by case."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path

import pytest

from dragoman import Catalog
from dragoman.catalog.lock.check import Checked, check, check_catalog, write
from dragoman.catalog.lock.drift import Difference
from dragoman.catalog.lock.facts import LockedCatalog
from dragoman.catalog.lock.file import lock_file, read_lock, text_of
from dragoman.catalog.lock.schema import schema_of
from dragoman.errors import SettingsError

from ..declaring import load

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
HEAD = """\
from typing import Annotated, Any, Literal
from msgspec import Meta
from dragoman import (Added, Caller, Catalog, Defaulted, Extra, Filter, Key, Localized, MethodError, Named, Needs, Record, Refers,
                      Renamed, Reshaped, Revalued, Rows, Search, Sort)
catalog = Catalog("armory", languages=("en", "de"), permissions={"account": "Yours"})
"""
TANK = """
class Gun(Record):
    calibre: int
@catalog.resource("tanks", Rows(lambda: []))
class Tank(Record):
    id: Annotated[int, Key()]
    name: Annotated[Localized | None, Search(at_least=2)]
    tier: Annotated[int, Filter(any="all"), Sort(), Meta(ge=1, le=10)]
    guns: dict[str, list[Gun]]
    free: Any
catalog.search("tanks/find", Tank, by="name", fields=("id", "name"))
"""
CHANGED = 'catalog.change("2024-01-01", Tank, "`level` is called `tier`.", Renamed("tier", before="level"))\n'
CALL = """
@catalog.method("call", verb="POST")
def call(unit: Literal["a", "b"], steps: int = 2) -> list[int]:
    '''Call.'''
    return []
"""


def declared(folder: Path, text: str) -> Catalog:
    """A catalog of a text."""
    return load(folder, text, HEAD)


def drift(folder: Path, before: str, after: str) -> Checked:
    """What is found in one text against the lock of another."""
    catalog = declared(folder, after)
    assert catalog.file is not None
    return check_catalog(catalog, catalog.file, schema_of(declared(folder, before)), NOW)


def told(found: Checked) -> list[str]:
    """In words, with weights."""
    return [f"{each.weight} {each}" for each in found.found]


def test_a_lock_has_a_line_for_each_field(tmp_path: Path) -> None:
    """In the order in which they stand on the wire, what is inside records below the field that holds them."""
    text = text_of({"armory": schema_of(declared(tmp_path, TANK + CHANGED))})
    names = re.findall(r'^ {12}"([^"]+)": \{"type"', text, re.M)
    assert names == ["id", "name", "tier", "guns", "guns{}[].calibre", "free", "id", "name"]
    exact = '{"kind": "int", "limits": {"ge": 1, "le": 10}}'
    assert f'"tier": {{"type": "integer", "exact": {exact}, "filter": {{"any": "all"}}, "sort": true}}' in text
    assert '"steps": ["Renamed(\\"tier\\", before=\\"level\\")"]' in text
    assert json.loads(text)["catalogs"]["armory"]["permissions"] == {"account": "Yours"}
    assert text.endswith("}\n")


def test_a_lock_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Every fact of it."""
    catalog = declared(tmp_path, TANK + CALL + CHANGED)
    ((file, new),) = write([catalog])
    assert new
    assert file == lock_file(catalog.file or Path())
    lock = read_lock(file)
    assert lock is not None
    assert lock.catalogs == {"armory": schema_of(catalog)}
    assert write([catalog]) == [(file, False)]
    (checked,) = check([catalog], NOW)
    assert checked.current
    assert not checked.broken


@pytest.mark.parametrize("text", [
    "", "{", "[]", '{"lock": 1}', '{"lock": 2, "catalogs": {}}', '<<<<<<< ours\n{"lock": 1}', '{"lock": 1, "catalogs": {}, "more": 1}',
    "[" * 100_000, "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
])
def test_what_is_no_lock_is_told_with_the_remedy(tmp_path: Path, text: str) -> None:
    """A conflict that was left in it, for instance."""
    file = tmp_path / "catalog.lock"
    file.write_text(text)
    with pytest.raises(SettingsError, match="version control again, or remove it and write it anew"):
        read_lock(file)


def test_a_missing_lock_is_none(tmp_path: Path) -> None:
    """Of a catalog, too, that is new in its file."""
    assert read_lock(tmp_path / "catalog.lock") is None
    catalog = declared(tmp_path, TANK)
    (checked,) = check([catalog], NOW)
    assert checked.missing
    new = check_catalog(catalog, tmp_path / "catalog.py", None, NOW)
    assert told(new) == ["additive the catalog armory is new"]


def test_a_catalog_that_left_its_file_breaks(tmp_path: Path) -> None:
    """Nobody finds it any more."""
    catalog = declared(tmp_path, TANK)
    lock_file(catalog.file or Path()).write_text(text_of({"armory": schema_of(catalog), "other": schema_of(catalog)}))
    (checked,) = check([catalog], NOW)
    assert [str(each) for each in checked.catalogs[-1].broken] == ["the catalog other is not published any more"]


# -------------------------------------------------------------------------------------------- history


def test_a_change_explains_what_it_says(tmp_path: Path) -> None:
    """And asks to be noted."""
    found = drift(tmp_path, TANK.replace("tier", "level"), TANK + CHANGED)
    assert told(found) == ["additive the change of Tank at 2024-01-01T00:00:00Z is new: `level` is called `tier`."]


def test_another_change_does_not(tmp_path: Path) -> None:
    """What it leaves is found, with a change before it."""
    found = drift(tmp_path, TANK.replace("tier", "rank"), TANK + CHANGED)
    assert "breaking data/tanks.rank is gone" in told(found)
    assert found.proposal.changes == (
        'catalog.change("2023-12-31T23:59:59Z", Tank, "`rank` is called `level`.", Renamed("level", before="rank"))',)
    again = drift(tmp_path, TANK.replace("tier", "rank"), TANK + CHANGED + found.proposal.text)
    assert not again.broken


@pytest.mark.parametrize(("after", "words"), [
    ("", "breaking the change of Tank at 2024-01-01T00:00:00Z is gone, or says something else"),
    (CHANGED.replace("level", "stage"), "breaking the change of Tank at 2024-01-01T00:00:00Z is gone, or says something else"),
    (CHANGED.replace("2024", "2025"), "breaking the change of Tank at 2024-01-01T00:00:00Z is gone, or says something else"),
    (CHANGED.replace("is called", "has become"), "cosmetic the change of Tank at 2024-01-01T00:00:00Z is told in other words"),
    (CHANGED + CHANGED.replace("2024", "2023").replace("tier", "free").replace("level", "bound"),
     "breaking the change of Tank at 2023-01-01T00:00:00Z is dated before what was published already (2024-01-01T00:00:00Z)"),
])
def test_history_is_not_rewritten(tmp_path: Path, after: str, words: str) -> None:
    """A change that was published stays, and none comes before it."""
    assert words in told(drift(tmp_path, TANK + CHANGED, TANK + after))


def test_types_before_are_part_of_history(tmp_path: Path) -> None:
    """Old versions follow from them."""
    shaped = ('catalog.change("2024-01-01", Tank, "`free` was a number.", Reshaped("free", before={"free": int}, '
              'backward=lambda free: {"free": 0}))\n')
    found = drift(tmp_path, TANK + shaped, TANK + shaped.replace(": int}", ": str}"))
    assert len(found.broken) == 2
    assert not drift(tmp_path, TANK + shaped, TANK + shaped.replace('"free": 0', '"free": 1')).found


def test_proposals_come_after_what_was_published(tmp_path: Path) -> None:
    """Even where that is of tomorrow."""
    late = CHANGED.replace("2024-01-01", "2031-01-01")
    found = drift(tmp_path, TANK + late, TANK.replace("guns:", "cannons:") + late)
    assert found.proposal.changes == (
        'catalog.change("2031-01-01T00:00:01Z", Tank, "`guns` is called `cannons`.", Renamed("cannons", before="guns"))',)


@pytest.mark.parametrize(("before", "after", "words"), [
    ("", 'until="2031-01-01"', ["additive data/tanks goes at 2031-01-01T00:00:00Z, and did never before"]),
    ("", 'until="2023-01-01"', ["breaking data/tanks goes at 2023-01-01T00:00:00Z, and did never before"]),
    ('until="2031-01-01"', 'until="2030-01-01"',
     ["breaking data/tanks goes at 2030-01-01T00:00:00Z, and did at 2031-01-01T00:00:00Z before"]),
    ('until="2031-01-01"', "", ["additive data/tanks goes never, and did at 2031-01-01T00:00:00Z before"]),
    ("", 'since="2023-01-01"', ["breaking data/tanks came at 2023-01-01T00:00:00Z, and did at the beginning before"]),
    ('since="2023-01-01"', "", ["additive data/tanks came at the beginning, and did at 2023-01-01T00:00:00Z before"]),
])
def test_coming_and_going_is_dated(tmp_path: Path, before: str, after: str, words: list[str]) -> None:
    """Who goes is there for the versions before; who came was there since."""
    texts = [(TANK + CHANGED).replace("Rows(lambda: [])", f"Rows(lambda: []){', ' + each if each else ''}") for each in (before, after)]
    assert told(drift(tmp_path, *texts)) == words


def test_what_goes_one_day_does_not_hold_up_changes(tmp_path: Path) -> None:
    """It is announced long before."""
    gone = TANK.replace("Rows(lambda: [])", 'Rows(lambda: []), until="2031-01-01"')
    assert not drift(tmp_path, gone.replace("tier", "level"), gone + CHANGED).broken


# -------------------------------------------------------------------------------------------- weights


@pytest.mark.parametrize(("old", "new", "words"), [
    ("free: Any", "free: int", ["breaking data/tanks.free was any JSON, and is integer"]),
    ("calibre: int", "calibre: float", ["breaking data/tanks.guns{}[].calibre was integer, and is number"]),
    ("calibre: int", "calibre: int | None", ["breaking data/tanks.guns{}[].calibre may be null"]),
    ("Localized | None", "Localized",
     ["additive data/tanks.name is never null any more", "additive tanks/find.name is never null any more"]),
    ("ge=1, le=10", "ge=0, le=10", ["breaking data/tanks.tier has ge=0, which was ge=1"]),
    ("ge=1, le=10", "ge=1", ["breaking data/tanks.tier has no le, which was le=10"]),
    ("ge=1, le=10", "ge=1, le=9", ["breaking data/tanks.tier has le=9, which was le=10"]),
    ('Filter(any="all")', "Filter()", ["breaking data/tanks.tier means all of them by None, which was 'all'"]),
    ('Filter(any="all")', 'Filter(any="all"), Named(lesta="rank")',
     ["breaking data/tanks.tier is called {'lesta': 'rank'} in dialects, which was the same"]),
    ("at_least=2", "at_least=3", ["breaking data/tanks.name is searched from 3 characters on, and was from 2",
                                 "breaking tanks/find.name is searched from 3 characters on, and was from 2"]),
    ('("id", "name")', '("id",)', ["breaking tanks/find.name is not shown any more"]),
    ('by="name", fields=("id", "name")', 'by="name"', [f"additive tanks/find.{name} is new" for name in ("tier", "guns", "free")]),
    ("class Gun(", "class Cannon(", []),
    ("free: Any", "free: Any = 7", []),
])
def test_what_became_of_a_field(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    """Whoever reads, filters and searches by it."""
    after = TANK.replace(old, new)
    assert after != TANK
    found = told(drift(tmp_path, TANK, after.replace("list[Gun]", "list[Cannon]") if "Cannon" in after else after))
    assert [each for each in found if not each.startswith("cosmetic")] == words


@pytest.mark.parametrize(("old", "new", "words"), [
    ('"a", "b"', '"a", "b", "c"', ["additive data/call.unit has the new value c"]),
    ('"a", "b"', '"a"', ["breaking data/call.unit has no value b any more"]),
    ("steps: int = 2", "steps: float = 2", ["additive data/call.steps was integer, and is number"]),
    ("steps: int = 2", "steps: int | None = None",
     ["additive data/call.steps may be null", "breaking data/call.steps is None where it is not sent, and was 2"]),
    ("steps: int = 2", "steps: int", ["breaking data/call.steps is required, and was 2 where it was not sent"]),
    ("-> list[int]", "-> list[int] | None", ["breaking data/call.result may be null"]),
    ("def call", "def shout", ["breaking data/call has called='shout', which was 'call'"]),
    ('"POST"', '"PUT"', ["breaking data/call has verb='PUT', which was 'POST'"]),
    ('verb="POST"', 'verb="POST", permission="account"', ["breaking data/call asks for the permission 'account'",
                                                         "breaking data/call asks for a valid key"]),
    ('verb="POST"', 'verb="POST", positions=("unit",)', ["breaking data/call has the positions unit, which were unit/steps"]),
    ('verb="POST"', 'verb="POST", dast="shouts/call"', ["breaking data/call has dast='shouts/call', which was ''"]),
])
def test_what_became_of_a_method(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    """Whoever calls it."""
    after = CALL.replace(old, new)
    assert after != CALL
    assert told(drift(tmp_path, CALL, after)) == words


@pytest.mark.parametrize(("old", "new", "words"), [
    ('("en", "de")', '("en", "de", "fr")', ["additive armory has the new language fr"]),
    ('("en", "de")', '("en",)', ["breaking armory has no language de any more"]),
    ('("en", "de")', '("de", "en")', ["breaking armory has the default language de, which was en"]),
    ('"Yours"', '"What is yours"', ["cosmetic armory tells the permission account in other words"]),
    ('"armory",', '"armory", api_name="wot",', ["breaking armory has the api_name 'wot', which was 'armory'"]),
    ('"armory",', '"armory", formats=("csv",),', ["additive armory has the new format csv"]),
    ('"armory",', '"armory", clusters=("eu", "na"),',
     ["breaking armory has no cluster default any more", *(f"additive armory has the new cluster {each}" for each in ("eu", "na"))]),
])
def test_what_became_of_a_catalog(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    """Languages, formats, clusters, permissions."""
    catalog = load(tmp_path, CALL, HEAD.replace(old, new))
    assert catalog.file is not None
    assert told(check_catalog(catalog, catalog.file, schema_of(declared(tmp_path, CALL)), NOW)) == words


def test_a_key_is_renamed_and_no_more(tmp_path: Path) -> None:
    """Nothing is proposed that would refuse to load."""
    renamed = drift(tmp_path, TANK, TANK.replace("id:", "tank_id:").replace('"id"', '"tank_id"'))
    assert 'Renamed("tank_id", before="id")' in renamed.proposal.text
    retyped = drift(tmp_path, TANK, TANK.replace("[int, Key()]", "[str, Key()]"))
    assert retyped.proposal.changes == ()
    assert {each.aspect for each in retyped.proposal.left} == {"type"}


def test_what_is_hidden_from_some_is_not_explained(tmp_path: Path) -> None:
    """No change gives anybody a permission."""
    live = TANK.replace("Rows(lambda: [])", "Rows(lambda: []), live=True")
    found = drift(tmp_path, live, live.replace("free: Any", 'free: Annotated[Any, Needs("account")]'))
    assert [each.aspect for each in found.proposal.left] == ["needs"]


def test_a_field_that_moved_into_a_new_record_is_found_there(tmp_path: Path) -> None:
    """`wvw_rank` is `wvw.rank` now."""
    before = TANK.replace("free: Any", "free: Any\n    calibre_max: int")
    after = TANK.replace("free: Any", "free: Any\n    gun: Gun")
    found = drift(tmp_path, before, after)
    assert 'Renamed("gun.calibre", before="calibre_max")' in found.proposal.text
    assert not drift(tmp_path, before, after + found.proposal.text).broken


def test_a_text_that_was_a_number_is_read_as_one(tmp_path: Path) -> None:
    """Nobody is told 0 in silence: what is no number stops the publication."""
    found = drift(tmp_path, TANK.replace("free: Any", "free: Any\n    year: int"), TANK.replace("free: Any", "free: Any\n    year: str"))
    assert 'backward=lambda year: {"year": int(year)}' in found.proposal.text


def test_records_of_then_are_declared_on_the_way(tmp_path: Path) -> None:
    """Where nothing of that name is there any more, or something else is."""
    for after in (TANK.replace("guns: dict[str, list[Gun]]", "guns: dict[str, int]"),
                  TANK.replace("guns: dict[str, list[Gun]]", "guns: list[Gun]").replace("calibre: int", "calibre: str")):
        found = drift(tmp_path, TANK, after)
        again = drift(tmp_path, TANK, after + found.proposal.text)
        assert [str(each) for each in again.broken] == []
        assert "class OldGun(Record):" in found.proposal.text or "class Gun(Record):" in found.proposal.text


def test_every_difference_has_its_place(tmp_path: Path) -> None:
    """The line of the field, or of what it was in."""
    found = drift(tmp_path, TANK + CALL, (TANK + CALL).replace("free: Any", "free: int").replace("steps: int = 2", "steps: int = 3"))
    lines = {each.subject: _line(each) for each in found.found}
    assert lines == {"data/tanks.free": "free: int", "data/call.steps": 'def call(unit: Literal["a", "b"], steps: int = 3) -> list[int]:'}


def _line(difference: Difference) -> str:
    file, _, line = difference.place.rpartition(":")
    return Path(file).read_text().splitlines()[int(line) - 1].strip()


@pytest.mark.parametrize(("before", "after", "words"), [
    ("", 'sunset="2031-01-01"', "additive the end of the version earliest is 2031-01-01, and was not announced"),
    ('sunset="2031-01-01"', 'sunset="2030-01-01"', "breaking the end of the version earliest is 2030-01-01, and was 2031-01-01"),
    ('sunset="2031-01-01"', 'sunset="2032-01-01"', "additive the end of the version earliest is 2032-01-01, and was 2031-01-01"),
    ('sunset="2031-01-01"', "sunset=None", "additive the end of the version earliest is announced without a day, and was 2031-01-01"),
    ('sunset="2031-01-01"', "", "additive the end of the version earliest is not announced, and was 2031-01-01"),
])
def test_versions_end_when_it_was_announced(tmp_path: Path, before: str, after: str, words: str) -> None:
    """Or later."""
    texts = [TANK + CHANGED + (f'catalog.deprecate("earliest", on="2026-01-01", {each})\n' if each else "") for each in (before, after)]
    assert told(drift(tmp_path, *texts)) == [words]


def test_the_newest_version_of_a_lock(tmp_path: Path) -> None:
    """Changes and arrivals count."""
    assert schema_of(declared(tmp_path, TANK)).newest == "earliest"
    locked: LockedCatalog = schema_of(declared(tmp_path, TANK.replace("[])", '[]), since="2025-01-01"') + CHANGED))
    assert locked.newest == "2025-01-01T00:00:00.000000Z"

"""Random edits of a catalog: whatever breaks clients is found, what does not is let through, and the proposed change explains it."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import pytest

from dragoman import Catalog
from dragoman.catalog.lock.check import Checked, check_catalog
from dragoman.catalog.lock.facts import LockedCatalog
from dragoman.catalog.lock.rules import Weight
from dragoman.catalog.lock.schema import schema_of
from dragoman.views.translate import Asker, Translator

from . import mutants
from .model import loaded, model
from .samples import fits, sample

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
ROUNDS = 100


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the mutants are written."""
    return tmp_path_factory.mktemp("mutants")


@pytest.fixture(scope="module")
def locked(folder: Path) -> LockedCatalog:
    """What was published before every edit."""
    return schema_of(loaded(folder, model().source()))


def checked(catalog: Catalog, locked: LockedCatalog) -> Checked:
    """A check on one day."""
    assert catalog.file is not None
    return check_catalog(catalog, catalog.file, locked, NOW)


def test_what_did_not_change_does_not_differ(folder: Path, locked: LockedCatalog) -> None:
    """The same text again."""
    assert checked(loaded(folder, model().source()), locked).found == ()


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_every_breaking_edit_is_found(folder: Path, locked: LockedCatalog, seed: int) -> None:
    """One edit, each kind in turn."""
    edits = [*mutants.EXPLICABLE, *mutants.INEXPLICABLE]
    made = model()
    edits[seed % len(edits)](made, random.Random(seed))
    found = checked(loaded(folder, made.source()), locked)
    assert found.broken
    assert all(each.place for each in found.broken)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_additive_edits_pass(folder: Path, locked: LockedCatalog, seed: int) -> None:
    """Up to three at once, none of which breaks anybody."""
    edits = mutants.ADDITIVE
    made, chance = model(), random.Random(seed)
    edits[seed % len(edits)](made, chance)
    for edit in chance.sample(edits, seed % 3):
        edit(made, chance)
    found = checked(loaded(folder, made.source()), locked)
    assert [str(each) for each in found.broken] == []
    assert found.found or made.source() == model().source()
    assert found.proposal.changes == ()


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_the_proposed_change_explains_what_broke(folder: Path, locked: LockedCatalog, seed: int) -> None:
    """Pasted as it is printed, below the declarations: whoever reads is shown what was locked, and whoever calls as it was locked is
    understood."""
    edits = mutants.EXPLICABLE
    made, chance = model(), random.Random(seed)
    edits[seed % len(edits)](made, chance)
    text = made.source()
    found = checked(loaded(folder, text), locked)
    assert found.broken
    assert [str(each) for each in found.proposal.left] == []
    catalog = loaded(folder, text + "\n" + found.proposal.text)
    again = checked(catalog, locked)
    assert [str(each) for each in again.broken] == [], found.proposal.text
    assert any(each.aspect == "changes" and each.weight is Weight.ADDITIVE for each in again.found)
    today, newest = schema_of(catalog).targets, locked.newest
    tank, call = catalog.resources["war/tanks"], catalog.methods["war/go"]
    for _ in range(5):
        shown = Translator(catalog.timeline.stage(tank, newest)).back(sample(today["war/tanks"].fields, chance))
        assert fits(shown, locked.targets["war/tanks"].fields, exactly=False) == []
        asked = Asker(catalog.timeline.stage(call, newest)).forth(sample(locked.targets["war/go"].fields, chance))
        assert fits(asked, today["war/go"].fields, exactly=True) == []


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_what_breaks_by_several_edits_at_once_is_explained(folder: Path, locked: LockedCatalog, seed: int) -> None:
    """Three at once, some of which break nobody."""
    made, chance = model(), random.Random(1_000 + seed)
    for edit in chance.sample([*mutants.EXPLICABLE, *mutants.ADDITIVE], 3):
        try:
            edit(made, chance)
        except KeyError:                            # an edit before took away what this one edits
            continue
    text = made.source()
    found = checked(loaded(folder, text), locked)
    again = checked(loaded(folder, text + "\n" + found.proposal.text), locked)
    assert [str(each) for each in again.broken] == [], found.proposal.text

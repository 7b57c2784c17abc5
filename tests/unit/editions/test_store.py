"""Damaged editions are set aside and never served; what cannot be opened for other reasons stays where it is."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dragoman.editions import manifest as manifests
from dragoman.editions import store
from dragoman.editions.manifest import Damaged, seal, unseal
from dragoman.editions.publish import needs_publishing
from dragoman.observations import EditionOpened, EditionRefused

from .shops import TANKS, Shop, tank


@pytest.fixture
def shop(tmp_path):
    """Two editions; the current one has one record more."""
    shop = Shop(tmp_path, [tank(1)])
    shop.ids = [shop.publish()]
    shop.tanks.rows = [tank(1), tank(2, tier=1)]
    shop.ids.append(shop.publish())
    return shop


def spoil(path, change):
    """Change a file as a failing disk or a careless hand would."""
    path.chmod(0o644)
    path.write_bytes(change(path.read_bytes()))
    path.chmod(0o444)


def flip(data, at=0.5):
    place = min(int(len(data) * at), len(data) - 1)
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1:]


FILES = ["manifest.json", f"{TANKS}/index", f"{TANKS}/records.en.json", f"{TANKS}/records.de.json",
         f"{TANKS}/listing.sqlite"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("change", [flip, lambda data: data[:-1], lambda data: data + b"x", lambda _: b""],
                         ids=["bit flip", "truncated", "longer", "empty"])
def test_a_damaged_edition_is_set_aside_and_the_one_before_it_opened(shop, name, change):
    """Told once, in quarantine, and due to be published again; the next process does not stumble over it."""
    spoil(shop.folder / shop.ids[1] / name, change)
    observed = []
    editions = shop.open(observed.append)
    assert editions.current("armory", "default").id == shop.ids[0]
    assert [type(each) for each in observed] == [EditionRefused, EditionOpened]
    assert observed[0].edition == shop.ids[1]
    assert f".damaged-{shop.ids[1]}" in shop.names()
    assert not editions.refresh()
    again = []
    assert shop.open(again.append).current("armory", "default").id == shop.ids[0]
    assert [type(each) for each in again] == [EditionOpened]
    assert needs_publishing(shop.catalog, "default", shop.sources, shop.data_dir) == "edition damaged"
    newest = shop.publish()
    assert editions.refresh()
    assert editions.current("armory", "default").id == newest


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_damage(shop, name):
    """The edition is not served without it."""
    (shop.folder / shop.ids[1] / name).unlink()
    assert shop.current().id == shop.ids[0]


def test_the_only_edition_damaged_leaves_nothing_to_serve(tmp_path):
    """No crash: there is no edition, and one is due."""
    shop = Shop(tmp_path, [tank(1)])
    id = shop.publish()
    spoil(shop.folder / id / TANKS / "index", flip)
    editions = shop.open()
    assert editions.current("armory", "default") is None
    assert not editions.refresh()
    assert shop.publish()
    assert editions.refresh()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(at=st.floats(0, 1), bit=st.integers(0, 7), name=st.sampled_from(FILES[1:]))
def test_no_single_bit_can_flip_unnoticed(shop, at, bit, name):
    """Wherever it is, the edition is refused, or else serves the very same bytes."""
    path = shop.folder / shop.ids[1] / name
    if not path.exists():
        return
    whole = path.read_bytes()
    place = min(int(len(whole) * at), len(whole) - 1)
    spoil(path, lambda data: data[:place] + bytes([data[place] ^ (1 << bit)]) + data[place + 1:])
    assert shop.current().id == shop.ids[0]
    damaged = shop.folder / f".damaged-{shop.ids[1]}"
    damaged.rename(shop.folder / shop.ids[1])
    spoil(path, lambda _: whole)
    assert shop.current().id == shop.ids[1]


@given(st.binary(max_size=200))
def test_a_manifest_of_any_bytes_is_damaged(text):
    """Never an exception of another kind."""
    with pytest.raises(Damaged):
        unseal(text)


def test_an_edition_of_another_release_is_refused_but_kept(shop, monkeypatch):
    """It may be served again by the release that wrote it; ours publishes anew."""
    path = shop.folder / shop.ids[1] / "manifest.json"
    facts = unseal(path.read_bytes())
    with monkeypatch.context() as patch:
        patch.setattr(manifests, "FORMAT", 99)
        path.chmod(0o644)
        path.write_bytes(seal(manifests.msgspec.structs.replace(facts, format=99)))
    observed = []
    editions = shop.open(observed.append)
    assert editions.current("armory", "default").id == shop.ids[0]
    assert "another release" in observed[0].reason
    assert path.exists()
    assert needs_publishing(shop.catalog, "default", shop.sources, shop.data_dir) == "catalog changed"


def test_what_cannot_be_read_now_is_tried_again_later(shop, monkeypatch):
    """Too many open files or a missing right are no damage: nothing is set aside."""
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    observed = []
    with monkeypatch.context() as patch:
        patch.setattr(store, "prove", refuse)
        editions = shop.open(observed.append)
        assert editions.current("armory", "default") is None
        assert not editions.refresh()
    assert "Permission denied" in observed[0].reason
    assert set(shop.ids) <= shop.names()
    monkeypatch.setattr(store.time, "monotonic", lambda clock=store.time.monotonic: clock() + 60)
    assert editions.refresh()
    assert editions.current("armory", "default").id == shop.ids[1]


def test_a_second_opening_reads_the_large_files_no_more_until_they_change(shop, monkeypatch):
    """The note beside the edition vouches for them; a touched file is read again."""
    from dragoman.editions import opening

    read = []
    monkeypatch.setattr(opening, "sum_up", lambda file, real=opening.sum_up: read.append(
        Path(f"/proc/self/fd/{file}").readlink().name) or real(file))
    shop.current()
    assert set(read) == {"index"}
    read.clear()
    os.utime(shop.folder / shop.ids[1] / TANKS / "records.en.json")
    shop.current()
    assert sorted(read) == ["index", "index", "records.en.json"]
    read.clear()
    shop.current()
    assert set(read) == {"index"}


def test_an_unknown_catalog_has_no_edition(shop):
    """Nor has a data directory that is not there yet."""
    from dragoman.editions.store import Editions
    from dragoman.observations import ignore
    from dragoman.settings import Memory

    editions = Editions(shop.data_dir / "nowhere", [("armory", "default")], Memory(), ignore)
    assert editions.current("armory", "default") is None
    assert editions.current("other", "eu") is None
    assert not editions.refresh()


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b'{"current":"../../etc","newest":"../../etc"}', b"[1]"])
def test_a_damaged_pointer_means_the_newest_edition(shop, text):
    """Nothing is lost, and the next publication mends it."""
    spoil(shop.folder / "current", lambda _: text)
    assert shop.current().id == shop.ids[1]
    assert needs_publishing(shop.catalog, "default", shop.sources, shop.data_dir) is None
    newest = shop.publish()
    assert shop.current().id == newest
    assert {*shop.ids, newest} <= shop.names()

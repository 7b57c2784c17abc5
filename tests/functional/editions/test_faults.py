"""Publication under faults: killed at any moment, disks that fill up, readers that never stop."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec
import pytest

from dragoman.editions.publish import editions, needs_publishing
from dragoman.errors import PublicationError
from dragoman.query import Filtered

from ...unit.editions.shops import TANKS
from .publisher import shop_of

ROOT = Path(__file__).parents[3]
RECORDS = 400
KILLS = 40


def start_publisher(data_dir, generation, *rest):
    command = [sys.executable, "-m", "tests.functional.editions.publisher", str(data_dir), str(generation)]
    return subprocess.Popen([*command, *map(str, rest)], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def generation_of(edition):
    """The one canary that every record, key and filter of an edition bears."""
    shelf = edition.shelves[TANKS]
    assert shelf.count == RECORDS
    records = msgspec.json.decode(shelf.records("en").everything)
    found = {record["tier"] for record in records} | {int(record["code"][1:]) for record in records}
    assert len(found) == 1
    generation = found.pop()
    assert len(shelf.materialize(Filtered(values=(("tier", (generation,)),)), "de")) == RECORDS
    assert all(shelf.find(b"%d" % number) == number for number in range(RECORDS))
    return generation


@pytest.mark.slow
def test_kill_9_at_any_moment_leaves_the_old_or_the_new_edition(tmp_path):
    """Never less, and the next publication cleans up and succeeds."""
    publisher = start_publisher(tmp_path, 0, RECORDS)
    assert publisher.stdout.readline() == "ready\n"
    began = time.monotonic()
    publisher.communicate(timeout=60)
    assert publisher.returncode == 0
    whole_s = time.monotonic() - began
    last, dice, survived = 0, random.Random(7), {False: 0, True: 0}
    for generation in range(1, KILLS + 1):
        publisher = start_publisher(tmp_path, generation, RECORDS)
        publisher.stdout.readline()
        if generation % 10 == 0:                # behind the swap, however busy the machine is
            publisher.stdout.readline()
        elif generation % 10 > 1:               # and else at any moment, but for some just when it begins
            time.sleep(whole_s * dice.random() * 1.1)
        publisher.kill()
        publisher.communicate(timeout=20)
        served = generation_of(shop_of(tmp_path, 0, 0).current())
        assert served in (last, generation)
        survived[served == generation] += 1
        last = served
    assert min(survived.values()) > 0           # some were killed before the swap, and some behind it
    shop = shop_of(tmp_path, 99, RECORDS)
    shop.publish()
    assert generation_of(shop.current()) == 99
    kept = {each.id for each in editions(tmp_path, "armory", "default")}
    assert shop.names() == kept | {f".vouched-{id}" for id in kept} | {"current"}
    assert len(kept) == 2


def test_killed_just_before_the_swap_the_edition_is_published_again(tmp_path, monkeypatch):
    """A whole folder that was never made current does not count as published."""
    from dragoman.editions import places

    shop = shop_of(tmp_path, 1, RECORDS)
    first = shop.publish()
    shop.tanks.told = "2"

    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(places.Place, "point", die)
        with pytest.raises(KeyboardInterrupt):
            shop.publish()
    assert shop.current().id == first
    assert [each.id for each in editions(tmp_path, "armory", "default")] == [first]
    assert needs_publishing(shop.catalog, "default", shop.sources, tmp_path) == "sources changed"
    second = shop.publish()
    assert {each.id for each in editions(tmp_path, "armory", "default")} == {first, second}


@pytest.fixture
def small_disk(tmp_path):
    """A file system of two megabytes; only root may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    mounted = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], capture_output=True, check=False).returncode == 0
    if not mounted:
        pytest.skip("no right to mount a small file system: the full disk is tried by a limit on file sizes alone")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_is_a_clear_error_and_leaves_nothing_behind(small_disk):
    """The old edition goes on serving, and publishing works again once there is space."""
    shop = shop_of(small_disk, 1, RECORDS)
    id = shop.publish()
    before = shop.names()
    (small_disk / "ballast").write_bytes(bytes(900_000))
    with pytest.raises(PublicationError, match=r"could not be written.*(space|full).*Free space"):
        shop_of(small_disk, 2, 8_000).publish()
    assert shop.names() == before
    assert generation_of(shop.current()) == 1
    assert shop.current().id == id
    (small_disk / "ballast").unlink()
    shop_of(small_disk, 3, RECORDS).publish()
    assert generation_of(shop.current()) == 3


@pytest.mark.parametrize("file_max_bytes", [512, 5_000, 20_000, 60_000, 150_000])
def test_a_write_that_fails_anywhere_is_a_clear_error(tmp_path, file_max_bytes):
    """Records, indexes and SQLite's own file each meet the limit first at some size."""
    shop = shop_of(tmp_path, 1, RECORDS)
    shop.publish()
    before = shop.names()
    publisher = start_publisher(tmp_path, 2, 5_000, file_max_bytes)
    told, _ = publisher.communicate(timeout=60)
    assert publisher.returncode == 1
    assert "could not be written" in told
    assert shop.names() == before
    assert generation_of(shop.current()) == 1


def test_readers_see_one_whole_edition_each_while_editions_are_swapped(tmp_path):
    """Threads that read without pause, and a process that publishes ten times."""
    shop_of(tmp_path, 0, RECORDS).publish()
    editions_ = shop_of(tmp_path, 0, 0).open()
    wrong, seen, stop = [], set(), threading.Event()

    def read():
        try:
            while not stop.is_set():
                edition = editions_.current("armory", "default")
                time.sleep(0.002)                   # another may become current here
                seen.add(generation_of(edition))
        except Exception as error:                  # noqa: BLE001  # whatever it is, the test has to hear of it
            wrong.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        for generation in range(1, 11):
            shop_of(tmp_path, generation, RECORDS).publish()
            assert editions_.refresh()
            assert not editions_.refresh()
    finally:
        stop.set()
        for reader in readers:
            reader.join(30)
    assert wrong == []
    assert len(seen) > 1
    assert generation_of(editions_.current("armory", "default")) == 10


def test_publications_of_one_catalog_exclude_each_other(tmp_path):
    """Started at once, all succeed one after another, and the last one's edition is served."""
    publishers = [start_publisher(tmp_path, generation, RECORDS) for generation in range(3)]
    told = [publisher.communicate(timeout=90)[0].split()[-1] for publisher in publishers]
    assert [publisher.returncode for publisher in publishers] == [0, 0, 0]
    assert shop_of(tmp_path, 0, 0).current().id == max(told)
    assert len({each.id for each in editions(tmp_path, "armory", "default")}) == 2

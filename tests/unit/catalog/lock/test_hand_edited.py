"""Locks as people, merges and several processes leave them: told as what they are, or compared, and never half written."""

from __future__ import annotations

import copy
import itertools
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dragoman.catalog.lock.check import check, facts_of, write
from dragoman.catalog.lock.file import lock_file, read_lock, write_lock
from dragoman.catalog.lock.schema import schema_of
from dragoman.cli.checking import _lines
from dragoman.errors import SettingsError

from .test_lock import CALL, CHANGED, NOW, TANK, declared

ENDING = 'catalog.deprecate("earliest", on="2027-01-01", sunset="2029-01-01")\n'
VALUES = [None, True, -1, 0, 5, 1.5, 10**30, "", "x", "\0", "x" * 300, [], {}, ["x"], {"x": 1}, {"kind": "int"}, {"kind": "list"},
          {"kind": "choice"}, {"kind": "weird"}, "list", "choice", "record", "int", "2099-01-01", "earliest", "latest"]
_GONE = object()


def edits(value: Any) -> Iterator[Any]:
    """A lock with each of its values replaced by each of some others, left out, and called otherwise, one at a time."""
    for path in _paths(value, ()):
        for other in (*VALUES, _GONE):
            edited = copy.deepcopy(value)
            above = edited
            for name in path[:-1]:
                above = above[name]
            if other is _GONE:
                del above[path[-1]]
            else:
                above[path[-1]] = other
            yield edited
        if isinstance(path[-1], str):
            edited = copy.deepcopy(value)
            above = edited
            for name in path[:-1]:
                above = above[name]
            above["zz"] = above.pop(path[-1])
            yield edited


def _paths(value: Any, above: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in items:
        yield (*above, name)
        yield from _paths(each, (*above, name))


def test_whatever_stands_in_a_lock_it_is_refused_or_compared(tmp_path: Path) -> None:
    """With what is no lock told, and everything else in words; nothing fails otherwise."""
    catalog = declared(tmp_path, TANK + CHANGED + CALL + ENDING)
    write([catalog])
    assert catalog.file is not None
    lock = lock_file(catalog.file)
    refused = compared = 0
    for edited in itertools.islice(edits(json.loads(lock.read_text())), 0, None, 4):       # each kind of edit, at some place
        lock.write_text(json.dumps(edited))
        try:
            found = check([catalog], NOW)
        except SettingsError as error:
            refused += any(words in str(error) for words in ("it is no lock", "another release"))
            continue
        json.dumps([facts_of(each) for each in found])
        assert list(_lines(found, "github")) is not None
        compared += 1
    assert refused > 300
    assert compared > 100


@pytest.mark.parametrize("text", [
    b'{"lock": 1, "catalogs": {"\xe9": 1}}', b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b"a\0b", b"<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> x",
    b"[" * 100_000, b'{"lock": 1, "catalogs": {}} {}', b"\0" * 1_000,
])
def test_what_is_no_text_of_a_lock_is_told_with_a_remedy_that_works(tmp_path: Path, text: bytes) -> None:
    """Remove it, and write it anew."""
    lock = tmp_path / "catalog.lock"
    lock.write_bytes(text)
    with pytest.raises(SettingsError, match="or remove it and write it anew"):
        read_lock(lock)
    lock.unlink()
    assert read_lock(lock) is None


def test_several_write_a_lock_at_once_and_each_reader_finds_it_whole(tmp_path: Path) -> None:
    """Whichever comes last, nothing half written is ever there, and nothing is left beside it."""
    one, other = ({"armory": schema_of(declared(tmp_path, text))} for text in (TANK, TANK + CALL))
    lock, ending, failures = tmp_path / "at-once.lock", threading.Event(), []

    def repeat(catalogs: Any) -> None:
        try:
            for _ in range(100):
                write_lock(lock, catalogs)
        except OSError as error:
            failures.append(error)

    def read() -> None:
        while not ending.is_set():
            try:
                read_lock(lock)
            except SettingsError as error:
                failures.append(error)

    write_lock(lock, one)
    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=repeat, args=[each]) for each in (one, other, one, other)]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    ending.set()
    reader.join()
    assert failures == []
    assert [file.name for file in tmp_path.iterdir() if "at-once" in file.name] == ["at-once.lock"]


def test_a_lock_that_is_a_link_stays_one(tmp_path: Path) -> None:
    """What it points to is written."""
    (tmp_path / "elsewhere").mkdir()
    target, link = tmp_path / "elsewhere/real.lock", tmp_path / "linked.lock"
    link.symlink_to(target)
    assert write_lock(link, {"armory": schema_of(declared(tmp_path, TANK))})
    assert link.is_symlink()
    assert read_lock(target) == read_lock(link) is not None

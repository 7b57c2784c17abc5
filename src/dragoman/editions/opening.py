"""Proving that an edition on disk is what was written, quickly enough for every start."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from .files import sum_up, write_durably
from .manifest import INDEX, NAME, Damaged, FileFacts, Manifest, unseal
from .places import Place

Vouched = dict[str, tuple[int, int, int, int]]
"""For each file inode, size in bytes, and times of modification and change in nanoseconds, as they were when its
content was last proven."""


def prove(place: Place, id: str) -> Manifest:
    """Read an edition's manifest and prove its files. Raises `Damaged`, `Foreign` and `OSError`.

    Sizes are compared at every opening, since a shorter mapped file kills its reader, and so is the content of the
    indexes, since a wrong address shows wrong bytes. The rest, gigabytes perhaps, is read once: afterwards a note
    beside the edition vouches for every file whose inode, size and times are still the same, as git's index does.
    """
    folder = place.edition(id)
    manifest = read_manifest(place, id)
    known = _read_voucher(place.voucher(id))
    seen = {name: _prove_file(folder / name, facts, known.get(name)) for name, facts in files_of(manifest)}
    if seen != known:
        _note(place, id, seen)
    return manifest


def read_manifest(place: Place, id: str) -> Manifest:
    """What an edition says of itself, its files not proven. Raises `Damaged`, `Foreign` and `OSError`."""
    folder = place.edition(id)
    try:
        text = (folder / NAME).read_bytes()
    except FileNotFoundError:
        if folder.is_dir():
            raise Damaged(f"{NAME} is missing") from None
        raise
    manifest = unseal(text)
    if manifest.id != id:
        raise Damaged(f"{NAME} is that of {manifest.id}")
    return manifest


def files_of(manifest: Manifest) -> Iterator[tuple[str, FileFacts]]:
    """Every file of an edition, by its path inside the folder."""
    for path, shelf in manifest.shelves.items():
        for name, facts in shelf.files.items():
            yield f"{path}/{name}", facts


def _prove_file(path: Path, facts: FileFacts, known: tuple[int, int, int, int] | None) -> tuple[int, int, int, int]:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise Damaged(f"{path.name} of {path.parent.name} is missing") from None
    try:
        seen = _look(os.fstat(file))
        if seen[1] != facts.size:
            raise Damaged(f"{path.name} of {path.parent.name} has {seen[1]} bytes, not {facts.size}")
        if (seen != known or path.name.partition(".")[0] == INDEX) and sum_up(file) != facts:
            raise Damaged(f"{path.name} of {path.parent.name} has another checksum")
    finally:
        os.close(file)
    return seen


def _look(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _read_voucher(path: Path) -> Vouched:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Vouched)
    except (OSError, msgspec.MsgspecError):
        return {}


def vouch(place: Place, manifest: Manifest) -> None:
    """Note that the files of an edition are proven as they lie there, for whoever has just written them."""
    folder = place.edition(manifest.id)
    with contextlib.suppress(OSError):
        _note(place, manifest.id, {name: _look((folder / name).stat()) for name, _ in files_of(manifest)})


def _note(place: Place, id: str, seen: Vouched) -> None:
    """Where notes cannot be written, all is read at each opening."""
    with contextlib.suppress(OSError):
        write_durably(place.voucher(id), msgspec.json.encode(seen), 0o644)

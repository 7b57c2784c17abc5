"""Writing files that are synced and counted, and mapping them for reading."""

from __future__ import annotations

import mmap
import os
import shutil
from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path

import xxhash

from .manifest import FileFacts, Section

MODE = 0o444
ALIGNMENT = 8
_CHUNK_BYTES = 1 << 20


class Writer:
    """Writes one new file from start to end, and sums up its size and checksum on the way."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self._hash = xxhash.xxh3_64()
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def write(self, data: bytes | memoryview) -> None:
        """Append; raises `OSError`."""
        self._hash.update(data)
        self.size += len(data)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._file, rest):]

    def finish(self) -> FileFacts:
        """Make the content durable and read-only. A failed sync is never tried again: the kernel may have dropped
        what it could not write, and a second sync would claim success."""
        try:
            os.fchmod(self._file, MODE)
            os.fsync(self._file)
        finally:
            self.close()
        return FileFacts(self.size, self._hash.hexdigest())

    def close(self) -> None:
        """Let go of the file without making it durable."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


class ArrayWriter:
    """Writes `[item,item,...]` and, beside it, where each item starts, as 64-bit integers.

    After the last start stands where another item would: item i is `data[start[i]:start[i + 1] - 1]`.
    """

    def __init__(self, data: Path, starts: Path) -> None:
        self.data, self.starts = Writer(data), Writer(starts)
        self._next = 1

    def extend(self, items: Sequence[bytes]) -> None:
        """Append encoded items."""
        starts = array("Q", accumulate(items, _start_after, initial=self._next))
        self.data.write((b"," if self._next > 1 else b"[") + b",".join(items))
        self._next = starts.pop()
        self.starts.write(memoryview(starts).cast("B"))

    def end(self) -> None:
        """Write what stands after the last item."""
        self.data.write(b"]" if self._next > 1 else b"[]")
        self.starts.write(memoryview(array("Q", [self._next])).cast("B"))

    def close(self) -> None:
        """Let go of both files."""
        self.data.close()
        self.starts.close()


def _start_after(start: int, item: bytes) -> int:
    return start + len(item) + 1


def pack(path: Path, parts: Mapping[str, Path]) -> tuple[FileFacts, dict[str, Section]]:
    """Join files into one, each at an address that suits 64-bit integers, so that a resource needs few open files."""
    writer, sections = Writer(path), {}
    try:
        for name, part in parts.items():
            writer.write(bytes(-writer.size % ALIGNMENT))
            start = writer.size
            with part.open("rb", buffering=0) as file:
                while chunk := file.read(_CHUNK_BYTES):
                    writer.write(chunk)
            sections[name] = (start, writer.size - start)
        return writer.finish(), sections
    finally:
        writer.close()


def adopt(path: Path) -> FileFacts:
    """Make durable and read-only what another library wrote, and sum it up."""
    with path.open("rb", buffering=0) as file:
        facts = sum_up(file.fileno())
        os.fchmod(file.fileno(), MODE)
        os.fsync(file.fileno())
    return facts


def sum_up(file: int) -> FileFacts:
    """The size and checksum of an open file."""
    sum_, size = xxhash.xxh3_64(), 0
    buffer = bytearray(_CHUNK_BYTES)
    view = memoryview(buffer)
    while count := os.preadv(file, [buffer], size):
        sum_.update(view[:count])
        size += count
    return FileFacts(size, sum_.hexdigest())


def write_durably(path: Path, data: bytes, mode: int = MODE) -> None:
    """Replace a small file in one step: readers see the old or the new content, whatever happens."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.unlink(missing_ok=True)
    try:
        with aside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        aside.rename(path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
    sync_folders([path.parent])


def sync_folders(folders: Iterable[Path]) -> None:
    """Make the names in folders durable."""
    for folder in folders:
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, each durably."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    sync_folders(each.parent for each in missing)


def remove_folder(folder: Path) -> None:
    """Remove a folder with all that is in it; what cannot be removed now is left for the next time."""
    shutil.rmtree(folder, ignore_errors=True)


def map_file(path: Path) -> mmap.mmap | bytes:
    """Map a file for reading; it stays readable after its name is gone, for as long as anybody holds it."""
    with path.open("rb", buffering=0) as file:
        if os.fstat(file.fileno()).st_size == 0:
            return b""
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

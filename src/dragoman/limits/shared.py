"""Limits that all processes of one machine share exactly: a mapped file, of which each call locks a few bytes."""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import time
from collections.abc import Callable
from pathlib import Path

import xxhash

from ..contracts import Verdict
from ..query import Rate
from .gcra import judge

_HEADER_BYTES = 4_096
_MAGIC = b"drg-lim1"
_BUCKETS = 65_536
_SLOTS = 8
_BUCKET = struct.Struct(f"<{_SLOTS}Q{_SLOTS}d")
_HASH, _DUE = struct.Struct("<Q"), struct.Struct("<d")
Judge = Callable[[int, int, Rate, int], Verdict]
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class SharedMeter:
    """Keeps the contract of `Meter` among every process that opens the same file.

    A subject is a hash in one of a fixed number of buckets, each of eight places. Where more than eight subjects of a
    bucket are active at once, the one that is nearest to its whole burst is forgotten: it takes half a million active
    addresses before that is likely. The clock is the machine's, which no process can set back.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.lockf(self._file, fcntl.LOCK_EX, _HEADER_BYTES)
        try:
            self._map = self._open()
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, _HEADER_BYTES)
        self._seed = int.from_bytes(self._map[24:32], "little")

    def _open(self) -> mmap.mmap:
        """Map the file, emptied where it is of an earlier start of the machine: its clock began anew."""
        size = _HEADER_BYTES + _BUCKETS * _BUCKET.size
        if os.fstat(self._file).st_size < size:
            os.ftruncate(self._file, size)              # it only ever grows: others may have it mapped
        os.posix_fallocate(self._file, 0, size)         # a full disk is told here; under the map it would kill the process
        mapped = mmap.mmap(self._file, size)
        head = _MAGIC + _boot_id()
        if mapped[:24] != head:
            mapped[:] = head + os.urandom(8) + bytes(size - 32)
        return mapped

    def close(self) -> None:
        """Let go of the file."""
        self._map.close()
        os.close(self._file)

    def charge(self, subject: str, rate: Rate, cost: int = 1) -> Verdict:
        """Count a call; a refused one costs nothing."""
        return self._locked(self._count, subject, rate, cost)

    def look(self, subject: str, rate: Rate) -> Verdict:
        """What a call would be told."""
        return self._locked(self._look, subject, rate, 1)

    def _locked(self, read: Judge, subject: str, rate: Rate, cost: int) -> Verdict:
        """Judge by the bucket of a subject, while no other process does."""
        name = xxhash.xxh3_64_intdigest(subject.encode(errors="surrogatepass"), self._seed) or 1
        place = _HEADER_BYTES + name % _BUCKETS * _BUCKET.size
        fcntl.lockf(self._file, fcntl.LOCK_EX, _BUCKET.size, place)
        try:
            return read(name, place, rate, cost)
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, _BUCKET.size, place)

    def _look(self, name: int, place: int, rate: Rate, cost: int) -> Verdict:
        now = self._clock()
        known = _BUCKET.unpack_from(self._map, place)
        due = known[_SLOTS + known.index(name)] if name in known[:_SLOTS] else now
        return judge(due, now, rate, cost)[0]

    def _count(self, name: int, place: int, rate: Rate, cost: int) -> Verdict:
        now = self._clock()
        known = _BUCKET.unpack_from(self._map, place)
        names, dues = known[:_SLOTS], known[_SLOTS:]
        if name in names:
            slot = names.index(name)
            due = dues[slot]
        else:
            slot, due = min(range(_SLOTS), key=dues.__getitem__), now
            _HASH.pack_into(self._map, place + slot * 8, name)
        verdict, after = judge(due, now, rate, cost)
        _DUE.pack_into(self._map, place + (_SLOTS + slot) * 8, after)
        return verdict


def _boot_id() -> bytes:
    """Sixteen bytes that differ with every start of the machine, where it tells."""
    return bytes.fromhex(_BOOT_ID.read_text().strip().replace("-", "")) if _BOOT_ID.exists() else bytes(16)

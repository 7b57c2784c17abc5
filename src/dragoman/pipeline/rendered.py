"""Records of old versions and with chosen fields, rendered once and kept while they are asked for, within bounds."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from itertools import count

from ..editions.shelf import Records, Shelf
from ..exchange import Buffer
from ..query import Plan, View
from ..views.cutting import cut, cutter, is_whole

ENTRY_BYTES = 256
"""What an entry takes beside its bytes, roughly."""
_SEEN_MAX, _GROUPS_MAX = 65_536, 4_096
_GROUP_BYTES = 1_024
_Part = int | tuple[int, int]
"""One record, by its position, or those from one position until before another as they stand in a list."""


def records_of(plan: Plan, shelf: Shelf) -> Records:
    """The records that a plan's answer is made of: as of the version that is asked for where they were compiled, else today's."""
    return shelf.records(plan.view.language, plan.stage.digest)


class RenderedCache:
    """What records became in a view, bounded in bytes; the least recently used leave first. Safe among threads.

    Nothing is kept before it is asked for again, so that whoever reads everything once pushes nothing out. What belonged to an edition
    that is served no more leaves as the least recently used.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes, self._used_bytes = max_bytes, 0
        self._kept: OrderedDict[tuple[int, _Part], bytes] = OrderedDict()
        self._seen: dict[tuple[int, _Part], None] = {}
        self._groups: dict[Hashable, int] = {}
        self._numbers = count()
        self._lock = threading.Lock()

    @property
    def used_bytes(self) -> int:
        """How much is kept."""
        return self._used_bytes

    def group(self, edition: str, path: str, view: View) -> int:
        """The number of what is rendered of a resource in a view; views are compared whole, so that nobody can make one look like
        another's. Of too many, which strangers may think up, all are forgotten."""
        named = (edition, path, view)
        number = self._groups.get(named)
        if number is None:
            with self._lock:
                if len(self._groups) >= min(_GROUPS_MAX, 1 + self._max_bytes // _GROUP_BYTES):
                    self._groups = {}
                number = self._groups.setdefault(named, next(self._numbers))
        return number

    def get(self, group: int, parts: Sequence[_Part]) -> list[bytes | None]:
        """What is kept of some parts; None for each that is not."""
        kept = self._kept
        with self._lock:
            found = [kept.get((group, part)) for part in parts]
            for part, each in zip(parts, found, strict=True):
                if each is not None:
                    kept.move_to_end((group, part))
        return found

    def put(self, group: int, parts: Sequence[_Part], made: Sequence[bytes]) -> None:
        """Take what was rendered; kept is what was rendered before."""
        with self._lock:
            for part, each in zip(parts, made, strict=True):
                key = (group, part)
                if key not in self._seen:
                    self._seen[key] = None
                elif key not in self._kept and len(each) + ENTRY_BYTES <= self._max_bytes // 8:
                    del self._seen[key]
                    self._kept[key] = each
                    self._used_bytes += len(each) + ENTRY_BYTES
            while len(self._seen) > _SEEN_MAX:
                del self._seen[next(iter(self._seen))]
            while self._used_bytes > self._max_bytes:
                self._used_bytes -= len(self._kept.popitem(last=False)[1]) + ENTRY_BYTES


class Rendering:
    """Gives the records of a shelf as a plan wants to see them."""

    def __init__(self, max_bytes: int) -> None:
        self.cache = RenderedCache(max_bytes)

    def record(self, plan: Plan, shelf: Shelf, position: int) -> bytes:
        """The JSON of one record."""
        records = records_of(plan, shelf)
        if is_whole(plan, records.digest):
            return records.one(position)
        group = self._group(plan, shelf)
        found, = self.cache.get(group, (position,))
        if found is None:
            found = cutter(plan, records.digest)(records.one(position))
            self.cache.put(group, (position,), (found,))
        return found

    def records(self, plan: Plan, shelf: Shelf, positions: Sequence[int]) -> Sequence[Buffer | None]:
        """The JSON of several records; None for the position -1."""
        records = records_of(plan, shelf)
        if is_whole(plan, records.digest):
            return records.some(positions)
        group = self._group(plan, shelf)
        found: list[bytes | None] = self.cache.get(group, positions)
        missing = list(dict.fromkeys(position for position, each in zip(positions, found, strict=True) if each is None and position >= 0))
        if missing:
            cut_one = cutter(plan, records.digest)
            made = {position: cut_one(each) for position, each in zip(missing, records.some(missing), strict=True) if each is not None}
            self.cache.put(group, list(made), list(made.values()))
            found = [made.get(position) if each is None else each for position, each in zip(positions, found, strict=True)]
        return found

    def run(self, plan: Plan, shelf: Shelf, start: int, stop: int) -> bytes:
        """The records from `start` until before `stop` as a list: `[{..},{..}]`."""
        if stop <= start:
            return b"[]"
        records = records_of(plan, shelf)
        if is_whole(plan, records.digest):
            return b"".join((b"[", records.run(start, stop), b"]"))
        group = self._group(plan, shelf)
        found, = self.cache.get(group, ((start, stop),))
        if found is None:
            made = cut(plan, records.some(range(start, stop)), records.digest)
            found = b"[%b]" % b",".join([each for each in made if each is not None])
            self.cache.put(group, ((start, stop),), (found,))
        return found

    def _group(self, plan: Plan, shelf: Shelf) -> int:
        return self.cache.group(shelf.edition, plan.target.path, plan.view)

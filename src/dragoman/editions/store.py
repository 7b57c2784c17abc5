"""Editions as they are served: mapped, proven once, and swapped under readers who never notice."""

from __future__ import annotations

import mmap
import resource
import sys
import threading
import time
from array import array
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..observations import EditionOpened, EditionRefused, Observe
from ..query import Filtered
from ..settings import Memory
from .build import INDEX, PREPARED, records_file
from .files import map_file
from .indexing import NAME as LISTING
from .keys import open_keys
from .listings import Listing, PositionCache, Positions
from .manifest import Damaged, Foreign, Manifest, ShelfManifest
from .opening import prove
from .places import Place

_RETRY_S = 10.0
_SPARE_FILES = 512
_NOTHING: Mapping[str, memoryview] = {}


class _ByLanguage(dict[str, "_Records"]):
    """Records by language; what was published without a language is served in the edition's first."""

    def __missing__(self, language: str) -> _Records:
        return next(iter(self.values()))


class _Records:
    """All records in one language."""

    __slots__ = ("mapped", "starts", "view")

    def __init__(self, mapped: mmap.mmap | bytes, starts: memoryview) -> None:
        self.mapped, self.view, self.starts = mapped, memoryview(mapped), starts


class Shelf:
    """One resource in one open edition. Positions count the records from 0, in the order of the source.

    `languages` is empty where nothing is localized: one file serves every language.
    """

    def __init__(self, folder: Path, path: str, manifest: Manifest, positions: PositionCache) -> None:
        facts = manifest.shelves[path]
        self.path = path
        self.count = facts.count
        self.languages = facts.languages
        self._edition, self._positions = manifest.id, positions
        self._index = map_file(folder / INDEX)
        self._records = self._map_records(folder, facts)
        self._keys = self._view(facts, "keys")
        self._versions = self._view(facts, "versions").cast("Q")
        index = open_keys(self._index, facts.index, manifest.seed)
        self.find = index.find
        """`find(key: bytes) -> int`: the position of the record whose key, as JSON (`b'7'`, `b'"hat"'`), is this; -1
        where there is none."""
        self.key = index.key
        """`key(position: int) -> bytes`: the JSON of one key."""
        self._prepared = _map_prepared(folder, facts)
        self._listing = Listing(folder / LISTING, facts.listed, facts.languages) if facts.listed else None

    def _view(self, facts: ShelfManifest, part: str) -> memoryview:
        start, size = facts.index[part]
        return memoryview(self._index)[start:start + size]

    def _map_records(self, folder: Path, facts: ShelfManifest) -> _ByLanguage:
        found = _ByLanguage()
        for language in facts.languages or ("",):
            starts = self._view(facts, f"starts.{language}").cast("Q")
            found[language] = _Records(map_file(folder / records_file(language)), starts)
        return found

    def record(self, position: int, language: str) -> bytes:
        """The JSON of one record."""
        records = self._records[language]
        starts = records.starts
        return records.mapped[starts[position]:starts[position + 1] - 1]

    def records(self, positions: Iterable[int], language: str) -> list[memoryview | None]:
        """The JSON of several records, each a slice of the file; None for the position -1."""
        records = self._records[language]
        starts, view = records.starts, records.view
        return [view[starts[position]:starts[position + 1] - 1] if position >= 0 else None for position in positions]

    def run(self, start: int, stop: int, language: str) -> memoryview:
        """The records from `start` until before `stop`, `{..},{..}` without brackets, as one slice of the file."""
        records = self._records[language]
        return records.view[records.starts[start]:records.starts[stop] - 1]

    def everything(self, language: str) -> memoryview:
        """`[{..},{..}]`: the whole file."""
        return self._records[language].view

    def keys(self) -> memoryview:
        """`[1,2,3]`: every key, in order."""
        return self._keys

    def version(self, position: int) -> int:
        """64 bits that change when the record changes in any language."""
        found: int = self._versions[position]
        return found

    def prepared(self, what: str, language: str) -> Mapping[str, memoryview]:
        """The compressed forms of `everything` or `keys` by content coding, where they were prepared."""
        if what == "keys" or not self.languages:
            language = ""
        elif language not in self.languages:
            language = self.languages[0]
        return self._prepared.get((what, language), _NOTHING)

    def select(self, filtered: Filtered, language: str) -> Positions | None:
        """The positions that fit, in the order asked; None where they are not materialized yet."""
        return self._positions.get(self._question(filtered, language))

    def materialize(self, filtered: Filtered, language: str) -> Positions:
        """Find the positions that fit and keep them for `select`. Blocks: run it in a thread. Raises `Refusal`."""
        question = self._question(filtered, language)
        found = self._positions.get(question)
        if found is None:
            found = self._listing.find(filtered, language) if self._listing is not None else self._all()
            self._positions.put(question, found)
        return found

    def _all(self) -> Positions:
        return array("I", range(self.count))

    def _question(self, filtered: Filtered, language: str) -> tuple[str, str, str, Filtered]:
        listing = self._listing
        told = listing is not None and self.languages and listing.depends_on_language(filtered)
        return self._edition, self.path, language if told else "", filtered


def _map_prepared(folder: Path, facts: ShelfManifest) -> dict[tuple[str, str], dict[str, memoryview]]:
    if not facts.prepared:
        return {}
    view = memoryview(map_file(folder / PREPARED))
    found: dict[tuple[str, str], dict[str, memoryview]] = {}
    for name, (start, size) in facts.prepared.items():
        what, language, coding = name.split(".")
        found.setdefault((what, language), {})[coding] = view[start:start + size]
    return found


class Edition:
    """A whole edition, open; it stays readable for whoever holds it, even after its files were removed."""

    def __init__(self, place: Place, id: str, positions: PositionCache) -> None:
        """Prove and map. Raises `Damaged`, `Foreign` and `OSError`."""
        manifest = prove(place, id)
        self.id, self.catalog, self.cluster = manifest.id, manifest.catalog, manifest.cluster
        self.published_at = manifest.published_at
        """UNIX time in seconds."""
        _make_room(sum(len(shelf.files) for shelf in manifest.shelves.values()))
        self.shelves: Mapping[str, Shelf] = {
            path: Shelf(place.edition(id) / path, path, manifest, positions) for path in manifest.shelves
        }
        """By resource path, `group/name`."""


def _make_room(files: int) -> None:
    """Each mapped file counts as an open one; raise our own soft limit where they would take too many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = sum(1 for _ in Path("/proc/self/fd").iterdir()) if sys.platform == "linux" else 0
    needed = taken + files + _SPARE_FILES
    if soft != resource.RLIM_INFINITY and needed > soft:
        allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


class Editions:
    """The editions that a process serves; cheap to ask, and swapped as a whole."""

    def __init__(self, data_dir: Path, names: Iterable[tuple[str, str]], memory: Memory, observe: Observe) -> None:
        """`names` are pairs of catalog and cluster; what is published already is open when this returns."""
        self._places = {name: Place(data_dir, *name) for name in names}
        self._observe = observe
        self._positions = PositionCache(memory.listings_max_bytes)
        self._open: dict[tuple[str, str], Edition] = {}
        self._seen: dict[tuple[str, str], tuple[int, int] | None] = dict.fromkeys(self._places)
        self._retry_at: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()
        self.refresh()

    def current(self, catalog: str, cluster: str) -> Edition | None:
        """The edition to answer from; None where there is none."""
        return self._open.get((catalog, cluster))

    def refresh(self) -> bool:
        """Open what was made current since the last time; whether anything changed. Costs one `stat` for each name.

        A damaged edition is set aside and the one before it opened; where none can be opened, the old one stays.
        """
        if not self._lock.acquire(blocking=False):
            return False
        try:
            changed = [self._refresh(name, place) for name, place in self._places.items()]
            return True in changed
        finally:
            self._lock.release()

    def _refresh(self, name: tuple[str, str], place: Place) -> bool:
        try:
            status = place.pointer_path.stat()
            seen = (status.st_ino, status.st_mtime_ns)
        except OSError:
            return False
        if seen == self._seen[name] and not self._is_due(name):
            return False
        self._seen[name] = seen
        return self._swap(name, place)

    def _is_due(self, name: tuple[str, str]) -> bool:
        """Whether an edition that could not be opened for reasons of this machine is to be tried again."""
        return name in self._retry_at and time.monotonic() >= self._retry_at[name]

    def _swap(self, name: tuple[str, str], place: Place) -> bool:
        self._retry_at.pop(name, None)
        old = self._open.get(name)
        new = self._open_best(name, place, old)
        if new is None or new is old:
            return False
        self._open[name] = new
        if old is not None:
            self._positions.forget(old.id)
        self._observe(EditionOpened(catalog=name[0], cluster=name[1], edition=new.id))
        return True

    def _open_best(self, name: tuple[str, str], place: Place, old: Edition | None) -> Edition | None:
        """The current edition, or the best of the others where it cannot be opened."""
        for id in _candidates(place):
            if old is not None and old.id == id:
                return old
            try:
                return Edition(place, id, self._positions)
            except (Damaged, Foreign) as error:
                self._refuse(name, id, str(error))
                if isinstance(error, Damaged):
                    place.quarantine(id)
            except OSError as error:
                if place.edition(id).is_dir():
                    self._refuse(name, id, f"it cannot be read: {error}")
                self._retry_at[name] = time.monotonic() + _RETRY_S
        return None

    def _refuse(self, name: tuple[str, str], id: str, reason: str) -> None:
        self._observe(EditionRefused(catalog=name[0], cluster=name[1], edition=id, reason=reason))


def _candidates(place: Place) -> list[str]:
    """The current edition, then those before it, the newest first, then those that an operator rolled back."""
    pointer = place.pointer()
    if pointer is None:
        return []
    others = [id for id in place.complete() if id != pointer.current]
    older = [id for id in others if id < pointer.current]
    return [pointer.current, *older, *(id for id in others if id > pointer.current)]

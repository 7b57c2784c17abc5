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
from .build import INDEX, PREPARED, part_of, records_file
from .files import map_file
from .indexing import NAME as LISTING
from .keys import open_keys
from .listings import Listing, PositionCache, Positions
from .manifest import Damaged, Foreign, Manifest, Section, StageManifest
from .opening import prove
from .places import Place

_RETRY_S = 10.0
_SPARE_FILES = 512
_NOTHING: Mapping[str, memoryview] = {}
Forms = Mapping[str, str]
"""What the records of each resource of a catalog look like, by its path: see `form_of`."""


class _ByLanguage(dict[str, "Records"]):
    """Records by language; what was published without a language is served in the edition's first."""

    def __missing__(self, language: str) -> Records:
        return next(iter(self.values()))


class Records:
    """All records of a resource in one language, as they are today or were in an old version."""

    __slots__ = ("_mapped", "_starts", "digest", "everything", "prepared")

    def __init__(self, mapped: mmap.mmap | bytes, starts: memoryview, digest: str, prepared: Mapping[str, memoryview]) -> None:
        self._mapped, self._starts = mapped, starts
        self.digest = digest
        """That of the `Stage` as of which they are; empty for today's."""
        self.everything = memoryview(mapped)
        """`[{..},{..}]`: the whole file."""
        self.prepared = prepared
        """Compressed forms of that by content coding, where they were prepared."""

    def one(self, position: int) -> bytes:
        """The JSON of one record."""
        starts = self._starts
        return self._mapped[starts[position]:starts[position + 1] - 1]

    def some(self, positions: Iterable[int]) -> list[memoryview | None]:
        """The JSON of several records, each a slice of the file; None for the position -1."""
        starts, view = self._starts, self.everything
        return [view[starts[position]:starts[position + 1] - 1] if position >= 0 else None for position in positions]

    def run(self, start: int, stop: int) -> memoryview:
        """The records from `start` until before `stop`, `{..},{..}` without brackets, as one slice of the file."""
        return self.everything[self._starts[start]:self._starts[stop] - 1]


class Shelf:
    """One resource in one open edition. Positions count the records from 0, in the order of the source.

    `languages` is empty where nothing is localized: one file serves every language.
    """

    def __init__(self, folder: Path, path: str, manifest: Manifest, positions: PositionCache) -> None:
        facts = manifest.shelves[path]
        self.path = path
        self.count = facts.count
        self.languages = facts.languages
        self.edition, self.published_at = manifest.id, manifest.published_at
        """The id of the edition, and UNIX time in seconds."""
        self._positions = positions
        mapped = map_file(folder / INDEX)
        index, prepared = memoryview(mapped), _map_prepared(folder / PREPARED, facts.prepared)
        self._keys = _section(index, facts.index, "keys")
        self._prepared_keys = prepared.get("keys.", _NOTHING)
        self._versions = _section(index, facts.index, "versions").cast("Q")
        keys = open_keys(mapped, facts.index, manifest.seed)
        self.find = keys.find
        """`find(key: bytes) -> int`: the position of the record whose key, as JSON (`b'7'`, `b'"hat"'`), is this; -1
        where there is none."""
        self.key = keys.key
        """`key(position: int) -> bytes`: the JSON of one key."""
        self._today = self._map_records(folder, "", index, facts.index, prepared)
        self._stages = {digest: self._map_stage(folder, digest, stage) for digest, stage in facts.stages.items()}
        self._listing = Listing(folder / LISTING, facts.listed, facts.languages) if facts.listed else None

    def _map_stage(self, folder: Path, digest: str, stage: StageManifest) -> _ByLanguage:
        index = memoryview(map_file(folder / part_of(INDEX, digest)))
        return self._map_records(folder, digest, index, stage.index, _map_prepared(folder / part_of(PREPARED, digest), stage.prepared))

    def _map_records(
        self, folder: Path, digest: str, index: memoryview, sections: Mapping[str, Section], prepared: _Prepared,
    ) -> _ByLanguage:
        return _ByLanguage({
            language: Records(map_file(folder / records_file(language, digest)), _section(index, sections, f"starts.{language}").cast("Q"),
                              digest, prepared.get(f"everything.{language}", _NOTHING))
            for language in self.languages or ("",)
        })

    def records(self, language: str, digest: str = "") -> Records:
        """The records in a language, as of the `Stage` with this digest where that is compiled, else as they are today."""
        return (self._stages.get(digest) or self._today)[language]

    def keys(self) -> memoryview:
        """`[1,2,3]`: every key, in order."""
        return self._keys

    def version(self, position: int) -> int:
        """64 bits that change when the record changes in any language."""
        found: int = self._versions[position]
        return found

    def prepared_keys(self) -> Mapping[str, memoryview]:
        """The compressed forms of `keys` by content coding, where they were prepared."""
        return self._prepared_keys

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
        return self.edition, self.path, language if told else "", filtered


_Prepared = Mapping[str, Mapping[str, memoryview]]
"""Compressed forms by what they are of, `everything.de`, and by content coding."""


def _map_prepared(path: Path, sections: Mapping[str, Section]) -> _Prepared:
    found: dict[str, dict[str, memoryview]] = {}
    view = memoryview(map_file(path)) if sections else memoryview(b"")
    for name, (start, size) in sections.items():
        what, _, coding = name.rpartition(".")
        found.setdefault(what, {})[coding] = view[start:start + size]
    return found


def _section(view: memoryview, sections: Mapping[str, Section], name: str) -> memoryview:
    start, size = sections[name]
    return view[start:start + size]


class Edition:
    """A whole edition, open; it stays readable for whoever holds it, even after its files were removed."""

    def __init__(self, place: Place, id: str, positions: PositionCache, forms: Forms) -> None:
        """Prove and map. Raises `Damaged`, `Foreign` and `OSError`."""
        manifest = prove(place, id)
        self.id, self.catalog, self.cluster = manifest.id, manifest.catalog, manifest.cluster
        self.published_at = manifest.published_at
        """UNIX time in seconds."""
        known = [path for path, shelf in manifest.shelves.items() if forms.get(path, shelf.form) == shelf.form]
        _make_room(sum(len(manifest.shelves[path].files) for path in known))
        self.shelves: Mapping[str, Shelf] = {
            path: Shelf(place.edition(id) / path, path, manifest, positions) for path in known
        }
        """By resource path, `group/name`. What was compiled when its records looked otherwise than the catalog says is as good as not
        published: nobody could tell which version it is of."""
        self.missing = tuple(sorted(forms.keys() - self.shelves.keys()))
        """The resources that cannot be served from it."""


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

    def __init__(
        self, data_dir: Path, names: Iterable[tuple[str, str]], memory: Memory, observe: Observe,
        forms: Mapping[str, Forms] | None = None,
    ) -> None:
        """`names` are pairs of catalog and cluster; `forms` are by catalog; what is published already is open when this returns."""
        self._forms = forms or {}
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

        A damaged edition is set aside and the one before it opened; where none can be opened, the old one stays. So it does where
        the new one was made by a catalog whose records look otherwise: a server with that one will open it.
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
        """The current edition, or the best of the others where it cannot be opened, or is of another catalog; where all are,
        the current one, with what is as this catalog says."""
        partial: Edition | None = None
        for id in _candidates(place):
            found = old if old is not None and old.id == id else self._try(name, place, id)
            if found is not None and not found.missing:
                return found
            if found is not None and old is not None and not old.missing:
                return self._keep(name, old, found)
            partial = partial or found
        return partial

    def _keep(self, name: tuple[str, str], old: Edition, new: Edition) -> Edition:
        """Stay with an edition, and tell why."""
        self._refuse(name, new.id, f"a catalog made it whose records look otherwise: {', '.join(new.missing)}")
        return old

    def _try(self, name: tuple[str, str], place: Place, id: str) -> Edition | None:
        """Open an edition; None where that cannot be, which is told."""
        try:
            return Edition(place, id, self._positions, self._forms.get(name[0], {}))
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

"""The editions that are served: proven once, opened, and swapped under readers who never notice."""

from __future__ import annotations

import resource
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..observations import EditionOpened, EditionRefused, Observe
from ..settings import Memory
from .listings import PositionCache
from .manifest import Damaged, Foreign
from .opening import prove
from .places import Place
from .shelf import Shelf

_RETRY_S = 10.0
_SPARE_FILES = 512
Forms = Mapping[str, str]
"""What the records of each resource of a catalog look like, by its path: see `form_of`."""


class Edition:
    """A whole edition, open; it stays readable for whoever holds it, even after its files were removed."""

    def __init__(self, place: Place, id: str, positions: PositionCache, forms: Forms) -> None:
        """Prove and map. Raises `Damaged`, `Foreign` and `OSError`."""
        manifest = prove(place, id)
        self.id, self.catalog, self.cluster = manifest.id, manifest.catalog, manifest.cluster
        self.published_at = manifest.published_at
        """UNIX time in seconds."""
        known = [path for path, shelf in manifest.shelves.items() if not forms or forms.get(path) == shelf.form]
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

"""Publishing an edition, telling whether one is due, listing them, and going back to an older one."""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ..catalog.catalog import Catalog
from ..catalog.resource import Resource
from ..catalog.stage import Stage
from ..contracts import Source
from ..errors import DragomanError, PublicationError, SettingsError
from ..observations import Observe, PublicationFailed, Published
from ..settings import Settings
from .build import Report, ShelfBuilder
from .compiling import StageCompiler
from .files import map_file, remove_folder, sync_folders, write_durably
from .fingerprint import fingerprint_of
from .keys import open_keys
from .manifest import INDEX, NAME, Damaged, Foreign, Manifest, ShelfManifest, seal
from .opening import prove, read_manifest, vouch
from .places import Place, Pointer

_SCRATCH = "scratch"
Used = Sequence[tuple[str, Stage]]
"""Resources, by path, as they were in the old versions that are asked for, the most asked for first."""
_Built = tuple[ShelfBuilder, ShelfManifest]


class Listed(NamedTuple):
    """One edition that is kept."""

    id: str
    published_at: float
    """UNIX time in seconds."""
    records: int
    size_bytes: int
    current: bool
    versions: int
    """How many old versions of resources are compiled in it."""


def publish(
    catalog: Catalog, cluster: str, sources: Mapping[str, Source], data_dir: Path, settings: Settings, observe: Observe,
    progress: Report, used: Used = (),
) -> str:
    """Compile every resource that is not live into a new edition and make it current; its id.

    `sources` are by resource path; `used` is compiled as well. Waits for another publication of the same catalog and cluster to end.
    Raises `PublicationError` for data that do not fit and for a full or failing disk, and `SourceUnavailable`; then nothing is left
    behind, and the old edition goes on serving.
    """
    place = Place(data_dir, catalog.name, cluster)
    try:
        with place.locked():
            return _Publication(catalog, cluster, sources, place, settings, used).run(observe, progress)
    except DragomanError as error:
        observe(PublicationFailed(catalog=catalog.name, cluster=cluster, error=str(error)))
        raise
    except (OSError, sqlite3.Error) as error:       # what a full or failing disk raises, whichever library writes
        failed = _disk_failed(catalog, place, error)
        observe(PublicationFailed(catalog=catalog.name, cluster=cluster, error=str(failed)))
        raise failed from error


def _disk_failed(catalog: Catalog, place: Place, error: Exception) -> PublicationError:
    return PublicationError(
        catalog.name, f"the edition could not be written: {error}.",
        hint=f"Free space or mend the disk of {place.folder}, and publish again; the old edition is untouched.",
    )


class _Publication:
    """One publication, for whoever holds the lock."""

    def __init__(
        self, catalog: Catalog, cluster: str, sources: Mapping[str, Source], place: Place, settings: Settings, used: Used,
    ) -> None:
        self._catalog, self._cluster, self._sources = catalog, cluster, sources
        self._place, self._settings, self._used = place, settings, used
        self._seed = secrets.randbits(64)
        self._started_s = time.monotonic()

    def run(self, observe: Observe, progress: Report) -> str:
        place = self._place
        place.clean()
        id = place.next_id()
        with self._aside(id) as folder:
            manifest = self._build(id, folder, progress)
            place.complete_partial(id)
        vouch(place, manifest)
        place.point(Pointer(current=id, newest=id))
        observe(Published(catalog=self._catalog.name, cluster=self._cluster, edition=id, records=manifest.records,
                          versions=manifest.versions,
                          size_bytes=manifest.size_bytes, time_s=round(time.monotonic() - self._started_s, 3)))
        with contextlib.suppress(OSError):      # the edition stands; what is too old goes at the next publication
            place.prune(self._settings.publishing.keep)
        return id

    @contextlib.contextmanager
    def _aside(self, id: str) -> Iterator[Path]:
        folder = self._place.partial(id)
        try:
            (folder / _SCRATCH).mkdir(parents=True)
            yield folder
        finally:
            remove_folder(folder)

    def _build(self, id: str, folder: Path, progress: Report) -> Manifest:
        resources = [resource for resource in self._catalog.resources.values() if not resource.live]
        fingerprints = {resource.path: self._source(resource).fingerprint() for resource in resources}
        built = {resource.path: self._build_shelf(resource, folder, progress) for resource in resources}
        self._prove_references(built, folder)
        shelves = self._compile_stages(built, folder, progress)
        remove_folder(folder / _SCRATCH)
        manifest = Manifest(
            id=id, catalog=self._catalog.name, cluster=self._cluster, published_at=time.time(),
            time_s=time.monotonic() - self._started_s, seed=self._seed,
            catalog_fingerprint=fingerprint_of(self._catalog), sources=fingerprints,
            shelves=shelves,
        )
        write_durably(folder / NAME, seal(manifest))
        sync_folders(each for each in (*folder.rglob("*"), folder) if each.is_dir())
        return manifest

    def _source(self, resource: Resource) -> Source:
        try:
            return self._sources[resource.path]
        except KeyError:
            raise PublicationError(resource.path, "no source is open for it.", hint="Open one for each.") from None

    def _build_shelf(self, resource: Resource, folder: Path, progress: Report) -> _Built:
        shelf_folder, scratch = folder / resource.path, folder / _SCRATCH / resource.path
        shelf_folder.mkdir(parents=True)
        scratch.mkdir(parents=True)
        builder = ShelfBuilder(self._catalog, resource, shelf_folder, scratch, self._seed,
                               self._settings.publishing.compress_max_bytes)
        return builder, builder.build(self._source(resource), progress)

    def _compile_stages(self, built: Mapping[str, _Built], folder: Path, progress: Report) -> dict[str, ShelfManifest]:
        """Try every old version of every resource, and compile those that are used, as long as there is room."""
        timeline, publishing = self._catalog.timeline, self._settings.publishing
        compilers = {path: StageCompiler(builder.resource, shelf, folder / path, folder / _SCRATCH / path, publishing.compress_max_bytes)
                     for path, (builder, shelf) in built.items()}
        for compiler in compilers.values():
            for stage in timeline.old_stages(compiler.resource, time.time()):
                compiler.try_out(stage)
        left_bytes = publishing.versions_max_bytes
        for path, stage in self._used:
            left_bytes -= compilers[path].compile(stage, left_bytes, progress)
        return {path: compiler.shelf for path, compiler in compilers.items()}

    def _prove_references(self, built: Mapping[str, _Built], folder: Path) -> None:
        if not any(builder.references for builder, _ in built.values()):
            return
        indexes = {path: open_keys(map_file(folder / path / INDEX), shelf.index, self._seed)
                   for path, (_, shelf) in built.items()}
        for path, (builder, _) in built.items():
            for log in builder.references:
                target = log.reference.target
                broken = log.broken(indexes[target].find)
                if broken is not None:
                    position, key = broken
                    raise PublicationError(
                        path, "it refers to a record that is not there.", field=log.reference.name,
                        key=f"{indexes[path].key(position).decode()} (row {position + 1})",
                        found=key.decode(), expected=f"the key of a record of {target}",
                    )


def needs_publishing(catalog: Catalog, cluster: str, sources: Mapping[str, Source], data_dir: Path) -> str | None:
    """Why a publication is due: `no edition`, `edition damaged`, `catalog changed` or `sources changed`; None where
    none is. Raises `SourceUnavailable` for a source that cannot tell.

    The last publication counts, not what is current: after a rollback nothing is due until something changes anew,
    and a source that cannot tell whether it changed does not overrule the operator who rolled back.
    """
    place = Place(data_dir, catalog.name, cluster)
    pointer = place.pointer()
    if pointer is None:
        return "no edition"
    try:
        newest = read_manifest(place, pointer.newest)
        if not place.edition(pointer.current).is_dir():
            return "edition damaged"
    except (Damaged, OSError):
        return "edition damaged"
    except Foreign:
        return "catalog changed"
    if newest.catalog_fingerprint != fingerprint_of(catalog):
        return "catalog changed"
    changed = any(_has_changed(sources[path].fingerprint(), known, pointer) for path, known in newest.sources.items())
    return "sources changed" if changed else None


def _has_changed(now: str | None, known: str | None, pointer: Pointer) -> bool:
    if now is None:
        return not pointer.rolled_back
    return now != known


def editions(data_dir: Path, catalog: str, cluster: str) -> list[Listed]:
    """The editions that are kept, the newest first; those that no longer open are left out."""
    place = Place(data_dir, catalog, cluster)
    pointer, found = place.pointer(), []
    for id in place.complete():
        with contextlib.suppress(Damaged, Foreign, OSError):
            manifest = read_manifest(place, id)
            found.append(Listed(id, manifest.published_at, manifest.records, manifest.size_bytes,
                                pointer is not None and pointer.current == id, manifest.versions))
    return found


def rollback(data_dir: Path, catalog: str, cluster: str, to: str | None = None) -> str:
    """Make a kept edition current again, the one before the current where none is named; its id.

    Raises `SettingsError` where there is none, or where it is damaged.
    """
    place = Place(data_dir, catalog, cluster)
    _published(place)                           # or the lock would leave a folder behind
    with place.locked():
        pointer = _published(place)
        chosen = _choose(place, pointer, to)
        try:
            prove(place, chosen)
        except (Damaged, Foreign, OSError) as error:
            raise SettingsError(f"{chosen} cannot be served: {error}.") from None
        place.point(Pointer(current=chosen, newest=pointer.newest))
    return chosen


def unlike_newest(data_dir: Path, catalog: str, cluster: str, id: str) -> list[str]:
    """The resources whose records look otherwise in an edition than in the newest, so that who serves the catalog of that one cannot
    serve them from it; none where the newest cannot be read."""
    place = Place(data_dir, catalog, cluster)
    with contextlib.suppress(Damaged, Foreign, OSError):
        newest = read_manifest(place, _published(place).newest).shelves
        shelves = read_manifest(place, id).shelves
        return sorted(path for path, shelf in newest.items() if path not in shelves or shelves[path].form != shelf.form)
    return []


def _published(place: Place) -> Pointer:
    pointer = place.pointer()
    if pointer is None:
        raise SettingsError(f"{place} has no edition: publish one first.")
    return pointer


def _choose(place: Place, pointer: Pointer, to: str | None) -> str:
    kept = place.complete()
    if to is None:
        older = [id for id in kept if id < pointer.current]
        if not older:
            raise SettingsError(f"{pointer.current} is the oldest edition that is kept: there is none before it.")
        return older[0]
    if to not in kept:
        raise SettingsError(f"{to!r} is no edition that is kept: choose one of {', '.join(kept)}.")
    return to

"""One resource of an open edition, mapped: its records in each language, as they are today and in old versions, its keys and lists."""

from __future__ import annotations

import mmap
from array import array
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..query import Filtered
from .files import map_file
from .keys import open_keys
from .listings import Listing, PositionCache, Positions
from .manifest import (
    INDEX,
    LISTING,
    PREPARED,
    Manifest,
    Section,
    StageManifest,
    everything_of,
    file_languages,
    part_file,
    records_file,
    starts_of,
)

_NOTHING: Mapping[str, memoryview] = {}


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
        self._prepared_keys = prepared.get("keys", _NOTHING)
        self._revisions = _section(index, facts.index, "revisions").cast("Q")
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
        index = memoryview(map_file(folder / part_file(INDEX, digest)))
        return self._map_records(folder, digest, index, stage.index, _map_prepared(folder / part_file(PREPARED, digest), stage.prepared))

    def _map_records(
        self, folder: Path, digest: str, index: memoryview, sections: Mapping[str, Section], prepared: _Prepared,
    ) -> _ByLanguage:
        return _ByLanguage({
            language: Records(map_file(folder / records_file(language, digest)), _section(index, sections, starts_of(language)).cast("Q"),
                              digest, prepared.get(everything_of(language), _NOTHING))
            for language in file_languages(self.languages)
        })

    def records(self, language: str, digest: str = "") -> Records:
        """The records in a language, as of the `Stage` with this digest where that is compiled, else as they are today."""
        return (self._stages.get(digest) or self._today)[language]

    def keys(self) -> memoryview:
        """`[1,2,3]`: every key, in order."""
        return self._keys

    def revision(self, position: int) -> int:
        """64 bits that change when the record changes in any language."""
        found: int = self._revisions[position]
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

"""Old versions at publication: those that are asked for have their records compiled beside today's, all others are tried (G10)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from ..catalog.fitting import misfits
from ..catalog.layout import on_wire
from ..catalog.plain import decode_exact, encode_json, show, tell
from ..catalog.resource import Resource
from ..catalog.stage import Stage
from ..catalog.version import show_version
from ..errors import PublicationError
from ..views.translate import Untranslatable, translator
from .build import Report
from .files import ArrayWriter, map_file, pack, remove_folder
from .manifest import (
    INDEX,
    PREPARED,
    FileFacts,
    ShelfManifest,
    StageManifest,
    everything_of,
    file_languages,
    part_file,
    records_file,
    starts_of,
)
from .prepared import prepare

_BATCH = 512
_TRIED = 1_000
"""How many records are tried in each version, more or less."""


class StageCompiler:
    """Compiles the old versions of one resource whose records of today stand finished in `folder`, with what was needed for them in
    `scratch`."""

    def __init__(self, resource: Resource, shelf: ShelfManifest, folder: Path, scratch: Path, compress_max_bytes: int) -> None:
        self.resource, self.shelf, self._languages = resource, shelf, file_languages(shelf.languages)
        self._folder, self._scratch, self._compress_max_bytes = folder, scratch, compress_max_bytes
        self._expected_bytes: dict[str, int] = {}
        """What all records take, more or less, in the versions that were tried; by their digests."""

    def try_out(self, stage: Stage) -> None:
        """Show some records, spread over all, in an old version. Raises `PublicationError` for one that does not fit it."""
        translate, tried = Translating(self.resource, stage), range(0, self.shelf.count, max(1, self.shelf.count // _TRIED))
        size = sum(len(translate(*each)) for language in self._languages for each in self._records(language, tried))
        self._expected_bytes[stage.digest] = size * self.shelf.count // max(1, len(tried))

    def compile(self, stage: Stage, max_bytes: int, report: Report) -> int:
        """Write every record in an old version, and note that in the shelf; the bytes that this takes, 0 where these would be more than
        `max_bytes` and nothing was written. Raises `PublicationError`."""
        told = f"{self.resource.path} as of {show_version(stage.version)}"
        if self._expected_bytes.get(stage.digest, 0) > max_bytes:       # or strangers could have much written for nothing, each time anew
            return 0
        scratch = self._scratch / stage.digest
        scratch.mkdir()
        try:
            return self._compile(stage, max_bytes, scratch, partial(report, told))
        finally:
            remove_folder(scratch)

    def _compile(self, stage: Stage, max_bytes: int, scratch: Path, report: Callable[..., None]) -> int:
        files: dict[str, FileFacts] = {}
        translate = Translating(self.resource, stage)
        for language in self._languages:
            made = self._write(translate, language, scratch, max_bytes - _size_of(files), report)
            if made is None:
                return self._give_up(files)
            files[records_file(language, stage.digest)] = made
        packed = self._folder / part_file(INDEX, stage.digest)
        files[packed.name], index = pack(packed, {starts_of(each): scratch / starts_of(each) for each in self._languages})
        lists = {everything_of(each): self._folder / records_file(each, stage.digest) for each in self._languages}
        more, prepared = prepare(self._folder / part_file(PREPARED, stage.digest), lists, scratch, self._compress_max_bytes)
        files |= more
        report(self._total, self._total, finished=True)
        if _size_of(files) > max_bytes:
            return self._give_up(files)
        stages = self.shelf.stages | {stage.digest: StageManifest(version=stage.version, index=index, prepared=prepared)}
        self.shelf = msgspec.structs.replace(self.shelf, files=self.shelf.files | files, stages=stages)
        return _size_of(files)

    def _give_up(self, files: Iterable[str]) -> int:
        for name in files:
            (self._folder / name).unlink()
        return 0

    def _records(self, language: str, positions: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        """Records of today, each with its position."""
        starts = memoryview(map_file(self._scratch / starts_of(language))).cast("Q")
        mapped = map_file(self._folder / records_file(language))
        return ((position, mapped[starts[position]:starts[position + 1] - 1]) for position in positions)

    @property
    def _total(self) -> int:
        """How many records there are in all languages."""
        return self.shelf.count * len(self._languages)

    def _write(
        self, translate: Translating, language: str, scratch: Path, max_bytes: int, report: Callable[..., None],
    ) -> FileFacts | None:
        """Write the records in one language; None where that takes too much, and nothing is left of it."""
        path, done = self._folder / records_file(language, translate.stage.digest), self._languages.index(language) * self.shelf.count
        records = self._records(language, range(self.shelf.count))
        with contextlib.closing(ArrayWriter(path, scratch / starts_of(language))) as writer:
            for start in range(0, self.shelf.count, _BATCH):
                writer.extend([translate(*each) for each in islice(records, _BATCH)])
                report(done + start, self._total)
                if writer.data.size > max_bytes:
                    path.unlink()
                    return None
            writer.end()
            return writer.data.finish()


class Translating:
    """Shows records in the version of a stage, and proves that they fit it."""

    def __init__(self, resource: Resource, stage: Stage) -> None:
        self._resource, self.stage = resource, stage
        self._back = translator(stage).back
        self._fields: Any = on_wire(stage.record).__dragoman_fields__

    def __call__(self, position: int, record: bytes) -> bytes:
        """The JSON of a record as of then. Raises `PublicationError`, naming its key, the change or the field."""
        value = decode_exact(record)
        key = value[self._resource.key.name]
        try:
            old = self._back(value)
        except Untranslatable as error:
            raise self._wrong(position, key, f"the change of {show_version(error.at)} fails with it: {error}.") from error.__cause__
        wrong = next((each for each in misfits(self._fields, old) if each.found), None)     # what is missing needs a permission
        if wrong is not None:
            raise self._wrong(position, key, "what backward= gives does not fit before=.", field=wrong.path, found=wrong.found,
                              expected=wrong.expected)
        try:
            return encode_json(old)
        except (TypeError, ValueError, RecursionError) as error:    # such as a subclass of `str`, which fits its field
            raise self._wrong(position, key, f"what backward= gives is no JSON: {tell(error)}.") from error

    def _wrong(self, position: int, key: Any, reason: str, **more: str) -> PublicationError:
        version = show_version(self.stage.version)
        return PublicationError(
            self._resource.path, f"it cannot be shown in the version {version!r}: {reason}", key=f"{show(key)} (row {position + 1})",
            hint="Mend the change, so that it takes every record.", **more)


def _size_of(files: Mapping[str, FileFacts]) -> int:
    return sum(facts.size for facts in files.values())

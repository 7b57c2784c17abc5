"""Compiling the records of one resource into the files of an edition, streaming, a batch at a time."""

from __future__ import annotations

import contextlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec
import xxhash

from ..catalog.catalog import Catalog
from ..catalog.fitting import Misfits
from ..catalog.plain import INT64_MAX, INT64_MIN, encode_json, show
from ..catalog.resource import Resource
from ..catalog.shapes import Nested
from ..catalog.values import Validator
from ..contracts import Source
from ..errors import DragomanError, PublicationError
from ..views.localize import Localizer
from .files import ArrayWriter, Writer, adopt, map_file, pack
from .fingerprint import form_of
from .indexing import IndexWriter, Unlistable, listed_fields
from .keys import RECORDS_MAX, DuplicateKey, KeyIndex, hash_of, make_table
from .manifest import (
    INDEX,
    LISTING,
    PREPARED,
    FileFacts,
    Section,
    ShelfManifest,
    everything_of,
    file_languages,
    records_file,
    starts_of,
)
from .prepared import prepare
from .references import ReferenceLog, references_of

_BATCH_MAX = 512
_BATCH_MAX_BYTES = 4 << 20
_UNFIT = (Misfits, msgspec.ValidationError, UnicodeEncodeError, RecursionError, TypeError, KeyError, AttributeError)
"""What a validator, or the encoder after it, makes of a row that is none."""


class Report(Protocol):
    """Hears how far a publication is; `total` is None where nobody knows."""

    def __call__(self, resource: str, done: int, total: int | None, finished: bool = False) -> None:
        """Take note."""


class Batch:
    """The records since the last write, in every form in which they are written."""

    def __init__(self) -> None:
        self.values: list[Mapping[str, Any]] = []
        self.keys: list[bytes] = []
        self.rendered: list[Sequence[bytes]] = []
        """For each record its JSON in each language."""
        self._size_bytes = 0

    def __len__(self) -> int:
        return len(self.keys)

    def add(self, value: Mapping[str, Any], key: bytes, rendered: Sequence[bytes]) -> None:
        """Take one record."""
        self.values.append(value)
        self.keys.append(key)
        self.rendered.append(rendered)
        self._size_bytes += len(rendered[0]) * len(rendered)

    @property
    def full(self) -> bool:
        """Whether it is time to write."""
        return len(self.keys) >= _BATCH_MAX or self._size_bytes >= _BATCH_MAX_BYTES


class ShelfBuilder:
    """Builds the files of one resource in `folder`; what is only needed meanwhile goes to `scratch`."""

    def __init__(
        self, catalog: Catalog, resource: Resource, folder: Path, scratch: Path, seed: int, compress_max_bytes: int,
    ) -> None:
        self.resource, self.folder, self._scratch, self._seed = resource, folder, scratch, seed
        self._compress_max_bytes = compress_max_bytes
        self.languages = catalog.languages if resource.localized else ()
        localizer = Localizer(Nested(resource.record), catalog.languages)
        self._render = localizer.render if self.languages else localizer.render_shared
        self._validate = Validator(resource.record)
        self._key = resource.key.name
        self._count = 0
        self._hashes = array("Q")
        self._listed = listed_fields(resource, self.languages)
        self._open = contextlib.ExitStack()
        self._files = file_languages(self.languages)
        self._records = [self._keep(ArrayWriter(folder / records_file(each), scratch / starts_of(each))) for each in self._files]
        self._keys = self._keep(ArrayWriter(scratch / "keys", scratch / "keys.starts"))
        self._revisions = self._keep(Writer(scratch / "revisions"))
        self._listing = (self._keep(IndexWriter(folder, self._listed, self.languages, localizer))
                         if self._listed else None)
        self.references = [
            self._keep(ReferenceLog(reference, scratch / f"references.{number}"))
            for number, reference in enumerate(references_of(catalog, resource.fields))
        ]

    def _keep(self, writer: Any) -> Any:
        self._open.callback(writer.close)
        return writer

    def build(self, source: Source, report: Report) -> ShelfManifest:
        """Read, validate and write every record. Raises `PublicationError`, `SourceUnavailable` and `OSError`."""
        total = source.count()
        with self._open:
            report(self.resource.path, 0, total)
            batch = Batch()
            for number, row in enumerate(self._rows(source), 1):
                self._take(number, row, batch)
                if batch.full:
                    batch = self._write(batch)
                    report(self.resource.path, self._count, total)
            self._write(batch)
            made = self._finish()
        report(self.resource.path, self._count, total, finished=True)
        return made

    def _rows(self, source: Source) -> Iterator[Any]:
        """The rows; what a publisher's own function raises is told with the row it stopped at."""
        number = 0
        try:
            for row in source.scan():
                number += 1
                yield row
        except (DragomanError, OSError, GeneratorExit):
            raise
        except Exception as error:
            raise PublicationError(
                self.resource.path, f"reading stopped after row {number}: {type(error).__name__}: {error}.",
                hint="Mend the source, and publish again.",
            ) from error

    def _take(self, number: int, row: Any, batch: Batch) -> None:
        try:
            value = self._validate(row)
            key = encode_json(value[self._key])
            rendered = self._render(value)
        except _UNFIT as error:
            raise self._misfit(number, row, error) from None
        if type(value[self._key]) is int and not INT64_MIN <= value[self._key] <= INT64_MAX:
            raise PublicationError(self.resource.path, "the key is too large.", key=_name(number, key.decode()),
                                   field=self._key, found=show(value[self._key]), expected="an integer of 64 bits")
        batch.add(value, key, rendered)

    def _misfit(self, number: int, row: Any, error: Exception) -> PublicationError:
        """What does not fit, as its publisher has to know it."""
        key = _name(number, _key_of(row, self._key))
        if isinstance(error, Misfits):
            first, more = error.misfits[0], len(error.misfits) - 1
            return PublicationError(
                self.resource.path, "the value does not fit." if first.found else "the value is missing.", key=key,
                field=first.path, found=first.found or "nothing", expected=first.expected,
                hint=f"{more} more in this record: {', '.join(m.path for m in error.misfits[1:9])}." if more else "",
            )
        if isinstance(error, UnicodeEncodeError):
            reason, found, expected = "a text is not Unicode.", show(error.object), "text without lone surrogates"
        elif isinstance(error, RecursionError):
            reason, found, expected = "it is nested too deeply.", "an endless or very deep value", "less depth"
        elif isinstance(row, Mapping) or hasattr(row, "__struct_fields__"):
            reason, found, expected = "it does not fit.", str(error), self.resource.record.__name__
        else:
            reason, found, expected = "it is no record.", show(row), f"a mapping or a {self.resource.record.__name__}"
        return PublicationError(self.resource.path, reason, key=key, found=found, expected=expected)

    def _write(self, batch: Batch) -> Batch:
        """Write what is in a batch, and give an empty one."""
        if batch:
            for records, texts in zip(self._records, zip(*batch.rendered, strict=True), strict=True):
                records.extend(texts)
            self._keys.extend(batch.keys)
            self._hashes.extend([hash_of(key, self._seed) for key in batch.keys])
            revisions = array("Q", map(_revision_of, batch.rendered))
            self._revisions.write(memoryview(revisions).cast("B"))
            self._note(batch)
            self._count += len(batch)
        if self._count > RECORDS_MAX:
            raise PublicationError(self.resource.path, f"there are more than {RECORDS_MAX} records.")
        return Batch()

    def _note(self, batch: Batch) -> None:
        if self._listing is not None:
            try:
                self._listing.extend(self._count, batch.values)
            except Unlistable as error:
                raise PublicationError(self.resource.path, "the value cannot be filtered or sorted by.",
                                       field=error.field, found=show(error.found), expected=error.expected) from None
        for reference in self.references:
            reference.extend(self._count, batch.values)

    def _finish(self) -> ShelfManifest:
        for writer in (*self._records, self._keys):
            writer.end()
        files = {records_file(each): writer.data.finish() for each, writer in zip(self._files, self._records, strict=True)}
        if self._listing is not None:
            self._listing.finish()
            files[LISTING] = adopt(self._listing.path)
        self._open.close()
        files[INDEX], index = self._pack_index()
        lists = {everything_of(each): self.folder / records_file(each) for each in self._files} | {"keys": self._scratch / "keys"}
        prepared, sections = prepare(self.folder / PREPARED, lists, self._scratch, self._compress_max_bytes)
        return ShelfManifest(count=self._count, form=form_of(self.resource), languages=self.languages, files=files | prepared,
                             index=index, prepared=sections, listed=self._listed)

    def _pack_index(self) -> tuple[FileFacts, dict[str, Section]]:
        scratch = self._scratch
        self._make_table()
        names = (*map(starts_of, self._files), "revisions", "keys", "keys.starts", "keys.table")
        return pack(self.folder / INDEX, {name: scratch / name for name in names})

    def _make_table(self) -> None:
        starts = memoryview((self._scratch / "keys.starts").read_bytes()).cast("Q")
        keys = KeyIndex(memoryview(b"\0\0\0\0").cast("I"), starts, map_file(self._scratch / "keys"), 0, self._seed)
        try:
            table = make_table(self._hashes, lambda first, second: keys.key(first) == keys.key(second))
        except DuplicateKey as twice:
            raise PublicationError(
                self.resource.path, "the key stands twice.", key=keys.key(twice.first).decode(), field=self._key,
                found=f"it in rows {twice.first + 1} and {twice.second + 1}", expected="each key once",
            ) from None
        writer = Writer(self._scratch / "keys.table")
        writer.write(memoryview(table).cast("B"))
        writer.close()
        self._hashes = array("Q")


def _revision_of(rendered: Sequence[bytes]) -> int:
    """Changes when the record changes in any language; what nobody may see takes no part in it."""
    return xxhash.xxh3_64_intdigest(b"".join(rendered))


def _name(number: int, key: str | None) -> str:
    return f"in row {number}" if key is None else f"{key} (row {number})"


def _key_of(row: Any, name: str) -> str | None:
    """The key of a row that does not fit, if it has one at all."""
    key = row.get(name) if isinstance(row, Mapping) else getattr(row, name, None)
    return show(key) if isinstance(key, (str, int)) else None

"""What an edition says of itself: its files with sizes and checksums, and what it was made from."""

from __future__ import annotations

import sys
import typing
from collections.abc import Sequence

import msgspec
import xxhash

FORMAT = 4
"""The number of the layout of editions; a program publishes anew what another number wrote."""
NAME = "manifest.json"
INDEX, PREPARED, LISTING = "index", "prepared", "listing.sqlite"
"""The files of each resource beside those of its records; the first two are packed from parts."""


def records_file(language: str, digest: str = "") -> str:
    """The name of the file of all records in a language, `""` where one serves every language; of an old version by its digest."""
    return ".".join(filter(None, ("records", language, digest, "json")))


def part_file(name: str, digest: str) -> str:
    """The name of the file `index` or `prepared` of an old version, by its digest."""
    return f"{name}.{digest}"


def starts_of(language: str) -> str:
    """The part of `index` that tells where each record starts in the file of a language."""
    return f"starts.{language}"


def everything_of(language: str) -> str:
    """What the parts of `prepared` that are compressed forms of that whole file are called, but for the coding."""
    return f"everything.{language}"


def file_languages(languages: Sequence[str]) -> Sequence[str]:
    """The languages in which there are files of records: a single nameless one where nothing is localized."""
    return languages or ("",)


class Damaged(Exception):
    """An edition on disk is not what was written; the message says what was found."""


class Foreign(Exception):
    """An edition that another release or another kind of machine wrote; it is whole, but not for us."""


class FileFacts(msgspec.Struct, frozen=True):
    """One file: its size in bytes, and the XXH3 of its content in hexadecimal."""

    size: int
    checksum: str


Section = tuple[int, int]
"""A part of a packed file: where it starts and how long it is, in bytes."""


class ListedField(msgspec.Struct, frozen=True, kw_only=True):
    """A field that can be filtered, searched or sorted, and where its values stand in the index."""

    name: str
    kind: str
    """How values are compared: a kind of `Scalar`, `choice` or `text` for a localized one."""
    columns: tuple[str, ...]
    """One column for each language where the field is localized, else one; a table for a list."""
    many: bool = False
    filter: bool = False
    sort: bool = False
    search: int = 0
    """The shortest search in characters; 0 where it cannot be searched."""


class StageManifest(msgspec.Struct, frozen=True, kw_only=True):
    """The records of one resource as they were in an old version."""

    version: str
    index: dict[str, Section]
    """The parts of its own file `index`."""
    prepared: dict[str, Section]


class ShelfManifest(msgspec.Struct, frozen=True, kw_only=True):
    """One resource of an edition."""

    count: int
    form: str
    """What its records look like, by `form_of`."""
    languages: tuple[str, ...]
    files: dict[str, FileFacts]
    """By file name, inside the resource's own folder."""
    index: dict[str, Section]
    """The parts of the file `index`."""
    prepared: dict[str, Section] = {}
    """The parts of the file `prepared`."""
    listed: tuple[ListedField, ...] = ()
    stages: dict[str, StageManifest] = {}
    """The old versions that are compiled, by the digest of what changed since."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A whole edition."""

    format: int = FORMAT
    byteorder: typing.Literal["little", "big"] = sys.byteorder
    id: str
    catalog: str
    cluster: str
    published_at: float
    """UNIX time in seconds."""
    time_s: float
    seed: int
    """Of the hashes of the keys."""
    catalog_fingerprint: str
    sources: dict[str, str | None]
    shelves: dict[str, ShelfManifest]
    checksum: str = ""
    """Of this manifest with an empty checksum."""

    @property
    def records(self) -> int:
        """How many records it holds."""
        return sum(shelf.count for shelf in self.shelves.values())

    @property
    def versions(self) -> int:
        """How many old versions of resources are compiled in it."""
        return sum(len(shelf.stages) for shelf in self.shelves.values())

    @property
    def size_bytes(self) -> int:
        """How much its files hold."""
        return sum(facts.size for shelf in self.shelves.values() for facts in shelf.files.values())


class _Head(msgspec.Struct):
    """What is read before the rest, whose form depends on it."""

    format: int


def seal(manifest: Manifest) -> bytes:
    """The text of a manifest, its own checksum included."""
    return msgspec.json.format(msgspec.json.encode(_with_checksum(manifest)), indent=1)


def _with_checksum(manifest: Manifest) -> Manifest:
    plain = msgspec.structs.replace(manifest, checksum="")
    return msgspec.structs.replace(plain, checksum=xxhash.xxh3_64_hexdigest(msgspec.json.encode(plain)))


def unseal(text: bytes) -> Manifest:
    """Read and prove a manifest. Raises `Damaged` and `Foreign`."""
    try:
        if msgspec.json.decode(text, type=_Head).format != FORMAT:
            raise Foreign("it was written by another release: publish again")
        manifest = msgspec.json.decode(text, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Damaged(f"{NAME}: {error}") from None
    if _with_checksum(manifest).checksum != manifest.checksum:
        raise Damaged(f"{NAME}: the checksum is wrong")
    if manifest.byteorder != sys.byteorder:
        raise Foreign("it was written by a machine with another byte order: publish again")
    return manifest

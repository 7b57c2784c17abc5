"""A data directory in one file, and back: accounts, keys, operations, statistics and what was served, but no editions.

The file is a tar archive: `manifest.json` first, then what it names. A manifest tells each file's size and SHA-256.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import re
import shutil
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import msgspec

from . import __version__
from .credentials.secrets import Digester, load_key
from .errors import SettingsError
from .settings import Settings

ACCOUNTS = "control.db"
_KEY = "secret.key"
_MANIFEST = "manifest.json"
_FORMAT = 1
_MANIFEST_MAX_BYTES = 1_048_576
_CHUNK_BYTES = 1_048_576
_DATABASES = (ACCOUNTS, "operations.db", "statistics/*.db")
_FILES = (_KEY, "served.json")
_NAMES = re.compile(r"control\.db|operations\.db|secret\.key|served\.json|statistics/[0-9]{1,6}\.db")
"""What an archive may hold: nothing in it becomes another path."""


class Item(msgspec.Struct, frozen=True):
    """One file of an archive."""

    size_bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What an archive holds, and what it was made from."""

    format: int
    version: str
    """Of the Dragoman that made it."""
    created_at: datetime
    accounts: str
    """`sqlite`, or `postgresql` where the database of accounts is not in the archive."""
    key: str
    """Tells one secret key from another, and nothing else of it."""
    files: dict[str, Item]


# -------------------------------------------------------------------------------------------- who uses a data directory


@contextmanager
def serving(settings: Settings) -> Iterator[None]:
    """Serve from a data directory, beside others that do. Raises `SettingsError` while a backup is restored there."""
    with _held(Path(settings.data_dir), fcntl.LOCK_SH, "a backup is being restored there; start when it is done"):
        yield


@contextmanager
def _held(data_dir: Path, how: int, otherwise: str) -> Iterator[None]:
    """A lock that ends with the process and those that it forked."""
    data_dir.mkdir(parents=True, exist_ok=True)
    file = os.open(data_dir / "serving.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise SettingsError(f"{data_dir} is in use: {otherwise}.") from None
    finally:
        os.close(file)


# -------------------------------------------------------------------------------------------- into one file


def back_up(settings: Settings, file: Path) -> Manifest:
    """Write a backup; a running server is not disturbed. The file is complete or absent, and for its owner alone.

    Raises `SettingsError` where there is nothing to keep, or where the file exists.
    """
    data_dir = Path(settings.data_dir)
    if file.exists():
        raise SettingsError(f"{file} exists already: name another file, or remove that one.")
    if not (data_dir / "served.json").exists() and not (data_dir / ACCOUNTS).exists():
        raise SettingsError(f"{data_dir} holds nothing to keep: name the data directory of a server with --data-dir.")
    with tempfile.TemporaryDirectory(prefix=f".{file.name}.", dir=file.parent) as folder:     # as private as mkdtemp makes it
        copies = Path(folder) / "copies"
        manifest = _copy(settings, data_dir, copies)
        whole = Path(folder) / "whole"
        with os.fdopen(os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            _pack(target, manifest, copies)
            target.flush()
            os.fsync(target.fileno())
        os.link(whole, file)            # where a file has come into being meanwhile, this fails
    return manifest


def _copy(settings: Settings, data_dir: Path, copies: Path) -> Manifest:
    found = [path for pattern in _DATABASES for path in sorted(data_dir.glob(pattern))]
    for path in found:
        _copy_database(path, _made(copies / path.relative_to(data_dir)))
    for name in _FILES:
        if (data_dir / name).exists():
            shutil.copyfile(data_dir / name, _made(copies / name))
    files = {str(path.relative_to(copies)): _weigh(path) for path in sorted(copies.rglob("*")) if path.is_file()}
    return Manifest(format=_FORMAT, version=__version__, created_at=datetime.now(UTC), files=files,
                    accounts="postgresql" if settings.database_url else "sqlite",
                    key=_tell(load_key(settings.secret_key, data_dir)))


def _copy_database(path: Path, copy: Path) -> None:
    """A database as it is at one moment, whoever writes to it meanwhile."""
    try:
        with closing(sqlite3.connect(path, timeout=20)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
    except sqlite3.Error as error:
        raise SettingsError(f"{path} cannot be copied: {error}. No backup was made.") from None


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _weigh(path: Path) -> Item:
    with path.open("rb") as file:
        return Item(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def _tell(key: bytes) -> str:
    return Digester(key).derive("backup").hex()


def _pack(target: IO[bytes], manifest: Manifest, copies: Path) -> None:
    text = msgspec.json.format(msgspec.json.encode(manifest))
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(_entry(_MANIFEST, len(text)), io.BytesIO(text))
        for name, item in manifest.files.items():
            with (copies / name).open("rb") as file:
                archive.addfile(_entry(name, item.size_bytes), file)


def _entry(name: str, size_bytes: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size_bytes, 0o600, int(time.time())
    return entry


# -------------------------------------------------------------------------------------------- and back


def restore(settings: Settings, file: Path, *, force: bool) -> tuple[Manifest, Path | None]:
    """Bring a backup back; what it held, and where that lies which stood in its place.

    Everything is unpacked and proven first. Raises `SettingsError` while a server runs there, where there are accounts
    (unless forced), and for an archive that is none, is damaged, or fits other settings.
    """
    data_dir = Path(settings.data_dir)
    with _held(data_dir, fcntl.LOCK_EX, "a server runs there; stop it, then restore"):
        if not force and _accounts_in(data_dir):
            raise SettingsError(f"{data_dir} holds accounts already. Choose another --data-dir, or give --force: what is "
                                "replaced is kept in a folder there.")
        with tempfile.TemporaryDirectory(prefix="restoring.", dir=data_dir) as folder:
            manifest = _unpack(file, Path(folder))
            _fit(manifest, settings, Path(folder))
            replaced = _move_away(data_dir)
            for name in manifest.files:
                (Path(folder) / name).rename(_made(data_dir / name))
    return manifest, replaced


def _accounts_in(data_dir: Path) -> bool:
    path = data_dir / ACCOUNTS
    if not path.exists():
        return False
    try:
        with closing(sqlite3.connect(path, timeout=20)) as base:
            known = base.execute("SELECT 1 FROM sqlite_master WHERE name = 'accounts_account'").fetchone()
            return known is not None and base.execute("SELECT 1 FROM accounts_account LIMIT 1").fetchone() is not None
    except sqlite3.Error:
        return True                     # what cannot be read may hold anything


def _unpack(file: Path, folder: Path) -> Manifest:
    """Write the files of an archive, each proven by its manifest, for their owner alone."""
    try:
        with tarfile.open(file, "r:") as archive:
            manifest = _read_manifest(archive)
            for name, item in manifest.files.items():
                _write(archive, name, _made(folder / name))
                if _weigh(folder / name) != item:
                    raise SettingsError(f"{file} is damaged: {name} is not what was kept. Take another backup.")
    except (tarfile.TarError, EOFError, KeyError, msgspec.MsgspecError) as error:
        raise SettingsError(f"{file} is no backup of Dragoman, or damaged: {error}") from None
    return manifest


def _read_manifest(archive: tarfile.TarFile) -> Manifest:
    source = archive.extractfile(_MANIFEST)
    if source is None:
        raise KeyError(_MANIFEST)
    manifest = msgspec.json.decode(source.read(_MANIFEST_MAX_BYTES), type=Manifest)
    if manifest.format != _FORMAT:
        raise SettingsError(f"This backup was made by Dragoman {manifest.version}, which is newer: restore it with that.")
    strange = next((name for name in manifest.files if not _NAMES.fullmatch(name)), None)
    if strange is not None:
        raise KeyError(f"{strange!r} has no place in a data directory")
    return manifest


def _write(archive: tarfile.TarFile, name: str, path: Path) -> None:
    source = archive.extractfile(name)
    if source is None:
        raise KeyError(f"{name!r} is no file")
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        shutil.copyfileobj(source, target, _CHUNK_BYTES)
        target.flush()
        os.fsync(target.fileno())


def _fit(manifest: Manifest, settings: Settings, folder: Path) -> None:
    """Raises `SettingsError` where what is restored would be of no use under these settings."""
    here = "postgresql" if settings.database_url else "sqlite"
    if manifest.accounts != here:
        named = "set database_url to that" if manifest.accounts == "postgresql" else "unset database_url"
        raise SettingsError(f"The accounts of this backup are in {manifest.accounts}: {named}, then restore.")
    if not settings.secret_key and _KEY not in manifest.files:
        raise SettingsError("The secret key of this backup was a setting: set secret_key to the same, then restore.")
    if _tell(load_key(settings.secret_key, folder)) != manifest.key:
        raise SettingsError("The setting secret_key is not that of this backup, and no key that was issued would be known: "
                            "set it to the same" + (", or leave it out." if _KEY in manifest.files else "."))


def _move_away(data_dir: Path) -> Path | None:
    """Put aside what a backup brings, with its journals; where it lies now."""
    patterns = [*_DATABASES, *(f"{name}-{journal}" for name in _DATABASES for journal in ("wal", "shm")), *_FILES]
    found = [path for pattern in patterns for path in sorted(data_dir.glob(pattern))]
    if not found:
        return None
    aside = Path(tempfile.mkdtemp(prefix=f"replaced-{datetime.now(UTC):%Y%m%dT%H%M%S}-", dir=data_dir))
    for path in found:
        path.rename(_made(aside / path.relative_to(data_dir)))
    return aside

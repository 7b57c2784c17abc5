"""What a name on the command line stands for: a data file, a folder of them, or a database."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ..catalog.origin import File, Found
from ..errors import SettingsError
from ..settings import Live
from .databases import expand, sqlite_file
from .duck import READERS, kind_of
from .files import FileSources
from .sql import SqlSources

_SQLITE = b"SQLite format 3\x00"
_KINDS = f"SQLite, {', '.join(READERS)}"


def find(argument: str) -> Sequence[Found]:
    """The tables in a file, folder or database. Raises `SettingsError` with the remedy."""
    if _is_url(argument):
        return SqlSources(Live()).inspect(argument)
    path = Path(argument)
    if path.is_dir():
        return _find_in_folder(path)
    if not path.is_file():
        raise SettingsError(f"{argument}: there is no such file or folder. Name one that is there, or a database URL.")
    return _find_in_file(path)


def _is_url(argument: str) -> bool:
    return "://" in argument or argument.startswith("${")


def _find_in_folder(folder: Path) -> list[Found]:
    """Every data file in a folder; an empty one is left out, with the reason."""
    try:
        files = sorted(file for file in folder.iterdir() if file.is_file() and (kind_of(file) or is_sqlite(file)))
    except OSError as error:
        raise SettingsError(f"{folder}: {error.strerror or error}. Let the user of dragoman read it.") from None
    if not files:
        raise SettingsError(f"{folder}: no file in it can be published; use {_KINDS}.")
    return [found for file in files for found in (_find_in_file(file) if file.stat().st_size else [_empty(file)])]


def _empty(file: Path) -> Found:
    return Found(name=file.name, origin=File(str(file)), columns=(), note="it is an empty file")


def _find_in_file(path: Path) -> Sequence[Found]:
    if path.stat().st_size == 0:
        raise SettingsError(f"{path}: the file is empty. Put the data in, or name another file.")
    if is_sqlite(path):
        return SqlSources(Live()).inspect(str(path))
    if kind_of(path) is None:
        raise SettingsError(f"{path}: not a kind of file that can be published; use {_KINDS}.")
    return FileSources(Live()).inspect(str(path))


def is_sqlite(path: Path) -> bool:
    """Whether a file is an SQLite database, whatever its name."""
    try:
        with path.open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror or error}. Let the user of dragoman read it.") from None


def name_of(argument: str) -> str:
    """The name of a catalog for what the argument names: the file, folder or database as a slug."""
    if _is_url(argument):
        name = _name_of_url(argument)
    else:
        path = Path(argument).resolve()
        name = path.name.partition(".")[0] if path.is_file() else path.name
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return slug if slug[:1].isalpha() else f"data-{slug}".strip("-")


def _name_of_url(argument: str) -> str:
    """The database's name; never a host, a user or a password."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    url = expand(argument, Path.cwd())
    file = sqlite_file(url)
    try:
        return file.stem if file is not None else make_url(url).database or "data"
    except ArgumentError:
        raise SettingsError("The database URL cannot be read: write dialect://user@host/name.") from None

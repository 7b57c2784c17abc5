"""What a name on the command line stands for: a data file, a folder of them, or a database."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ..catalog.origin import Found
from ..errors import SettingsError
from .files import READERS, FileSources, kind_of
from .sql import SqlSources

_SQLITE = b"SQLite format 3\x00"


def find(argument: str) -> Sequence[Found]:
    """The tables in a file, folder or database. Raises `SettingsError` with the remedy."""
    if "://" in argument:
        return SqlSources().inspect(argument)
    path = Path(argument)
    if path.is_dir():
        return _find_in_folder(path)
    if not path.is_file():
        raise SettingsError(f"{argument}: there is no such file or folder.")
    return _find_in_file(path)


def _find_in_folder(folder: Path) -> list[Found]:
    files = sorted(file for file in folder.iterdir() if file.is_file() and (kind_of(file) or is_sqlite(file)))
    if not files:
        raise SettingsError(f"{folder}: no file in it can be published; use SQLite, {', '.join(READERS)}.")
    return [found for file in files for found in _find_in_file(file)]


def _find_in_file(path: Path) -> Sequence[Found]:
    if path.stat().st_size == 0:
        raise SettingsError(f"{path}: the file is empty.")
    if is_sqlite(path):
        return SqlSources().inspect(str(path))
    if kind_of(path) is None:
        raise SettingsError(f"{path}: not a kind of file that can be published; use SQLite, {', '.join(READERS)}.")
    return FileSources().inspect(str(path))


def is_sqlite(path: Path) -> bool:
    """Whether a file is an SQLite database, whatever its name."""
    try:
        with path.open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror or error}.") from None


def name_of(argument: str) -> str:
    """The name of a catalog for what the argument names: the file, folder or database as a slug."""
    if "://" in argument:
        name = argument.rpartition("/")[2].partition("?")[0]
    else:
        path = Path(argument).resolve()
        name = path.name.partition(".")[0] if path.is_file() else path.name
    slug = re.sub(r"[^a-z0-9]+", "-", Path(name).stem.lower()).strip("-")
    return slug if slug[:1].isalpha() else f"data-{slug}".strip("-")

"""The file of a lock: JSON with a line for each field, so that a difference of the schema is one of lines."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ...errors import SettingsError
from ..catalog import Catalog
from .facts import FORMAT, Lock, LockedCatalog


def lock_file(catalog_file: Path) -> Path:
    """Where the lock of a catalog's file is: beside it, `catalog.lock` for `catalog.py`."""
    return catalog_file.with_suffix(".lock")


def read_lock(file: Path) -> Lock | None:
    """What a lock says; None where there is none. Raises `SettingsError` for what is no lock, and `OSError`."""
    remedy = "Take it from version control again, or remove it and write it anew: dragoman check --write."
    try:
        text = file.read_bytes()
    except FileNotFoundError:
        return None
    try:
        lock = msgspec.json.decode(text, type=Lock)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SettingsError(f"{file}: it is no lock ({error}). {remedy}") from None
    if lock.lock != FORMAT:
        raise SettingsError(f"{file}: another release wrote it, in the form {lock.lock}. {remedy}")
    return lock


def text_of(catalogs: Mapping[str, LockedCatalog]) -> str:
    """The text of a lock: what is published by name in alphabetical order, fields in their own."""
    plain = msgspec.to_builtins(Lock(lock=FORMAT, catalogs=dict(sorted(catalogs.items()))))
    return "\n".join(_lines(plain, ())) + "\n"


def _lines(value: Any, path: tuple[str, ...]) -> Iterator[str]:
    """A value as lines, the first of them without indent, since its name stands before it."""
    if not (value and _opened(path)):
        yield json.dumps(value, ensure_ascii=False)
        return
    named = isinstance(value, Mapping)
    items = list(value.items()) if isinstance(value, Mapping) else [("", each) for each in value]
    indent = "  " * len(path)
    yield "{" if named else "["
    for number, (name, each) in enumerate(items, 1):
        first, *others = _lines(each, (*path, name))
        lines = [f"{indent}  {json.dumps(name, ensure_ascii=False) + ': ' if named else ''}{first}", *others]
        yield from lines[:-1]
        yield lines[-1] + ("," if number < len(items) else "")
    yield indent + ("}" if named else "]")


def _opened(path: tuple[str, ...]) -> bool:
    """Whether what stands at a path has a line for each thing in it."""
    match path:
        case () | ("catalogs",) | ("catalogs", _) | ("catalogs", _, "targets", _):
            return True
        case ("catalogs", _, "permissions" | "changes" | "ends" | "targets") | ("catalogs", _, "targets", _, "fields" | "result"):
            return True
        case _:
            return False


def write_lock(file: Path, catalogs: Mapping[str, LockedCatalog]) -> bool:
    """Write a lock where it says something else, whole or not at all, also where several do; whether it did. Raises `OSError`."""
    text, file = text_of(catalogs), file.resolve()          # what a link points to is the lock
    if file.exists() and file.read_text(encoding="utf-8", errors="replace") == text:
        return False
    aside = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        aside.write_text(text, encoding="utf-8")
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)
    return True


def files_of(catalogs: Sequence[Catalog]) -> dict[Path, list[Catalog]]:
    """The catalogs by their files; those that no file declares are left out."""
    found: dict[Path, list[Catalog]] = {}
    for catalog in catalogs:
        if catalog.file is not None:
            found.setdefault(catalog.file, []).append(catalog)
    return found

"""A whole check: every file of catalogs against its lock, and what to tell of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..catalog import Catalog
from .drift import Difference, breaking, differences, newer_changes
from .explain import Proposal, propose
from .facts import LockedCatalog
from .file import files_of, lock_file, read_lock, text_of, write_lock
from .rules import Weight
from .schema import schema_of


class Checked(NamedTuple):
    """One catalog against its lock."""

    name: str
    file: Path
    found: tuple[Difference, ...]
    proposal: Proposal
    locked: bool
    """Whether there was anything to compare with."""

    @property
    def broken(self) -> list[Difference]:
        """What breaks clients."""
        return breaking(self.found)


class CheckedFile(NamedTuple):
    """All catalogs of one file."""

    file: Path
    lock: Path
    missing: bool
    """Whether there is no lock."""
    catalogs: tuple[Checked, ...]
    current: bool
    """Whether the lock says what would be written."""

    @property
    def broken(self) -> bool:
        """Whether anything breaks clients that nothing explains."""
        return any(each.broken for each in self.catalogs)


def check(catalogs: Sequence[Catalog], now: dt.datetime) -> list[CheckedFile]:
    """Compare loaded catalogs with their locks. Raises `SettingsError` for what is no lock, and `OSError`."""
    return [_check_file(file, found, now) for file, found in files_of(catalogs).items()]


def _check_file(file: Path, catalogs: Sequence[Catalog], now: dt.datetime) -> CheckedFile:
    path = lock_file(file)
    lock = read_lock(path)
    if lock is None:
        return CheckedFile(file, path, True, (), current=False)
    checked = [check_catalog(catalog, file, lock.catalogs.get(catalog.name), now) for catalog in catalogs]
    names = {catalog.name for catalog in catalogs}
    checked += [_lost(name, file) for name in lock.catalogs if name not in names]
    current = text_of(lock.catalogs) == text_of({catalog.name: schema_of(catalog) for catalog in catalogs})
    return CheckedFile(file, path, False, tuple(checked), current)


def check_catalog(catalog: Catalog, file: Path, locked: LockedCatalog | None, now: dt.datetime) -> Checked:
    """Compare one catalog with what was locked of it."""
    if locked is None:
        new = Difference(Weight.ADDITIVE, "new", "", f"the catalog {catalog.name}", "is new", catalog.place)
        return Checked(catalog.name, file, (new,), Proposal((), (), ()), locked=False)
    found = differences(catalog, locked, now.astimezone(dt.UTC).strftime("%Y-%m-%d"))
    return Checked(catalog.name, file, tuple(found), propose(catalog, locked, found, newer_changes(catalog, locked), now), locked=True)


def _lost(name: str, file: Path) -> Checked:
    gone = Difference(Weight.BREAKING, "gone", "", f"the catalog {name}", "is not published any more", f"{file}:1")
    return Checked(name, file, (gone,), Proposal((), (), (gone,)), locked=True)


def write(catalogs: Iterable[Catalog]) -> list[tuple[Path, bool]]:
    """Write the locks of loaded catalogs; each with whether it says something else now. Raises `OSError`."""
    return [(lock_file(file), write_lock(lock_file(file), {catalog.name: schema_of(catalog) for catalog in found}))
            for file, found in files_of(list(catalogs)).items()]


def facts_of(checked: CheckedFile) -> dict[str, Any]:
    """A check for machines."""
    return {"file": str(checked.file), "lock": str(checked.lock), "missing": checked.missing, "current": checked.current,
            "catalogs": [_catalog_facts(each) for each in checked.catalogs]}


def _catalog_facts(checked: Checked) -> dict[str, Any]:
    return {
        "name": checked.name,
        "differences": [{"weight": each.weight, "aspect": each.aspect, "target": each.target, "subject": each.subject,
                         "words": each.words, "place": each.place} for each in checked.found],
        "imports": list(checked.proposal.imports), "changes": list(checked.proposal.changes),
    }

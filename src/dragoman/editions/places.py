"""Where editions lie, which one is current, and what is removed when."""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import msgspec

from .files import make_folder, remove_folder, sync_folders, write_durably

POINTER = "current"
_LOCK = "publishing.lock"
_PARTIAL, _REMOVED, _DAMAGED, _VOUCHED = ".partial-", ".removed-", ".damaged-", ".vouched-"
_ID = re.compile(r"\d{8}T\d{12}Z-[0-9a-f]{8}\Z")
_TIME = "%Y%m%dT%H%M%S%fZ"
_MICROSECOND = dt.timedelta(microseconds=1)


class Pointer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which edition is served, and which was published last; they differ after a rollback.

    A complete folder that is newer than `newest` was never published: its publisher was killed just before the swap.
    """

    current: str
    newest: str

    def __post_init__(self) -> None:
        if not (_ID.match(self.current) and _ID.match(self.newest)):
            raise ValueError("an edition has another name")

    @property
    def rolled_back(self) -> bool:
        """Whether an operator has chosen an older edition than the last."""
        return self.current != self.newest


class Place:
    """The folder of all editions of one catalog in one cluster."""

    def __init__(self, data_dir: Path, catalog: str, cluster: str) -> None:
        self._name = f"{catalog} ({cluster})"
        self.folder = Path(data_dir) / "editions" / catalog / cluster
        self.pointer_path = self.folder / POINTER

    def __str__(self) -> str:
        return self._name

    def edition(self, id: str) -> Path:
        """The folder of a complete edition."""
        return self.folder / id

    def partial(self, id: str) -> Path:
        """Where an edition is written aside."""
        return self.folder / f"{_PARTIAL}{id}"

    def voucher(self, id: str) -> Path:
        """Where it is noted that the content of an edition was proven."""
        return self.folder / f"{_VOUCHED}{id}"

    def pointer(self) -> Pointer | None:
        """What is current; None where nothing was published. A damaged pointer means the newest edition there is."""
        try:
            return msgspec.json.decode(self.pointer_path.read_bytes(), type=Pointer)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (msgspec.MsgspecError, UnicodeDecodeError):
            ids = sorted(name for name in self._names() if _ID.match(name))
            return Pointer(ids[-1], ids[-1]) if ids else None

    def point(self, pointer: Pointer) -> None:
        """Swap what is current, in one step."""
        write_durably(self.pointer_path, msgspec.json.encode(pointer))

    def complete(self) -> list[str]:
        """The ids of the editions that were published and are whole, the newest first."""
        pointer = self.pointer()
        if pointer is None:
            return []
        return sorted((id for id in self._names() if _ID.match(id) and id <= pointer.newest), reverse=True)

    def _names(self) -> list[str]:
        try:
            return [path.name for path in self.folder.iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            return []

    def next_id(self) -> str:
        """A new id: UTC time to the microsecond, later than every other here whatever the clock says, and random."""
        moment = dt.datetime.now(dt.UTC)
        for name in self._names():
            found = _ID.search(name)
            if found:
                moment = max(moment, _moment_of(found[0]) + _MICROSECOND)
        return f"{moment.strftime(_TIME)}-{secrets.token_hex(4)}"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other publications and rollbacks out, in this and in other processes; a killed holder lets go."""
        make_folder(self.folder)
        lock = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def clean(self) -> None:
        """Remove what killed publications left; only for whoever holds the lock."""
        pointer = self.pointer()
        for name in self._names():
            unpublished = bool(_ID.match(name)) and (pointer is None or name > pointer.newest)
            stray = name.startswith((f".{POINTER}.", f".{_VOUCHED}"))          # written aside, and never put in place
            if name.startswith((_PARTIAL, _REMOVED)) or unpublished:
                remove_folder(self.folder / name)
            elif stray or (name.startswith(_VOUCHED) and name.removeprefix(_VOUCHED) not in self.complete()):
                (self.folder / name).unlink(missing_ok=True)

    def prune(self, keep: int) -> None:
        """Keep the last editions and the current one, and of the damaged ones the last; readers lose nothing."""
        pointer = self.pointer()
        for id in self.complete()[max(keep, 1):]:
            if pointer is not None and id != pointer.current:
                self._remove(id)
        damaged = sorted(name for name in self._names() if name.startswith(_DAMAGED))
        for name in damaged[:-1]:
            remove_folder(self.folder / name)

    def _remove(self, id: str) -> None:
        """Rename first, so that an edition is complete or absent even while it is removed."""
        aside = self.folder / f"{_REMOVED}{id}"
        self.edition(id).rename(aside)
        self.voucher(id).unlink(missing_ok=True)
        remove_folder(aside)

    def complete_partial(self, id: str) -> None:
        """Give a finished edition its name, durably."""
        self.partial(id).rename(self.edition(id))
        sync_folders([self.folder])

    def quarantine(self, id: str) -> None:
        """Set a damaged edition aside; where that is not allowed it stays, and is refused again."""
        with contextlib.suppress(OSError):
            self.edition(id).rename(self.folder / f"{_DAMAGED}{id}")
            self.voucher(id).unlink(missing_ok=True)


def _moment_of(id: str) -> dt.datetime:
    return dt.datetime.strptime(id.partition("-")[0], _TIME).replace(tzinfo=dt.UTC)

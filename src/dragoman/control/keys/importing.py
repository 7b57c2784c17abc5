"""Taking over keys that were issued elsewhere, by their hashes: nobody needs a new key."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
from django.db import transaction
from django.utils import timezone

from ...credentials.secrets import Kind
from ...errors import SettingsError
from ..accounts.models import Account
from ..configuration import digester_of, ours
from ..ledger.told import add_all
from . import permissions as allowed
from . import services
from .models import Key, KeyKind

_FAULTS_MAX = 20
_BATCH = 500


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line: the SHA-256 of a key exactly as clients send it, whose it is, and what it is worth."""

    kind: str
    sha256: str
    account: str
    name: str = ""
    permissions: list[str] | str = []
    """Names; in a table one text, parted by spaces."""
    expires: str | None = None
    """An ISO 8601 time; none for no end."""

    @property
    def names(self) -> list[str]:
        """The permissions, one by one."""
        return self.permissions.split() if isinstance(self.permissions, str) else self.permissions


class Imported(NamedTuple):
    """How many keys are new, and how many were known before and stay as they are."""

    added: int
    known: int


class Rows(NamedTuple):
    """A file as read: each row with its line, and what is wrong with the other lines."""

    file: Path
    good: list[tuple[int, Row]]
    faults: list[str]


def import_keys(rows: Rows) -> Imported:
    """Take over every key of a file, or none. Raises `SettingsError` with the lines that are wrong."""
    faults = list(rows.faults)
    with transaction.atomic():
        keys, known = _judge(rows.good, faults)
        if faults:
            more = f"\n... and {len(faults) - _FAULTS_MAX} more." if len(faults) > _FAULTS_MAX else ""
            raise SettingsError(f"{rows.file}: nothing was imported.\n" + "\n".join(faults[:_FAULTS_MAX]) + more)
        add_all(keys)
    return Imported(len(keys), known)


# -------------------------------------------------------------------------------------------- reading


def read(file: Path) -> Rows:
    """Read a CSV or NDJSON file; nothing in it is judged yet. Raises `SettingsError` for one that is neither."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsError(f"{file}: write it in UTF-8.") from None
    lines = _ndjson(text) if text.lstrip().startswith("{") else _csv(text)
    rows: list[tuple[int, Row]] = []
    faults: list[str] = []
    for number, content in lines:
        try:
            rows.append((number, msgspec.json.decode(content, type=Row) if isinstance(content, str)
                         else msgspec.convert(content, Row)))
        except (msgspec.DecodeError, RecursionError) as error:
            faults.append(f"line {number}: {error}")
    return Rows(file, rows, faults)


def _ndjson(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, line


def _csv(text: str) -> Iterator[tuple[int, dict[str | None, str | None]]]:
    """Rows by the names of the first line; an empty cell is none."""
    reader = csv.DictReader(text.splitlines(keepends=True), strict=True)
    if reader.fieldnames is None or not {"kind", "sha256", "account"} <= set(reader.fieldnames):
        raise SettingsError("The first line names the columns: kind,sha256,account,name,permissions,expires.")
    try:
        for cells in reader:
            yield reader.line_num, {str(name): cell for name, cell in cells.items() if cell not in (None, "")}
    except csv.Error as error:
        raise SettingsError(f"line {reader.line_num}: {error}.") from None


# -------------------------------------------------------------------------------------------- judging


def _judge(rows: list[tuple[int, Row]], faults: list[str]) -> tuple[list[Key], int]:
    """The keys that are new, and how many are known; what is wrong is added to the faults."""
    accounts = _accounts({row.account.lower() for _, row in rows})
    keys: dict[bytes, Key] = {}
    lines: dict[bytes, int] = {}
    for number, row in rows:
        try:
            key = _key(row, accounts)
        except SettingsError as error:
            faults.append(f"line {number}: {error}")
            continue
        digest = bytes(key.digest)
        if digest in keys:
            faults.append(f"line {number}: the same key stands in line {lines[digest]}.")
        keys[digest], lines[digest] = key, number
    known = _known(list(keys))
    for digest, (kind, account) in known.items():
        key = keys.pop(digest)
        if (kind, account) != (key.kind, key.account_id):
            faults.append(f"line {lines[digest]}: this key is known already, as another kind's or another account's.")
    return list(keys.values()), len(known)


def _key(row: Row, accounts: dict[str, int]) -> Key:
    if row.kind not in KeyKind.values:
        raise SettingsError(f"kind {row.kind[:40]!r}: write one of {', '.join(KeyKind.values)}.")
    account = accounts.get(row.account.lower())
    if account is None:
        raise SettingsError(f"there is no account {row.account[:80]!r}: `dragoman account add` opens one.")
    return Key(
        kind=row.kind, account_id=account, name=services.check_name(row.name or Kind(row.kind).value),
        digest=digester_of(ours()).import_digest(_digest(row.sha256)), permissions=allowed.check(row.names),
        expires_at=_moment(row.expires),
    )


def _digest(text: str) -> bytes:
    try:
        digest = bytes.fromhex(text)
    except ValueError:
        digest = b""
    if len(digest) != 32 or len(text) != 64:
        raise SettingsError("sha256: write the 64 hexadecimal digits of the SHA-256 of the key as clients send it.")
    return digest


def _moment(text: str | None) -> dt.datetime | None:
    if text is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"expires {text[:40]!r}: write a time such as 2030-01-31T00:00:00Z.") from None
    return timezone.make_aware(moment, dt.UTC) if moment.tzinfo is None else moment


def _accounts(names: set[str]) -> dict[str, int]:
    """The number of every account that is named."""
    wanted = sorted(name for name in names if name.isprintable())      # PostgreSQL has no NUL in its texts
    found: dict[str, int] = {}
    for start in range(0, len(wanted), _BATCH):
        found |= dict(Account.objects.filter(username__in=wanted[start:start + _BATCH]).values_list("username", "pk"))
    return found


def _known(digests: list[bytes]) -> dict[bytes, tuple[str, int]]:
    """The kind and account of every digest that is kept already."""
    found: dict[bytes, tuple[str, int]] = {}
    for start in range(0, len(digests), _BATCH):
        kept = Key.objects.filter(digest__in=digests[start:start + _BATCH]).values_list("digest", "kind", "account")
        found |= {bytes(digest): (kind, account) for digest, kind, account in kept}
    return found

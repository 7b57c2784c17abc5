"""The secrets of every dialect: how they look, how they are made, and the digest under which they are kept.

Random parts come from the system. A checksum tells a mistyped or invented secret from one of ours without a look-up, and
lets scanners find a leaked one; a prefix does where the convention leaves room. Case means nothing, since some clients
lower it: secrets are made, digested and compared in lower case.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import zlib
from enum import StrEnum
from pathlib import Path

from ..errors import SettingsError

_TOKEN_LENGTH = 128
_CHECK = 8
"""Hexadecimal digits of a CRC-32."""
_SECRET_MIN = 32
_ACCOUNTS = "control.db"


class Kind(StrEnum):
    """Every kind of secret that an account or application can hold."""

    GW2 = "gw2"
    """72 characters: two UUIDs joined, upper case (G6)."""
    API_TOKEN = "api-token"        # noqa: S105  # a kind, no secret
    """128 characters (D1)."""
    USER_TOKEN = "user-token"        # noqa: S105  # a kind, no secret
    """128 characters (D4)."""
    REMOTE_AUTH = "remote-auth"
    """32 hexadecimal digits (W3)."""
    APPLICATION_SECRET = "application-secret"   # noqa: S105  # a kind, no secret
    """64 characters: what proves a confidential application at the token endpoint."""
    ACCESS_TOKEN = "access-token"   # noqa: S105  # a kind, no secret
    """128 characters: what an account lets an application do (L11)."""
    REFRESH_TOKEN = "refresh-token"     # noqa: S105  # a kind, no secret
    """128 characters: what gets an application its next access token; worth nothing at any endpoint of the API."""


_PREFIXES = {Kind.API_TOKEN: "drg_api_", Kind.USER_TOKEN: "drg_usr_", Kind.APPLICATION_SECRET: "drg_app_",
             Kind.ACCESS_TOKEN: "drg_acc_", Kind.REFRESH_TOKEN: "drg_ref_"}
_LENGTHS = {Kind.GW2: 72, Kind.API_TOKEN: _TOKEN_LENGTH, Kind.USER_TOKEN: _TOKEN_LENGTH, Kind.REMOTE_AUTH: 32,
            Kind.APPLICATION_SECRET: 64, Kind.ACCESS_TOKEN: _TOKEN_LENGTH, Kind.REFRESH_TOKEN: _TOKEN_LENGTH}
_GW2_DASHES = re.compile(r"(.{8})(.{4})(.{4})(.{4})(.{20})(.{4})(.{4})(.{4})(.{12})\Z")
_REMOTE_CHECK = 4
"""A key of 32 digits leaves room for no more, if 112 bits are to stay random."""
SHOWN = 12
"""How many characters of a secret are kept in the clear, so that its owner knows it in a list."""


def mint(kind: Kind) -> str:
    """A new secret, in the form that clients of its kind know."""
    prefix, length = _PREFIXES.get(kind, ""), _LENGTHS[kind]
    if kind is Kind.GW2:
        plain = _checked("", 64)
        return "-".join(_GW2_DASHES.match(plain).groups()).upper()  # type: ignore[union-attr]  # 64 digits always match
    check = _REMOTE_CHECK if kind is Kind.REMOTE_AUTH else _CHECK
    return _checked(prefix, length, check)


def mint_application_id() -> str:
    """A new application id: 32 lower-case digits, of which the last eight are a checksum; no secret (L3)."""
    return _checked("", 32)


def _checked(prefix: str, length: int, check: int = _CHECK) -> str:
    body = prefix + secrets.token_hex(length // 2)[: length - len(prefix) - check]
    return body + _checksum(body, check)


def _checksum(body: str, digits: int) -> str:
    return f"{zlib.crc32(body.encode()):08x}"[-digits:]


def is_ours(kind: Kind, text: str) -> bool:
    """Whether a text has the form and the checksum of a secret that we made; others may have been imported."""
    plain = text.lower()
    if kind is Kind.GW2:
        plain = plain.replace("-", "") if len(plain) == _LENGTHS[kind] else ""
        return len(plain) == 64 and plain.isascii() and plain[-_CHECK:] == _checksum(plain[:-_CHECK], _CHECK)
    check = _REMOTE_CHECK if kind is Kind.REMOTE_AUTH else _CHECK
    return (len(plain) == _LENGTHS[kind] and plain.isascii() and plain.startswith(_PREFIXES.get(kind, ""))
            and plain[-check:] == _checksum(plain[:-check], check))


def expected_length(kind: Kind | None) -> int | None:
    """How long a secret is where the convention says so (D1, D4); those of other kinds may come from elsewhere in any form."""
    return _TOKEN_LENGTH if kind in (Kind.API_TOKEN, Kind.USER_TOKEN) else None


def is_application_id(text: str) -> bool:
    """Whether a text has the form and the checksum of an application id."""
    plain = text.lower()
    return len(plain) == 32 and plain.isascii() and plain[-_CHECK:] == _checksum(plain[:-_CHECK], _CHECK)


class Digester:
    """Keyed digests of secrets: HMAC-SHA-256 of the SHA-256, so that hashes made elsewhere can be taken over."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def digest(self, text: str) -> bytes:
        """The digest of a secret of ours, whatever its case."""
        return self.import_digest(hashlib.sha256(text.lower().encode(errors="surrogatepass")).digest())

    def foreign(self, text: str) -> bytes:
        """The digest of a secret made elsewhere, whose case may matter."""
        return self.import_digest(hashlib.sha256(text.encode(errors="surrogatepass")).digest())

    def import_digest(self, sha256: bytes) -> bytes:
        """The digest of a secret of which only the SHA-256 is known."""
        return hmac.digest(self._key, sha256, "sha256")

    def derive(self, purpose: str) -> bytes:
        """A key for another purpose, such as signing; it tells nothing of this one."""
        return hmac.digest(self._key, b"purpose:" + purpose.encode(), "sha256")


def load_key(given: str, data_dir: Path) -> bytes:
    """The server's secret key: as set, the same on every node, or else made once and kept in the data directory.

    Raises `SettingsError` for one that is too short, and for one that is gone while what depends on it is there.
    """
    if given:
        if len(given) < _SECRET_MIN:
            raise SettingsError(f"secret_key is too short: give at least {_SECRET_MIN} random characters.")
        return given.encode()
    file = data_dir / "secret.key"
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        return _read_key(file)
    except FileNotFoundError:
        if (data_dir / _ACCOUNTS).exists() and not file.exists():       # the key is always made first
            raise SettingsError(f"{file} is gone, and every key that was issued depends on it: bring it back from a backup. "
                                f"To do without those keys, write 64 random characters to it, then run `dragoman key void-all`.") from None
        _make_key(file)
        return _read_key(file)


def _read_key(file: Path) -> bytes:
    key = file.read_bytes().strip()
    if len(key) < _SECRET_MIN:
        raise SettingsError(f"{file} is damaged: bring it back from a backup. Every key that was issued depends on it.")
    return key


def _make_key(file: Path) -> None:
    """Write a new key aside and link it into place: of several processes that do so at once, one wins."""
    aside = file.with_name(f"secret.key.{secrets.token_hex(8)}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, secrets.token_hex(32).encode())
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.link(aside, file)
    except FileExistsError:
        return
    finally:
        aside.unlink()

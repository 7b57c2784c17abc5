"""The publisher's logo: a small picture from a file that the settings name."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import NamedTuple

import xxhash

from ...errors import SettingsError

_KINDS = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}
_BYTES_MAX = 1_048_576


class Logo(NamedTuple):
    """A picture, and the address at which it may be kept for good."""

    content: bytes
    media_type: str
    address: str


@functools.lru_cache(maxsize=4)
def read_logo(file: str) -> Logo:
    """Read it once. Raises `SettingsError` for what is no picture that browsers show."""
    path = Path(file)
    media_type = _KINDS.get(path.suffix.lower())
    if media_type is None:
        raise SettingsError(f"room.logo = {file!r}: name a picture that ends in {', '.join(_KINDS)}.")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"room.logo = {file!r} cannot be read: {error.strerror}.") from None
    if not 0 < len(content) <= _BYTES_MAX:
        raise SettingsError(f"room.logo = {file!r} has {len(content):,} bytes: a picture of at most a megabyte will do.")
    return Logo(content, media_type, f"/room/logo?v={xxhash.xxh3_64_hexdigest(content)}")

"""Pictures that strangers send: PNG, JPEG or WebP, told by their content alone, of bounded size."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _

from ...errors import SettingsError

BYTES_MAX = 512 * 1024
_SIDE_MIN, _SIDE_MAX = 16, 4_096
_PNG = b"\x89PNG\r\n\x1a\n"
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""The markers of a JPEG that tell its size."""


def check_picture(content: bytes) -> str:
    """The media type of a picture. Raises `SettingsError` for what is none, and for one that is too large."""
    if len(content) > BYTES_MAX:
        raise SettingsError(_("A picture has at most %(limit)s kB.") % {"limit": BYTES_MAX // 1024})
    for media_type, measure in _KINDS.items():
        size = measure(content)
        if size is not None:
            if not all(_SIDE_MIN <= side <= _SIDE_MAX for side in size):
                raise SettingsError(_("A picture has %(least)s to %(most)s pixels a side.") % {"least": _SIDE_MIN, "most": _SIDE_MAX})
            return media_type
    raise SettingsError(_("Send a picture as PNG, JPEG or WebP."))


def _png(content: bytes) -> tuple[int, int] | None:
    if not content.startswith(_PNG) or content[12:16] != b"IHDR" or len(content) < 33:
        return None
    return int.from_bytes(content[16:20]), int.from_bytes(content[20:24])


def _jpeg(content: bytes) -> tuple[int, int] | None:
    if not content.startswith(b"\xff\xd8\xff"):
        return None
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], int.from_bytes(content[at + 2:at + 4])
        if marker in _FRAMES:
            return int.from_bytes(content[at + 7:at + 9]), int.from_bytes(content[at + 5:at + 7])
        if length < 2:
            return None
        at += 2 + length
    return None


def _webp(content: bytes) -> tuple[int, int] | None:
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP" or len(content) < 30:
        return None
    kind = content[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
    if kind == b"VP8L" and content[20] == 0x2F:
        bits = int.from_bytes(content[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and content[23:26] == b"\x9d\x01\x2a":
        return int.from_bytes(content[26:28], "little") & 0x3FFF, int.from_bytes(content[28:30], "little") & 0x3FFF
    return None


_KINDS: dict[str, Callable[[bytes], tuple[int, int] | None]] = {"image/png": _png, "image/jpeg": _jpeg, "image/webp": _webp}

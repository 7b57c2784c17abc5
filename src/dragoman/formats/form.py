"""Query strings, form bodies and paths: percent-encoded UTF-8 as names and texts, read strictly."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from ..errors import Code, refuse

PAIRS_MAX = 1_000
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def parse_pairs(raw: bytes) -> dict[str, list[str]]:
    """The texts of `a=1&b=2&a=3` by name, in the order sent; a bare name has an empty text.

    Raises `Refusal` for a broken escape, for what is not UTF-8, for NUL and for more than 1,000 pairs.
    """
    pairs: dict[str, list[str]] = {}
    parts = raw.split(b"&", PAIRS_MAX)
    if len(parts) > PAIRS_MAX:
        raise refuse(Code.REQUEST_MALFORMED, "too many parameters", hint=f"Send at most {PAIRS_MAX}.")
    for part in parts:
        if not part:
            continue
        name, _, value = part.partition(b"=")
        pairs.setdefault(_decode(name, b"", plus=True), []).append(_decode(value, name, plus=True))
    return pairs


def unquote_path(raw: bytes) -> str:
    """A percent-encoded path, or a part of one, as text. Raises `Refusal` as `parse_pairs` does."""
    return _decode(raw, b"", plus=False)


def _decode(raw: bytes, name: bytes, *, plus: bool) -> str:
    if plus and b"+" in raw:
        raw = raw.replace(b"+", b" ")
    if b"%" in raw:
        if _BROKEN_ESCAPE.search(raw):
            raise _malformed(name, "broken % escape", "Escape % itself as %25.")
        raw = unquote_to_bytes(raw)
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise _malformed(name, "not UTF-8", "Encode text as UTF-8.") from None
    if "\0" in text:
        raise _malformed(name, "a NUL character", "Leave it out.")
    return text


def _malformed(name: bytes, reason: str, remedy: str) -> Exception:
    field = name.decode("ascii", "replace")[:60] or None
    return refuse(Code.REQUEST_MALFORMED, f"malformed text: {reason}", field=field, hint=remedy)

"""Query strings, form bodies and paths: percent-encoded UTF-8 as names and texts, read strictly."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from ..catalog.plain import SHOWN_MAX
from ..errors import Code, Fault, Refusal, refuse

PAIRS_MAX = 1_000
"""How many `name=value` pairs a query string or a form may hold."""
_FAULTS_MAX = 100
"""How many texts that cannot be read are told at once."""
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def parse_pairs(raw: bytes) -> dict[str, list[str]]:
    """The texts of `a=1&b=2&a=3` by name, in the order sent; a bare name has an empty text.

    Raises `Refusal` for a broken escape, for what is not UTF-8, for NUL and for more than 1,000 pairs, naming the
    parameters.
    """
    pairs, faults = read_pairs(raw)
    if faults:
        raise Refusal(*faults)
    return pairs


def read_pairs(raw: bytes) -> tuple[dict[str, list[str]], list[Fault]]:
    """The texts by name as `parse_pairs` gives them, as far as they can be read, and what is wrong with the others.

    Raises `Refusal` for more than 1,000 pairs.
    """
    parts = raw.split(b"&", PAIRS_MAX)
    if len(parts) > PAIRS_MAX:
        raise refuse(Code.REQUEST_MALFORMED, "too many parameters", hint=f"Send at most {PAIRS_MAX}.",
                     facts={"limit": PAIRS_MAX})
    pairs: dict[str, list[str]] = {}
    if raw.isascii() and b"%" not in raw and b"+" not in raw and b"\0" not in raw:
        for text in raw.decode("ascii").split("&"):     # nothing is escaped: decode once, split then
            if text:
                name, _, value = text.partition("=")
                pairs.setdefault(name, []).append(value)
        return pairs, []
    faults: list[Fault] = []
    for part in filter(None, parts):
        written, _, value_raw = part.partition(b"=")
        try:
            name, value = _decode(written, written, plus=True), _decode(value_raw, written, plus=True)
        except Refusal as refusal:
            faults += refusal.faults
        else:
            pairs.setdefault(name, []).append(value)
    return pairs, faults[:_FAULTS_MAX]


def unquote_path(raw: bytes) -> str:
    """A percent-encoded path, or a part of one, as text; `+` stays. Raises `Refusal` as `parse_pairs` does."""
    return _decode(raw, b"", plus=False)


def _decode(raw: bytes, name: bytes, *, plus: bool) -> str:
    """The text of one part; `name` is the parameter that it belongs to, as sent."""
    plain = raw.replace(b"+", b" ") if plus else raw
    if b"%" in plain:
        if _BROKEN_ESCAPE.search(plain):
            raise _malformed(name, raw, "a broken % escape", "Escape % itself as %25.")
        plain = unquote_to_bytes(plain)
    try:
        text = plain.decode()
    except UnicodeDecodeError:
        raise _malformed(name, raw, "not UTF-8", "Encode text as UTF-8, then escape it.") from None
    if "\0" in text:
        raise _malformed(name, raw, "a NUL character", "Leave it out.")
    return text


def _malformed(name: bytes, raw: bytes, reason: str, remedy: str) -> Refusal:
    return refuse(Code.REQUEST_MALFORMED, f"malformed text: {reason}", field=_shown(name) or None, value=_shown(raw),
                  hint=remedy)


def _shown(raw: bytes) -> str:
    """What was sent, for an error: still escaped, and only what every log and header can hold."""
    text = "".join(chr(byte) if 0x20 < byte < 0x7F else f"%{byte:02X}" for byte in raw[:SHOWN_MAX])
    return text if len(raw) <= SHOWN_MAX else text + "…"

"""Secrets in texts that are written down: what looks like one of ours is cut to how it begins, wherever it stands and however it is coded.

Forms are enough to know ours by; those that were made elsewhere have none, and are known where a name stands before them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

from .secrets import is_application_id

_SHOWN = 4
"""How many characters stay: enough to tell two apart in a log, as little as of a path among the last calls of an application."""
_ROUNDS_MAX = 8
"""How often a text is decoded that was encoded again and again."""
_NAMES = "remote_auth|access_token|api_token|user_token|refresh_token|id_token|client_secret|password"
_RUN = re.compile(r"[0-9A-Fa-f-]{25}")
_MARK = re.compile(r"[%\\&=: ]")
_CODED = re.compile(
    r"%([0-9a-f]{2})|\\x([0-9a-f]{2})|[%\\]u00([0-9a-f]{2})|&#x0*([0-9a-f]{2});|&#0*([0-9]{2,3});", re.IGNORECASE)
_SECRET = re.compile(
    rf"""drg_[a-z]{{3}}_[0-9a-z]+                       # with a prefix of ours, however little is there of the rest
    | eyj[\w-]{{8,}}(?:\.[\w-]*){{0,2}}                  # JSON Web Tokens: subtokens, identity tokens
    | (?:[0-9a-f]-?){{25,}}                              # keys of digits, with dashes or without, or most of one
    | (?:(?:{_NAMES})["']?\s*[:=]\s*["']?|bearer\s+|/link/)(?P<named>[\w.~+/=-]{{8,}})      # of any form, by what stands before""",
    re.IGNORECASE | re.VERBOSE)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)
"""RFC 9562: the keys of many people's records."""


def redact(text: str) -> str:
    """The text with every secret in it cut to its first characters."""
    if is_plain(text):
        return text
    plain = _decoded(text)
    if is_plain(plain.text):
        return text
    pieces, end = [], 0
    for found in _SECRET.finditer(plain.text):
        start, stop = found.span("named") if found["named"] is not None else found.span()
        if _is_harmless(plain.text[start:stop]):
            continue
        pieces += [text[end:plain.place(start)], plain.text[start:start + _SHOWN], "…"]
        end = plain.place(stop)
    return "".join([*pieces, text[end:]])


def is_plain(text: str) -> bool:
    """Whether there is nothing in a text that could be cut, as in nearly all; this is asked for every line of the log."""
    if _MARK.search(text) is not None or _RUN.search(text) is not None:
        return False
    lower = text.lower()
    return "drg_" not in lower and "eyj" not in lower and "/link/" not in lower


def _is_harmless(found: str) -> bool:
    """Whether it is a UUID, or the id of an application, which is no secret."""
    return _UUID.fullmatch(found.rstrip("-")) is not None or is_application_id(found)


class _Decoded(NamedTuple):
    """A text without its codings, and where its characters stand in what it was decoded from."""

    text: str
    starts: list[int]
    """Where the pieces of the decoded text begin, in it."""
    sources: list[int]
    """Where they begin in the text before."""
    before: _Decoded | None

    def place(self, index: int) -> int:
        """Where a character stands, or the end, in the text as it was given."""
        if self.before is None:
            return index
        piece = bisect_right(self.starts, index) - 1
        return self.before.place(self.sources[piece] + index - self.starts[piece])


def _decoded(text: str) -> _Decoded:
    """A text decoded until there is nothing left to decode."""
    known = _Decoded(text, [], [], None)
    for _ in range(_ROUNDS_MAX):
        codes = list(_CODED.finditer(known.text))
        if not codes:
            break
        known = _once(known, codes)
    return known


def _once(given: _Decoded, codes: list[re.Match[str]]) -> _Decoded:
    pieces: list[str] = []
    starts, sources, length, end = [], [], 0, 0
    for code in codes:
        for piece, source in ((given.text[end:code.start()], end), (_character(code), code.start())):
            starts.append(length)
            sources.append(source)
            pieces.append(piece)
            length += len(piece)
        end = code.end()
    starts.append(length)
    sources.append(end)
    return _Decoded("".join([*pieces, given.text[end:]]), starts, sources, given)


def _character(code: re.Match[str]) -> str:
    decimal = code[5]
    return chr(int(decimal) if decimal else int(next(filter(None, code.groups())), 16))

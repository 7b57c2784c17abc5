"""Secrets in texts that are written down: what looks like one of ours is cut to how it begins, wherever it stands and however it is coded.

Forms are enough to know ours by; those that were made elsewhere have none, and are known where a name stands before them.
"""

from __future__ import annotations

import re

from .secrets import is_application_id

_SHOWN = 4
"""How many characters stay: enough to tell two apart in a log, as little as of a path among the last calls of an application."""
_ROUNDS_MAX = 8
"""How often a text is decoded that was encoded again and again."""
_NAMES = "remote_auth|access_token|api_token|user_token|refresh_token|id_token|client_secret|password"
_RUN = re.compile(r"[0-9A-Fa-f-]{25}")
_MARK = re.compile(r"[%\\&=: ]")
_CODED = re.compile(
    r"%([0-9a-fA-F]{2})|\\x([0-9a-fA-F]{2})|[%\\]u00([0-9a-fA-F]{2})|&#[xX]0*([0-9a-fA-F]{2});|&#0*([0-9]{2,3});")
_SECRET = re.compile(
    rf"""drg_[a-z]{{3}}_[0-9a-z]+                       # with a prefix of ours, however little is there of the rest
    | eyj[\w-]{{8,}}(?:\.[\w-]*){{0,2}}                  # JSON Web Tokens: subtokens, identity tokens
    | (?:[0-9a-f]-?){{25,}}                              # keys of digits, with dashes or without, or most of one
    | (?:(?:{_NAMES})["']?\s*[:=]\s*["']?|bearer\s+|/link/)(?P<named>[\w.~+/=-]{{8,}})      # of any form, by what stands before""",
    re.VERBOSE)
"""In lower case."""
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
"""RFC 9562: the keys of many people's records."""
_LOWER = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def redact(text: str) -> str:
    """The text with every secret in it cut to its first characters; it is told without its codings then."""
    if is_plain(text):
        return text
    plain = _decoded(text)
    pieces, end = [], 0
    for found in _SECRET.finditer(_lowered(plain)):
        start, stop = found.span("named") if found["named"] is not None else found.span()
        if not _is_harmless(found["named"] or found[0]):
            pieces += [plain[end:start + _SHOWN], "…"]
            end = stop
    return "".join([*pieces, plain[end:]]) if pieces else text


def is_plain(text: str) -> bool:
    """Whether there is nothing in a text that could be cut, as in nearly all; this is asked for every line of the log."""
    if _MARK.search(text) is not None or _RUN.search(text) is not None:
        return False
    lower = text.lower()
    return "drg_" not in lower and "eyj" not in lower and "/link/" not in lower


def _is_harmless(found: str) -> bool:
    """Whether it is a UUID, or the id of an application, which is no secret."""
    return _UUID.fullmatch(found.rstrip("-")) is not None or is_application_id(found)


def _decoded(text: str) -> str:
    """A text decoded until there is nothing left to decode."""
    for _ in range(_ROUNDS_MAX):
        before, text = text, _CODED.sub(_character, text)
        if text == before:
            break
    return text


def _character(code: re.Match[str]) -> str:
    decimal = code[5]
    return chr(int(decimal) if decimal else int(code[code.lastindex or 0], 16))


def _lowered(text: str) -> str:
    """As long as the text itself: other letters than these have lower ones of other lengths."""
    return text.lower() if text.isascii() else text.translate(_LOWER)

"""Regular expressions of Python as those of XML Schema (XSD 1.0, Appendix F), as far as both can say the same."""

from __future__ import annotations

import re

LENGTH_MAX, REPEATS_MAX = 500, 200
"""Longer patterns, and those that repeat more often, take validators more room than they are worth."""
_ANYTHING = r"[\s\S]*"
_SPACES = "\\t\\n\\r\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_OF_CLASS = {"d": r"\d", "D": r"\D", "w": r"\p{L}\p{N}_", "s": _SPACES, "n": r"\n", "r": r"\r", "t": r"\t"}
"""What the classes of Python mean where they stand between brackets."""
_ALONE = {**_OF_CLASS, "w": r"[\p{L}\p{N}_]", "W": r"[^\p{L}\p{N}_]", "s": f"[{_SPACES}]", "S": f"[^{_SPACES}]"}
_SPECIAL = frozenset(".\\?*+{}()[]|-^$")
_REPEAT = re.compile(r"\{([0-9]+)(,?)([0-9]*)\}")


class _Untold(Exception):
    """XML Schema has no words for this."""


def translate_pattern(pattern: str) -> str | None:
    """The pattern that fits exactly the texts in which `re.search` finds one; None where XML Schema cannot say it.

    Patterns of XML Schema always speak of the whole text, and know no anchors, look-around, back references or flags.
    """
    if len(pattern) > LENGTH_MAX:
        return None
    try:
        return _Reader(pattern).read()
    except (_Untold, RecursionError):
        return None


class _Reader:
    """Reads one pattern from left to right; a branch is what stands between two `|`."""

    def __init__(self, pattern: str) -> None:
        self._text, self._at = pattern, 0

    def read(self) -> str:
        """The whole pattern, each of its branches with what may stand around it."""
        branches = [self._outer_branch()]
        while self._take("|"):
            branches.append(self._outer_branch())
        if self._at < len(self._text):
            raise _Untold
        return "|".join(branches)

    def _outer_branch(self) -> str:
        before = "" if self._take("^") or self._take("\\A") else _ANYTHING
        inside = self._branch()
        if self._take("$"):                     # it fits before a last line break, too
            after = r"\n?"
        else:
            after = "" if self._take("\\Z") else _ANYTHING
        if self._peek() not in ("", "|"):
            raise _Untold
        return before + inside + after

    def _branch(self) -> str:
        pieces = []
        while self._peek() not in ("", "|", ")", "$") and not self._text.startswith("\\Z", self._at):
            pieces.append(self._atom() + self._repeat())
        return "".join(pieces)

    def _group(self) -> str:
        if self._take("?") and not self._take(":"):
            raise _Untold
        branches = [self._branch()]
        while self._take("|"):
            branches.append(self._branch())
        if not self._take(")"):
            raise _Untold
        return f"({'|'.join(branches)})"

    def _atom(self) -> str:
        character = self._next()
        if character == "(":
            return self._group()
        if character == "[":
            return self._bracket()
        if character == ".":
            return r"[^\n]"
        if character == "\\":
            return self._escape(_ALONE)
        if character in "^$*+?{":
            raise _Untold
        return _quote(character)

    def _repeat(self) -> str:
        """How often; whether as often or as seldom as possible makes no difference to whether a text fits."""
        character = self._peek()
        if character == "{":
            found = _REPEAT.match(self._text, self._at)
            if found is None or max(int(found[1]), int(found[3] or 0)) > REPEATS_MAX:
                raise _Untold
            self._at = found.end()
            repeat = found[0]
        elif character and character in "*+?":
            self._at += 1
            repeat = character
        else:
            return ""
        if self._peek() == "+":                 # it gives nothing back, so fewer texts fit
            raise _Untold
        self._take("?")
        return repeat

    def _bracket(self) -> str:
        parts = ["^"] if self._take("^") else []
        first = True
        while first or self._peek() != "]":
            first = False
            parts.append(self._range())
        self._at += 1
        return f"[{''.join(parts)}]"

    def _range(self) -> str:
        low = self._member()
        if self._peek() == "-" and self._text[self._at + 1:self._at + 2] not in ("]", ""):
            self._at += 1
            high = self._member()
            if len(low) > 1 or len(high) > 1:       # validators disagree about ranges that begin or end with an escape
                raise _Untold
            return f"{low}-{high}"
        return low

    def _member(self) -> str:
        character = self._next()
        return self._escape(_OF_CLASS) if character == "\\" else _quote(character)

    def _escape(self, classes: dict[str, str]) -> str:
        character = self._next()
        if character in classes:
            return classes[character]
        if character.isalnum():
            raise _Untold
        return _quote(character)

    def _peek(self) -> str:
        return self._text[self._at:self._at + 1]

    def _next(self) -> str:
        character = self._peek()
        if not character:
            raise _Untold
        self._at += 1
        return character

    def _take(self, text: str) -> bool:
        if not self._text.startswith(text, self._at):
            return False
        self._at += len(text)
        return True


def _quote(character: str) -> str:
    """A character that stands for itself."""
    if character < " " and character not in "\t\n\r":
        raise _Untold
    return f"\\{character}" if character in _SPECIAL else character

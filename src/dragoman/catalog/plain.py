"""JSON of any form: decoded within bounds, and checked for what no JSON can tell."""

from __future__ import annotations

import datetime
import decimal
import functools
import inspect
import itertools
import math
import re
import reprlib
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

DEPTH_MAX = 64
"""How deep arrays and objects may be nested. Decoders recurse, and threads with small stacks would crash."""
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
SHOWN_MAX = 60
"""How many characters of a value an error shows."""
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_TOKEN = re.compile(rb"[][{}]|" + _STRING.pattern, re.DOTALL)
_NO_BRACKET = bytes(byte for byte in range(256) if byte not in b"[]{}")
_TO_SQUARE = bytes.maketrans(b"{}", b"[]")
_LEAVES = (str, bool, type(None), decimal.Decimal, datetime.date, datetime.time, uuid.UUID)
_NAME = re.compile(r"\w{1,60}\Z")
_repr = reprlib.Repr()
_repr.maxstring = _repr.maxother = _repr.maxlong = SHOWN_MAX
_repr.maxlevel = 3


class TooDeep(ValueError):
    """JSON that is nested deeper than `DEPTH_MAX`."""

    def __init__(self) -> None:
        super().__init__(f"it is nested more than {DEPTH_MAX} deep")


def show(value: Any) -> str:
    """A value for an error, quoted where it is text, at most 60 characters; it never fails and never takes long."""
    try:
        text = repr(value) if type(value) in (int, float) else _repr.repr(value)
    except Exception:  # noqa: BLE001  # a stranger's __repr__, or an integer of too many digits
        text = f"<{type(value).__name__}>"
    return text if len(text) <= SHOWN_MAX else text[: SHOWN_MAX - 1] + "…"


def tell(error: BaseException) -> str:
    """An exception for an error; it never fails, whatever a stranger's exception does when it is asked what it says."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001  # a stranger's __str__
        return type(error).__name__


def takes(function: Callable[..., Any], count: int) -> bool:
    """Whether a function can be called with so many values; yes where it does not tell."""
    try:
        inspect.signature(function).bind(*range(count))
    except TypeError:
        return False
    except ValueError:                          # one in C
        return True
    return True


def decode_json(raw: bytes | str) -> Any:
    """The values of a JSON text (RFC 8259); raise `ValueError` for what is none and `TooDeep` before decoding it."""
    if isinstance(raw, str):
        raw = raw.encode()                  # raises UnicodeEncodeError, a ValueError, for lone surrogates
    bound_depth(raw)
    return msgspec.json.decode(raw)


def bound_depth(raw: bytes) -> None:
    """Raise `TooDeep` for a JSON text that is nested too deeply, without recursion, at about 1 ms a megabyte.

    Where the text is no JSON, what is left is at most twice as deep, which every decoder can bear.
    """
    if raw.count(b"[") + raw.count(b"{") <= DEPTH_MAX:
        return
    if _begins_too_deep(raw):               # what is hostile is told at once
        raise TooDeep
    brackets = without_strings(raw).translate(_TO_SQUARE, delete=_NO_BRACKET)
    for _ in range(DEPTH_MAX):              # each round takes away the innermost pairs
        fewer = brackets.replace(b"[]", b"")
        if len(fewer) == len(brackets):
            break
        brackets = fewer
    if brackets.count(b"[") > DEPTH_MAX:
        raise TooDeep


def _begins_too_deep(raw: bytes) -> bool:
    """Whether the first brackets nest too deeply already; False says nothing of the rest."""
    depth = 0
    for token in itertools.islice(_TOKEN.finditer(raw), 4 * DEPTH_MAX):
        opened = token[0][0]
        depth += (opened in b"[{") - (opened in b"]}")
        if depth > DEPTH_MAX:
            return True
    return False


def without_strings(raw: bytes) -> bytes:
    """A JSON text without its texts, to count what stands between them."""
    return _STRING.sub(b"", raw)


def is_plain(value: Any) -> bool:
    """Whether a value is JSON, or becomes it as every date does: finite, of 64 bits, named by text, and not too deep."""
    level = [value]
    for _ in range(DEPTH_MAX + 1):
        deeper: list[Any] = []
        for each in level:
            kind = type(each)
            if kind is dict:
                if not all(isinstance(name, str) for name in each):
                    return False
                deeper += each.values()
            elif kind is list:
                deeper += each
            elif not _is_plain_leaf(each, deeper):
                return False
        if not deeper:
            return True
        level = deeper
    return False


def _is_plain_leaf(value: Any, deeper: list[Any]) -> bool:
    """Whether anything but a plain list or dict is JSON; what it holds is added to `deeper`."""
    if value is None or isinstance(value, (str, bool)):
        return True
    if isinstance(value, int):
        return INT64_MIN <= value <= INT64_MAX
    if isinstance(value, (float, decimal.Decimal)):
        return is_finite(value)
    if isinstance(value, Mapping):
        deeper.append(dict(value))
        return True
    if isinstance(value, (list, tuple, set, frozenset)):
        deeper += value
        return True
    return isinstance(value, _LEAVES) or _becomes_plain(value, deeper)


def _becomes_plain(value: Any, deeper: list[Any]) -> bool:
    """Whether a record, an enum or the like becomes JSON."""
    try:
        deeper.append(to_plain(value))
    except (TypeError, ValueError, RecursionError):
        return False
    return type(deeper[-1]) is not type(value)


def is_finite(number: float | decimal.Decimal) -> bool:
    """Whether clients can read a number back: a decimal beyond all floats is infinite to most of them."""
    if isinstance(number, decimal.Decimal):
        return number.is_finite() and math.isfinite(float(number))
    return math.isfinite(number)


def is_text(value: str) -> bool:
    """Whether a text is Unicode, that is, without lone surrogates."""
    try:
        return value.isascii() or value.encode() is not None
    except UnicodeEncodeError:
        return False


def unplain(value: Any, path: str, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """The places inside a value that keep it from being JSON, each with what stands there."""
    if depth > DEPTH_MAX:
        yield path, value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            place = below(path, name)
            if not isinstance(name, str) or not is_text(name):
                yield place, name
            yield from unplain(each, place, depth + 1)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for number, each in enumerate(value):
            yield from unplain(each, f"{path}.{number}", depth + 1)
    elif not (is_text(value) if isinstance(value, str) else is_plain(value)):
        yield path, value


def below(path: str, name: Any) -> str:
    """The path of what stands under a name, quoted where the name is no word."""
    return f"{path}.{name if isinstance(name, str) and _NAME.match(name) else show(name)}"


to_plain = functools.partial(msgspec.to_builtins, builtin_types=(decimal.Decimal,))
"""Records, times and whatever else JSON has no type for as what it has; decimals stay as they are. Raises `TypeError`,
`ValueError` and `RecursionError`."""

encode_json = msgspec.json.Encoder(decimal_format="number").encode
"""How every value becomes JSON: compact UTF-8, decimals as numbers with all their digits. Values are validated before:
an infinite number would become null here."""

decode_exact = msgspec.json.Decoder(float_hook=decimal.Decimal).decode
"""Plain values of JSON that we wrote ourselves; numbers keep all their digits."""

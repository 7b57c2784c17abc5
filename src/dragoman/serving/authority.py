"""The grammar of an authority, as `Host` and an absolute target carry it: RFC 9112, 3.2 and RFC 3986, 3.2.2."""

from __future__ import annotations

import functools
import ipaddress
import re

_UNRESERVED_AND_DELIMITERS = r"[A-Za-z0-9\-._~!$&'()*+,;=]"
_AUTHORITY = re.compile(
    rf"(?P<host>\[(?P<literal>[^\[\]]*)\]|(?:{_UNRESERVED_AND_DELIMITERS}|%[0-9A-Fa-f]{{2}})+)(?::(?P<port>[0-9]{{0,5}}))?"
)
_FUTURE = re.compile(rf"[vV][0-9A-Fa-f]+\.(?:{_UNRESERVED_AND_DELIMITERS}|:)+")
_LENGTH_MAX = 255 + len(":65535")


def read_authority(value: bytes) -> str | None:
    """The authority in lower case, `api.example.org:8443`; None where it is empty, holds userinfo or is malformed."""
    return _read(value) if len(value) <= _LENGTH_MAX else None


@functools.lru_cache(maxsize=1024)
def _read(value: bytes) -> str | None:
    text = value.decode("latin-1")
    found = _AUTHORITY.fullmatch(text)
    if found is None or int(found["port"] or 0) > 65_535:
        return None
    if found["literal"] is not None and not _is_address_literal(found["literal"]):
        return None
    return text.lower()


def name_of(authority: str) -> str:
    """The host's name without its port and without the dot of a complete domain name."""
    end = authority.rfind(":")
    return (authority if end <= authority.rfind("]") else authority[:end]).rstrip(".")


def _is_address_literal(literal: str) -> bool:
    if _FUTURE.fullmatch(literal):
        return True
    try:
        return "%" not in literal and ipaddress.IPv6Address(literal) is not None
    except ValueError:
        return False

"""Cross-origin requests, the same for every dialect: anybody may read public data, nobody with cookies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..exchange import Answer, Header

_EXPOSE = b"access-control-expose-headers"
_EXPOSED = frozenset((
    "Content-Language", "ETag", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Progress", "X-Request-Id", "X-Schema-Version"))
"""The headers that answers of every dialect have, beyond those that any script may read (Fetch standard, 2.2.2)."""
ORIGIN: Header = (b"access-control-allow-origin", b"*")
_ALLOWED = b"Accept, Accept-Language, Authorization, Content-Type, Idempotency-Key, If-None-Match, X-Schema-Version"
_MAX_AGE_S = b"86400"


def exposed(own: Iterable[str]) -> Header:
    """The header that lets scripts of other origins read our headers, and those that a dialect has of its own."""
    return _EXPOSE, ", ".join(sorted(_EXPOSED.union(own))).encode()


def exposing(headers: Sequence[Header], name: bytes) -> list[Header]:
    """Headers that let such scripts read one more."""
    return [(_EXPOSE, value + b", " + name) if header == _EXPOSE and name not in value.split(b", ") else (header, value)
            for header, value in headers]


def preflight(verbs: str) -> Answer:
    """The answer to OPTIONS: what may be asked here, by whom, and for how long that holds."""
    return Answer(status=204, headers=[
        ORIGIN, (b"access-control-allow-methods", verbs.encode()), (b"access-control-allow-headers", _ALLOWED),
        (b"access-control-max-age", _MAX_AGE_S), (b"allow", verbs.encode()),
        (b"cache-control", b"public, max-age=86400"),
        (b"vary", b"Access-Control-Request-Method, Access-Control-Request-Headers"),
    ])

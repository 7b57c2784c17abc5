"""What answers tell of a version that ends: `Deprecation` (RFC 9745), `Sunset` (RFC 8594), and where to read on (RFC 5829)."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import formatdate
from urllib.parse import quote_from_bytes

from ..catalog.version import LATEST, show_version
from ..exchange import Header, Request
from ..query import Plan
from . import cors

_LINK = b"link"
_SAFE = "/%-._~:@!$&'()*+,="
"""What stands in a path as it is."""


def headers_of(plan: Plan, request: Request, changelog: str) -> list[Header]:
    """What is told of the end of a plan's version; nothing of one that is supported as ever. `changelog` is where changes are read
    where the publisher names no other place."""
    timeline = plan.catalog.timeline
    told = timeline.lives.of(plan.version) if plan.version else None
    if told is None:
        return []
    headers: list[Header] = [(b"deprecation", b"@%d" % told.deprecated_at)]
    if told.gone_at is not None:
        headers.append((b"sunset", formatdate(told.gone_at, usegmt=True).encode()))
    links = [f'<{told.link or changelog}>; rel="deprecation"; type="text/html"']
    if request.verb in ("GET", "HEAD") and timeline.knows(plan.target, LATEST):
        path = quote_from_bytes(request.path, safe=_SAFE)
        links.append(f'<{path}?v={show_version(timeline.versions[-1])}>; rel="successor-version"')
    return [*headers, (_LINK, ", ".join(links).encode())]


def joined(headers: Sequence[Header], ending: Sequence[Header]) -> list[Header]:
    """The headers of an answer with those of its end, which scripts of other origins may read; links stay one line."""
    links = b", ".join(value for name, value in (*headers, *ending) if name == _LINK)
    kept = [header for header in (*headers, *ending) if header[0] != _LINK]
    for name in (b"Deprecation", b"Sunset", b"Link"):
        kept = cors.exposing(kept, name)
    return [*kept, (_LINK, links)]

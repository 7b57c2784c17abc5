"""What answers `/` and the few files that the page needs, with conditional requests and a strict content policy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib.resources import files

import xxhash

from ...catalog.catalog import Catalog
from ...contracts import Answer, Header, Request
from ...errors import Refusal
from ...formats.form import parse_pairs
from ...pipeline.conditional import emptied, not_modified
from ...pipeline.language import negotiate
from .page import AddressOf, Page, SampleOf
from .words import NAMES

_POLICY = (b"default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
           b"frame-ancestors 'none'")
_GUARDS: tuple[Header, ...] = (
    (b"content-security-policy", _POLICY), (b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"),
)
_HTML, _CSS, _SVG, _TEXT = (
    b"text/html; charset=utf-8", b"text/css; charset=utf-8", b"image/svg+xml", b"text/plain; charset=utf-8",
)
_ROBOTS = b"User-agent: *\nDisallow: /health/\nDisallow: /metrics\n"


def _unknown(catalog: Catalog, path: str) -> None:
    """The sample of a server that has published nothing yet."""


def front(
    catalogs: Sequence[Catalog], address_of: AddressOf, sample_of: SampleOf = _unknown, *, base_url: str = "",
    index: str | None = None,
) -> Callable[[Request], Answer | None]:
    """What answers `/` and what it needs; None for every other path.

    `address_of` gives the address of a resource by its path in a catalog, None where no dialect shows it; `sample_of`
    tells what is published of it at present. `base_url` is the public address, where it differs from what requests
    say; `index` the address that lists every endpoint.
    """
    style, icon = (files(__package__).joinpath(name).read_bytes() for name in ("front.css", "icon.svg"))
    static = {
        b"/static/front.css": partial(_file, style, _CSS), b"/favicon.svg": partial(_file, icon, _SVG),
        b"/favicon.ico": partial(_file, icon, _SVG), b"/robots.txt": partial(_file, _ROBOTS, _TEXT),
    }

    def page(request: Request) -> Answer:
        origin = base_url.rstrip("/") or f"{request.scheme}://{request.host or 'localhost'}"
        body = Page(catalogs=catalogs, address_of=address_of, sample_of=sample_of, language=_language(request),
                    origin=origin, index=index).render()
        return _answer(body, _HTML, (b"cache-control", b"no-cache"), (b"vary", b"Accept-Language"))

    def answer(request: Request) -> Answer | None:
        if request.path == b"/":
            found = page(request)
        elif request.path in static:
            found = static[request.path]()
        else:
            return None
        return emptied(found) if not_modified(found, request) else found
    return answer


def _file(body: bytes, media_type: bytes) -> Answer:
    return _answer(body, media_type, (b"cache-control", b"public, max-age=3600"))


def _answer(body: bytes, media_type: bytes, *headers: Header) -> Answer:
    etag = b'"%s"' % xxhash.xxh3_64_hexdigest(body).encode()
    return Answer(status=200, body=body, etag=etag,
                  headers=[(b"content-type", media_type), (b"etag", etag), *headers, *_GUARDS])


def _language(request: Request) -> str:
    """The language of the page: by `?lang=` where it is one of ours, else as near as the browser asks."""
    try:
        asked = parse_pairs(request.query).get("lang", [""])[-1]
    except Refusal:                 # a page needs no parameters, so a malformed query changes nothing
        asked = ""
    if asked in NAMES:
        return asked
    return negotiate(request.headers.get(b"accept-language", b"").decode("latin-1"), tuple(NAMES))

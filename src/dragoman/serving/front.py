"""The first page: what is published, and an address and a curl line to try each resource."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import xxhash

from ..catalog.catalog import Catalog
from ..contracts import Answer, Request
from ..formats.form import parse_pairs

Addresses = Sequence[tuple[str, str, str]]
"""For each resource its path, its description and its address."""
_CSP = b"default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_TEXTS = {
    "en": {"title": "A public API", "fields": "fields", "languages": "Languages", "try": "Try it", "other": "Русский",
           "dialect": "Asked in the convention of", "endpoints": "All endpoints", "skip": "Skip to the resources"},
    "ru": {"title": "Открытый API", "fields": "полей", "languages": "Языки", "try": "Попробуйте", "other": "English",
           "dialect": "По соглашениям", "endpoints": "Все ресурсы", "skip": "К списку ресурсов"},
}
_STYLE = b"""\
:root { color-scheme: light dark; --ink: #1c2230; --dim: #5a6274; --page: #fbfaf7; --card: #fff; --line: #e2dfd6;
  --link: #0b5cad; --code: #f2f0ea; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e6e1; --dim: #a3a9b8; --page: #14171e; --card: #1c2029;
  --line: #323846; --link: #7fb8f5; --code: #11141a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 1.0625rem/1.6 system-ui, sans-serif; }
main, header, footer { max-width: 52rem; margin: 0 auto; padding: 0 1.25rem; }
header { display: flex; justify-content: space-between; padding-top: 1.5rem; color: var(--dim); }
h1 { font-size: 2.25rem; line-height: 1.2; margin: 2rem 0 .5rem; }
h2 { font-size: 1.2rem; margin: 0; }
p { margin: .4rem 0; }
.dim { color: var(--dim); }
article { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1.1rem 1.25rem;
  margin: 1rem 0; }
a { color: var(--link); text-underline-offset: .15em; }
a:focus-visible { outline: 3px solid var(--link); outline-offset: 3px; border-radius: .2rem; }
pre { background: var(--code); border-radius: .4rem; padding: .6rem .8rem; margin: .6rem 0 0; overflow-x: auto;
  font-size: .9rem; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--card); padding: .5rem 1rem; }
footer { padding: 2rem 1.25rem 3rem; color: var(--dim); font-size: .9rem; }
"""
_ICON = (b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b5cad"/>'
         b'<path d="M7 9h18v10H16l-5 5v-5H7z" fill="#fff"/></svg>')


def front(
    catalogs: Sequence[Catalog], address_of: Callable[[Catalog, str], str | None],
) -> Callable[[Request], Answer | None]:
    """What answers `/` and what it needs; None for every other path. `address_of` gives a resource's address."""
    static = {b"/static/front.css": (b"text/css; charset=utf-8", _STYLE), b"/favicon.ico": (b"image/svg+xml", _ICON),
              b"/robots.txt": (b"text/plain; charset=utf-8", b"User-agent: *\nAllow: /\n")}

    def answer(request: Request) -> Answer | None:
        if request.path == b"/":
            body = _page(catalogs, address_of, request).encode()
            return _answer(b"text/html; charset=utf-8", body, (b"vary", b"Accept-Language, Host"), request)
        found = static.get(request.path)
        return _answer(*found, (b"cache-control", b"public, max-age=3600"), request) if found else None
    return answer


def _answer(media_type: bytes, body: bytes, header: tuple[bytes, bytes], request: Request) -> Answer:
    etag = b'"%s"' % xxhash.xxh3_64_hexdigest(body).encode()
    headers = [(b"content-type", media_type), (b"etag", etag), header, (b"content-security-policy", _CSP),
               (b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]
    if request.headers.get(b"if-none-match") == etag:
        return Answer(status=304, headers=headers)
    return Answer(status=200, headers=headers, body=body)


def _page(catalogs: Sequence[Catalog], address_of: Callable[[Catalog, str], str | None], request: Request) -> str:
    language = _language(request)
    texts = _TEXTS[language]
    origin = f"{request.scheme}://{request.host or 'localhost'}"
    other = "en" if language == "ru" else "ru"
    title = ", ".join(catalog.title for catalog in catalogs)
    parts = "".join(_catalog(catalog, address_of, origin, texts) for catalog in catalogs)
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="/static/front.css">'
        '<link rel="icon" href="/favicon.ico"></head><body>'
        f'<a class="skip" href="#resources">{texts["skip"]}</a>'
        f'<header><span>{texts["title"]}</span><a href="/?lang={other}" lang="{other}">{texts["other"]}</a></header>'
        f'<main id="resources">{parts}</main><footer>Dragoman</footer></body></html>'
    )


def _language(request: Request) -> str:
    asked = parse_pairs(request.query).get("lang", [""])[-1]
    if asked in _TEXTS:
        return asked
    accepted = request.headers.get(b"accept-language", b"").decode("latin-1").lower()
    return "ru" if accepted.startswith("ru") else "en"


def _catalog(catalog: Catalog, address_of: Callable[[Catalog, str], str | None], origin: str, texts: dict[str, str]) -> str:
    cards = "".join(
        _card(resource.name, resource.description, len(resource.fields), address, origin, texts)
        for path, resource in catalog.resources.items() if (address := address_of(catalog, path)) is not None
    )
    languages = ", ".join(catalog.languages)
    return (f"<h1>{escape(catalog.title)}</h1><p>{escape(catalog.description)}</p>"
            f'<p class="dim">{texts["languages"]}: {escape(languages)}</p>{cards}')


def _card(name: str, description: str, fields: int, address: str, origin: str, texts: dict[str, str]) -> str:
    url = f"{origin}{address}?page=0&page_size=3"
    return (f'<article><h2><a href="{escape(address)}">{escape(name)}</a></h2>'
            f'<p>{escape(description)}</p><p class="dim">{fields} {texts["fields"]}. '
            f'<a href="{escape(address)}?page=0&amp;page_size=3">{texts["try"]}</a></p>'
            f'<pre tabindex="0"><code>curl &#39;{escape(url)}&#39;</code></pre></article>')

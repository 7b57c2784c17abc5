"""The first page as HTML. Every text that comes from a catalog, an edition or a request is escaped here."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from urllib.parse import quote

import msgspec

from ...catalog.catalog import Catalog
from ...catalog.fields import Field
from ...catalog.markers import Refers
from ...catalog.resource import Resource
from ...catalog.shapes import Choice, Nested, Scalar, describe, element
from .words import NAMES, TEXTS, Sample, count

AddressOf = Callable[[Catalog, str], str | None]
SampleOf = Callable[[Catalog, str], Sample | None]
_CODE = re.compile("`([^`]+)`")
_BLANK_LINE = "\n\n"
_CURRENT = ' aria-current="true"'


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What one rendering depends on: the published, the language of the page, and the origin that lines name."""

    catalogs: Sequence[Catalog]
    address_of: AddressOf
    sample_of: SampleOf
    language: str
    origin: str
    """Scheme and authority, without a slash at the end: `https://api.example.org`."""
    index: str | None = None
    """The address that lists every endpoint; the same with `.json` lists them for programs."""

    def text(self, name: str) -> str:
        """One of the page's own texts, safe in HTML."""
        return escape(TEXTS[self.language][name])

    def render(self) -> bytes:
        """The whole document in UTF-8."""
        title = escape(", ".join(catalog.title for catalog in self.catalogs) or "Dragoman")
        return f"""\
<!doctype html>
<html lang="{self.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/front.css">
</head>
<body>
<a class="skip" href="#main">{self.text("skip")}</a>
<header><span class="brand"><img src="/favicon.svg" alt="" width="24" height="24">Dragoman</span>{self._switch()}</header>
<main id="main" tabindex="-1">{"".join(self._catalog(catalog) for catalog in self.catalogs)}</main>
<footer>{self._index()}<p>{self.text("made")}</p></footer>
</body>
</html>
""".encode()

    def _switch(self) -> str:
        """Links to the same page in each language."""
        links = "".join(
            f'<a href="/?lang={language}" lang="{language}" hreflang="{language}"'
            f'{_CURRENT if language == self.language else ""}>{name}</a>'
            for language, name in NAMES.items()
        )
        return f'<nav class="switch" aria-label="{self.text("here")}">{links}</nav>'

    def _index(self) -> str:
        if self.index is None:
            return ""
        index = escape(self.index)
        return (f'<p>{self.text("index")}: <a href="{index}"><code>{index}</code></a>, {self.text("machine")}: '
                f'<a href="{index}.json"><code>{index}.json</code></a></p>')

    def _catalog(self, catalog: Catalog) -> str:
        shown = [(resource, address) for path, resource in catalog.resources.items()
                 if (address := self.address_of(catalog, path)) is not None]
        own = f'lang="{escape(catalog.languages[0])}"'
        languages = self._languages(catalog) if any(resource.localized for resource, _ in shown) else ""
        contents = "".join(f'<li><a href="#{_anchor(resource)}">{escape(resource.name)}</a></li>' for resource, _ in shown)
        samples = [self.sample_of(catalog, resource.path) for resource, _ in shown]
        public = not any(resource.authenticated or resource.needs for resource, _ in shown)
        open_to_all = f'<p class="note">{self.text("open")}</p>' if public else ""
        waiting = f'<p class="note">{self.text("waiting")}</p>' if not any(samples) and _awaited(catalog) else ""
        cards = "".join(
            self._resource(catalog, resource, address, sample)
            for (resource, address), sample in zip(shown, samples, strict=True)
        ) or f"<p>{self.text('empty')}</p>"
        return f"""
<section class="catalog" aria-labelledby="{escape(catalog.name)}">
<h1 id="{escape(catalog.name)}" {own}>{escape(catalog.title)}</h1>
{_paragraph(catalog.description, f'class="lead" {own}')}
{open_to_all}{waiting}
<dl class="facts">{languages}
<div><dt>{count(len(shown), "resources", self.language)}</dt><dd><ul class="chips">{contents}</ul></dd></div></dl>
{cards}
</section>"""

    def _languages(self, catalog: Catalog) -> str:
        chips = "".join(f"<li><code>{escape(language)}</code></li>" for language in catalog.languages)
        return f'<div><dt>{self.text("languages")}</dt><dd><ul class="chips">{chips}</ul></dd></div>'

    def _resource(self, catalog: Catalog, resource: Resource, address: str, sample: Sample | None) -> str:
        anchor = _anchor(resource)
        links = _examples(catalog, resource, address, sample)
        items = "".join(
            f'<li><span class="what">{self.text(what)}</span> <a href="{escape(target)}">{escape(target)}</a></li>'
            for what, target in links.items()
        )
        secret = " -H 'Authorization: Bearer KEY'" if resource.authenticated else ""
        line = f"curl{secret} {shlex.quote(self.origin + (links.get('one') or links['page']))}"
        facts = [count(len(resource.fields), "fields", self.language)]
        facts[:0] = [count(sample.count, "records", self.language)] if sample is not None else []
        facts += [self._needs(resource.permission)] if resource.permission is not None else []
        return f"""
<article id="{anchor}" aria-labelledby="{anchor}-name">
<h2 id="{anchor}-name">{escape(resource.name)}</h2>
{_paragraph(resource.description.partition(_BLANK_LINE)[0], f'lang="{escape(catalog.languages[0])}"')}
<p class="note">{" · ".join(facts)}</p>
<ul class="examples">{items}</ul>
<pre><code>{escape(line)}</code></pre>
{self._fields(catalog, resource)}
</article>"""

    def _fields(self, catalog: Catalog, resource: Resource) -> str:
        rows = "".join(
            f'<tr><th scope="row"><code>{escape(name)}</code></th><td lang="en">{escape(describe(field.shape))}</td>'
            f"<td>{', '.join(self._uses(catalog, field))}</td></tr>"
            for name, field in _unfold(resource.fields)
        )
        heads = "".join(f'<th scope="col">{self.text(head)}</th>' for head in ("name", "type", "use"))
        label = escape(f"{TEXTS[self.language]['fields']}: {resource.name}")
        summary = f'{self.text("fields")}<span class="for"> {escape(resource.name)}</span>'
        return (f'<details><summary>{summary}</summary><div class="wide" tabindex="0" role="region" aria-label="{label}">'
                f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div></details>")

    def _uses(self, catalog: Catalog, field: Field) -> Sequence[str]:
        """What a field is for, in words, safe in HTML."""
        marks = {"key": field.key, "filter": field.filter is not None, "search": field.search is not None,
                 "sort": field.sort, "extra": field.extra}
        uses = [self.text(name) for name, holds in marks.items() if holds]
        if field.refers is not None:
            uses.append(self.text("refers").format(_referred(catalog, field.refers)))
        if field.needs is not None:
            uses.append(self._needs(field.needs))
        return uses

    def _needs(self, permission: str) -> str:
        return self.text("needs").format(f"<code>{escape(permission)}</code>")


def _awaited(catalog: Catalog) -> bool:
    """Whether there is anything to publish for everybody."""
    return any(not (resource.live or resource.authenticated) for resource in catalog.resources.values())


def _unfold(fields: Iterable[Field], prefix: str = "") -> Iterator[tuple[str, Field]]:
    """The fields with their dotted names, those of nested records below them."""
    for field in fields:
        yield prefix + field.name, field
        inner = element(field.shape)
        if isinstance(inner, Nested):
            yield from _unfold(inner.fields, f"{prefix}{field.name}.")


def _referred(catalog: Catalog, refers: Refers) -> str:
    target = catalog.referred(refers)
    return "" if target is None else f'<a href="#{_anchor(target)}">{escape(target.name)}</a>'


def _anchor(resource: Resource) -> str:
    """An id that no other resource of the page has."""
    return escape(f"{resource.catalog}-{resource.group}-{resource.name}")


def _paragraph(text: str, attributes: str) -> str:
    """A docstring's text as HTML, with what stands in backquotes as code; nothing for no text."""
    marked = _CODE.sub(r"<code>\1</code>", escape(" ".join(text.split())))
    return f"<p {attributes}>{marked}</p>" if marked else ""


def _examples(catalog: Catalog, resource: Resource, address: str, sample: Sample | None) -> dict[str, str]:
    """Addresses to try, by the name of the text that says what each is; a record is shown in a second language."""
    if resource.single:
        return {"one": address}
    found = {"ids": address}
    if sample is not None and sample.key is not None:
        language = f"lang={catalog.languages[1]}" if resource.localized and len(catalog.languages) > 1 else ""
        path, query = _key_address(msgspec.json.decode(sample.key))
        joined = "&".join(part for part in (query, language) if part)
        found["one"] = f"{address}{path}{'?' if joined else ''}{joined}"
    found["page"] = f"{address}?page=0&page_size=10{_order(resource)}"
    condition = next(filter(None, map(_condition, resource.fields)), None)
    if condition is not None:
        found["some"] = f"{address}?{condition}"
    return found


def _order(resource: Resource) -> str:
    """A sorting that the resource allows, `&sort=name`."""
    return next((f"&sort={field.name_in('gw2')}" for field in resource.fields if field.sort), "")


def _condition(field: Field) -> str | None:
    """A filter whose values the declaration tells: `current=true`, `kind=territory`; None where only data tell them."""
    shape = element(field.shape)
    value = shape.values[0] if isinstance(shape, Choice) else "true" if shape == Scalar("bool") else None
    return None if field.filter is None or value is None else f"{field.name_in('gw2')}={quote(str(value), safe='')}"


def _key_address(key: str | int) -> tuple[str, str]:
    """A key as a path below its resource, or as a query where a browser would take the path for another one."""
    text = str(key)
    if any(part in ("", ".", "..") for part in text.split("/")):
        return "", f"id={quote(text, safe='')}"
    return f"/{quote(text, safe='/:@')}", ""

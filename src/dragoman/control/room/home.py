"""What the first page shows: every resource, search and method that is published, with addresses and lines to try at once."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import quote

import msgspec
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...catalog.attachment import Attachment
from ...catalog.catalog import Catalog
from ...catalog.fields import Field
from ...catalog.method import Method
from ...catalog.resource import Resource
from ...catalog.shapes import Choice, Nested, Scalar, bottom, describe, element
from ...catalog.stage import Stage
from ...catalog.target import GROUP_DEFAULT, Target
from ...catalog.version import EARLIEST, LATEST, read_version, show_version
from ...errors import describe_error
from ..published import Published, Sample
from .texts import Piece, pieces

_BLANK_LINE = "\n\n"
KEY = "YOUR-KEY"
"""What stands in a line in the place of a key."""


class Example(NamedTuple):
    """An address to try, and what it shows."""

    what: str
    address: str


class Row(NamedTuple):
    """One field or parameter: its dotted name, its type in words, and what it is for."""

    name: str
    type: str
    uses: list[list[Piece]]


class Table(NamedTuple):
    """Rows of one kind: what they are, and what stands in the second and third column."""

    name: str
    second: str
    third: str
    rows: list[Row]


class Card(NamedTuple):
    """One resource, search or method."""

    anchor: str
    name: str
    about: list[Piece]
    facts: list[str]
    examples: list[Example]
    line: str
    needs_key: bool
    addresses: list[tuple[str, str]]
    """Where it is asked for in the other dialects, by their names."""
    tables: list[Table]
    """Its fields; or its parameters, what it answers, and the errors that it declares."""


class Section(NamedTuple):
    """One catalog."""

    name: str
    title: str
    about: list[Piece]
    own_language: str
    languages: Sequence[str]
    public: bool
    waiting: bool
    totals: list[tuple[str, list[Card]]]
    """Resources, and searches and methods where there are any, each with how many there are."""
    cards: list[Card]
    descriptions: list[tuple[str, list[tuple[str, str]]]]
    """Libraries, each with kinds and addresses of what describes it for programs, in its latest version."""
    version: str
    """The version of its schema that is described; empty where it has but one."""
    earliest: str
    """The version that is answered in where none is asked for."""
    versions: list[str]
    """Those that are supported, the latest first."""


class Asked(NamedTuple):
    """One catalog as it is described: in which version, and at which origin its addresses are."""

    catalog: Catalog
    published: Published
    origin: str
    version: str
    """As it was resolved."""

    @property
    def parameter(self) -> str:
        """What asks for the version; nothing where there is but one."""
        return f"v={show_version(self.version)}" if self.catalog.timeline.versions else ""

    def stage(self, target: Resource | Method) -> Stage:
        """A target as it is in the version."""
        return self.catalog.timeline.stage(target, self.version)


def sections(published: Published, origin: str, version: str | None = None) -> list[Section]:
    """Everything that is published, in the language that is active and in a version, the latest where none is named; `origin` is what
    lines name, `https://api.example.org`."""
    asked = (read_version(version) if version is not None else None) or LATEST
    return [_section(Asked(catalog, published, origin, catalog.timeline.resolve(asked))) for catalog in published.catalogs]


def _section(asked: Asked) -> Section:
    catalog, published, timeline = asked.catalog, asked.published, asked.catalog.timeline
    shown = [(resource, address) for path, resource in catalog.resources.items()
             if timeline.knows(resource, asked.version) and (address := published.address_of(catalog, path)) is not None]
    stored = [resource for resource, _address in shown if not resource.live]
    samples = {resource.path: published.sample_of(catalog, resource.path) for resource in stored}
    methods = [_method(asked, method, address) for path, method in catalog.methods.items()
               if timeline.knows(method, asked.version) and (address := published.address_of(catalog, path)) is not None]
    searches = [_search(asked, search, address) for path, search in catalog.searches.items()
                if timeline.knows(search, asked.version) and (address := published.address_of(catalog, path)) is not None]
    cards = [_card(asked, resource, address, samples.get(resource.path)) for resource, address in shown]
    parameter = f"?{asked.parameter}" if asked.parameter else ""
    now = time.time()
    return Section(
        name=catalog.name, title=catalog.title, about=pieces(catalog.description), own_language=catalog.languages[0],
        languages=catalog.languages if any(resource.localized for resource, _address in shown) else (),
        public=not any(resource.authenticated or resource.owner or resource.needs for resource, _address in shown),
        waiting=bool(samples) and not any(samples.values()),
        totals=[(_count(len(found), text), found) for found, text in (
            (cards, ngettext("%(count)s resource", "%(count)s resources", len(cards))),
            (searches, ngettext("%(count)s search", "%(count)s searches", len(searches))),
            (methods, ngettext("%(count)s method", "%(count)s methods", len(methods))),
        ) if found],
        cards=[*cards, *searches, *methods],
        descriptions=[(library, [(kind, address + parameter) for kind, address in kinds.items()])
                      for library, kinds in published.descriptions_of(catalog).items()],
        version=show_version(asked.version) if timeline.versions else "",
        earliest=show_version(timeline.lives.earliest(now)),
        versions=[show_version(each) for each in (*reversed(timeline.versions), EARLIEST)
                  if timeline.versions and not timeline.lives.is_gone(each, now)],
    )


def _card(asked: Asked, resource: Resource, address: str, sample: Sample | None) -> Card:
    fields_shown = asked.stage(resource).fields
    examples = {} if resource.authenticated else _examples(asked, resource, address, sample)
    fields = _count(len(fields_shown), ngettext("%(count)s field", "%(count)s fields", len(fields_shown)))
    records = [] if sample is None else [_count(sample.count, ngettext("%(count)s record", "%(count)s records", sample.count))]
    return Card(
        anchor=_anchor(resource), name=_title(resource), about=pieces(resource.description.partition(_BLANK_LINE)[0]),
        facts=[*records, fields], line=_line(asked, address, examples), needs_key=resource.authenticated,
        addresses=_addresses(asked, resource, address),
        examples=[Example(_names()[what], target) for what, target in examples.items()],
        tables=[_fields(asked, fields_shown)],
    )


def _search(asked: Asked, search: Resource, address: str) -> Card:
    by, shown = _searched(search), [field for field in asked.stage(search).fields if not search.only or field.name in search.only]
    text = None if search.authenticated else asked.published.text_found(asked.catalog, search.path)
    more = f"&{asked.parameter}" if asked.parameter else ""
    target = f"{address}?search={quote(by.name.upper() if text is None else text, safe='')}{more}"
    at_least = by.search.at_least if by.search is not None else 1
    least = ngettext("at least %(count)s character", "at least %(count)s characters", at_least)
    fields = ngettext("%(count)s field", "%(count)s fields", len(shown))
    words = ["-H", f"Authorization: Bearer {KEY}"] if search.authenticated else []
    return Card(
        anchor=_anchor(search), name=_title(search), about=pieces(search.description.partition(_BLANK_LINE)[0]),
        facts=[_("search by %(field)s") % {"field": by.name}, *([_count(at_least, least)] if at_least > 1 else []),
               _count(len(shown), fields)],
        line=shlex.join(["curl", *words, asked.origin + target]), needs_key=search.authenticated,
        addresses=_addresses(asked, search, address),
        examples=[Example(_("Records that begin like this"), target)] if text is not None else [],
        tables=[_fields(asked, shown)],
    )


def _searched(search: Resource) -> Field:
    """The field that a search looks into, as it is called today: in every version a search takes its text by the same name."""
    return next(field for field in search.fields if field.name == search.by)


def _fields(asked: Asked, fields: Iterable[Field]) -> Table:
    return Table(_("Fields"), _("Type"), _("Use"), [
        Row(name, describe(field.shape), _uses(asked.catalog, field)) for name, field in _unfold(fields)])


def _method(asked: Asked, method: Method, address: str) -> Card:
    parameters = asked.stage(method).fields
    required = [f"{field.name_in('gw2')}={_placeholder(field)}" for field in parameters if field.required]
    free = method.verb == "GET" and not required and not method.authenticated
    words = ["-X", method.verb] if method.verb != "GET" else []
    words += ["-H", f"Authorization: Bearer {KEY}"] if method.authenticated else []
    in_body = method.verb in ("POST", "PUT")
    flag = "-F" if any(map(_is_file, parameters)) else "-d"
    words += [word for each in required for word in (flag, each)] if in_body else []
    sent = [*(() if in_body else required), *filter(None, (asked.parameter,))]
    target = address + (f"?{'&'.join(sent)}" if sent else "")
    return Card(
        anchor=_anchor(method), name=_title(method),
        about=pieces(method.description.partition(_BLANK_LINE)[0]),
        facts=[method.verb, *([_("long operation")] if method.operation else [])],
        line=shlex.join(["curl", *words, asked.origin + target]), needs_key=method.authenticated,
        addresses=_addresses(asked, method, address),
        examples=[Example(_("Call it"), target)] if free else [],
        tables=[table for table in _tables(asked, method) if table.rows],
    )


def _tables(asked: Asked, method: Method) -> Iterator[Table]:
    """What a method takes, what it answers, and what it declares to go wrong; who alone may call it stands with the last."""
    stage = asked.stage(method)
    result = bottom(stage.shape) if stage.shape is not None else None
    errors = [Row(error.__name__, str(error.status), [[Piece(describe_error(error))]]) for error in method.raises]
    if method.allows is not None:
        errors.append(Row(_("not allowed"), "403", [[Piece(_("Allowed for:")), *pieces(method.allows.description)]]))
    yield Table(_("Parameters"), _("Type"), _("Use"), [
        Row(field.name_in("gw2"), describe(field.shape), [[Piece(_("required") if field.required else _("optional"))]])
        for field in stage.fields])
    yield Table(_("Answer"), _("Type"), _("Use"), [
        Row(name, describe(field.shape), _uses(asked.catalog, field, asked=False)) for name, field in _unfold(result.fields)
    ] if isinstance(result, Nested) else [])
    yield Table(_("Errors"), _("Status"), _("Meaning"), errors)


def _addresses(asked: Asked, target: Target, address: str) -> list[tuple[str, str]]:
    return [(name, found) for name, found in asked.published.addresses_of(asked.catalog, target.path).items() if found != address]


def _placeholder(field: Field) -> str:
    """A value where the declaration tells one, else the name in capitals, for somebody to replace; of a file its path."""
    if _is_file(field):
        return f"@{field.name.upper()}"
    shape = element(field.shape)
    return quote(str(shape.values[0] if isinstance(shape, Choice) else field.name.upper()), safe="")


def _is_file(field: Field) -> bool:
    """Whether it is sent as a part of a form, which curl does with -F."""
    return element(field.shape) == Nested(Attachment)


def _line(asked: Asked, address: str, examples: dict[str, str]) -> str:
    """A command to paste into a shell, whatever an address or a host may hold."""
    if not examples:
        return shlex.join(["curl", "-H", f"Authorization: Bearer {KEY}",
                           asked.origin + address + (f"?{asked.parameter}" if asked.parameter else "")])
    return shlex.join(["curl", asked.origin + examples.get("one", examples["page"])])


def _count(number: int, text: str) -> str:
    """`1,875 records` as the language writes it."""
    return text % {"count": number_format(number, use_l10n=True, force_grouping=True)}


def _names() -> dict[str, str]:
    return {"ids": _("All ids"), "one": _("One record"), "page": _("A page of records"), "some": _("Ids that fit a filter")}


def _uses(catalog: Catalog, field: Field, *, asked: bool = True) -> list[list[Piece]]:
    """What a field is for, in words; `extra` ones are left out of answers where they are not asked for (L14). Whether records
    can be `asked` for by it makes no difference where a method gives them."""
    marks = {_("key"): field.key and asked, _("filter"): field.filter is not None and asked,
             _("search"): field.search is not None and asked, _("sort"): field.sort and asked, _("extra"): field.extra}
    uses = [[Piece(name)] for name, holds in marks.items() if holds]
    referred = catalog.referred(field.refers) if field.refers is not None else None
    if referred is not None:
        uses.append([Piece(_("key of")), Piece(_title(referred), target=_anchor(referred))])
    if field.needs is not None:
        uses.append([Piece(_("needs the permission")), Piece(field.needs, code=True)])
    return uses


def _unfold(fields: Iterable[Field], prefix: str = "") -> Iterator[tuple[str, Field]]:
    """The fields with their dotted names, those of nested records below them."""
    for field in fields:
        yield prefix + field.name, field
        inner = element(field.shape)
        if isinstance(inner, Nested):
            yield from _unfold(inner.fields, f"{prefix}{field.name}.")


def _title(target: Target) -> str:
    """A path as people say it: `account/info`, and `books` where there is no group."""
    return target.path.removeprefix(f"{GROUP_DEFAULT}/")


def _anchor(target: Target) -> str:
    """An id that nothing else on the page has."""
    return f"{target.catalog}-{target.group}-{target.name}"


def _examples(asked: Asked, resource: Resource, address: str, sample: Sample | None) -> dict[str, str]:
    """Addresses to try, by what each is; a record is shown in a second language."""
    catalog, fields, version = asked.catalog, asked.stage(resource).fields, asked.parameter
    found = {"ids": address + (f"?{version}" if version else "")}
    if sample is not None and sample.key is not None:
        language = f"lang={catalog.languages[1]}" if resource.localized and len(catalog.languages) > 1 else ""
        path, query = _key_address(msgspec.json.decode(sample.key))
        joined = "&".join(part for part in (query, language, version) if part)
        found["one"] = f"{address}{path}{'?' if joined else ''}{joined}"
    more = f"&{version}" if version else ""
    found["page"] = f"{address}?page=0&page_size=10{_order(fields)}{more}"
    condition = next(filter(None, map(_condition, fields)), None)
    if condition is not None:
        found["some"] = f"{address}?{condition}{more}"
    return found


def _order(fields: Iterable[Field]) -> str:
    """A sorting that a resource allows, `&sort=name`."""
    return next((f"&sort={field.name_in('gw2')}" for field in fields if field.sort), "")


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

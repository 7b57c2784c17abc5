"""The root pages: `/v2` lists the endpoints for people, `/v2.json` for programs (G11, G12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import xxhash

from ...catalog.catalog import Catalog
from ...catalog.resource import Resource, fields_needing
from ...catalog.routes import Route, Routes
from ...catalog.target import GROUP_DEFAULT, Target
from ...catalog.version import show_version
from ...contracts import Switches
from ...errors import Code, refuse
from ...exchange import Answer, Request
from ...formats.form import parse_pairs

_VERSIONS_SINCE = "2019-05-21T23:00Z"
"""From this version on clients expect the schema versions in `/v2.json`."""
_KEY = """\
Key:
  l: answers in the language asked for, by the parameter lang or the header Accept-Language
  d: disabled at present
  a: needs an API key with the right permissions
"""


Off = Mapping[tuple[str, str], str]


class Pages:
    """Made when the catalogs are bound, and again whenever something is switched off or on."""

    def __init__(
        self, mount: str, catalogs: Sequence[Catalog], routes: Routes[Route], max_age_s: int, switches: Switches | None = None,
    ) -> None:
        self._listed, self._catalogs, self._switches = list(routes), catalogs, switches
        self._mount = mount.encode()
        self._cache = f"public, max-age={max_age_s}".encode()
        self._off: Off = switches.off if switches is not None else {}
        self._make()

    def _make(self) -> None:
        off, listed = self._off, self._listed
        self._text = _text(self._catalogs, listed, off).encode()
        languages = list(dict.fromkeys(language for catalog in self._catalogs for language in catalog.languages))
        described: dict[str, Any] = {"langs": languages, "routes": [_described(path, route, off) for path, route in listed]}
        self._json = msgspec.json.encode(described)
        self._json_with_versions = msgspec.json.encode(described | {"schema_versions": _versions(self._catalogs)})

    def answer(self, request: Request) -> Answer:
        """One of the root pages."""
        if request.verb not in ("GET", "HEAD"):
            raise refuse(Code.VERB_NOT_ALLOWED, f"{request.verb} is not allowed here", hint="Use GET.",
                         facts={"allow": "GET, HEAD, OPTIONS"})
        if self._switches is not None and self._switches.off is not self._off:
            self._off = self._switches.off
            self._make()
        if request.path.endswith(b".json"):
            body = self._json_with_versions if _asks_versions(request) else self._json
            return self._page(body, b"application/json; charset=utf-8")
        return self._page(self._text, b"text/plain; charset=utf-8")

    def _page(self, body: bytes, media_type: bytes) -> Answer:
        return Answer(status=200, body=body, etag=b'"%s"' % xxhash.xxh3_64_hexdigest(body).encode(), headers=[
            (b"content-type", media_type), (b"cache-control", self._cache), (b"vary", b"Accept-Encoding, X-Schema-Version"),
        ])


def _versions(catalogs: Sequence[Catalog]) -> list[dict[str, str]]:
    """Every change with what it means for clients, and what came and went, the newest first."""
    told = [(change.at, f"{change.name}: {change.description}") for catalog in catalogs for change in catalog.timeline.changes]
    targets = [target for catalog in catalogs for target in catalog.targets]
    told += [(target.since, f"New: {_shown(target)}.") for target in targets if target.since]
    told += [(target.until, f"Gone: {_shown(target)}.") for target in targets if target.until]
    return [{"v": show_version(at), "desc": description} for at, description in sorted(told, key=lambda each: each[0], reverse=True)]


def _shown(target: Target) -> str:
    """A path as this convention says it."""
    return target.path.removeprefix(f"{GROUP_DEFAULT}/")


def _asks_versions(request: Request) -> bool:
    asked = parse_pairs(request.query).get("v", [""])[-1] or request.headers.get(b"x-schema-version", b"").decode("latin-1")
    return asked >= _VERSIONS_SINCE         # `latest` sorts after every date


def _described(path: str, route: Route, off: Off) -> dict[str, Any]:
    """What a program has to know of an endpoint: which permissions a key needs there, and which show single fields (G8)."""
    target = route.target
    described = {"path": path, "lang": _localized(route), "auth": _needs_key(route), "active": _is_active(route, off)}
    if target.permission is not None:
        described["permissions"] = [target.permission]
    if isinstance(target, Resource) and target.needs:
        described["fields"] = dict(fields_needing(target.fields))
    return described


def _localized(route: Route) -> bool:
    return isinstance(route.target, Resource) and route.target.localized


def _needs_key(route: Route) -> bool:
    return route.target.authenticated


def _is_active(route: Route, off: Off) -> bool:
    return (route.catalog, route.path) not in off


def _text(catalogs: Sequence[Catalog], listed: Sequence[tuple[str, Route]], off: Off) -> str:
    titles = ", ".join(catalog.title for catalog in catalogs)
    lines = [f"{path} [{flags}]" if (flags := _flags(route, off)) else path for path, route in listed]
    return "\n".join([f"{titles}: the endpoints of this API", "", *lines, "", _KEY])


def _flags(route: Route, off: Off) -> str:
    flags = (("l", _localized(route)), ("d", not _is_active(route, off)), ("a", _needs_key(route)))
    return ",".join(flag for flag, holds in flags if holds)

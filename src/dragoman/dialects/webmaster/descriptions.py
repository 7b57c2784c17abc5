"""Descriptions for programs, made from the catalog: XSD, WSDL and OpenAPI of a library, XSD of what is in it (W9, W10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from html import escape
from urllib.parse import urlsplit

import xxhash

from ...catalog.catalog import CLUSTER_DEFAULT, Catalog
from ...catalog.names import Naming
from ...catalog.routes import plain_path
from ...errors import Code, refuse
from ...exchange import Answer, Request
from ...formats.calls import Call, Library
from ...formats.openapi import write_openapi
from ...formats.wsdl import write_wsdl
from ...formats.xsd import write_xsd
from ...query import Paging
from .calls import call_of_entry
from .routes import Entry

XSD, WSDL, OPENAPI = "xsd", "wsdl", "openapi.json"
_XML, _JSON = b"application/xml; charset=utf-8", b"application/json"
_ORIGIN = "http://origin.invalid"
"""Stands in a WSDL for where it was asked, of which it tells."""
_VERSION = "1"


class Descriptions:
    """Of every library under a mount. `max_age_s` is how long caches may keep them, `base_url` the public address, where one is set."""

    def __init__(self, mount: str, libraries: Mapping[str, Iterable[Entry]], catalogs: Sequence[Catalog], naming: Naming, paging: Paging,
                 max_age_s: int, base_url: str = "") -> None:
        self._mount, self._base_url = mount, base_url
        prefix = urlsplit(base_url).path
        named = {catalog.name: catalog for catalog in catalogs}
        self._described = {
            name: Described(mount, prefix, name, list(entries), named, naming, paging) for name, entries in libraries.items()}
        self._cache = f"public, max-age={max_age_s}".encode()

    def find(self, path: bytes) -> tuple[Described, str, str | None] | None:
        """The library, the kind of description and the resource that a path names; None where it names no description."""
        library, kind, *rest = [*filter(None, plain_path(path[len(self._mount):]).split(b"/"))] + [b""] * 2
        described = self._described.get(library.decode("latin-1"))
        name = kind.decode("latin-1")
        if described is None or name not in (XSD, WSDL, OPENAPI):
            return None
        return described, name, "/".join(part.decode("latin-1") for part in rest if part) or None

    def answer(self, request: Request) -> Answer | None:
        """A description, for anybody; None where none is asked for. Raises `Refusal` for one that there is not."""
        found = self.find(request.path)
        if found is None:
            return None
        if request.verb not in ("GET", "HEAD"):
            raise refuse(Code.VERB_NOT_ALLOWED, f"{request.verb} is not allowed here", hint="Use GET.",
                         facts={"allow": "GET, HEAD, OPTIONS"})
        described, kind, name = found
        body = described.body(kind, name)
        if body is None:
            raise refuse(Code.TARGET_UNKNOWN, "no such description", hint=f"There is {', '.join(described.addresses.values())}, and "
                         f"{described.addresses['XSD']}/<resource>.")
        if kind == WSDL:
            body = body.replace(_ORIGIN.encode(), escape(self._origin_of(request)).encode())
        return Answer(status=200, body=body, etag=b'"%s"' % xxhash.xxh3_64_hexdigest(body).encode(), headers=[
            (b"content-type", _JSON if kind == OPENAPI else _XML), (b"cache-control", self._cache), (b"vary", b"Accept-Encoding"),
        ])

    def _origin_of(self, request: Request) -> str:
        """Where clients go on asking: the public address, but where the host says which cluster is meant."""
        if self._base_url and request.cluster == CLUSTER_DEFAULT:
            return self._base_url
        return f"{request.scheme}://{request.host}{urlsplit(self._base_url).path}"

    def addresses(self, catalog: str) -> Mapping[str, Mapping[str, str]]:
        """Where the libraries of a catalog are described, by kind."""
        return {name: each.addresses for name, each in self._described.items() if catalog in each.catalogs}


class Described:
    """One library; each description is made when it is first asked for, and kept."""

    def __init__(self, mount: str, prefix: str, name: str, entries: Sequence[Entry], catalogs: Mapping[str, Catalog], naming: Naming,
                 paging: Paging) -> None:
        """`prefix` is what stands before the mount in public addresses."""
        self._entries, self._prefix = entries, prefix
        self._catalogs, self._naming, self._paging = catalogs, naming, paging
        self._name, self._address = name, f"{mount}/{name}"
        self._bodies: dict[tuple[str, str | None], bytes] = {}
        self.catalogs = frozenset(entry.catalog for entry in entries)
        self.addresses = {"XSD": f"{self._address}/{XSD}", "WSDL": f"{self._address}/{WSDL}", "OpenAPI": f"{self._address}/{OPENAPI}"}

    @cached_property
    def library(self) -> Library:
        """All that is in it, as calls."""
        catalogs = [catalog for name, catalog in self._catalogs.items() if name in self.catalogs]
        return Library(
            name=self._name, title=", ".join(catalog.title for catalog in catalogs) + f": {self._name}", address=self._address,
            description="\n\n".join(filter(None, (catalog.description for catalog in catalogs))),
            calls=tuple(self._calls(None)),
        )

    def _calls(self, name: str | None) -> Iterable[Call]:
        """What is in it; of one name, or all."""
        return (call_of_entry(entry, self._catalogs[entry.catalog], self._naming, self._paging)
                for entry in self._entries if name in (None, entry.target.name))

    def body(self, kind: str, name: str | None) -> bytes | None:
        """A description as bytes; None where there is none of that."""
        if name is not None and (kind != XSD or all(entry.target.name != name for entry in self._entries)):
            return None
        if (kind, name) not in self._bodies:
            self._bodies[kind, name] = self._written(kind, name)
        return self._bodies[kind, name]

    def _written(self, kind: str, name: str | None) -> bytes:
        if kind == XSD:
            return write_xsd(self._calls(name))
        return write_openapi(self.library, _VERSION, self._prefix) if kind == OPENAPI else write_wsdl(self.library, _ORIGIN)

"""Descriptions for programs, made from the catalog: XSD, WSDL and OpenAPI of a library, XSD of what is in it (W9, W10)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from urllib.parse import urlsplit

import xxhash

from ...catalog.catalog import CLUSTER_DEFAULT, Catalog
from ...catalog.served import serve_written
from ...catalog.stage import Stage
from ...catalog.version import EARLIEST, LATEST, show_version
from ...contracts import Dialect, Format
from ...errors import Code, refuse
from ...exchange import Answer, Request
from ...formats.calls import Call, Library
from ...formats.openapi import write_openapi
from ...formats.parameters import Parameters, read_version
from ...formats.wsdl import write_wsdl
from ...formats.xsd import write_xsd
from .calls import KEY, call_of, calls_of_operations
from .envelope import STATUSES, document_type
from .routes import ERROR, Entry, Libraries, segments

XSD, WSDL, OPENAPI = "xsd", "wsdl", "openapi.json"
_XML, _JSON = b"application/xml; charset=utf-8", b"application/json"
_ORIGIN = "http://origin.invalid"
"""Stands in a WSDL for where it was asked, of which it tells."""
_VERSION = "1"
"""Of what has no versions of its schema."""
_FAILURE = "What is wrong with a request that belongs to nothing that is published."
_KEPT_MAX = 200
"""How many descriptions of a library are kept, in whichever versions."""
Versions = tuple[str, ...]
"""Those of the catalogs of a library, in their order; empty of one that has but one."""


class Descriptions:
    """Of every library under a mount. `max_age_s` is how long caches may keep them, `base_url` the public address, where one is set."""

    def __init__(self, dialect: Dialect, formats: Sequence[Format], libraries: Libraries, catalogs: Sequence[Catalog], max_age_s: int,
                 base_url: str = "") -> None:
        self._mount, self._base_url = dialect.mount, base_url
        prefix = urlsplit(base_url).path
        self._described = {name: Described(dialect, formats, name, libraries, catalogs, prefix) for name in libraries.entries()}
        self._cache = f"public, max-age={max_age_s}".encode()

    def find(self, path: bytes) -> tuple[Described, str, str | None] | None:
        """The library, the kind of description and the resource that a path names; None where it names no description."""
        library, kind, *rest = segments(path, self._mount) + [b""] * 2
        described = self._described.get(library.decode("latin-1"))
        name = kind.decode("latin-1")
        if described is None or name not in (XSD, WSDL, OPENAPI):
            return None
        return described, name, "/".join(part.decode("latin-1") for part in rest if part) or None

    def answer(self, request: Request) -> Answer | None:
        """A description, for anybody, of the version that is asked for, by `v` or by header, or else of the one that is answered in
        where none is; None where no description is asked for. Raises `Refusal` for one that there is not."""
        found = self.find(request.path)
        if found is None:
            return None
        if request.verb not in ("GET", "HEAD"):
            raise refuse(Code.VERB_NOT_ALLOWED, f"{request.verb} is not allowed here", hint="Use GET.",
                         facts={"allow": "GET, HEAD, OPTIONS"})
        described, kind, name = found
        versions = described.served(_asked_version(request))
        body = described.body(kind, name, versions)
        if body is None:
            raise refuse(Code.TARGET_UNKNOWN, "no such description", hint=f"There is {', '.join(described.addresses.values())}, and "
                         f"{described.addresses['XSD']}/<resource>.")
        if kind == WSDL:
            body = body.replace(_ORIGIN.encode(), escape(self._origin_of(request)).encode())
        told = {version for version in versions if version}
        headers = [(b"content-type", _JSON if kind == OPENAPI else _XML), (b"cache-control", self._cache),
                   (b"vary", b"Accept-Encoding, X-Schema-Version")]
        headers += [(b"x-schema-version", show_version(version).encode()) for version in told if len(told) == 1]
        return Answer(status=200, body=body, etag=b'"%s"' % xxhash.xxh3_64_hexdigest(body).encode(), headers=headers)

    def _origin_of(self, request: Request) -> str:
        """Where clients go on asking: the public address, but where the host says which cluster is meant."""
        if self._base_url and request.cluster == CLUSTER_DEFAULT:
            return self._base_url
        return f"{request.scheme}://{request.host}{urlsplit(self._base_url).path}"

    def addresses(self, catalog: str) -> Mapping[str, Mapping[str, str]]:
        """Where the libraries of a catalog are described, by kind."""
        return {name: each.addresses for name, each in self._described.items() if catalog in each.catalogs}


class Described:
    """One library; each description is made when it is first asked for in a version, and kept."""

    def __init__(self, dialect: Dialect, formats: Sequence[Format], name: str, libraries: Libraries, catalogs: Sequence[Catalog],
                 prefix: str) -> None:
        """`prefix` is what stands before the mount in public addresses."""
        self._dialect, self._formats, self._libraries, self._prefix = dialect, formats, libraries, prefix
        self._entries = list(libraries.entries()[name])
        self.catalogs = frozenset(entry.catalog for entry in self._entries)
        self._catalogs = [catalog for catalog in catalogs if catalog.name in self.catalogs]
        self._name, self._address = name, f"{dialect.mount}/{name}"
        self._bodies: OrderedDict[tuple[str, str | None, Versions], bytes] = OrderedDict()
        self.addresses = {"XSD": f"{self._address}/{XSD}", "WSDL": f"{self._address}/{WSDL}", "OpenAPI": f"{self._address}/{OPENAPI}"}

    def served(self, written: str | None) -> Versions:
        """The versions of its catalogs that are described for what was asked. Raises `Refusal` for what is none, or is gone."""
        found = ((serve_written(catalog.timeline, written), catalog) for catalog in self._catalogs)
        return tuple(version if catalog.timeline.versions else "" for version, catalog in found)

    def body(self, kind: str, name: str | None, versions: Versions) -> bytes | None:
        """A description as bytes; None where there is none of that."""
        known = (kind, name, versions)
        body = self._bodies.get(known)
        if body is not None:
            self._bodies.move_to_end(known)
            return body
        there = [(entry, stage) for entry, stage in self._there(versions) if name in (None, entry.target.name)]
        if name is not None and (kind != XSD or not there):
            return None
        body = self._bodies[known] = self._written(kind, self._library(there, versions, whole=name is None))
        while len(self._bodies) > _KEPT_MAX:
            self._bodies.popitem(last=False)
        return body

    def _there(self, versions: Versions) -> Iterator[tuple[Entry, Stage]]:
        """What is in it in some versions, as it was then."""
        served = {catalog.name: (catalog.timeline, version) for catalog, version in zip(self._catalogs, versions, strict=True)}
        for entry in self._entries:
            timeline, version = served[entry.catalog]
            if timeline.knows(entry.target, version or LATEST):
                yield entry, timeline.stage(entry.target, version or LATEST)

    def _library(self, there: Sequence[tuple[Entry, Stage]], versions: Versions, *, whole: bool) -> Library:
        """What is there; of a `whole` library also what is not, and how long operations are asked about."""
        version = show_version(max(versions, key=_date_of))
        calls = tuple(self._call(entry, stage, version) for entry, stage in there)
        met = {entry.root for entry, _ in there}
        absent = [entry.root for entry in self._entries if whole and entry.root not in met]
        return Library(
            name=self._name, title=", ".join(catalog.title for catalog in self._catalogs) + f": {self._name}", version=version or _VERSION,
            description="\n\n".join(filter(None, (catalog.description for catalog in self._catalogs))), address=self._address,
            calls=calls, others=tuple(calls_of_operations(calls, self._dialect.asked_by, self._formats)),
            failures=tuple(document_type(name, _FAILURE) for name in (*absent, ERROR)), statuses=STATUSES, key=KEY,
        )

    def _call(self, entry: Entry, stage: Stage, version: str) -> Call:
        (catalog,) = (catalog for catalog in self._catalogs if catalog.name == entry.catalog)
        return call_of(entry, stage, self._libraries.asking(entry, stage).positions, catalog, self._dialect, formats=self._formats,
                       schema=f"{XSD}/{entry.target.name}" + (f"?v={version}" if version else ""))

    def _written(self, kind: str, library: Library) -> bytes:
        if kind == XSD:
            return write_xsd(library)
        return write_wsdl(library, _ORIGIN) if kind == WSDL else write_openapi(library, self._prefix)


def _date_of(version: str) -> str:
    """A version as it compares: what was before all changes comes first."""
    return "0" if version == EARLIEST else version


def _asked_version(request: Request) -> str | None:
    """The version that is asked for, as it was sent; of a description nothing else can be asked. Raises `Refusal` for two."""
    parameters = Parameters(request, body={})
    asked = read_version(parameters, request)
    parameters.check("v")
    return asked

"""The gw2 dialect as the pipeline sees it: what it serves, how it reads a request, how it writes an outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from ...catalog.catalog import Catalog
from ...catalog.method import Method
from ...catalog.routes import Route
from ...contracts import Dialect, Keys, Switches
from ...errors import Code, refuse
from ...exchange import Answer, Outcome, Refused, Request, Result
from ...formats.form import unquote_path
from ...formats.parameters import Parameters, header, read_choices
from ...query import Ask, Credential, Paging, Query, Terms
from .pages import Pages
from .routes import Endpoints
from .tokens import catalog_of
from .writing import Writer, write_refusal


class Gw2(Dialect):
    """Keeps the contract of `Dialect`. `max_age_s` is how long caches may keep a published answer."""

    name = "gw2"
    terms = Terms(language="lang")
    paging = Paging(first=0, size_default=50, size_max=200)
    reserved = frozenset(("access_token", terms.language, terms.version))
    reserved_in_lists = frozenset(("id", terms.ids, paging.page, paging.size, terms.search, terms.sort))
    keys_max = 200
    unknown_parameters = "ignore"
    checks_keys = False
    verbs = "GET, HEAD, POST, PUT, DELETE, OPTIONS"
    verbs_alike = False
    asked_by = "operation"
    exposed_headers = frozenset(("Link", "Location", "X-Page-Size", "X-Page-Total", "X-Result-Count", "X-Result-Total"))

    def __init__(self, mount: str = "/v2", *, max_age_s: int = 60) -> None:
        self.mount = mount
        self.own: Sequence[Catalog] = ()
        self._prefix = mount.encode() + b"/"
        self._own = frozenset((mount.encode(), mount.encode() + b"/", mount.encode() + b".json"))
        self._writer = Writer(max_age_s)
        self._routes = Endpoints(mount)
        self._pages = Pages(mount, (), self._routes, max_age_s)
        self._max_age_s = max_age_s

    def bind(self, catalogs: Sequence[Catalog], keys: Keys, switches: Switches | None = None) -> Mapping[str, str]:
        """Route every resource and method of the catalogs, and the two that tell of keys; the paths with their owners."""
        self._routes = Endpoints(self.mount)
        languages = list(dict.fromkeys(language for catalog in catalogs for language in catalog.languages))
        self.own = (catalog_of(keys, languages),)
        for catalog in (*self.own, *catalogs):
            for target in catalog.targets:
                self._routes.add_target(catalog, target)
        self._pages = Pages(self.mount, catalogs, self._routes, self._max_age_s, switches)
        return {**self._routes.claims(), self.mount: "the gw2 root", self.mount + ".json": "the gw2 root"}

    def serves(self, path: bytes) -> bool:
        """Whether a path lies under the mount."""
        return path.startswith(self._prefix) or path in self._own

    def address_of(self, catalog: str, path: str) -> str | None:
        """Where a resource or method is asked for; None where there is none of that name."""
        return self._routes.address_of(catalog, path)

    def example(self, address: str, language: str | None, secrets: Mapping[str, str]) -> str | None:
        """A page of records for anybody; with a key, what that is worth."""
        if "gw2" in secrets:
            return f"{self.mount}/tokeninfo?access_token={quote(secrets['gw2'], safe='')}"
        return f"{address}?page=0&page_size=3" + (f"&lang={language}" if language else "")

    def takes_body(self, request: Request) -> bool:
        """Only methods that are called with POST or PUT read a body."""
        if request.verb not in ("POST", "PUT"):
            return False
        route, _ = self._routes.find(request.path)
        return route is not None and isinstance(route.target, Method)

    def read(self, request: Request) -> Query | Answer:
        """Read a request into a query; the root pages are answered at once."""
        if request.path in self._own:
            return self._pages.answer(request)
        route, tail = self._routes.find(request.path)
        if route is None:
            raise refuse(Code.TARGET_UNKNOWN, "no such endpoint", hint=f"{self.mount} lists the endpoints.")
        parameters = Parameters(request)
        query = self._query(route, unquote_path(tail) if tail is not None else None, parameters, request)
        parameters.check()
        return query

    def _query(self, route: Route, key: str | None, parameters: Parameters, request: Request) -> Query:
        query = Query(target=route.path, catalog=route.catalog, ask=Ask.KEYS, verb=request.verb)
        read_choices(query, parameters, request, self.terms)
        query.credentials = _credentials(parameters.take("access_token"), header(request, b"authorization"))
        if isinstance(route.target, Method):
            if route.target.operation:
                query.operation, query.cancels = parameters.take(self.asked_by), request.verb == "DELETE"
            return _called(query, key, parameters)
        if route.target.single and key is not None:
            raise refuse(Code.TARGET_UNKNOWN, "no such endpoint", hint="There is one record here, and it has no id.")
        self._ask(query, key, parameters)
        query.search, query.sort = parameters.take(self.terms.search), parameters.take(self.terms.sort)
        query.parameters = parameters.left
        return query

    def _ask(self, query: Query, key: str | None, parameters: Parameters) -> None:
        """What is wanted: a sub-path beats `id`, which beats `ids`, which beats a page; else the list of ids (G1-G5)."""
        id, ids = parameters.take("id"), parameters.take(self.terms.ids)
        query.page, query.page_size = parameters.take(self.paging.page), parameters.take(self.paging.size)
        key = key if key is not None else id
        if key is not None:
            query.ask, query.keys = Ask.ONE, (key,)
        elif query.page is not None or query.page_size is not None:
            query.ask = Ask.PAGE
            if ids is not None and ids != "all":
                query.ask, query.keys = Ask.MANY, _split(ids)
        elif ids == "all":
            query.ask = Ask.ALL
        elif ids is not None:
            query.ask, query.keys = Ask.MANY, _split(ids)

    def write(self, outcome: Outcome, request: Request) -> Answer:
        """Write what was found, or the one text that says what was wrong."""
        if isinstance(outcome, Refused):
            return write_refusal(outcome)
        if isinstance(outcome, Result):
            return self._writer.write(outcome, request)
        return self._writer.write_started(outcome, request)


def _split(ids: str) -> tuple[str, ...]:
    """Each id once, in the order of the first asking."""
    return tuple(filter(None, dict.fromkeys(ids.split(","))))


def _called(query: Query, key: str | None, parameters: Parameters) -> Query:
    if key is not None:
        raise refuse(Code.TARGET_UNKNOWN, "no such endpoint", hint="A method has nothing below its path.")
    query.ask, query.parameters = Ask.CALL, parameters.left
    query.arguments = parameters.arguments()
    return query


def _credentials(parameter: str | None, authorization: str | None) -> tuple[Credential, ...]:
    """The key by query or header (G6); the query wins, as it is the more deliberate."""
    if parameter is not None:
        return (Credential("gw2", parameter),)
    if authorization is not None:
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() == "bearer":
            return (Credential("gw2", key.strip()),)
    return ()

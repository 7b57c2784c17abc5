"""The lesta dialect as the pipeline sees it: what it serves, how it reads a request, how it writes an outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...catalog.catalog import Catalog
from ...catalog.names import key_name
from ...catalog.resource import Resource
from ...catalog.routes import Route, Routes
from ...contracts import Dialect, Keys, SignIns, Switches
from ...errors import Code, refuse
from ...exchange import Answer, Outcome, Refused, Request, Result
from ...formats.parameters import Parameters, read_version
from ...query import Ask, CredentialKind, Paging, Query, Terms
from .signing import ask_own, catalog_of, write_own
from .writing import write_refusal, write_result, write_started

TOKENS: Mapping[str, CredentialKind] = {"application_id": "application-id", "access_token": "access-token"}
"""The kinds of credentials, by the parameters that carry them."""
_REMEDY = "Give one of them another group or name, or its catalog another api_name."


class Lesta(Dialect):
    """Keeps the contract of `Dialect`. Each catalog is an API of its own, at `/<api_name>`; with `sign_ins` people sign in to
    applications there."""

    name = "lesta"
    mount = ""
    terms = Terms()
    paging = Paging(first=1, size_default=100, size_max=100, too_many="clamp", page="page_no", size="limit")
    reserved = frozenset((*TOKENS, terms.fields, terms.extra, terms.language, terms.version))
    reserved_in_lists = frozenset((paging.size, paging.page, terms.search))
    keys_max = 100
    unknown_parameters = "ignore"
    shows_extra = False
    hidden_nulls = True
    keyed = True
    verbs = "GET, HEAD, POST, OPTIONS"
    verbs_alike = True
    asked_by = "operation_id"

    def __init__(self, sign_ins: SignIns | None = None) -> None:
        self.own: Sequence[Catalog] = ()
        self._sign_ins, self._own = sign_ins, frozenset[str]()
        self._routes: Routes[Route] = Routes(_REMEDY)
        self._prefixes: tuple[bytes, ...] = ()

    def bind(self, catalogs: Sequence[Catalog], keys: Keys, switches: Switches | None = None) -> Mapping[str, str]:  # noqa: ARG002  # the contract's
        """Route every resource and method of the catalogs, and signing in to each; the paths with their owners."""
        if self._sign_ins is not None:
            self.own = tuple(catalog_of(catalog, self._sign_ins, keys) for catalog in catalogs)
        self._own = frozenset(catalog.name for catalog in self.own)
        self._routes = Routes(_REMEDY)
        self._prefixes = tuple({f"/{catalog.api_name}/".encode() for catalog in catalogs})
        for catalog in (*self.own, *catalogs):
            for target in catalog.targets:
                self._routes.add(f"/{catalog.api_name}/{target.path}/", Route(catalog.name, target.path, target))
        return self._routes.claims()

    def serves(self, path: bytes) -> bool:
        """Whether a path begins with the name of an API."""
        return path.startswith(self._prefixes)

    def address_of(self, catalog: str, path: str) -> str | None:
        """Where a resource or method is asked for; None where there is none of that name."""
        return self._routes.address_of(catalog, path)

    def example(self, address: str, language: str | None, secrets: Mapping[str, str]) -> str | None:
        """A page of records for an application; nobody else is answered."""
        if "application-id" not in secrets:
            return None
        return f"{address}?application_id={secrets['application-id']}&limit=3" + (f"&language={language}" if language else "")

    def takes_body(self, request: Request) -> bool:
        """Every method may be called by POST, with its parameters in the body (L10)."""
        return request.verb == "POST" and self._route(request) is not None

    def _route(self, request: Request) -> Route | None:
        """The method of a path, with the slash at its end or without it (L9)."""
        return self._routes.get(request.path) or self._routes.get(request.path + b"/")

    def read(self, request: Request) -> Query | Answer:
        """Read a request into a query. Raises `Refusal` for what is no question."""
        route = self._route(request)
        if route is None:
            raise refuse(Code.TARGET_UNKNOWN, "no such method", hint="The reference lists the methods.")
        parameters = Parameters(request, blanks=False)
        query = Query(target=route.path, catalog=route.catalog, ask=Ask.CALL, verb=request.verb,
                      requires=("application-id",))
        query.credentials = parameters.take_credentials(TOKENS)
        query.confidential = any(each.kind == "access-token" for each in query.credentials)
        query.language, query.version = parameters.take(self.terms.language), read_version(parameters, request, self.terms.version)
        query.fields, query.extra = parameters.take_list(self.terms.fields), parameters.take_list(self.terms.extra)
        parameters.check()
        target = route.target
        if isinstance(target, Resource):
            query.settle = lambda stage: self._ask(query, target, key_name(self, stage.key), parameters)
            return query
        query.operation = parameters.take(self.asked_by) if target.operation else None
        query.arguments = parameters.arguments()
        if route.catalog in self._own:
            ask_own(query, parameters.left)
        query.parameters = parameters.left
        parameters.check()
        return query

    def _ask(self, query: Query, resource: Resource, name: str, parameters: Parameters) -> None:
        """What is wanted: the records of some keys, which are sent under a name, those that a search finds, or a page of all."""
        query.keys = parameters.take_keys(name)
        query.search = parameters.take(self.terms.search)
        if resource.by is not None:
            query.search_type = parameters.take(self.terms.search_type)
        query.page, query.page_size = parameters.take(self.paging.page), parameters.take(self.paging.size)
        query.ask = Ask.MANY if query.keys and resource.by is None else Ask.PAGE
        query.parameters = parameters.left
        parameters.check()

    def write(self, outcome: Outcome, request: Request) -> Answer:
        """Write what was found, or the one thing that was wrong."""
        if isinstance(outcome, Refused):
            return write_refusal(outcome)
        if isinstance(outcome, Result):
            return (write_own if outcome.plan.catalog.name in self._own else write_result)(outcome, request)
        return write_started(outcome)

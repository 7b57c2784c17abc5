"""The dast dialect as the pipeline sees it: what it serves, how it reads a request, how it writes an outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from ...catalog.catalog import Catalog
from ...catalog.names import key_name
from ...catalog.resource import Resource
from ...contracts import Dialect, Keys, Switches
from ...exchange import Answer, Outcome, Refused, Request, Result
from ...formats.parameters import Parameters, read_choices
from ...query import Ask, CredentialKind, Paging, Query, Terms
from .refusals import write_refusal
from .routes import Actions
from .writing import write_result, write_started

TOKENS: Mapping[str, CredentialKind] = {"api_token": "api-token", "user_token": "user-token"}
"""The kinds of credentials, by the parameters that carry them."""


class Dast(Dialect):
    """Keeps the contract of `Dialect`: every request names who asks, and on some endpoints for whom."""

    name = "dast"
    terms = Terms()
    paging = Paging(first=1, size_default=50, size_max=200, size="limit")
    reserved = frozenset((*TOKENS, terms.language, terms.version))
    reserved_in_lists = frozenset((paging.size, paging.page, terms.search, terms.sort))
    keys_max = 1
    unknown_parameters = "refuse"
    verbs = "GET, HEAD, POST, OPTIONS"
    verbs_alike = True
    asked_by = "operation_id"

    def __init__(self, mount: str = "/api") -> None:
        self.mount = mount
        self._prefix, self._base = mount.encode() + b"/", mount.encode()
        self._actions = Actions(mount)

    def bind(self, catalogs: Sequence[Catalog], keys: Keys, switches: Switches | None = None) -> Mapping[str, str]:  # noqa: ARG002  # the contract's
        """Route every action of the catalogs; the paths with their owners."""
        self._actions = Actions(self.mount)
        for catalog in catalogs:
            for target in catalog.targets:
                self._actions.add_target(catalog, target)
        return {**self._actions.claims(), self.mount: "the dast base"}

    def serves(self, path: bytes) -> bool:
        """Whether a path lies under the mount."""
        return path.startswith(self._prefix) or path == self._base

    def address_of(self, catalog: str, path: str) -> str | None:
        """Where a resource is listed or a method is called; None where there is none of that name."""
        return self._actions.address_of(catalog, path)

    def example(self, address: str, language: str | None, secrets: Mapping[str, str]) -> str | None:
        """A page of records for whoever has a token; nobody else is answered."""
        if "api-token" not in secrets:
            return None
        return f"{address}?api_token={quote(secrets['api-token'], safe='')}&limit=3" + (f"&language={language}" if language else "")

    def takes_body(self, request: Request) -> bool:
        """Every action may be called by POST, with its parameters in the body."""
        return request.verb == "POST" and self._actions.find(request.path) is not None

    def read(self, request: Request) -> Query | Answer:
        """Read a request into a query. Raises `Refusal` for what is no question, and where nobody could tell who asks."""
        action = self._actions.find(request.path)
        if action is None:
            raise self._actions.refusal(request.path)
        parameters = Parameters(request, overlap=False)
        query = Query(target=action.path, catalog=action.catalog, ask=action.ask, verb=request.verb, requires=("api-token",))
        query.credentials = parameters.take_credentials(TOKENS)
        parameters.check(*TOKENS)
        read_choices(query, parameters, request, self.terms)
        target = action.target
        if isinstance(target, Resource):
            query.settle = lambda stage: self._ask(query, target, key_name(self, stage.key), parameters)
            return query
        query.operation = parameters.take(self.asked_by) if target.operation else None
        query.arguments = parameters.arguments()
        query.parameters, query.faults = parameters.left, parameters.faults
        return query

    def _ask(self, query: Query, resource: Resource, name: str, parameters: Parameters) -> None:
        """What is wanted: the record of a key, which is sent under a name, or a page of those that fit."""
        if query.ask is Ask.ONE:
            key = None if resource.single else parameters.take(name)
            query.keys = () if key is None else (key,)
        else:
            self._ask_page(query, resource, parameters)
        query.parameters, query.faults = parameters.left, parameters.faults

    def _ask_page(self, query: Query, resource: Resource, parameters: Parameters) -> None:
        query.page, query.page_size = parameters.take(self.paging.page), parameters.take(self.paging.size)
        query.search = parameters.take(self.terms.search)
        if resource.by is None:
            query.sort = parameters.take(self.terms.sort)
        else:
            query.search_type = parameters.take(self.terms.search_type)

    def write(self, outcome: Outcome, request: Request) -> Answer:
        """Write what was found, or everything that was wrong."""
        if isinstance(outcome, Refused):
            return write_refusal(outcome)
        if isinstance(outcome, Result):
            return write_result(outcome, request)
        return write_started(outcome)

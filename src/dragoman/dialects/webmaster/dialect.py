"""The webmaster dialect as the pipeline sees it: what it serves, how it reads a request, how it writes an outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import quote

from ...catalog.catalog import Catalog
from ...catalog.method import Method
from ...catalog.names import key_name
from ...catalog.resource import Resource
from ...catalog.stage import Stage
from ...contracts import Dialect, Format, Keys, Switches
from ...errors import Code, Fault, Refusal, refuse
from ...exchange import Answer, Outcome, Refused, Request, Result
from ...formats.body import malformed, read_json
from ...formats.form import unquote_path
from ...formats.parameters import Parameters, read_choices, unknown
from ...formats.xml_body import RequestSchema
from ...query import Ask, Paging, Query, Terms
from . import words
from .descriptions import Descriptions
from .refusals import status_of, text_of
from .routes import ERROR, Entry, Libraries, Place, root_of
from .writing import Wishes, Writer, found_nothing

_FLAGS = {"1": True, "true": True, "0": False, "false": False}
_BEGINNINGS = {"json": b"{", "xml": b"<"}


class Webmaster(Dialect):
    """Keeps the contract of `Dialect`: every request names whose key it is, and the format of its answer."""

    name = "webmaster"
    terms = Terms(search=words.SEARCH, search_type=words.TYPE, sort=words.SORT, direction=words.SORT_TYPE)
    paging = Paging(first=0, size_default=50, size_max=1000, beyond="empty", page=words.START, size=words.LIMIT)
    reserved = frozenset((words.REMOTE_AUTH, words.HTTP_STATUS, words.BOM, terms.language, terms.version))
    reserved_in_lists = frozenset(words.PAGING)
    keys_max = 1000
    unknown_parameters = "refuse"
    verbs = "GET, HEAD, POST, PUT, DELETE, OPTIONS"
    verbs_alike = False
    asked_by = "request_id"

    def __init__(
        self, formats: Sequence[Format], mount: str = "/api/rest", *, http_status: bool = False, max_age_s: int = 60,
        base_url: str = "",
    ) -> None:
        """`formats`: the first is that of what names none; `http_status`: whether the status is that of HTTP, too, unless a
        request says otherwise (W7); `max_age_s`: how long caches may keep descriptions, which tell
        the public address `base_url`, or without one the host that was asked."""
        self.mount, self._http_status, self._max_age_s = mount, http_status, max_age_s
        self._base_url = base_url
        self._formats = {each.name: each for each in formats}
        self._usual = formats[0]
        self._prefix, self._base = mount.encode() + b"/", mount.encode()
        self._bind(())

    def _bind(self, catalogs: Sequence[Catalog]) -> None:
        libraries = Libraries(self.mount, tuple(self._formats), self)
        for catalog in catalogs:
            for target in catalog.targets:
                libraries.add_target(catalog, target)
        self._libraries = libraries
        self._descriptions = Descriptions(self, tuple(self._formats.values()), libraries, catalogs, self._max_age_s, self._base_url)

    def bind(self, catalogs: Sequence[Catalog], keys: Keys, switches: Switches | None = None) -> Mapping[str, str]:  # noqa: ARG002  # the contract's
        """Route every resource and method of the catalogs; the paths with their owners."""
        self._bind(catalogs)
        return {**self._libraries.claims(), self.mount: "the webmaster base"}

    def serves(self, path: bytes) -> bool:
        """Whether a path lies under the mount."""
        return path.startswith(self._prefix) or path == self._base

    def address_of(self, catalog: str, path: str) -> str | None:
        """Where a resource or method is asked for; None where there is none of that name."""
        return self._libraries.address_of(catalog, path)

    def descriptions_of(self, catalog: str) -> Mapping[str, Mapping[str, str]]:
        """XSD, WSDL and OpenAPI of each library (W9)."""
        return self._descriptions.addresses(catalog)

    def example(self, address: str, language: str | None, secrets: Mapping[str, str]) -> str | None:
        """A page of records for whoever has a key; nobody else is answered (W3)."""
        if "remote-auth" not in secrets:
            return None
        return f"{address}?limit=3&remote_auth={quote(secrets['remote-auth'], safe='')}" + (f"&language={language}" if language else "")

    def takes_body(self, request: Request) -> bool:
        """What is put or posted is read in the format of the answer; CSV is none to ask in (W5)."""
        if request.verb not in words.BODIED:
            return False
        place = self._libraries.find(request.path)
        return place.entry is not None and place.format in words.BODIES

    # ------------------------------------------------------------------------------------ reading

    def read(self, request: Request) -> Query | Answer:
        """Read a request into a query. Raises `Refusal` for what is no question."""
        described = self._descriptions.answer(request)
        if described is not None:
            return described
        place = self._libraries.find(request.path)
        entry = place.entry
        if place.format is None or (entry is None and not place.operation):
            raise self._libraries.refusal(place)
        query = Query(target="", ask=Ask.OPERATION if entry is None else Ask.PAGE, verb=request.verb, format=place.format,
                      requires=("remote-auth",))
        asks = request.verb not in words.BODIED
        if not asks and place.format not in words.BODIES:
            raise refuse(Code.FORMAT_UNKNOWN, f"nothing is put or posted as {place.format}", hint="Use json or xml.")
        called = entry is None or isinstance(entry.target, Method)
        parameters = Parameters(request, blanks=called, overlap=False, body={})
        self._take_common(query, parameters, request)
        if entry is None:
            _add_positional(parameters, (self.asked_by,), place.positional, asks=asks)
            self._ask_operation(query, parameters)
            return query
        query.target, query.catalog = entry.path, entry.catalog
        if isinstance(entry.target, Method):
            query.ask, query.operation = Ask.CALL, parameters.take(self.asked_by) if entry.target.operation else None
            query.cancels = query.verb == "DELETE" and query.operation is not None
        query.settle = partial(self._settle, query, parameters, entry, place, request)
        return query

    def _settle(self, query: Query, parameters: Parameters, entry: Entry, place: Place, request: Request, stage: Stage) -> None:
        """Read what stands in the path and in the body, by the names of the version that is asked for."""
        asking, asks = self._libraries.asking(entry, stage), request.verb not in words.BODIED
        parameters.join(_read_body(request, place.format or "", asking.schema))
        _add_positional(parameters, asking.positions, place.positional, asks=asks)
        if isinstance(entry.target, Method):
            query.arguments = parameters.arguments()
        else:
            self._ask(query, entry.target, stage, parameters)
        query.parameters, query.faults = parameters.left, parameters.faults

    def _take_common(self, query: Query, parameters: Parameters, request: Request) -> None:
        """What every request may say. Raises `Refusal` where nobody could tell who asks."""
        query.credentials = parameters.take_credentials({words.REMOTE_AUTH: "remote-auth"})
        request.wishes = self._take_wishes(parameters)
        parameters.check(words.REMOTE_AUTH)
        read_choices(query, parameters, request, self.terms)

    def _ask_operation(self, query: Query, parameters: Parameters) -> None:
        """A long operation by its id alone, whatever its method; DELETE ends it."""
        query.operation, query.cancels = parameters.take(self.asked_by), query.verb == "DELETE"
        faults = [*parameters.faults, *(unknown(name) for name in parameters.left)]
        if query.operation is None:
            faults.append(Fault(code=Code.PARAMETER_MISSING, message="missing parameter", field=self.asked_by, hint="Expected integer."))
        if faults:
            raise Refusal(*faults)

    def _ask(self, query: Query, resource: Resource, stage: Stage, parameters: Parameters) -> None:
        """What is wanted: one's own record, those of some keys, or a page of those that fit."""
        if resource.single:
            query.ask = Ask.ONE
            return
        query.ask = Ask.PAGE
        if resource.by is not None:
            query.search_type = parameters.take(words.TYPE)
        else:
            query.sort = _read_sort(parameters)
            if stage.key.filter is None:            # a key that can be filtered is a filter like others
                query.keys = parameters.take_keys(key_name(self, stage.key))
                query.ask = Ask.MANY if query.keys else Ask.PAGE
        query.page, query.page_size = parameters.take(words.START), parameters.take(words.LIMIT)
        query.search = parameters.take(words.SEARCH)

    # ------------------------------------------------------------------------------------ writing

    def write(self, outcome: Outcome, request: Request) -> Answer:
        """Write what was found, or everything that was wrong, in the format of the address."""
        place = self._libraries.find(request.path)
        root = place.entry.root if place.entry is not None else ERROR if isinstance(outcome, Refused) else root_of(outcome.plan.target)
        writer = Writer(self._formats.get(place.format or "", self._usual), root, request.wishes or self._wishes_of(request))
        if isinstance(outcome, Result) and found_nothing(outcome):
            outcome = Refused(faults=(Fault(code=Code.NOT_FOUND, message="no such records", hint="None of these keys exists."),))
        if isinstance(outcome, Refused):
            answer = writer.write_refusal(status_of(outcome.faults), text_of(outcome.faults))
            answer.outcome = outcome.faults[0].code.value
            answer.target = place.entry.path if place.entry is not None else ""
            return answer
        if isinstance(outcome, Result):
            return writer.write_result(outcome, request)
        return writer.write_started(outcome)

    def _wishes_of(self, request: Request) -> Wishes:
        """How the answer is wanted to what was refused before its query was read; what cannot be read there is told elsewhere."""
        try:
            return self._take_wishes(Parameters(request, body={}))
        except Refusal:                         # too many parameters
            return Wishes(http_status=self._http_status)

    def _take_wishes(self, parameters: Parameters) -> Wishes:
        """How the answer is wanted (W7)."""
        status, bom = (_take_flag(name, parameters) for name in (words.HTTP_STATUS, words.BOM))
        return Wishes(http_status=self._http_status if status is None else status, bom=bool(bom))


def _read_body(request: Request, form: str, schema: RequestSchema | None) -> Mapping[str, Any]:
    """The parameters in a body, which is of the format of the address (W5)."""
    raw = (request.body if isinstance(request.body, bytes) else request.body.read()).removeprefix(b"\xef\xbb\xbf")
    text = raw.strip()
    if not text:
        return {}
    if not text.startswith(_BEGINNINGS[form]):
        raise malformed(f"no {form.upper()}", f"Send {form.upper()}, as the address says, or ask elsewhere.")
    if form == "json":
        return read_json(text)
    if schema is None:
        return {}                               # what takes none refuses the verb
    return schema.read(text if text.startswith(b"<?") else raw)     # lines are counted from the beginning


def _add_positional(parameters: Parameters, names: Sequence[str | None], positional: Sequence[bytes], *, asks: bool) -> None:
    """Give the values in the path their names; what stands in the query wins (W4). Raises `Refusal` for too many."""
    names = names if asks else ()
    if len(positional) > len(names):
        order = "/".join(f"{{{name or '-'}}}" for name in names)
        raise refuse(Code.REQUEST_MALFORMED, f"too many values in the path: {len(positional)}, where {len(names)} may stand",
                     hint=f"Their order is {order}." if names else "Leave them out." if asks else "Send parameters in the body.")
    for name, raw in zip(names, positional, strict=False):
        if name is not None and raw != words.ABSENT.encode() and name not in parameters.left:
            parameters.left[name] = [unquote_path(raw)]


def _read_sort(parameters: Parameters) -> str | None:
    """The field to sort by, with `-` before it for the other direction."""
    sort, direction = parameters.take(words.SORT), parameters.take(words.SORT_TYPE)
    if sort is not None and sort.startswith("-"):
        parameters.faults.append(Fault(code=Code.PARAMETER_INVALID, message="cannot sort by this", field=words.SORT, value=sort,
                                       hint=f"Name a field, and say {words.SORT_TYPE}=desc."))
        return None
    if direction not in (None, "asc", "desc"):
        parameters.faults.append(Fault(code=Code.PARAMETER_INVALID, message="invalid value", field=words.SORT_TYPE, value=direction,
                                       hint="Use asc or desc."))
    return f"-{sort}" if sort is not None and direction == "desc" else sort


def _take_flag(name: str, parameters: Parameters) -> bool | None:
    """What a parameter says, taken away; None where it was not sent, or says nothing."""
    text = parameters.take(name)
    if text is not None and text not in _FLAGS:
        parameters.faults.append(Fault(code=Code.PARAMETER_INVALID, message="invalid value", field=name, value=text, hint="Use 1 or 0."))
    return _FLAGS.get(text or "")

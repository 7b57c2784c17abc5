"""What a client asks, in no dialect (`Query`), and the same resolved against the catalog and allowed (`Plan`)."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, Literal

import msgspec
from xxhash import xxh3_64_hexdigest

from .catalog.catalog import Catalog
from .catalog.method import Injected, Method
from .catalog.resource import Resource
from .catalog.served import VERSION
from .catalog.stage import Stage
from .errors import Fault, SettingsError


class Ask(Enum):
    """Which records of a resource are meant, and in what form."""

    KEYS = "keys"
    """The list of keys."""
    ONE = "one"
    """One record, by its key."""
    MANY = "many"
    """The records of several keys."""
    ALL = "all"
    """Every record at once."""
    PAGE = "page"
    """A page of the records."""
    CALL = "call"
    """A method."""
    OPERATION = "operation"
    """A long operation by its id alone, whatever its method; `Query.catalog` narrows it to those of one catalog."""


CredentialKind = Literal["application-id", "application-link", "access-token", "gw2", "api-token", "user-token", "remote-auth"]
"""What secrets and ids are to clients; `application-link` is the id of an application that sent somebody's browser here, from
wherever that is."""


class Credential(msgspec.Struct, frozen=True):
    """A secret or id as the client sent it."""

    kind: CredentialKind
    text: str

    def __repr__(self) -> str:
        return f"Credential({self.kind!r}, …)"


class Rate(msgspec.Struct, frozen=True):
    """`burst` calls at once, then `per_second` more each second."""

    per_second: float
    burst: int


_RATE = re.compile(r"\s*([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*/\s*(s|m|h|d)(?:\s+burst\s+([0-9]{1,9}))?\s*\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def read_rate(text: str, name: str = "a rate") -> Rate | None:
    """A rate; None for an empty text, which is no limit. N a second admits N at once, unless a burst is named.

    Raises `SettingsError` that names the setting.
    """
    if not text.strip():
        return None
    found = _RATE.match(text)
    count = float(found[1]) if found is not None else 0.0
    burst = int(found[3] or max(1, round(count))) if found is not None else 0
    if found is None or count <= 0 or burst < 1:
        raise SettingsError(f"{name} = {text!r}: write 20/s, 5/s burst 300 or 100000/d, or nothing for no limit.")
    return Rate(count / _SECONDS[found[2]], burst)


class Limit(msgspec.Struct, frozen=True):
    """What is counted against a rate: `subject` is counted (`key:…`), `name` is what the client is told (`key`)."""

    name: str
    subject: str
    rate: Rate


class Caller(Injected, msgspec.Struct, frozen=True, kw_only=True):
    """Who calls, as proven by credentials; a method that has a parameter of this type is given it."""

    application: str | None = None
    account: int | None = None
    """The account that the key speaks for; None for nobody, and for an application that only said its id."""
    subject: str | None = None
    """The account's id in the publisher's data; None where nobody said which it is."""
    permissions: frozenset[str] = frozenset()
    urls: tuple[str, ...] = ()
    """The paths that the key is limited to, each with everything below it: `/v2/characters`, percent-decoded, with
    no slash at the end; none for no limit."""
    key: str | None = None
    """The id of the key or token used, of several that of the first; it does not reveal the secret."""
    expires_at: float | None = None
    """UNIX time in seconds."""
    version: str | None = None
    """The version of the schema that its application has settled on; what a request says comes first."""
    limits: tuple[Limit, ...] = ()
    """What its calls are counted against; none for the limit of its address."""

    @property
    def party(self) -> str | None:
        """Whose its operations and idempotency keys are: the account's, in whichever application, or the application's, or
        those of a key that speaks for nobody; None for nobody in particular, since everybody would see them."""
        if self.account is not None:
            return f"account:{self.account}"
        if self.application is not None:
            return f"application:{self.application}"
        return f"key:{self.key}" if self.key is not None else None

    def reaches(self, path: str) -> bool:
        """Whether the key may be used at a path, percent-decoded."""
        return not self.urls or any((path.rstrip("/") + "/").startswith(url + "/") for url in self.urls)


ANONYMOUS = Caller()


class KeyInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a key tells of itself to whoever holds it."""

    id: str
    """Does not reveal the key."""
    name: str
    permissions: frozenset[str]


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """What an application asks for that wants somebody to sign in to it, and a token of theirs without more ado."""

    application: str
    """Its id, which was judged already."""
    catalog: str
    """By name: the token may do there whatever its account may."""
    redirect_uri: str | None
    """Where the browser goes with the answer; None for a page of ours, which the application watches."""
    ends_at: int | None
    """Until when the token is wanted at most: UNIX time in seconds."""
    popup: bool
    language: str | None
    """Of the page, where its reader has chosen none."""


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What an account lets an application act with."""

    id: str
    """Public: `Caller.key` of whoever sends it."""
    text: str
    account_id: str | None
    """The account's id in the publisher's data."""
    expires_at: float
    """UNIX time in seconds."""


class Progress(Injected):
    """How far a long operation is; a method that has a parameter of this type is given it and sets `done`."""

    def __init__(self, total: int | None = None) -> None:
        self.done = 0
        self.total = total


REPLAYS, OPERATIONS, PARTS = "dragoman_replays", "dragoman_operations", "dragoman_parts"
"""The tables that a server adds to a database: for idempotency keys, for long operations and their results. They are never
published."""
OWN_TABLES = frozenset((REPLAYS, OPERATIONS, PARTS))


class Transaction(Injected, ABC):
    """The catalog's database, for a method that changes something: all that it did there is kept once it has returned, and
    nothing of it where it raised or took too long.

    Two calls at once are as if one had come after the other. For that a call may be begun anew when another one came
    between, so that everything else that must happen once only, a letter for example, has to wait for another place.
    A statement is SQL with parameters by name, or an expression of SQLAlchemy:

    >>> transaction.execute("UPDATE players SET gold = gold + :some WHERE id = :id", some=5, id=7)
    """

    blocks = True

    @abstractmethod
    def rows(self, statement: Any, **values: Any) -> list[dict[str, Any]]:
        """The rows that a statement gives, by the names of their columns."""

    @abstractmethod
    def execute(self, statement: Any, **values: Any) -> int:
        """Run a statement; how many rows it changed."""


class Audience(msgspec.Struct, frozen=True):
    """For whom an answer is: everybody, or one subject with its permissions. Part of every cache and view key."""

    subject: str | None = None
    permissions: frozenset[str] = frozenset()
    """Those that make a difference to the answer."""
    authenticated: bool = False
    """Whether nobody without a valid key is given any answer."""

    @property
    def public(self) -> bool:
        """Whether anybody may be given the same answer."""
        return self.subject is None and not self.permissions and not self.authenticated


EVERYBODY = Audience()


class Paging(msgspec.Struct, frozen=True):
    """How a dialect counts pages, and what it calls them."""

    first: int = 0
    size_default: int = 50
    size_max: int = 200
    too_many: Literal["refuse", "clamp"] = "refuse"
    """What a size above the largest is: an error, or the largest."""
    beyond: Literal["refuse", "empty"] = "refuse"
    """What a page past the end is: an error, or a page of nothing."""
    page: str = "page"
    size: str = "page_size"


class Terms(msgspec.Struct, frozen=True):
    """What a dialect calls the parameters that mean the same everywhere; those of pages are told by `Paging`."""

    language: str = "language"
    version: str = VERSION
    fields: str = "fields"
    extra: str = "extra"
    ids: str = "ids"
    search: str = "search"
    search_type: str = "type"
    sort: str = "sort"
    direction: str | None = None
    """Which way round is sorted; None where a `-` before the field says so."""


class Query(msgspec.Struct, kw_only=True, gc=False):
    """A request as asked; every value is the client's own text and may be nonsense."""

    target: str
    """`group/name` of a resource or method, as far as the dialect could tell."""
    catalog: str | None = None
    """The catalog's name, where the address tells it."""
    ask: Ask
    verb: str = "GET"
    keys: tuple[str, ...] = ()
    page: str | None = None
    page_size: str | None = None
    parameters: Mapping[str, list[str]] = {}
    """Everything else that was sent by name: filters, arguments of methods, unknown names."""
    arguments: Mapping[str, Any] | None = None
    """Arguments of a method from a typed body (JSON, XML), instead of texts."""
    search: str | None = None
    search_type: str | None = None
    """`startswith`, the default, or `exact`: whole texts, several by comma."""
    sort: str | None = None
    fields: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    language: str | None = None
    """A language asked for by parameter; unknown ones are refused."""
    accept_language: str | None = None
    """A language negotiated by header; unknown ones fall back."""
    version: str | None = None
    format: str | None = None
    """The form of the answer, by name, where the address tells it."""
    operation: str | None = None
    """The id of a long operation that was started before, and is asked about."""
    cancels: bool = False
    """Whether that operation is to end."""
    credentials: tuple[Credential, ...] = ()
    requires: tuple[CredentialKind, ...] = ()
    """The kinds of credentials without which nobody is answered, whatever is asked."""
    confidential: bool = False
    """Whether it holds what must not travel in the clear (L12)."""
    faults: Sequence[Fault] = ()
    """What is wrong with it already, to be told with all else that is."""
    settle: Callable[[Stage], None] | None = None
    """Reads what could not be read before the version was known, such as names of keys and bodies, into the query. Raises `Refusal`."""


Shown = tuple[tuple[str, Any], ...]
"""The shown fields of a record, in the order of its declaration: each name with what is shown below it, None for all.
Written as `("name", None), ("crew", (("role", None),))`."""


class View(msgspec.Struct, frozen=True):
    """What turns one record into bytes: the language, the version of the schema and the selection of fields."""

    language: str
    version: str = ""
    shown: Shown | None = None
    """None for every field."""
    nulls: bool = False
    """Whether a field that the caller may not see is null instead of absent."""

    @property
    def tag(self) -> str:
        """A short text that differs where the bytes may differ, for ETags."""
        shown = xxh3_64_hexdigest(repr(self.shown).encode()) if self.shown is not None else ""      # nulls are never public
        return ";".join(filter(None, (self.language, self.version, shown)))


class Filtered(msgspec.Struct, frozen=True):
    """Which records and in which order: values by field name, a search text, a field to sort by."""

    values: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    search: str | None = None
    sort: str | None = None
    descending: bool = False
    by: str | None = None
    """The one field to search in; None for every field that can be searched."""

    def __bool__(self) -> bool:
        return bool(self.values or self.search is not None or self.sort)


class Owned(msgspec.Struct, frozen=True):
    """Whose records are meant: those whose `field` holds exactly this value."""

    field: str
    value: str | int | None
    """As a validated record has it, a UUID as text; None for a caller to whom no record can belong."""

    def holds(self, record: Mapping[str, Any]) -> bool:
        """Whether a validated record is theirs."""
        return self.value is not None and bool(record[self.field] == self.value)


class Plan(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """A query that makes sense and is allowed: what `execute` does without asking anything again."""

    catalog: Catalog
    cluster: str
    target: Resource | Method
    ask: Ask
    view: View
    stage: Stage
    """The target as it is in the version that is asked for."""
    version: str = ""
    """The version of the schema that is served, in the form of `read_version`; empty where the catalog has but one."""
    pinned: bool = False
    """Whether the version is what the caller's application has settled on, which may be another one at any time."""
    audience: Audience = EVERYBODY
    caller: Caller = ANONYMOUS
    keyed: bool = False
    """Whether each record is wanted with its key."""
    keys: tuple[str, ...] = ()
    page: int = 0
    """From 0, whatever the dialect calls the first."""
    page_size: int = 0
    paging: Paging = Paging()
    filtered: Filtered = Filtered()
    owned: Owned | None = None
    """Which records are the caller's own, where they belong to anybody."""
    arguments: Mapping[str, Any] = {}
    names: Mapping[str, str] = {}
    """What the client calls the parameters of a method, or the key of a resource."""
    format: str | None = None
    """The form of the answer, by name, where it is not the dialect's own."""
    operation: int | None = None
    """The long operation that is asked about instead of begun."""
    operation_name: str = ""
    """What the client calls the parameter of its id."""
    cancels: bool = False
    """Whether that operation is to end."""
    idempotency_key: str | None = None
    request_id: str = ""

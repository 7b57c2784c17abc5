"""Every seam of Dragoman on one page: what a dialect, source, format, credential store, meter or queue has to do.

The built-in ones keep the same contracts as a stranger's; `assembly.py` alone names them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal, Protocol, TypeVar

import msgspec

from .catalog.catalog import Catalog
from .catalog.method import Method
from .catalog.origin import Found, Row
from .catalog.resource import Resource
from .errors import Fault
from .exchange import Answer, Buffer, Claim, Document, Operation, OperationResult, Outcome, Reaped, Request, Work
from .query import Caller, Credential, Filtered, KeyInfo, Owned, Paging, Query, Rate, SignIn, Terms, Token, Transaction

T = TypeVar("T")

# ---------------------------------------------------------------------------------------- requests and answers


class Runtime(Protocol):
    """What the pipeline needs of whatever event loop runs it. What would end a loop or hang whoever waits (`SystemExit`,
    `StopIteration`, a cancellation that nobody asked for) comes out as an ordinary exception."""

    async def in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What a blocking function returns, called away from the event loop."""

    async def within(self, timeout_s: float, awaitable: Awaitable[Any]) -> Any:
        """What an awaitable gives; raises `TimeoutError` and cancels it where that takes longer."""

    async def apart(self, function: Callable[[], Any], turn: Turn) -> Any:
        """What a blocking function returns, called in a thread of its own, which is told to end when it is given up. Raises
        `TimeoutError` where its turn is over, but for what is being kept, and `SourceUnavailable` where it could not begin."""


class Turn(Protocol):
    """One call of a method in a thread: how long it may take, and whether anybody waits for it still."""

    @property
    def left_s(self) -> float:
        """Seconds until it is given up; 0 where that is so already."""

    def keep(self) -> bool:
        """Whether what was done may be kept; asked just before that. From then on nobody gives it up."""

    def resume(self) -> None:
        """What was done could not be kept, and is done anew."""

    def stop_by(self, stop: Callable[[], None] | None) -> bool:
        """What ends whatever it waits for, called aside when it is given up; False where it was, and the last is under way."""

    def give_up(self) -> bool:
        """Nobody waits any more; False where what was done is being kept."""


class Answerer(Protocol):
    """What a lane serves."""

    def answer(self, request: Request) -> Answer | Work:
        """Judge, allow, charge and answer; synchronous, and it never raises."""

    def refuse(self, request: Request, fault: Fault) -> Answer:
        """The answer to a request that a lane could not read whole, in its dialect's form; it never raises."""

    def body_limit_bytes(self, request: Request) -> int:
        """How much of a body this request may have, told from its head alone; 0 where none is read."""

    def serves(self, path: bytes) -> bool:
        """Whether a path belongs to the data plane."""


# ---------------------------------------------------------------------------------------- dialects


class Dialect(Protocol):
    """The wire convention of one family of clients. It reads and writes; it never decides. One that derives from this says
    what is otherwise with it alone."""

    name: ClassVar[str]
    mount: str
    """The path prefix that it answers, without a slash at its end: `/v2`."""
    reserved: ClassVar[frozenset[str]]
    """Names of parameters with a meaning of their own; no field or parameter may collide with them."""
    reserved_in_lists: ClassVar[frozenset[str]]
    """More of them, where records are asked for; parameters of methods may be called so."""
    terms: ClassVar[Terms] = Terms()
    paging: ClassVar[Paging]
    keys_max: ClassVar[int]
    unknown_parameters: ClassVar[Literal["ignore", "refuse"]]
    shows_extra: ClassVar[bool] = True
    """Whether extra fields are shown to who does not ask for them; else only to who does (L14)."""
    hidden_nulls: ClassVar[bool] = False
    """Whether a field that the caller may not see is null; else it is absent."""
    keyed: ClassVar[bool] = False
    """Whether lists are written record by record with their keys; else as the array that lies in the edition."""
    checks_keys: ClassVar[bool] = True
    """Whether a key that no record could have is refused; else it is only not found."""
    verbs: ClassVar[str]
    """What `OPTIONS` tells: `GET, HEAD, OPTIONS`."""
    verbs_alike: ClassVar[bool]
    """Whether GET and POST mean the same everywhere; else each method has its verb, and resources are read by GET."""
    asked_by: ClassVar[str]
    """The parameter that names a long operation which was started before. No parameter of such a method may have its name."""
    exposed_headers: ClassVar[frozenset[str]] = frozenset()
    """Its own headers that scripts of other origins may read, beside those that answers of every dialect have."""
    own: Sequence[Catalog] = ()
    """What it serves whatever is published, known once `bind` was called; no other dialect shows it."""

    def bind(self, catalogs: Sequence[Catalog], keys: Keys, switches: Switches | None = None) -> Mapping[str, str]:
        """Learn what is published, who knows the keys, and what is switched off, to say so where endpoints are listed; the
        paths that will be answered, each with who declared it, to find clashes."""

    def serves(self, path: bytes) -> bool:
        """Whether a path, percent-encoded, belongs to this dialect."""

    def address_of(self, catalog: str, path: str) -> str | None:
        """Where a resource or method is asked for; None where this dialect does not show it."""

    def descriptions_of(self, catalog: str) -> Mapping[str, Mapping[str, str]]:  # noqa: ARG002  # for those that have some
        """Where programs find descriptions of what it shows of a catalog: by library, then by kind, such as `XSD`;
        nowhere unless its clients have a convention for that."""
        return {}

    def example(self, address: str, language: str | None, secrets: Mapping[str, str]) -> str | None:
        """How a few records at the address of a resource are asked for, in a language, to be shown and tried; with secrets
        by their kind, as `Credential` names them. None where this dialect answers nobody without more."""

    def takes_body(self, request: Request) -> bool:
        """Whether this request has a use for a body, told from its head."""

    def read(self, request: Request) -> Query | Answer:
        """Read a request; an `Answer` for the dialect's own pages. Raises `Refusal` for what is no question."""

    def write(self, outcome: Outcome, request: Request) -> Answer:
        """Put an outcome into the dialect's form; of internal errors only the request's id is told."""


# ---------------------------------------------------------------------------------------- sources


class Source(Protocol):
    """Where the records of one resource come from, in one cluster.

    Rows are mappings of field names to values that fit the record's types; whoever takes them validates. Everything
    raises `SourceUnavailable` where the source does not answer and `PublicationError` for rows that it cannot read.
    """

    def fingerprint(self) -> str | None:
        """A text that changes when the records may have changed; None where only reading could tell."""

    def count(self) -> int | None:
        """About how many records there are, for progress; None where that is as dear as reading."""

    def scan(self) -> Iterator[Row]:
        """Every record, for publication; streamed, in an order that stays the same."""

    async def get(self, keys: Sequence[Any], owned: Owned | None = None) -> Sequence[Row]:
        """The records of these keys, in any order, the missing left out; at request time.

        With `owned`, only those of that owner exist: another's is missing. It is compared exactly, letter by letter.
        """

    async def find(
        self, filtered: Filtered, offset: int, limit: int, owned: Owned | None = None,
    ) -> tuple[Sequence[Row], int]:
        """One page of the records that fit, and how many fit in all; at request time. `owned` as in `get`: it narrows
        what is counted and paged."""


class Transactions(Protocol):
    """Writes to one database, each as a whole."""

    def run(self, work: Callable[[Transaction], T], turn: Turn) -> T:
        """What `work` returns, once what it did is kept; nothing is where it raises, or where its turn is over.

        It is begun anew where another transaction came between. Blocks. Raises `SourceUnavailable` for a database that does
        not answer, or has no moment for it within its turn.
        """

    def read(self, work: Callable[[Transaction], T], turn: Turn) -> T:
        """What `work` returns, which changes nothing: it sees what was kept last, waits for no `run` and holds none up.

        Blocks, and raises, as `run` does.
        """


class SourceKind(Protocol):
    """Opens the sources of one kind of origin."""

    def open(self, catalog: Catalog, resource: Resource, cluster: str) -> Source:
        """The source of a resource in a cluster. Raises `DeclarationError` for what can never be opened."""

    def inspect(self, path: str) -> Sequence[Found]:
        """What lies at a path or URL, for publishing without code. Raises `SettingsError` with the remedy."""


# ---------------------------------------------------------------------------------------- formats


class Writer(Protocol):
    """Writes one document: once `open`, the records in batches, once `close`; so a million need no more memory than a batch."""

    def open(self) -> bytes:
        """What stands before the first record."""

    def items(self, batch: Buffer) -> bytes:
        """Some records, given as a JSON array; with what separates them from those before."""

    def close(self) -> bytes:
        """What stands after the last record."""


class Format(Protocol):
    """A form that documents are written in."""

    name: ClassVar[str]
    """As it stands in addresses: `json`, `xml`, `csv`."""
    media_type: ClassVar[str]
    """As `Accept` names it: `application/json`."""
    content_type: ClassVar[bytes]
    """The value of the header, with the charset."""

    def writer(self, document: Document) -> Writer:
        """What writes one document."""


# ---------------------------------------------------------------------------------------- who may ask, and how much


class Credentials(Protocol):
    """From any credentials to a caller, from memory and in constant time where secrets are compared."""

    def identify(self, credentials: Iterable[Credential], request: Request) -> Caller:
        """The caller they prove; nobody in particular for none. Raises `Refusal` with its distinct reason: a code of
        the gate in `errors.py`, from `CREDENTIAL_INVALID` to `TRANSPORT_INSECURE`."""


class Keys(Protocol):
    """The key that a caller was identified by. Both are asked with a caller who has an account, and neither waits."""

    def describe(self, caller: Caller) -> KeyInfo:
        """What `caller.key` is called and may do; of a derived key what is left to it. Raises `Refusal` where it is
        no key of ours, or has just ended."""

    def derive(self, caller: Caller, permissions: frozenset[str], expires_at: float, urls: tuple[str, ...]) -> str:
        """A weaker key, which ends with its parent, at `expires_at` (UNIX time in seconds) or when it is revoked.

        What it may do was compared with the caller's: `permissions` are some of theirs, `urls` lie within theirs (in
        the form of `Caller.urls`, none for no limit), `expires_at` is not after theirs. Raises `Refusal`.
        """


class Switches(Protocol):
    """What an operator has switched off for the moment, in every dialect (L20)."""

    @property
    def off(self) -> Mapping[tuple[str, str], str]:
        """The reasons by catalog and path; asked for each request, so from memory. Another mapping once anything changed."""


class SignIns(Protocol):
    """Sign-in of accounts to applications, which the control plane keeps. Everything may wait for a database, and raises
    `Refusal`, or `SourceUnavailable` where that does not answer: call it in a thread."""

    def begin(self, asked: SignIn) -> str:
        """The address to which the browser goes, or a path of ours on the host that was asked. Refused (parameter-invalid) where
        the application has not registered `redirect_uri`, letter by letter."""

    def prolong(self, token: str, ends_at: int | None) -> Token:
        """A new token in the place of one, named by its id, which ends. Refused (credential-invalid) for one that has ended
        meanwhile or is renewed in another way."""

    def end(self, token: str) -> None:
        """End a token, named by its id, and all that it could be renewed with."""


class CredentialStore(Credentials, Keys, Protocol):
    """One store that keeps both contracts."""


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """Whether a call is within its limit, and what is left of it."""

    allowed: bool
    remaining: int
    retry_after_s: float = 0.0


class Meter(Protocol):
    """Counts what callers ask; N a second admits N at once. Refused calls cost nothing."""

    def charge(self, subject: str, rate: Rate, cost: int = 1) -> Verdict:
        """Count one call of a subject (`address:192.0.2.7`, `application:…`) against a rate; a negative cost gives back
        what was charged for a call that another limit refused."""

    def look(self, subject: str, rate: Rate) -> Verdict:
        """What one call would be told at present, of which none is counted."""


# ---------------------------------------------------------------------------------------- long operations


class Operations(Protocol):
    """Long-running work that survives the end of the process that accepted it. Everything raises `SourceUnavailable` where
    the database does not answer."""

    def start(
        self, method: Method, arguments: Mapping[str, Any], caller: Caller, idempotency_key: str | None = None, *,
        cluster: str = "default", request_id: str = "", version: str = "",
    ) -> int:
        """Accept a job and commit it before returning its id. `version` is that of the schema in which the arguments are. The same
        key of the same party gives the same id; with other arguments it raises `Refusal` (conflict), for a caller who is nobody
        (credential-missing), and for one who has too many that have not ended (limit-exceeded)."""

    def look(self, id: int, caller: Caller) -> Operation | None:
        """The state of a job of this caller; None for a missing one and for somebody else's alike."""

    def part(self, id: int, result: OperationResult, number: int) -> bytes:
        """One part of a result, from 0. Raises `SourceUnavailable` for one that was forgotten meanwhile."""

    def cancel(self, id: int, caller: Caller) -> Operation | None:
        """Ask a job of this caller to end: at once where nobody works on it, else at its next progress. The job as it is
        then; one that has ended stays as it is. None as in `look`."""

    def recent(self, parties: Sequence[str] | None, limit: int) -> Sequence[Operation]:
        """The jobs of some parties, of all where none are named, the newest first."""


class Jobs(Protocol):
    """The same long-running work, as workers see it. What is told of a claim that is lost comes back as False or None, and
    nothing was written."""

    def claim(self, worker: str, catalogs: Sequence[str]) -> Claim | None:
        """The oldest job of some catalogs that waits, from now on this worker's for the length of a lease; None for none."""

    def beat(self, claim: Claim, done: int, total: int | None) -> bool | None:
        """Hold a claim for the length of another lease, and tell how far it is; whether it was asked to end."""

    def asked_to_end(self, claim: Claim) -> bool | None:
        """Whether it was asked to end, and nothing else."""

    def add_part(self, claim: Claim, number: int, body: bytes) -> bool:
        """Keep a part of the result."""

    def finish(self, claim: Claim, result: OperationResult) -> bool:
        """It is done, and its result are the parts that were added."""

    def fail(self, claim: Claim, fault: Fault) -> bool:
        """It failed for ever."""

    def end(self, claim: Claim) -> bool:
        """It was asked to end, and has."""

    def give_back(self, claim: Claim) -> bool:
        """Let another worker do it, from its beginning; this attempt does not count."""

    def reap(self) -> Reaped:
        """Free the jobs of workers that are gone, to be tried again after a while; and forget what is older than is kept."""

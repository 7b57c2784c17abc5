"""Operations as rows of one table, whichever database it lies in: who accepted what, who asks for it, who ends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any, TypeVar

import msgspec
from xxhash import xxh3_128_hexdigest

from ..catalog.method import Method
from ..catalog.plain import INT64_MAX
from ..contracts import Transactions, Turn
from ..errors import Code, Fault, Refusal, SourceUnavailable, refuse
from ..exchange import Operation, OperationResult
from ..query import OPERATIONS, PARTS, Caller, Transaction
from ..settings import Operations as Limits
from .tables import POSTGRES, SQLITE, make_tables

T = TypeVar("T")
TIMEOUT_S = 10.0
"""How long one question to the database may take."""
SEEN = (
    "id, catalog, cluster, method, party, state, done, total, attempts, cancel_asked, fault, listed, items, parts, size_bytes, "
    "lease, result_version, hides, created_at, started_at, ended_at, expires_at"
)
LIVING = "('queued', 'running')"


class Known(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is kept of a caller, so that a worker can tell a method who asked."""

    application: str | None = None
    account: int | None = None
    subject: str | None = None
    permissions: tuple[str, ...] = ()
    key: str | None = None

    @classmethod
    def of(cls, caller: Caller) -> Known:
        """What is kept of one."""
        return cls(caller.application, caller.account, caller.subject, tuple(sorted(caller.permissions)), caller.key)

    @property
    def caller(self) -> Caller:
        """Who that was."""
        return Caller(application=self.application, account=self.account, subject=self.subject,
                      permissions=frozenset(self.permissions), key=self.key)


class OperationStore:
    """Keeps the contract of `Operations`; its tables are made when they are first needed."""

    def __init__(self, database: Transactions, turn: Callable[[float], Turn], limits: Limits, *, postgres: bool) -> None:
        """`turn` gives the turn of one question, which may take so many seconds."""
        self._database, self._turn = database, turn
        self.limits, self.kind = limits, POSTGRES if postgres else SQLITE
        self._made, self._lock = False, Lock()

    def run(self, work: Callable[[Transaction], T], timeout_s: float = TIMEOUT_S) -> T:
        """What a piece of work on the tables gives. Raises `SourceUnavailable`."""
        self.make()
        return self._transact(work, timeout_s)

    def read(self, question: Callable[[Transaction], T]) -> T:
        """What a question to the tables finds; it waits for nobody who writes. Raises `SourceUnavailable`."""
        self.make()
        return self._database.read(question, self._turn(TIMEOUT_S))

    def _transact(self, work: Callable[[Transaction], T], timeout_s: float = TIMEOUT_S) -> T:
        def whole(transaction: Transaction) -> T:
            for statement in self.kind.begin:
                transaction.execute(statement)
            return work(transaction)
        return self._database.run(whole, self._turn(timeout_s))

    def make(self) -> None:
        """Make the tables, where they are missing."""
        if self._made:
            return
        with self._lock:
            if not self._made:
                self._transact(lambda transaction: make_tables(transaction, self.kind))
                self._made = True

    def now(self, transaction: Transaction) -> float:
        """The time by the clock of the database: that of several nodes may differ."""
        return float(transaction.rows(self.kind.now)[0]["now"])

    # ------------------------------------------------------------------------------------ what is accepted

    def start(
        self, method: Method, arguments: Mapping[str, Any], caller: Caller, idempotency_key: str | None = None, *,
        cluster: str = "default", request_id: str = "", version: str = "",
    ) -> int:
        """Accept a job and commit it."""
        party = caller.party
        if party is None:
            raise refuse(Code.CREDENTIAL_MISSING, "a long operation needs somebody whose it is",
                         hint="Send a key or the id of an application.")
        text = _encode(arguments)
        asked = f"{method.catalog}:{cluster}:{method.path}".encode() + b"\0" + text
        row = {
            "catalog": method.catalog, "cluster": cluster, "method": method.path, "arguments": text.decode(), "party": party,
            "caller": _encode(Known.of(caller)).decode(), "request_id": request_id, "key": idempotency_key,
            "digest": xxh3_128_hexdigest(asked), "version": version,
        }
        return self.run(lambda transaction: self._accept(transaction, row))

    def _accept(self, transaction: Transaction, row: Mapping[str, Any]) -> int:
        for statement in self.kind.lock:
            transaction.rows(statement, name=f"dragoman: operations of {row['party']}")
        now = self.now(transaction)
        known = self._known(transaction, row, now)
        if known is not None:
            return known
        (living,) = transaction.rows(f"SELECT count(*) AS count FROM {OPERATIONS} WHERE party = :party AND state IN {LIVING}",  # noqa: S608  # constants
                                     party=row["party"])
        if living["count"] >= self.limits.living_max:
            raise _too_many(self.limits.living_max)
        (made,) = transaction.rows(
            f"INSERT INTO {OPERATIONS} (catalog, cluster, method, arguments, party, caller, request_id, idempotency_key, digest, version, "  # noqa: S608  # its own name
            "state, due_at, created_at) VALUES (:catalog, :cluster, :method, :arguments, :party, :caller, :request_id, :key, :digest, "
            ":version, 'queued', :now, :now) RETURNING id", now=now, **row)
        for statement in self.kind.ring:
            transaction.rows(statement)
        return int(made["id"])

    def _known(self, transaction: Transaction, row: Mapping[str, Any], now: float) -> int | None:
        """The job that was accepted under a key before; one that has expired is forgotten at once, or its key would be
        taken by what nobody can see."""
        if row["key"] is None:
            return None
        named = {"party": row["party"], "key": row["key"]}
        found = transaction.rows(
            f"SELECT id, digest, expires_at FROM {OPERATIONS} WHERE party = :party AND idempotency_key = :key", **named)  # noqa: S608  # its own name
        if not found:
            return None
        if found[0]["expires_at"] is not None and found[0]["expires_at"] <= now:
            forget(transaction, int(found[0]["id"]))
            return None
        if found[0]["digest"] != row["digest"]:
            raise refuse(Code.CONFLICT, "the idempotency key was used for another request", field="Idempotency-Key",
                         value=row["key"], hint="Use a new key for a new request.")
        return int(found[0]["id"])

    # ------------------------------------------------------------------------------------ what is asked for

    def look(self, id: int, caller: Caller) -> Operation | None:
        """The state of a job of this caller."""
        party = caller.party
        if party is None or not 0 < id <= INT64_MAX:
            return None
        return self.read(lambda transaction: self._find(transaction, id, party))

    def _find(self, transaction: Transaction, id: int, party: str) -> Operation | None:
        rows = transaction.rows(f"SELECT {SEEN} FROM {OPERATIONS} WHERE id = :id AND party = :party", id=id, party=party)  # noqa: S608  # constants
        found = _read(rows[0]) if rows else None
        expired = found is not None and found.expires_at is not None and found.expires_at <= self.now(transaction)
        return None if expired else found

    def part(self, id: int, result: OperationResult, number: int) -> bytes:
        """One part of a result."""
        rows = self.read(lambda transaction: transaction.rows(
            f"SELECT body FROM {PARTS} WHERE operation = :id AND lease = :lease AND number = :number",  # noqa: S608  # its own name
            id=id, lease=result.lease, number=number))
        if not rows:
            raise SourceUnavailable(f"part {number} of the result of operation {id} is there no more")
        return bytes(rows[0]["body"])

    def recent(self, parties: Sequence[str] | None, limit: int) -> Sequence[Operation]:
        """The newest jobs of some parties, or of all."""
        if parties is not None and not parties:
            return []
        whose = "" if parties is None else "WHERE party IN :parties"
        named: dict[str, Any] = {} if parties is None else {"parties": list(parties)}
        rows = self.read(lambda transaction: transaction.rows(
            f"SELECT {SEEN} FROM {OPERATIONS} {whose} ORDER BY id DESC LIMIT :most", most=limit, **named))  # noqa: S608  # constants
        return [_read(row) for row in rows]

    # ------------------------------------------------------------------------------------ what is ended early

    def cancel(self, id: int, caller: Caller) -> Operation | None:
        """Ask a job of this caller to end."""
        party = caller.party
        if party is None or not 0 < id <= INT64_MAX:
            return None
        return self.run(lambda transaction: self._cancel(transaction, id, party))

    def _cancel(self, transaction: Transaction, id: int, party: str) -> Operation | None:
        if self._find(transaction, id, party) is None:
            return None
        now = self.now(transaction)
        ended = transaction.execute(
            f"UPDATE {OPERATIONS} SET state = 'cancelled', worker = NULL, lease = lease + 1, ended_at = :now, expires_at = :expires_at "  # noqa: S608  # its own name
            f"WHERE id = :id AND state IN {LIVING} AND (worker IS NULL OR due_at <= :now)",     # or one that was lost
            id=id, now=now, expires_at=now + self.limits.kept_s)
        if ended:
            transaction.execute(f"DELETE FROM {PARTS} WHERE operation = :id", id=id)  # noqa: S608  # its own name
        else:
            transaction.execute(f"UPDATE {OPERATIONS} SET cancel_asked = 1 WHERE id = :id AND state = 'running'", id=id)  # noqa: S608  # its own name
        return self._find(transaction, id, party)


def forget(transaction: Transaction, id: int) -> None:
    """Remove a job and its result."""
    transaction.execute(f"DELETE FROM {PARTS} WHERE operation = :id", id=id)  # noqa: S608  # its own name
    transaction.execute(f"DELETE FROM {OPERATIONS} WHERE id = :id", id=id)  # noqa: S608  # its own name


_encode = msgspec.json.Encoder(order="deterministic").encode
"""Decimals as texts, so that every value reads back by the type of its parameter."""


def _read(row: Mapping[str, Any]) -> Operation:
    result = OperationResult(lease=row["lease"], parts=row["parts"], items=row["items"], size_bytes=row["size_bytes"],
                             is_list=bool(row["listed"]), version=row["result_version"] or "",
                             hides=bool(row["hides"])) if row["state"] == "done" else None
    return Operation(
        id=row["id"], method=f"{row['catalog']}:{row['method']}", state=row["state"], cluster=row["cluster"], party=row["party"],
        done=row["done"], total=row["total"], attempts=row["attempts"], result=result,
        cancelling=bool(row["cancel_asked"]) and row["state"] == "running",
        fault=msgspec.json.decode(row["fault"], type=Fault) if row["fault"] else None, created_at=row["created_at"],
        started_at=row["started_at"], ended_at=row["ended_at"], expires_at=row["expires_at"],
    )


def _too_many(most: int) -> Refusal:
    return refuse(Code.LIMIT_EXCEEDED, f"{most} of your operations have not ended: wait until one has, or cancel one",
                  facts={"limit": most, "retry_after_s": 1})

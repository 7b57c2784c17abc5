"""The same rows as workers see them: claimed under a lease, held by a heartbeat, ended by whoever holds the lease alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ..catalog.plain import INT64_MAX, encode_json
from ..errors import Code, Fault
from ..exchange import Claim, OperationResult, Reaped, State
from ..query import OPERATIONS, PARTS, Transaction
from .store import LIVING, Known, OperationStore, forget

_FORGOTTEN_MAX, _REAPED_MAX = 100, 100
"""How many rows one reaping removes, or frees, so that nobody waits long for the database."""
_MINE = "id = :id AND lease = :lease AND state = 'running'"
_TAKEN = "id, lease, catalog, cluster, method, arguments, version, caller, request_id, attempts"


class JobQueue:
    """Keeps the contract of `Jobs`.

    A row that may be worked on is due: queued, or running without a worker since the last one was lost. From the outside
    it is running either way, so that its state never goes back. Each claim has the next lease number, and everything that
    a worker writes is written under its own number or not at all.
    """

    def __init__(self, store: OperationStore) -> None:
        self._store, self._limits = store, store.limits

    def claim(self, worker: str, catalogs: Sequence[str]) -> Claim | None:
        """The oldest job that is due."""
        return self._store.run(lambda transaction: self._claim(transaction, worker, catalogs))

    def _claim(self, transaction: Transaction, worker: str, catalogs: Sequence[str]) -> Claim | None:
        now = self._store.now(transaction)
        due = transaction.rows(
            f"SELECT id FROM {OPERATIONS} WHERE state IN {LIVING} AND worker IS NULL AND due_at <= :now AND catalog IN :catalogs "  # noqa: S608  # constants
            f"ORDER BY due_at, id LIMIT 1 {self._store.kind.skip_locked}", now=now, catalogs=list(catalogs))
        if not due:
            return None
        (row,) = transaction.rows(
            f"UPDATE {OPERATIONS} SET state = 'running', worker = :worker, lease = lease + 1, attempts = attempts + 1, due_at = :until, "  # noqa: S608  # constants
            f"heartbeat_at = :now, started_at = coalesce(started_at, :now) WHERE id = :id RETURNING {_TAKEN}",
            id=due[0]["id"], worker=worker, now=now, until=now + self._limits.lease_s)
        return Claim(
            id=row["id"], lease=row["lease"], catalog=row["catalog"], cluster=row["cluster"], path=row["method"],
            arguments=row["arguments"].encode(), version=row["version"] or "", caller=msgspec.json.decode(row["caller"], type=Known).caller,
            request_id=row["request_id"], attempts=row["attempts"])

    # ------------------------------------------------------------------------------------ while it runs

    def beat(self, claim: Claim, done: int, total: int | None) -> bool | None:
        """Hold a claim, and tell how far it is."""
        def hold(transaction: Transaction) -> bool | None:
            now = self._store.now(transaction)
            rows = transaction.rows(
                f"UPDATE {OPERATIONS} SET due_at = :until, heartbeat_at = :now, done = :done, total = :total WHERE {_MINE} "  # noqa: S608  # constants
                "RETURNING cancel_asked", now=now, until=now + self._limits.lease_s, done=_sane(done),
                total=None if total is None else _sane(total), **_named(claim))
            return bool(rows[0]["cancel_asked"]) if rows else None
        return self._store.run(hold)

    def asked_to_end(self, claim: Claim) -> bool | None:
        """Whether it was asked to end."""
        rows = self._store.read(lambda transaction: transaction.rows(
            f"SELECT cancel_asked FROM {OPERATIONS} WHERE {_MINE}", **_named(claim)))  # noqa: S608  # constants
        return bool(rows[0]["cancel_asked"]) if rows else None

    def add_part(self, claim: Claim, number: int, body: bytes) -> bool:
        """Keep a part of the result; the row is held meanwhile, so that no other lease can begin before it is written."""
        def add(transaction: Transaction) -> bool:
            if not transaction.execute(f"UPDATE {OPERATIONS} SET parts = :parts WHERE {_MINE}", parts=number + 1, **_named(claim)):  # noqa: S608  # constants
                return False
            transaction.execute(f"INSERT INTO {PARTS} (operation, lease, number, body) VALUES (:id, :lease, :number, :body)",  # noqa: S608  # its own name
                                number=number, body=body, **_named(claim))
            return True
        return self._store.run(add)

    # ------------------------------------------------------------------------------------ how it ends

    def finish(self, claim: Claim, result: OperationResult) -> bool:
        """It is done: the parts that were added under this lease are its result, and those of all others are removed."""
        def end(transaction: Transaction) -> bool:
            ended = self._end(transaction, claim, "done", items=result.items, parts=result.parts, size_bytes=result.size_bytes,
                              listed=int(result.is_list), result_version=result.version, hides=int(result.hides))
            if ended:
                transaction.execute(
                    f"UPDATE {OPERATIONS} SET done = CASE WHEN total IS NULL THEN :items ELSE total END WHERE id = :id",  # noqa: S608  # its own name
                    id=claim.id, items=result.items)
                transaction.execute(f"DELETE FROM {PARTS} WHERE operation = :id AND lease <> :lease", **_named(claim))  # noqa: S608  # its own name
            return ended
        return self._store.run(end)

    def fail(self, claim: Claim, fault: Fault) -> bool:
        """It failed for ever."""
        return self._store.run(lambda transaction: self._end_without(
            transaction, claim, "failed", fault=encode_json(fault).decode()))

    def end(self, claim: Claim) -> bool:
        """It was asked to end, and has."""
        return self._store.run(lambda transaction: self._end_without(transaction, claim, "cancelled"))

    def _end_without(self, transaction: Transaction, claim: Claim, state: State, **values: Any) -> bool:
        ended = self._end(transaction, claim, state, **values)
        if ended:
            transaction.execute(f"DELETE FROM {PARTS} WHERE operation = :id", id=claim.id)  # noqa: S608  # its own name
        return ended

    def _end(self, transaction: Transaction, claim: Claim, state: State, **values: Any) -> bool:
        now = self._store.now(transaction)
        also = "".join(f", {name} = :{name}" for name in values)
        return bool(transaction.execute(
            f"UPDATE {OPERATIONS} SET state = :state, worker = NULL, ended_at = :now, expires_at = :expires_at{also} WHERE {_MINE}",  # noqa: S608  # constants
            state=state, now=now, expires_at=now + self._limits.kept_s, **values, **_named(claim)))

    def give_back(self, claim: Claim) -> bool:
        """Let another worker do it, as the next: it keeps its place among those that wait."""
        def free(transaction: Transaction) -> bool:
            freed = transaction.execute(
                f"UPDATE {OPERATIONS} SET worker = NULL, lease = lease + 1, attempts = attempts - 1, due_at = created_at WHERE {_MINE}",  # noqa: S608  # constants
                **_named(claim))
            if freed:
                transaction.execute(f"DELETE FROM {PARTS} WHERE operation = :id", id=claim.id)  # noqa: S608  # its own name
                for statement in self._store.kind.ring:
                    transaction.rows(statement)
            return bool(freed)
        return self._store.run(free)

    # ------------------------------------------------------------------------------------ what others left

    def reap(self) -> Reaped:
        """Free the jobs of workers that are gone, and forget what is older than is kept."""
        return self._store.run(self._reap)

    def _reap(self, transaction: Transaction) -> Reaped:
        now = self._store.now(transaction)
        lost = transaction.rows(
            f"SELECT id, lease, attempts, cancel_asked FROM {OPERATIONS} WHERE state IN {LIVING} AND worker IS NOT NULL "  # noqa: S608  # constants
            f"AND due_at <= :now ORDER BY due_at LIMIT :most {self._store.kind.skip_locked}", now=now, most=_REAPED_MAX)
        retried: list[int] = []
        failed: list[int] = []
        for row in lost:
            last = row["attempts"] >= self._limits.attempts_max
            if row["cancel_asked"] or last:
                self._close(transaction, row, now)
            else:
                pause_s = min(self._limits.retry_max_s, self._limits.retry_s * 2 ** (row["attempts"] - 1))
                transaction.execute(f"UPDATE {OPERATIONS} SET worker = NULL, lease = lease + 1, due_at = :due_at WHERE id = :id",  # noqa: S608  # its own name
                                    id=row["id"], due_at=now + pause_s)
            transaction.execute(f"DELETE FROM {PARTS} WHERE operation = :id", id=row["id"])  # noqa: S608  # its own name
            if not row["cancel_asked"]:
                (failed if last else retried).append(int(row["id"]))
        return Reaped(retried=retried, failed=failed, forgotten=self._forget(transaction, now))

    def _close(self, transaction: Transaction, row: Any, now: float) -> None:
        """A job whose worker is gone, and that is not tried again."""
        state, fault = "cancelled", None
        if not row["cancel_asked"]:
            state, fault = "failed", encode_json(_cut_off(row["attempts"])).decode()
        transaction.execute(
            f"UPDATE {OPERATIONS} SET state = :state, worker = NULL, lease = lease + 1, fault = :fault, ended_at = :now, "  # noqa: S608  # its own name
            "expires_at = :expires_at WHERE id = :id",
            id=row["id"], state=state, fault=fault, now=now, expires_at=now + self._limits.kept_s)

    def _forget(self, transaction: Transaction, now: float) -> int:
        old = transaction.rows(
            f"SELECT id FROM {OPERATIONS} WHERE expires_at <= :now ORDER BY expires_at LIMIT :most {self._store.kind.skip_locked}",  # noqa: S608  # constants
            now=now, most=_FORGOTTEN_MAX)
        for row in old:
            forget(transaction, int(row["id"]))
        return len(old)


def _named(claim: Claim) -> dict[str, int]:
    return {"id": claim.id, "lease": claim.lease}


def _sane(number: Any) -> int:
    """A number of steps as it can be kept, whatever a method made of it."""
    return max(0, min(number, INT64_MAX)) if isinstance(number, int) else 0


def _cut_off(times: int) -> Fault:
    return Fault(code=Code.METHOD_FAILED, message=f"it was cut off {times} times, by the end of whoever worked on it",
                 hint="Start it again; report it if it lasts.")

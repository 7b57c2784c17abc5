"""Idempotency keys: a write is done once, and whoever sends it again with the same key is told what became of it.

What was answered is kept beside what was written, in the same transaction where that can be; for at least 24 hours.
"""

from __future__ import annotations

import time
from typing import NamedTuple

import msgspec
from xxhash import xxh3_128_hexdigest

from ..catalog.plain import encode_json
from ..contracts import Transactions, Turn
from ..errors import Code, Fault, Refusal, SourceUnavailable, refuse
from ..query import REPLAYS, Plan, Transaction

KEPT_S = 172_800.0
_SWEEP_S = 3_600.0
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS {REPLAYS} (
    party VARCHAR(200) NOT NULL, idempotency_key VARCHAR(255) NOT NULL, digest VARCHAR(40) NOT NULL, outcome TEXT,
    ends_at DOUBLE PRECISION NOT NULL, kept_at DOUBLE PRECISION NOT NULL, PRIMARY KEY (party, idempotency_key))
"""


class Claim(NamedTuple):
    """Whose key it is, the key, and what tells its request from all others."""

    party: str
    key: str
    digest: str


class Kept(msgspec.Struct, frozen=True):
    """What became of a call: the JSON of its value, or what was wrong."""

    value: msgspec.Raw = msgspec.Raw(b"null")
    faults: tuple[Fault, ...] = ()


def digest_of(plan: Plan) -> str:
    """What makes one request of a method the same as another: the target, all arguments, and what is shown of the result."""
    asked = f"{plan.catalog.name}:{plan.cluster}:{plan.target.path}:{plan.view.tag}".encode()
    return xxh3_128_hexdigest(asked + b"\0" + _encode(plan.arguments))


_encode = msgspec.json.Encoder(order="deterministic").encode


class Replays:
    """The keys in one database; its table is made where there is none."""

    def __init__(self, database: Transactions, turn: Turn) -> None:
        self._swept_at = 0.0
        try:
            database.run(lambda transaction: transaction.execute(_SCHEMA), turn)
        except SourceUnavailable:
            raise
        except Exception:  # noqa: BLE001  # another process made it at the same moment, which databases tell in many ways
            database.run(lambda transaction: transaction.rows(f"SELECT 1 FROM {REPLAYS} WHERE 1 = 0"), turn)  # noqa: S608  # its own name

    def find(self, transaction: Transaction, claim: Claim) -> Kept | None:
        """What became of the call with a key; None where there was none. Raises `Refusal` (conflict) where the key was used
        for another request, or its call has not ended."""
        rows = transaction.rows(
            f"SELECT digest, outcome, ends_at FROM {REPLAYS} WHERE party = :party AND idempotency_key = :key",  # noqa: S608  # its own name
            party=claim.party, key=claim.key)
        if not rows:
            return None
        digest, outcome, ends_at = rows[0]["digest"], rows[0]["outcome"], rows[0]["ends_at"]
        if digest != claim.digest:
            raise _conflict(claim, "the idempotency key was used for another request", "Use a new key for a new request.")
        if outcome is not None:
            return msgspec.json.decode(outcome, type=Kept)
        if time.time() < ends_at:
            raise _conflict(claim, "the first request with this idempotency key is not over", "Send it again in a moment.")
        raise _conflict(claim, "the first request with this idempotency key was cut off, and nobody knows what it did",
                        "Look whether it was done before you send it with a new key.")

    def begin(self, transaction: Transaction, claim: Claim, ends_at: float) -> Kept | None:
        """Note that a call begins, which is over at `ends_at` (UNIX time in seconds) at the latest; or what became of the
        first with this key."""
        found = self.find(transaction, claim)
        if found is None:
            self._insert(transaction, claim, None, ends_at)
        return found

    def end(self, transaction: Transaction, claim: Claim, kept: Kept | None) -> None:
        """Keep what became of a call that began; None forgets it, as it did nothing."""
        where = "WHERE party = :party AND idempotency_key = :key"
        if kept is None:
            transaction.execute(f"DELETE FROM {REPLAYS} {where}", party=claim.party, key=claim.key)  # noqa: S608  # its own name
            return
        transaction.execute(f"UPDATE {REPLAYS} SET outcome = :outcome {where}",  # noqa: S608  # its own name
                            outcome=encode_json(kept).decode(), party=claim.party, key=claim.key)

    def add(self, transaction: Transaction, claim: Claim, kept: Kept) -> None:
        """Keep what became of a call, in the transaction of what it did."""
        self._insert(transaction, claim, encode_json(kept).decode(), 0.0)

    def settle(self, transaction: Transaction, claim: Claim, kept: Kept) -> Kept | None:
        """Keep what became of a call that was undone; or what another call with the same key was answered meanwhile."""
        found = self.find(transaction, claim)
        if found is None:
            self.add(transaction, claim, kept)
        return found

    def _insert(self, transaction: Transaction, claim: Claim, outcome: str | None, ends_at: float) -> None:
        self._sweep(transaction)
        transaction.execute(
            f"INSERT INTO {REPLAYS} (party, idempotency_key, digest, outcome, ends_at, kept_at) "  # noqa: S608  # its own name
            "VALUES (:party, :key, :digest, :outcome, :ends_at, :kept_at)",
            party=claim.party, key=claim.key, digest=claim.digest, outcome=outcome, ends_at=ends_at, kept_at=time.time())

    def _sweep(self, transaction: Transaction) -> None:
        """Drop what was kept long enough, once an hour."""
        now = time.time()
        if now - self._swept_at > _SWEEP_S:
            self._swept_at = now
            transaction.execute(f"DELETE FROM {REPLAYS} WHERE kept_at < :before", before=now - KEPT_S)  # noqa: S608  # its own name


def _conflict(claim: Claim, message: str, hint: str) -> Refusal:
    return refuse(Code.CONFLICT, message, field="Idempotency-Key", value=claim.key, hint=hint)

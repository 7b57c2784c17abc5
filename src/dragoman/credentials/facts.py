"""What the data plane knows of accounts, applications, keys and what is switched off: one fact a row, told by the control plane."""

from __future__ import annotations

import msgspec

from ..errors import SourceUnavailable

TABLE = "credentials_fact"
"""Where facts stand: `seq` (ever greater), `kind`, `ref`, `body` (the JSON of a fact, empty for what is gone)."""


class Account(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person, by the account's number."""

    subject: str | None = None
    """The account's id in the publisher's data."""
    banned: bool = False


class Application(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An application, by its id (L3)."""

    account: int
    """Who owns it."""
    name: str
    type: str = "standalone"
    addresses: tuple[str, ...] = ()
    """Addresses and networks that it may call from; those of a server application alone are enforced (L5)."""
    blocked: bool = False
    rate: str = ""
    """How much it may ask, where an operator set it otherwise than for its type: `50/s`."""
    quota: str = ""
    """The same of its quota: `1000000/d`."""
    version: str = ""
    """The version of the schema that it has settled on, in the form of `read_version`; empty for none."""


class Key(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A key or token, by its public id."""

    kind: str
    digest: str
    """Hexadecimal, of `Digester`."""
    account: int
    application: str | None = None
    """The application that it was made for; None for a key that its account uses as it likes."""
    name: str = ""
    permissions: tuple[str, ...] = ()
    expires_at: float | None = None
    """UNIX time in seconds."""
    state: str = "active"
    """`active`, `disabled` (by its owner), `suspended` (by an operator) or `revoked`, which is for good."""


class Target(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A resource or method that is switched off, by `catalog:path`; there is no fact of one that answers (L20)."""

    reason: str = ""


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """The secret key that digests are made with; see `fingerprint`."""

    fingerprint: str


Body = Account | Application | Key | Target | Secret
KINDS: dict[str, type[Body]] = {"account": Account, "application": Application, "key": Key, "target": Target, "secret": Secret}


class Fact(msgspec.Struct, frozen=True):
    """One row: what is known of one thing, None where it is gone."""

    seq: int
    kind: str
    ref: str
    body: Body | None


def read(seq: int, kind: str, ref: str, body: str) -> Fact:
    """A row as a fact. Of a kind that a later version tells, beside which this one still runs, nothing is known.

    Raises `SourceUnavailable` for a row that no version writes.
    """
    known = KINDS.get(kind)
    try:
        return Fact(seq, kind, ref, msgspec.json.decode(body, type=known) if body and known is not None else None)
    except msgspec.DecodeError as error:
        raise SourceUnavailable(f"the fact {seq} ({kind} {ref}) is damaged: {error}") from error


def write(body: Body) -> str:
    """The text of a fact; equal facts have equal texts."""
    return msgspec.json.encode(body, order="sorted").decode()

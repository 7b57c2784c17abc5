"""Everything that an operator does to others, by page or by command; each act leaves its line in the log."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction

from ...contracts import Operations
from ...credentials.secrets import Kind
from ...exchange import Operation
from ...settings import Settings
from .. import asked
from ..accounts import links, terms
from ..accounts import services as accounts
from ..accounts.models import Account, Terms
from ..announcements import services as announcements
from ..announcements.models import Announcement
from ..applications import pinning, rotation
from ..applications import services as applications
from ..applications.models import Application, Secret
from ..asked import Reply
from ..grants import services as grants
from ..keys import importing
from ..keys import services as keys
from ..keys.models import Key, KeyRequest
from ..operations.services import caller_of
from ..showcase.models import Entry
from ..voiding import Voided
from ..voiding import void_all as end_everything
from . import limits, switches
from .audit import Actor, note, note_many, recorded
from .models import LimitRequest, Switch

# -------------------------------------------------------------------------------------------- accounts


@transaction.atomic
def open_account(by: Actor, name: str, **given: Any) -> Account:
    """Open an account, as `accounts.services.add`."""
    made = accounts.add(name, **given)
    note(by, "account.open", made)
    return made


def make_link(by: Actor, account: Account, settings: Settings) -> str:
    """A link that signs an account in once."""
    with recorded(by, "account.link", account):
        return links.link_of(account, settings)


def ban(by: Actor, account: Account, reason: str) -> None:
    """End everything that an account may do."""
    with recorded(by, "account.ban", account):
        accounts.ban(account, reason)


def unban(by: Actor, account: Account) -> None:
    """Give a banned account back what it had."""
    with recorded(by, "account.unban", account):
        accounts.unban(account)


def connect(by: Actor, account: Account, subject: str) -> Account:
    """Say who an account is in the publisher's data; the row as it then is. What was somebody else before signs in to
    applications anew: they got their tokens for that one."""
    with recorded(by, "account.connect", account):
        row = accounts.locked(account)
        if row.subject not in (None, subject or None):
            grants.end_all(row)
        return accounts.connect(row, subject)


@transaction.atomic
def publish_terms(by: Actor, text: str) -> Terms:
    """Put terms of use in force; every account is asked to accept them."""
    made = terms.publish(text)
    note(by, "terms.publish", made)
    return made


# -------------------------------------------------------------------------------------------- applications


@transaction.atomic
def register(
    by: Actor, name: str, owner: Account, type: str, addresses: Iterable[str], redirects: Iterable[str] = (),
) -> Application:
    """Register an application for somebody."""
    made = applications.add(name, owner, type, addresses)
    applications.set_redirects(made, redirects)
    note(by, "application.register", made)
    return made


def block(by: Actor, application: Application, reason: str) -> None:
    """Refuse every call of an application (L7); its owner is shown the reason."""
    with recorded(by, "application.block", application):
        applications.block(application, reason)


def unblock(by: Actor, application: Application) -> None:
    """Take its calls again."""
    with recorded(by, "application.unblock", application):
        applications.unblock(application)


@transaction.atomic
def add_secret(by: Actor, application: Application) -> tuple[Secret, str]:
    """Make a secret for an application; the row, and its text, which is told this once."""
    made, text = rotation.add_secret(application)
    note(by, "application.secret", application)
    return made, text


def set_pkce(by: Actor, application: Application, required: bool) -> None:
    """Say whether a confidential application may ask for sign-ins without PKCE."""
    with recorded(by, "application.pkce", application):
        applications.allow_without_pkce(application, not required)


def pin(by: Actor, application: Application, version: str | None, known: Sequence[str]) -> Application:
    """Settle an application on a version of the schema, as `pinning.pin`."""
    with recorded(by, "application.pin", application):
        return pinning.pin(application, version, known)


def limit(by: Actor, application: Application, rate: str, quota: str) -> None:
    """Say how much an application may ask; empty texts for what is usual for its type."""
    with recorded(by, "application.limit", application):
        limits.set_limits(application, rate, quota)


def answer_limits(by: Actor, request: LimitRequest, reply: Reply, text: str) -> None:
    """Grant or refuse a request for limits; what is granted is in force."""
    with recorded(by, f"limits.{reply.value}", request), (
            recorded(by, "application.limit", request.application) if reply is Reply.GRANTED else contextlib.nullcontext()):
        limits.answer(request, reply, text)


# -------------------------------------------------------------------------------------------- keys


@transaction.atomic
def add_key(
    by: Actor, account: Account, kind: Kind, name: str, permissions: Iterable[str], expires_at: dt.datetime | None,
) -> tuple[Key, str]:
    """Make a key for somebody; the row, and its secret, which is told this once."""
    made, secret = keys.add(account, kind, name, permissions, expires_at)
    note(by, "key.add", made)
    return made, secret


@transaction.atomic
def import_keys(by: Actor, rows: importing.Rows) -> importing.Imported:
    """Take over keys that were issued elsewhere, all or none."""
    done = importing.import_keys(rows)
    note_many(by, "key.import", Key, rows.file.name, done._asdict())
    return done


@transaction.atomic
def void_all(by: Actor) -> Voided:
    """End every key, secret and sign-in that hangs on the secret key."""
    done = end_everything()
    note_many(by, "key.void-all", Key, "", done._asdict())
    return done


def suspend(by: Actor, key: Key, reason: str) -> None:
    """Refuse a key until an operator releases it."""
    with recorded(by, "key.suspend", key):
        keys.suspend(key, reason)


def release(by: Actor, key: Key) -> None:
    """Take back an operator's disabling; its owner's stays."""
    with recorded(by, "key.release", key):
        keys.release(key)


def revoke(by: Actor, key: Key) -> None:
    """End a key, for good."""
    with recorded(by, "key.revoke", key):
        keys.revoke(key)


def answer_key(by: Actor, request: KeyRequest, reply: Reply, text: str) -> None:
    """Grant or refuse a request for a key (D11)."""
    with recorded(by, f"key-request.{reply.value}", request):
        asked.answer(request, reply, text)


# -------------------------------------------------------------------------------------------- what is published


def answer_showcase(by: Actor, entry: Entry, reply: Reply, text: str, seen: str) -> None:
    """Show what an owner offers, or not; `seen` is when that was offered which the operator looked at (L22)."""
    with recorded(by, f"showcase.{reply.value}", entry):
        asked.answer(entry, reply, text, seen)


@transaction.atomic
def announce(by: Actor, kind: str, texts: Mapping[str, Any], from_at: dt.datetime | None = None) -> Announcement:
    """Publish an announcement: page, feed, banner and letters (D9)."""
    made = announcements.publish(kind, texts, from_at)
    note(by, "announcement.publish", made)
    return made


def withdraw_announcement(by: Actor, announcement: Announcement) -> None:
    """Take an announcement off the page and the feed; letters that were sent stay sent."""
    with recorded(by, "announcement.withdraw", announcement):
        announcement.delete()


@transaction.atomic
def switch_off(by: Actor, catalog: str, path: str, reason: str) -> Switch:
    """Refuse every call of a resource or method, in every dialect (L20)."""
    made = switches.switch_off(catalog, path, reason)
    note(by, "target.disable", made)
    return made


def switch_on(by: Actor, switch: Switch) -> None:
    """Let it answer again."""
    with recorded(by, "target.enable", switch):
        switch.delete()


# -------------------------------------------------------------------------------------------- operations


@transaction.atomic
def cancel_operation(by: Actor, kept: Operations, id: int, party: str) -> Operation | None:
    """End a long operation of somebody; as it is then, None where that party has none of this id. What is asked of the store
    of operations cannot be taken back: the line is written first."""
    found = kept.look(id, caller_of(party))
    if found is None:
        return None
    note_many(by, "operation.cancel", Account if party.startswith("account:") else Application, f"{id} {found.method}",
              {"party": party, "state": found.state})
    return kept.cancel(id, caller_of(party))

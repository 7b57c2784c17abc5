"""What can be done with keys, for pages and commands alike."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ...credentials.secrets import SHOWN, Kind, mint
from ...errors import SettingsError
from .. import wording
from ..accounts import services as accounts
from ..accounts.models import Account
from ..configuration import digester_of, ours
from . import permissions as allowed
from .models import Key, State

_DURATION = re.compile(r"([0-9]{1,5})\s*([smhdw])\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


@transaction.atomic
def add(
    account: Account, kind: Kind, name: str, permissions: Iterable[str] = (), expires_at: dt.datetime | None = None,
    id: uuid.UUID | None = None,
) -> tuple[Key, str]:
    """Make a key; the row, and its secret, which is told this once. Raises `SettingsError` with what is wrong."""
    _check_room(account)
    if id is not None and Key.objects.filter(pk=id).exists():
        raise SettingsError(_("This form was sent before. Its key was shown once: make another one if you have lost it."))
    secret = mint(kind)
    key = Key(id=id or uuid.uuid4(), account=account, kind=kind.value, name=check_name(name), shown=secret[:SHOWN],
              digest=digester_of(ours()).digest(secret), permissions=allowed.check(permissions), expires_at=expires_at)
    key.save(force_insert=True)
    return key, secret


def _check_room(account: Account) -> None:
    """See that an account may have one more; two tabs at once do not pass the limit together."""
    limit = ours().room.keys_max
    accounts.locked(account)
    keys = Key.objects.filter(account=account)
    if keys.living().count() >= limit:
        raise SettingsError(_("One account has at most %(limit)s keys: revoke one first.") % {"limit": limit})
    for old in keys.ended()[limit:]:        # so that what is over does not pile up for ever
        old.delete()


def check_name(name: str) -> str:
    """A name without what nobody can see. Raises `SettingsError`."""
    return wording.check_name(name, _("Give the key a name of 1 to %(limit)s characters."))


def read_duration(text: str) -> dt.timedelta:
    """A duration such as `90d` or `12h`. Raises `SettingsError`."""
    found = _DURATION.match(text.strip())
    if found is None or int(found[1]) == 0:
        raise SettingsError(_("“%(text)s” is no duration: write a number and s, m, h, d or w, such as 90d.") % {"text": text[:40]})
    return dt.timedelta(seconds=int(found[1]) * _SECONDS[found[2]])


def expiry(duration: str | None) -> dt.datetime | None:
    """When a key made now for a duration ends; None for one without end. Raises `SettingsError`."""
    return timezone.now() + read_duration(duration) if duration else None


def find(id: str) -> Key:
    """The key of a public id. Raises `SettingsError` where there is none."""
    try:
        key = Key.objects.filter(pk=uuid.UUID(id)).first()
    except ValueError:
        key = None
    if key is None:
        raise SettingsError(_("There is no key “%(id)s”.") % {"id": id[:40]})
    return key


# -------------------------------------------------------------------------------------------- by its owner


@transaction.atomic
def disable(key: Key) -> None:
    """Refuse a key until its owner enables it again. Raises `SettingsError` for one that is over."""
    row = _lasting(key)
    row.disabled_at = row.disabled_at or timezone.now()
    row.save()


@transaction.atomic
def enable(key: Key) -> None:
    """Take a key again that its owner disabled; not one that an operator did. Raises `SettingsError`."""
    row = _lasting(key)
    if row.suspended_at is not None:
        raise SettingsError(_("An operator disabled this key, and can alone enable it: ask, or make another one."))
    row.disabled_at = None
    row.save()


@transaction.atomic
def revoke(key: Key) -> None:
    """End a key, for good. Raises `SettingsError` where it is gone."""
    row = _locked(key)
    row.revoked_at = row.revoked_at or timezone.now()
    row.save()


@transaction.atomic
def forget(key: Key) -> None:
    """Take a key that is over off the list. Raises `SettingsError` for one that is not."""
    row = _locked(key)
    if row.state not in (State.REVOKED, State.EXPIRED):
        raise SettingsError(_("The key may still be in use: revoke it first."))
    row.delete()


# -------------------------------------------------------------------------------------------- by an operator


@transaction.atomic
def suspend(key: Key, reason: str = "") -> None:
    """Refuse a key until an operator releases it. Raises `SettingsError` for one that is over."""
    row = _lasting(key)
    row.suspended_at, row.suspend_reason = row.suspended_at or timezone.now(), wording.check_reason(reason)
    row.save()


@transaction.atomic
def release(key: Key) -> None:
    """Take back an operator's disabling; its owner's stays. Raises `SettingsError` for one that is over."""
    row = _lasting(key)
    row.suspended_at, row.suspend_reason = None, ""
    row.save()


def _lasting(key: Key) -> Key:
    row = _locked(key)
    if row.revoked_at is not None:
        raise SettingsError(_("A revoked key stays revoked: make a new one."))
    return row


def _locked(key: Key) -> Key:
    """The row as it is now, held until the transaction ends."""
    row = Key.objects.select_for_update().filter(pk=key.pk).first()
    if row is None:
        raise SettingsError(_("The key is gone already."))
    return row

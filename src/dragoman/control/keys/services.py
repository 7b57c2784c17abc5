"""What can be done with keys, for pages and commands alike."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from ...credentials.secrets import SHOWN, Kind, mint
from ...errors import SettingsError
from ..accounts.models import Account
from ..configuration import digester_of, ours
from .models import NAME_MAX, Key, State

_DURATION = re.compile(r"(\d{1,6})\s*([smhdw])\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
PERMISSION_DEFAULT = "account"


@transaction.atomic
def add(
    account: Account, kind: Kind, name: str, permissions: Iterable[str] = (), expires_at: dt.datetime | None = None,
) -> tuple[Key, str]:
    """Make a key; the row, and its secret, which is told this once. Raises `SettingsError` with what is wrong."""
    limit = ours().room.keys_max
    Account.objects.select_for_update().get(pk=account.pk)      # two tabs at once must not pass the limit together
    if account.keys.exclude(state=State.REVOKED).count() >= limit:
        raise SettingsError(f"One account has at most {limit} keys: revoke one first.")
    secret = mint(kind)
    key = Key(account=account, kind=kind.value, name=check_name(name), digest=digester_of(ours()).digest(secret),
              shown=secret[:SHOWN], permissions=sorted(set(permissions) or {PERMISSION_DEFAULT}), expires_at=expires_at)
    key.save(force_insert=True)
    return key, secret


def check_name(name: str) -> str:
    """A name without what nobody can see. Raises `SettingsError`."""
    plain = " ".join(name.split())
    if not plain or len(plain) > NAME_MAX or not plain.isprintable():
        raise SettingsError(f"Give the key a name of 1 to {NAME_MAX} characters.")
    return plain


def read_duration(text: str) -> dt.timedelta:
    """A duration such as `90d` or `12h`. Raises `SettingsError`."""
    found = _DURATION.match(text.strip())
    if found is None or int(found[1]) == 0:
        raise SettingsError(f"{text!r} is no duration: write a number and s, m, h, d or w, such as 90d.")
    return dt.timedelta(seconds=int(found[1]) * _SECONDS[found[2]])


def find(id: str) -> Key:
    """The key of a public id. Raises `SettingsError` where there is none."""
    try:
        key = Key.objects.filter(pk=uuid.UUID(id)).first()
    except ValueError:
        key = None
    if key is None:
        raise SettingsError(f"There is no key {id!r}.")
    return key


@transaction.atomic
def set_state(key: Key, state: State) -> None:
    """Disable, suspend, enable or revoke a key. Raises `SettingsError` for a revoked one, which is so for good."""
    key = Key.objects.select_for_update().get(pk=key.pk)
    if key.state == State.REVOKED and state != State.REVOKED:
        raise SettingsError("A revoked key stays revoked: make a new one.")
    key.state = state
    key.save()


def expiry(duration: str | None) -> dt.datetime | None:
    """When a key made now for a duration ends; None for one without end."""
    return timezone.now() + read_duration(duration) if duration else None

"""Who makes keys: their owner, their owner once an operator has agreed, or an operator alone (D11)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from enum import StrEnum

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ...credentials.secrets import Kind
from ...errors import SettingsError
from ..accounts import services as accounts
from ..accounts.models import Account
from ..asked import Reply, drop_oldest
from ..configuration import ours
from . import permissions as allowed
from . import services
from .models import Key, KeyRequest

REQUESTS_MAX = 10
"""How many requests of one account may wait at once; so many answered ones are kept beside them."""


class Issue(StrEnum):
    """The operator's switch, for each kind of key."""

    SELF = "self"
    ASK = "ask"
    OPERATOR = "operator"


def issue_of(kind: Kind) -> Issue:
    """How keys of a kind are made here."""
    switches = {str(name): switch for name, switch in ours().room.issue.items()}
    return Issue(switches.get(kind.value, Issue.SELF))


def make_own(
    account: Account, kind: Kind, name: str, permissions: Iterable[str], days: int | None, id: uuid.UUID,
) -> tuple[Key, str]:
    """Make a key for oneself, where the operator lets people do so. Raises `SettingsError`."""
    if issue_of(kind) is not Issue.SELF:
        raise SettingsError(_("Keys of this kind are made with the operator's consent alone."))
    return services.add(account, kind, name, permissions, ends_after(days), id)


def ends_after(days: int | None) -> dt.datetime | None:
    """When a key that is made now ends."""
    return timezone.now() + dt.timedelta(days=days) if days is not None else None


@transaction.atomic
def ask(account: Account, kind: Kind, name: str, permissions: Iterable[str], days: int | None) -> KeyRequest:
    """Ask the operator for a key. Raises `SettingsError`."""
    if issue_of(kind) is not Issue.ASK:
        raise SettingsError(_("Keys of this kind are not asked for here."))
    accounts.locked(account)
    requests = KeyRequest.objects.filter(account=account)
    if requests.filter(reply=Reply.WAITING).count() >= REQUESTS_MAX:
        raise SettingsError(_("At most %(limit)s requests wait at once: wait for an answer, or withdraw one.")
                            % {"limit": REQUESTS_MAX})
    drop_oldest(requests.filter(reply=Reply.REFUSED), REQUESTS_MAX)
    return KeyRequest.objects.create(account=account, kind=kind.value, name=services.check_name(name),
                                     permissions=allowed.check(permissions), days=days)


@transaction.atomic
def make_granted(request: KeyRequest) -> tuple[Key, str]:
    """Make the key that was asked for and granted; once. Raises `SettingsError`."""
    row = KeyRequest.objects.select_for_update().filter(pk=request.pk).first()
    if row is None or row.reply != Reply.GRANTED:
        raise SettingsError(_("The request is not granted."))
    row.delete()
    return services.add(row.account, Kind(row.kind), row.name, row.permissions, ends_after(row.days))


@transaction.atomic
def withdraw(request: KeyRequest) -> None:
    """Take back a request, or a refusal or grant that is of no more use."""
    KeyRequest.objects.filter(pk=request.pk).delete()


def find_request(id: str) -> KeyRequest:
    """The request of an id. Raises `SettingsError` where there is none."""
    try:
        request = KeyRequest.objects.select_related("account").filter(pk=uuid.UUID(id)).first()
    except ValueError:
        request = None
    if request is None:
        raise SettingsError(_("There is no request “%(id)s”: `dragoman key requests` lists them.") % {"id": id[:40]})
    return request

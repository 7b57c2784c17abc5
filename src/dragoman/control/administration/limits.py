"""How much an application may ask: set by operators, asked for by those who work on it."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from ...errors import SettingsError
from ...query import read_rate
from .. import asked
from ..accounts.models import Account
from ..applications.models import Application, Type
from ..applications.services import locked
from ..asked import Reply
from ..configuration import ours
from ..wording import check_reason
from .models import LIMIT_MAX, LimitRequest

REQUESTS_MAX = 20
"""How many answered requests of an application are kept."""


def usual_of(type: str) -> dict[str, str]:
    """The limits that hold for a type unless an operator says otherwise, as the settings tell them; empty for none."""
    limits = ours().limits
    return {"rate": limits.server if type == Type.SERVER else limits.standalone, "quota": limits.quota}


def check_limit(text: str) -> str:
    """A limit such as `50/s` or `1000000/d`; an empty text for the usual one. Raises `SettingsError`."""
    plain = " ".join(text.split())
    try:
        if len(plain) > LIMIT_MAX:
            raise SettingsError("")
        read_rate(plain)
    except SettingsError:
        raise SettingsError(_("“%(text)s” is no limit: write 20/s, 5/s burst 300 or 100000/d, or nothing for the usual one.")
                            % {"text": plain[:LIMIT_MAX]}) from None
    return plain


@transaction.atomic
def set_limits(application: Application, rate: str, quota: str) -> None:
    """Say how much an application may ask; empty texts for what is usual. Raises `SettingsError`."""
    row = locked(application)
    row.rate, row.quota = check_limit(rate), check_limit(quota)
    row.save()


@transaction.atomic
def ask(application: Application, account: Account, rate: str, quota: str, reason: str) -> LimitRequest:
    """Ask for other limits; one request of an application waits at once. Raises `SettingsError`."""
    row = locked(application)
    rate, quota, reason = check_limit(rate), check_limit(quota), check_reason(reason)
    if not (rate or quota):
        raise SettingsError(_("Write which limit you need."))
    if not reason:
        raise SettingsError(_("Write what it is for: an operator reads it."))
    if row.limit_requests.filter(reply=Reply.WAITING).exists():
        raise SettingsError(_("A request waits for an answer already: withdraw it to ask for something else."))
    asked.drop_oldest(row.limit_requests.all(), REQUESTS_MAX - 1)
    return LimitRequest.objects.create(application=row, account=account, rate=rate, quota=quota, reason=reason)


@transaction.atomic
def withdraw(application: Application) -> None:
    """Take back what waits."""
    application.limit_requests.filter(reply=Reply.WAITING).delete()


@transaction.atomic
def answer(request: LimitRequest, reply: Reply, text: str) -> None:
    """Grant or refuse a request; what is granted is in force. Raises `SettingsError` for one that was answered."""
    row = asked.answer(request, reply, text)
    if reply == Reply.GRANTED:
        application = locked(row.application)
        set_limits(application, row.rate or application.rate, row.quota or application.quota)

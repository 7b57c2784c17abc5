"""Letters to the owners of applications that use a deprecated version: one for each version and notice, whoever sends it."""

from __future__ import annotations

import datetime as dt
import logging
from smtplib import SMTPDataError, SMTPRecipientsRefused

from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage
from django.db import close_old_connections, transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from ..accounts.links import address_of
from ..configuration import ours
from ..published import publisher_name
from .models import Notice, Outdated
from .outdated import Ending, ending_of, note_used, recent

_LOG = logging.getLogger(__name__)
_LEASE = dt.timedelta(minutes=2)


def follow() -> int:
    """Note who uses a deprecated version, and write every letter that is due; how many were. Raises `SourceUnavailable` where there
    are no statistics at present, and `OSError` where letters cannot be sent."""
    sent = 0
    try:
        note_used()
        for row in recent():
            ending = ending_of(row)
            address = _address_of(row) if ending is not None and ending.notice > row.told else None
            if ending is not None and address is not None and _claim(row, ending.notice):
                sent += _send(row, ending.notice, address)
    finally:
        close_old_connections()
    return sent


def _address_of(row: Outdated) -> EmailAddress | None:
    """Where its owner is written to; None for one who has no address, until there is one."""
    return EmailAddress.objects.filter(verified=True, primary=True, user__is_active=True, user=row.application.owner).first()


@transaction.atomic
def _claim(row: Outdated, notice: Notice) -> bool:
    """Whether this process is to write the letter; no other one then does, for two minutes."""
    now = timezone.now()
    held = Outdated.objects.select_for_update().filter(pk=row.pk, told__lt=notice).first()
    if held is None or (held.leased_until is not None and held.leased_until > now):
        return False
    held.leased_until = now + _LEASE
    held.save(update_fields=["leased_until"])
    return True


def _send(row: Outdated, notice: Notice, address: EmailAddress) -> int:
    """Write, and note it at once. A letter that the server will not take for this address is not tried again."""
    told, sent = row.told, 0
    try:
        sent = _letter(row, address).send()
        told = notice
    except (SMTPRecipientsRefused, SMTPDataError):
        _LOG.warning("The mail server refuses letters to account %s.", address.user_id)
        told = notice
    finally:
        Outdated.objects.filter(pk=row.pk).update(told=told, leased_until=None)
    return sent


def _letter(row: Outdated, address: EmailAddress) -> EmailMessage:
    with translation.override(address.user.language or "en"):
        ending = ending_of(row)
        assert ending is not None  # noqa: S101  # seen by whoever calls
        facts = {"ending": ending, "application": row.application, "place": address_of(ours()), "publisher": publisher_name(ours())}
        body = render_to_string("changelog/email/message.txt", facts)
        subject = f"{publisher_name(ours())}: {_subject(ending)}"
    return EmailMessage(subject, body, to=[address.email])


def _subject(ending: Ending) -> str:
    facts = {"application": ending.row.application.name, "version": ending.row.version, "day": ending.until}
    if ending.notice is Notice.DEPRECATED:
        return _("“%(application)s” uses version %(version)s, which is deprecated") % facts
    return _("“%(application)s” uses version %(version)s, which is gone from %(day)s on") % facts

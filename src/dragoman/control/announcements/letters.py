"""Letters about announcements, written beside the pages: in small batches, by one process at a time, going on where one ended."""

from __future__ import annotations

import datetime as dt
import logging
from smtplib import SMTPDataError, SMTPRecipientsRefused

from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage
from django.db import close_old_connections, connection, transaction
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone, translation

from ..accounts.links import address_of
from ..configuration import ours
from ..published import publisher_name
from . import services
from .models import Announcement

BATCH = 20
_LOG = logging.getLogger(__name__)
_LEASE = dt.timedelta(minutes=2)


def deliver() -> int:
    """Write every letter that is due; how many were. Raises `OSError` where they cannot be sent at present."""
    sent = 0
    try:
        while (claimed := _claim()) is not None:
            announcement, addresses = claimed
            sent += _send(announcement, addresses)
            _release(announcement, done=not addresses)
    finally:
        close_old_connections()
    return sent


def _due() -> QuerySet[Announcement]:
    return services.shown().filter(Q(leased_until=None) | Q(leased_until__lt=timezone.now()), lettered_at=None)


def _claim() -> tuple[Announcement, list[EmailAddress]] | None:
    """The next batch, which no other process writes to for two minutes; None where nothing is due."""
    if not _due().exists():                     # no lock where there is nothing to do
        return None
    with transaction.atomic():
        row = _due().select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked).first()
        if row is None:
            return None
        row.leased_until = timezone.now() + _LEASE
        row.save()
    return row, list(EmailAddress.objects.filter(
        verified=True, primary=True, user__is_active=True, user__announcements=True, user__pk__gt=row.lettered_to,
    ).select_related("user").order_by("user__pk")[:BATCH])


def _send(announcement: Announcement, addresses: list[EmailAddress]) -> int:
    """Write to each, and note it at once: an address that is refused must not hold up the others, nor have them written to
    again."""
    link, sent = address_of(ours()), 0
    for address in addresses:
        try:
            sent += _letter(announcement, address, link).send()
        except (SMTPRecipientsRefused, SMTPDataError):
            _LOG.warning("The mail server refuses letters to account %s.", address.user_id)
        _advance(announcement, address)
    return sent


def _letter(announcement: Announcement, address: EmailAddress, link: str) -> EmailMessage:
    with translation.override(address.user.language or "en"):
        facts = {"announcement": announcement, "link": link, "publisher": publisher_name(ours())}
        body = render_to_string("announcements/email/message.txt", facts)
        subject = f"{publisher_name(ours())}: {announcement.title}"
    return EmailMessage(subject, body, to=[address.email])


@transaction.atomic
def _advance(announcement: Announcement, address: EmailAddress) -> None:
    """Note up to whom letters were written; the batch stays ours for as long again."""
    row = Announcement.objects.select_for_update().filter(pk=announcement.pk).first()
    if row is not None:                         # else it was withdrawn meanwhile
        row.lettered_to, row.leased_until = address.user_id, timezone.now() + _LEASE
        row.save()


@transaction.atomic
def _release(announcement: Announcement, *, done: bool) -> None:
    """Let others have the next batch; with nobody left, note that all is done."""
    row = Announcement.objects.select_for_update().filter(pk=announcement.pk).first()
    if row is not None:
        row.leased_until, row.lettered_at = None, timezone.now() if done else None
        row.save()

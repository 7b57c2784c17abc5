"""Letters about announcements, written beside the pages: in small batches, by one process at a time, going on where one ended."""

from __future__ import annotations

import datetime as dt

from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage, get_connection
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
_LEASE = dt.timedelta(minutes=2)


def deliver() -> int:
    """Write every letter that is due; how many were. Raises `OSError` where they cannot be sent at present."""
    sent = 0
    try:
        while (claimed := _claim()) is not None:
            announcement, addresses = claimed
            sent += _send(announcement, addresses)
            _advance(announcement, addresses)
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
    link = address_of(ours())
    letters = [_letter(announcement, each, link) for each in addresses]
    return get_connection().send_messages(letters) or 0 if letters else 0


def _letter(announcement: Announcement, address: EmailAddress, link: str) -> EmailMessage:
    with translation.override(address.user.language or "en"):
        facts = {"announcement": announcement, "link": link, "publisher": publisher_name(ours())}
        body = render_to_string("announcements/email/message.txt", facts)
        subject = f"{publisher_name(ours())}: {announcement.title}"
    return EmailMessage(subject, body, to=[address.email])


@transaction.atomic
def _advance(announcement: Announcement, addresses: list[EmailAddress]) -> None:
    """Note who was written to; with nobody left, that it is done."""
    row = Announcement.objects.select_for_update().filter(pk=announcement.pk).first()
    if row is None:                             # it was withdrawn meanwhile
        return
    row.leased_until = None
    if addresses:
        row.lettered_to = addresses[-1].user_id
    else:
        row.lettered_at = timezone.now()
    row.save()

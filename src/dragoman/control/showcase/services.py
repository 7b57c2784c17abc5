"""Offering an application for the showcase, approving it, and taking it out."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import xxhash
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from ...errors import SettingsError
from ..applications.models import Application
from ..applications.services import locked
from ..asked import Reply
from .models import Entry
from .pictures import check_picture

TEXT_MAX = 600
LINK_MAX = 500
_LINK = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~:/?@!$&'()*+,;=%-]*)?\Z")


@transaction.atomic
def offer(application: Application, text: str, link: str, picture: bytes | None) -> Entry:
    """Offer an application, or change what is offered; an operator looks at it before it is shown. Raises `SettingsError`.

    Without a picture the one that was sent before stays.
    """
    row = locked(application)
    plain = text.replace("\r\n", "\n").strip()
    if not plain or len(plain) > TEXT_MAX or not plain.replace("\n", " ").isprintable():
        raise SettingsError(_("Write a text of 1 to %(limit)s characters.") % {"limit": TEXT_MAX})
    entry = Entry.objects.select_for_update().filter(application=row).first() or Entry(application=row)
    entry.text, entry.link, entry.reply, entry.answer = plain, _check_link(link), Reply.WAITING, ""
    entry.asked_at = timezone.now()
    if picture:
        entry.picture_type, entry.picture = check_picture(picture), picture
        entry.picture_hash = xxhash.xxh3_64_hexdigest(picture)
    if not entry.picture:
        raise SettingsError(_("Send a picture as PNG, JPEG or WebP."))
    entry.save()
    return entry


def _check_link(link: str) -> str:
    plain = link.strip()
    try:
        known = _LINK.match(plain) is not None and len(plain) <= LINK_MAX and "." in (urlsplit(plain).hostname or "")
    except ValueError:
        known = False
    if not known:
        raise SettingsError(_("Write the whole address of its page, such as https://example.org/."))
    return plain


@transaction.atomic
def withdraw(application: Application) -> None:
    """Take back the consent: nothing of it is shown or kept any more."""
    Entry.objects.filter(application=application).delete()


def shown() -> QuerySet[Entry]:
    """What everybody sees: approved, and neither the application nor its owner barred."""
    return Entry.objects.defer("picture").filter(
        reply=Reply.GRANTED, application__blocked_at=None, application__owner__is_active=True).select_related("application")

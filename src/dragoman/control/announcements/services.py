"""Publishing announcements, and reading them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from ...errors import SettingsError
from .models import TEXT_MAX, TITLE_MAX, Announcement, Kind

BANNER_FOR = dt.timedelta(days=30)
"""How long the newest stands on every page."""
_LANGUAGES = ("en", "ru")


def publish(kind: str, texts: Mapping[str, Any], from_at: dt.datetime | None = None) -> Announcement:
    """Announce something from a time on, now by default. Raises `SettingsError` for what is no announcement."""
    if kind not in Kind.values:
        raise SettingsError(_("“%(kind)s” is no kind of announcement.") % {"kind": kind[:40]})
    told = {f"{part}_{language}": _clean(str(texts.get(f"{part}_{language}") or "")) for language in _LANGUAGES
            for part in ("title", "text")}
    if not any(told[f"title_{language}"] for language in _LANGUAGES):
        raise SettingsError(_("Write a title and a text, in one language at least."))
    for language in _LANGUAGES:
        if bool(told[f"title_{language}"]) != bool(told[f"text_{language}"]):
            raise SettingsError(_("In each language that is used, title and text go together."))
        if len(told[f"title_{language}"]) > TITLE_MAX or not told[f"title_{language}"].isprintable():
            raise SettingsError(_("A title is one line of at most %(limit)s characters.") % {"limit": TITLE_MAX})
        if len(told[f"text_{language}"]) > TEXT_MAX:
            raise SettingsError(_("A text has at most %(limit)s characters.") % {"limit": TEXT_MAX})
    return Announcement.objects.create(kind=kind, from_at=from_at or timezone.now(), **told)


def _clean(text: str) -> str:
    """Text without characters that neither pages nor feeds can hold."""
    plain = text.replace("\r\n", "\n").strip()
    return "".join(letter for letter in plain if letter in "\n\t" or letter.isprintable())


def shown() -> QuerySet[Announcement]:
    """Those whose time has come, the newest first."""
    return Announcement.objects.filter(from_at__lte=timezone.now())


def banner(seen: str) -> Announcement | None:
    """What stands on every page: the newest of late, unless it is the one that was seen."""
    newest = shown().filter(from_at__gt=timezone.now() - BANNER_FOR).first()
    return None if newest is None or str(newest.pk) == seen else newest

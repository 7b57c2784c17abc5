"""Noticing that a base address has changed, and announcing it (D10)."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from ...bases import Former, read_former
from ...settings import Settings
from . import services
from .models import Announcement, Base, Kind

_LANGUAGES = ("en", "ru")


@transaction.atomic
def note_bases(settings: Settings) -> Announcement | None:
    """Compare the base addresses with those of the last start; what is announced of a change, once for all nodes."""
    changes: list[tuple[str, str, str]] = []
    for name, mounts in settings.bases().items():
        address = settings.base_url + mounts.current
        row, made = Base.objects.select_for_update().get_or_create(name=name, defaults={"address": address})
        if not made and row.address != address:
            changes.append((name, row.address, address))
            row.address = address
            row.save()
    return _announce(settings, changes) if changes else None


def _announce(settings: Settings, changes: list[tuple[str, str, str]]) -> Announcement:
    texts: dict[str, str] = {}
    for language in _LANGUAGES:
        with translation.override(language):
            texts[f"title_{language}"] = _("The base address has changed")
            texts[f"text_{language}"] = "\n\n".join(
                f"{_instead(old, new)} {_until(settings, name, old)}" for name, old, new in changes)
    return services.publish(Kind.BASE_ADDRESS, texts)


def _instead(old: str, new: str) -> str:
    return _("Use %(new)s instead of %(old)s.") % {"new": new, "old": old}


def _until(settings: Settings, name: str, old: str) -> str:
    """For how long an old address goes on answering, as the settings say."""
    url = urlsplit(old)
    path = url.path.removeprefix(urlsplit(settings.base_url).path)
    hosts = [read_former(text, "former_hosts") for text in settings.former_hosts]
    found: list[Former] = [each for each in settings.bases()[name].former if each.place == path]
    found += [each for each in hosts if each.place.lower() == url.hostname]
    if not found:
        return _("The old address is not promised any more: change over now.")
    return _("The old address goes on answering until %(day)s (UTC).") % {"day": min(each.day for each in found)}

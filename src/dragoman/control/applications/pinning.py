"""The version of the schema that an application has settled on, for calls that name none."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from ...catalog.catalog import Catalog
from ...catalog.version import read_version, show_version
from ...errors import SettingsError
from . import services
from .models import Application

_SHOWN = 5
"""How many versions are named to whoever names none of them."""


def versions_of(catalogs: Iterable[Catalog]) -> list[str]:
    """The versions of everything that is published, without those that are gone, the newest first, in the form of `read_version`."""
    now = time.time()
    return sorted({version for catalog in catalogs for version in catalog.timeline.versions
                   if not catalog.timeline.lives.is_gone(version, now)}, reverse=True)


def named(version: str, catalogs: Iterable[Catalog]) -> str:
    """A version as whoever chooses one reads it: with a word where it is deprecated anywhere."""
    now = time.time()
    ends = (catalog.timeline.lives.of(version) for catalog in catalogs if version in catalog.timeline.versions)
    shown = show_version(version)
    return f"{shown} ({_('deprecated')})" if any(end is not None and end.is_deprecated(now) for end in ends) else shown


@transaction.atomic
def pin(application: Application, version: str | None, known: Sequence[str]) -> Application:
    """Settle an application on one of the `known` versions, as people write them, or on none; the row as it then is. Raises
    `SettingsError` for any other, but for the one that it has already."""
    row = services.locked(application)
    found = read_version(version) if version else ""
    if found is None or (found and found not in (*known, row.version)):
        raise SettingsError(_wrong(version or "", known))
    row.version = found
    row.save()
    return row


def _wrong(version: str, known: Sequence[str]) -> str:
    if not known:
        return _("What is published has no versions.")
    told = ", ".join([*map(show_version, known[:_SHOWN]), *(["..."] if len(known) > _SHOWN else [])])
    return _("“%(version)s” is no version of what is published: say %(known)s, or none.") % {"version": version[:40], "known": told}

"""What operators write to people: reasons and answers."""

from __future__ import annotations

from django.utils.translation import gettext as _

from ...errors import SettingsError
from .models import REASON_MAX


def check_reason(text: str) -> str:
    """A text of a few lines without what nobody can see. Raises `SettingsError`."""
    plain = text.replace("\r\n", "\n").strip()
    if len(plain) > REASON_MAX or not plain.replace("\n", " ").isprintable():
        raise SettingsError(_("Write at most %(limit)s characters, and none that cannot be seen.") % {"limit": REASON_MAX})
    return plain

"""Texts that people write: names, reasons and answers, without what nobody can see."""

from __future__ import annotations

from django.utils.translation import gettext as _

from ..errors import SettingsError

NAME_MAX = 80
REASON_MAX = 1_000


def check_name(text: str, refusal: str) -> str:
    """A name on one line, as it is kept. Raises `SettingsError` with the refusal, in which `%(limit)s` stands for the most."""
    plain = " ".join(text.split())
    if not plain or len(plain) > NAME_MAX or not plain.isprintable():
        raise SettingsError(refusal % {"limit": NAME_MAX})
    return plain


def check_reason(text: str) -> str:
    """A text of a few lines, as it is kept; it may be empty. Raises `SettingsError`."""
    plain = text.replace("\r\n", "\n").strip()
    if len(plain) > REASON_MAX or not plain.replace("\n", " ").isprintable():
        raise SettingsError(_("Write at most %(limit)s characters, and none that cannot be seen.") % {"limit": REASON_MAX})
    return plain

"""Under which secret key everything is kept: noted once, compared at every start and by every command."""

from __future__ import annotations

from ...credentials import fingerprint
from ...settings import Settings
from ..configuration import digester_of
from .models import Fact, tell


def note_secret(settings: Settings) -> None:
    """Note the secret key, or see that it is the one of before. Raises `SettingsError` for another one."""
    known = Fact.objects.filter(kind=fingerprint.KIND, ref=fingerprint.REF).first()
    if known is None:
        renew_secret(settings)
    else:
        fingerprint.compare(known.body, digester_of(settings))


def renew_secret(settings: Settings) -> None:
    """Note the secret key as the one that holds from now on."""
    tell(fingerprint.KIND, fingerprint.REF, fingerprint.fact_of(digester_of(settings)))

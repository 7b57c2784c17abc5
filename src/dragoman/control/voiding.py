"""Doing without everything that hangs on a secret key: after the key was lost, or was seen by somebody."""

from __future__ import annotations

from typing import NamedTuple

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils import timezone

from .applications.models import Secret
from .configuration import ours
from .grants.models import AccessToken, Consent, Grant, IDToken, RefreshToken, SigningKey
from .keys.models import Key
from .ledger.secret import renew_secret

_ENCRYPTED = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)


class Voided(NamedTuple):
    """How much has ended."""

    keys: int
    secrets: int
    sign_ins: int
    factors: int


@transaction.atomic
def void_all() -> Voided:
    """End every key, application secret and sign-in to an application, and every second factor that lies encrypted; the secret
    key of the settings is the one that holds from now on. Passwords and passkeys stay."""
    keys = list(Key.objects.filter(revoked_at=None))
    for key in keys:
        key.revoked_at = timezone.now()
        key.save()
    sign_ins = Consent.objects.count()
    for model in (Grant, RefreshToken, AccessToken, IDToken, Consent, SigningKey):
        model.objects.all().delete()
    secrets, _ = Secret.objects.all().delete()
    factors, _ = Authenticator.objects.filter(type__in=_ENCRYPTED).delete()
    renew_secret(ours())
    return Voided(len(keys), secrets, sign_ins, factors)

"""Forms that make something which is shown once: each carries the id of what it will make, so that it makes it once."""

from __future__ import annotations

import uuid

from django.core import signing
from django.utils.translation import gettext as _

from ..errors import SettingsError
from .accounts.models import Account

_SALT = "dragoman.control.once"
_AGE_MAX_S = 86_400


def mint_once(account: Account) -> str:
    """What a form of an account carries."""
    return signing.dumps([account.pk, uuid.uuid4().hex], salt=_SALT)


def read_once(account: Account, text: str) -> uuid.UUID:
    """The id in a form that this account was given. Raises `SettingsError` for any other, and for one of yesterday."""
    try:
        owner, id = signing.loads(text, salt=_SALT, max_age=_AGE_MAX_S)
    except signing.BadSignature:
        owner, id = None, ""
    if owner != account.pk:
        raise SettingsError(_("The form is too old: look it over and send it again."))
    return uuid.UUID(id)

"""The key of identity tokens: made once, kept in the database under the server's own key, the same on every node."""

from __future__ import annotations

import base64
import functools

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.db import transaction

from ...errors import SettingsError
from ..configuration import digester_of, ours

_BITS = 2_048
_ONLY = 1
"""The number of the one row: of several nodes that make a key at once, one wins."""


def make_key() -> None:
    """Make the key where there is none; at start, since a key of a transaction that is rolled back must never be used."""
    from .models import SigningKey

    with transaction.atomic(durable=True):
        SigningKey.objects.get_or_create(pk=_ONLY, defaults={"sealed": lambda: _cipher().encrypt(_make())})


@functools.cache
def private_key() -> str:
    """The private key in PEM. Raises `SettingsError` where there is none, or where the server's own key is not the one it was
    kept under."""
    from .models import SigningKey

    row = SigningKey.objects.filter(pk=_ONLY).first()
    if row is None:
        raise SettingsError("The key that identity tokens are signed with is gone: start again, which makes another one.")
    try:
        return _cipher().decrypt(bytes(row.sealed)).decode()
    except InvalidToken:
        raise SettingsError("secret_key is not the one that identity tokens were signed under: bring it back from a backup.") from None


def _make() -> bytes:
    return rsa.generate_private_key(public_exponent=65_537, key_size=_BITS).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _cipher() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(digester_of(ours()).derive("identity tokens")))

"""The key of identity tokens: made once, kept in the database under the server's own key, the same on every node."""

from __future__ import annotations

import base64
import functools

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ...errors import SettingsError
from ..configuration import digester_of, ours

_BITS = 2_048
_ONLY = 1
"""The number of the one row: of several nodes that make a key at once, one wins."""


@functools.cache
def private_key() -> str:
    """The private key in PEM. Raises `SettingsError` where the server's own key is not the one it was kept under."""
    from .models import SigningKey

    row = SigningKey.objects.first()
    if row is None:
        row, _ = SigningKey.objects.get_or_create(pk=_ONLY, defaults={"sealed": _cipher().encrypt(_make())})
    try:
        return _cipher().decrypt(bytes(row.sealed)).decode()
    except InvalidToken:
        raise SettingsError("secret_key is not the one that identity tokens were signed under: bring it back from a backup.") from None


def _make() -> bytes:
    return rsa.generate_private_key(public_exponent=65_537, key_size=_BITS).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _cipher() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(digester_of(ours()).derive("identity tokens")))

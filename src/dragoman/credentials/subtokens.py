"""Subtokens: signed claims that a key has made for less than itself (`createsubtoken`), as JSON Web Tokens."""

from __future__ import annotations

import time
import uuid

import jwt
import msgspec

from ..errors import Code, Refusal, refuse

_ALGORITHM = "HS256"
_SIZE_MAX = 4_096


def looks_like_subtoken(text: str) -> bool:
    """Whether a text has the three parts of a JSON Web Token (RFC 7519), which no key has."""
    return text.count(".") == 2


class Subtoken(msgspec.Struct, frozen=True, kw_only=True):
    """What a subtoken says: at most the permissions of its parent, at certain addresses, until a certain time."""

    parent: str
    """The public id of the key that it was made from."""
    permissions: frozenset[str]
    expires_at: float
    """UNIX time in seconds."""
    urls: tuple[str, ...] = ()
    """Paths that it may be used for; empty for all."""


class Subtokens:
    """Signs and reads subtokens with a key that every node has."""

    def __init__(self, signing_key: bytes) -> None:
        self._key = signing_key

    def sign(self, subtoken: Subtoken) -> str:
        """The text of a subtoken."""
        claims = {
            "sub": subtoken.parent, "iat": int(time.time()), "exp": int(subtoken.expires_at), "jti": str(uuid.uuid4()),
            "permissions": sorted(subtoken.permissions),
        }
        return jwt.encode(claims | ({"urls": list(subtoken.urls)} if subtoken.urls else {}), self._key, _ALGORITHM)

    def read(self, text: str) -> Subtoken:
        """What a subtoken says. Raises `Refusal` (credential-expired or credential-invalid)."""
        if len(text) > _SIZE_MAX:
            raise _invalid()
        try:
            claims = jwt.decode(text, self._key, algorithms=[_ALGORITHM], options={
                "require": ["exp", "sub", "permissions"],
                "verify_iat": False,        # the clock of the node that made it may be a little ahead
            })
        except jwt.ExpiredSignatureError:
            raise refuse(Code.CREDENTIAL_EXPIRED, "the subtoken has expired", hint="Make a new one.",
                         facts={"kind": "gw2"}) from None
        except jwt.InvalidTokenError:
            raise _invalid() from None
        return Subtoken(parent=claims["sub"], permissions=frozenset(claims["permissions"]), expires_at=claims["exp"],
                        urls=tuple(claims.get("urls", ())))


def _invalid() -> Refusal:
    return refuse(Code.CREDENTIAL_INVALID, "no subtoken of ours", hint="Copy it whole, or make a new one.",
                  facts={"kind": "gw2"})

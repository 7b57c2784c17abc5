"""What is kept of sign-ins to applications. Nothing here can be used by whoever reads it: digests alone stand for secrets."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from jwcrypto.jwk import JWK
from oauth2_provider.models import AbstractAccessToken, AbstractGrant, AbstractIDToken, AbstractRefreshToken, set_token_value

from ...credentials import facts
from ...credentials.secrets import Kind
from ..applications.addresses import is_registered
from ..applications.models import Application
from ..configuration import digester_of, ours
from ..ledger.told import Told
from . import signing

IDENTITY = ("openid", "profile")
"""Scopes that are no permissions: who somebody is, and what they are called (OpenID Connect Core, section 5.4)."""


class Client(Application):
    """An application as the provider's library wants to see one."""

    algorithm = "RS256"
    skip_authorization = False

    class Meta:
        """The same rows."""

        proxy = True

    @property
    def client_id(self) -> str:
        """By what it is known to everybody (RFC 6749, section 2.2)."""
        return self.pk

    @property
    def client_type(self) -> str:
        """Whether it can keep a secret (RFC 6749, section 2.1)."""
        return "confidential" if self.confidential else "public"

    @property
    def client_secret(self) -> list[bytes]:
        """The digests of the secrets that are good at present."""
        return [bytes(secret.digest) for secret in self.secrets.all() if not secret.is_expired]

    @property
    def default_redirect_uri(self) -> str:
        """Where browsers are sent if the only registered address was left out (RFC 6749, section 3.1.2.3); else none."""
        return str(self.redirect_addresses[0]) if len(self.redirect_addresses) == 1 else ""

    @property
    def jwk_key(self) -> JWK:
        """What its identity tokens are signed with."""
        return JWK.from_pem(signing.private_key().encode())

    def redirect_uri_allowed(self, uri: str) -> bool:
        """Whether browsers may be sent to an address."""
        return is_registered(self.redirect_addresses, uri)

    def allows_grant_type(self, *types: str) -> bool:
        """Codes, and what they are renewed with; neither passwords nor the implicit grant (RFC 9700, sections 2.1.2 and 2.4)."""
        return "authorization-code" in types

    def is_usable(self, request: object) -> bool:  # noqa: ARG002  # the library's own signature
        """Whether it may sign anybody in: it is not blocked, and its owner is not banned."""
        return self.blocked_at is None and self.owner.is_active


class DigestField(models.CharField):  # type: ignore[type-arg]  # Django itself knows no arguments
    """A secret in a row and in questions for it; what reaches the database is its SHA-256."""

    class Known(str):
        """A digest as it was read, which is not to be digested again."""

        __slots__ = ()

    def get_prep_value(self, value: Any) -> Any:
        """The digest of a secret."""
        if value is None or isinstance(value, DigestField.Known):
            return value
        return DigestField.Known(hashlib.sha256(str(value).encode(errors="surrogatepass")).hexdigest())

    def from_db_value(self, value: str | None, *_: object) -> Known | None:
        """The digest that a row holds."""
        return None if value is None else DigestField.Known(value)


class Grant(AbstractGrant, models.Model):  # type: ignore[misc]  # the library ships no types
    """An authorization code: good for a minute, once. A used one stays, so that a second use is known for what it is."""

    code = DigestField(max_length=64, unique=True)
    redirect_uri = models.TextField()
    used_at = models.DateTimeField(null=True)
    family = models.UUIDField(null=True)
    """The tokens that came of it."""


class AccessToken(Told, AbstractAccessToken):  # type: ignore[misc]  # the library ships no types
    """What an application shows at the API for an account; the data plane knows it as a key."""

    fact_kind: ClassVar[str] = "key"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    def hold(self, text: str) -> None:
        """Take a secret to be kept by its digest."""
        set_token_value(self, text)

    def fact(self) -> facts.Key:
        """Whose it is, for which application, and for what."""
        digest = digester_of(ours()).import_digest(bytes.fromhex(self.token_checksum))
        return facts.Key(
            kind=Kind.ACCESS_TOKEN.value, digest=digest.hex(), account=self.user.pk, application=self.application_id,
            name=self.application.name, permissions=tuple(sorted(permissions_in(self.scope))), expires_at=self.expires.timestamp(),
        )


class RefreshToken(AbstractRefreshToken, models.Model):  # type: ignore[misc]  # the library ships no types
    """What an application gets its next access token with, once."""


class IDToken(AbstractIDToken, models.Model):  # type: ignore[misc]  # the library ships no types
    """That an identity token was given out; the token itself is kept nowhere."""


class Consent(models.Model):
    """That an account has let an application in, and for what: the application's line on the page of sessions (L8)."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="consents")
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="consents")
    scopes = models.JSONField(default=list)
    """Everything that was allowed so far."""
    since = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True)
    """When it was last used by a token that has ended meanwhile."""

    class Meta:
        """The newest first, each application once."""

        ordering: ClassVar[list[str]] = ["-since", "id"]
        constraints = (models.UniqueConstraint(fields=["account", "application"], name="one_consent"),)


class SigningKey(models.Model):
    """The key that identity tokens are signed with, the same on every node; encrypted under the server's own key."""

    sealed = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)


def permissions_in(scope: str) -> frozenset[str]:
    """The permissions among scopes."""
    return frozenset(scope.split()) - set(IDENTITY)

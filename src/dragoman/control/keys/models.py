"""Keys of every kind, one row each."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ...credentials import facts
from ...credentials.secrets import Kind
from ..ledger.told import Told

NAME_MAX = 80


class State(models.TextChoices):
    """Whether a key is worth anything, and who said that it is not."""

    ACTIVE = "active", _("active")
    DISABLED = "disabled", _("disabled by its owner")
    SUSPENDED = "suspended", _("disabled by an operator")
    REVOKED = "revoked", _("revoked")


class KeyKind(models.TextChoices):
    """The kinds that people make by themselves."""

    GW2 = Kind.GW2.value, _("API key")
    API_TOKEN = Kind.API_TOKEN.value, _("API token")
    USER_TOKEN = Kind.USER_TOKEN.value, _("user token")
    REMOTE_AUTH = Kind.REMOTE_AUTH.value, _("remote_auth key")


class Key(Told):
    """A key or token of an account; its public id tells nothing of the secret."""

    fact_kind: ClassVar[str] = "key"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="keys")
    kind = models.CharField(_("kind"), max_length=32, choices=KeyKind.choices)
    name = models.CharField(_("name"), max_length=NAME_MAX)
    digest = models.BinaryField(max_length=32, unique=True)
    shown = models.CharField(max_length=16)
    """How the secret begins; empty for an imported one."""
    permissions = models.JSONField(default=list)
    state = models.CharField(max_length=16, choices=State.choices, default=State.ACTIVE)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-created_at", "id"]

    def __str__(self) -> str:
        return self.name

    def fact(self) -> facts.Key:
        """What it is worth."""
        return facts.Key(
            kind=self.kind, digest=bytes(self.digest).hex(), account=self.account_id, name=self.name,
            permissions=tuple(sorted(self.permissions)), state=self.state,
            expires_at=self.expires_at.timestamp() if self.expires_at else None,
        )

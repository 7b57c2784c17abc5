"""Keys of every kind, one row each, and requests for keys that operators give out."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ...credentials import facts
from ...credentials.secrets import Kind
from ..asked import Asked
from ..ledger.told import Told
from ..wording import NAME_MAX


class State(models.TextChoices):
    """Whether a key is worth anything, and who said that it is not."""

    ACTIVE = "active", _("active")
    DISABLED = "disabled", _("disabled by its owner")
    SUSPENDED = "suspended", _("disabled by an operator")
    REVOKED = "revoked", _("revoked")
    EXPIRED = "expired", _("expired")


class KeyKind(models.TextChoices):
    """The kinds that people make by themselves."""

    GW2 = Kind.GW2.value, _("API key")
    API_TOKEN = Kind.API_TOKEN.value, _("API token")
    USER_TOKEN = Kind.USER_TOKEN.value, _("user token")
    REMOTE_AUTH = Kind.REMOTE_AUTH.value, _("remote_auth key")


class KeySet(models.QuerySet["Key"]):
    """Several keys."""

    def living(self) -> KeySet:
        """Those that are worth something, or may be again."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), revoked_at=None)

    def ended(self) -> KeySet:
        """Those that were revoked or have expired."""
        return self.exclude(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), revoked_at=None)


class Key(Told):
    """A key or token of an account; its public id tells nothing of the secret.

    Owner and operator disable it independently of each other: what one of them does, the other does not undo.
    """

    fact_kind: ClassVar[str] = "key"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="keys")
    kind = models.CharField(_("kind"), max_length=32, choices=KeyKind.choices)
    name = models.CharField(_("name"), max_length=NAME_MAX)
    digest = models.BinaryField(max_length=32, unique=True)
    shown = models.CharField(max_length=16)
    """How the secret begins; empty for an imported one."""
    permissions = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    """Since when its owner keeps it disabled."""
    suspended_at = models.DateTimeField(null=True, blank=True)
    """Since when an operator keeps it disabled."""
    suspend_reason = models.TextField(blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    """Since when it is ended, for good."""

    objects = KeySet.as_manager()
    used_at: dt.datetime | None = None
    """When the data plane saw it last, once a page has looked that up."""

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-created_at", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> State:
        """What it is at present: of several reasons the one that lasts longest."""
        if self.revoked_at is not None:
            return State.REVOKED
        if self.expires_at is not None and self.expires_at <= timezone.now():
            return State.EXPIRED
        if self.suspended_at is not None:
            return State.SUSPENDED
        return State.DISABLED if self.disabled_at is not None else State.ACTIVE

    def fact(self) -> facts.Key:
        """What it is worth; the data plane finds out by itself that it has expired."""
        state = next((state for state, since in (
            (State.REVOKED, self.revoked_at), (State.SUSPENDED, self.suspended_at), (State.DISABLED, self.disabled_at),
        ) if since is not None), State.ACTIVE)
        return facts.Key(
            kind=self.kind, digest=bytes(self.digest).hex(), account=self.account_id, name=self.name,
            permissions=tuple(sorted(self.permissions)), state=state.value,
            expires_at=self.expires_at.timestamp() if self.expires_at else None,
        )


class KeyRequest(Asked):
    """An account asks for a key that it may not make without an operator; granted, it makes it by itself, once (D11)."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="key_requests")
    kind = models.CharField(_("kind"), max_length=32, choices=KeyKind.choices)
    name = models.CharField(_("name"), max_length=NAME_MAX)
    permissions = models.JSONField(default=list)
    days = models.PositiveIntegerField(null=True)
    """For how long the key is to be good, from its making; None for no end."""

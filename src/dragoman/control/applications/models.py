"""Applications, their members and their secrets."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ...credentials import facts
from ...credentials.secrets import mint_application_id
from ..ledger.told import Told

NAME_MAX = 80


class Type(models.TextChoices):
    """What an application is, which decides where it may call from (L5)."""

    SERVER = "server", _("server")
    STANDALONE = "standalone", _("standalone")


class Application(Told):
    """Something that calls the API, known to everybody by its id."""

    fact_kind: ClassVar[str] = "application"

    id = models.CharField(primary_key=True, max_length=32, default=mint_application_id, editable=False)
    name = models.CharField(_("name"), max_length=NAME_MAX)
    type = models.CharField(_("type"), max_length=16, choices=Type.choices)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="applications")
    addresses = models.JSONField(default=list, blank=True)
    """IP addresses and networks that a server application calls from."""
    redirect_addresses = models.JSONField(default=list, blank=True)
    """Where browsers may be sent after a sign-in: exact addresses."""
    blocked_at = models.DateTimeField(null=True)
    block_reason = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """In the order of their making."""

        ordering: ClassVar[list[str]] = ["created_at", "id"]

    def __str__(self) -> str:
        return self.name

    def fact(self) -> facts.Application:
        """Whose it is, where it may call from, and whether it may at all."""
        return facts.Application(account=self.owner_id, name=self.name, type=self.type, addresses=tuple(self.addresses),
                                 blocked=self.blocked_at is not None)


class Role(models.TextChoices):
    """What a member may do; the owner may do everything."""

    MANAGER = "manager", _("manager")
    """Change settings, secrets and members."""
    DEVELOPER = "developer", _("developer")
    """See everything but secrets, change nothing but the name and addresses."""
    VIEWER = "viewer", _("viewer")
    """See."""


class Member(models.Model):
    """An account that works on somebody else's application."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="members")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)

    class Meta:
        """Each account once."""

        constraints = (models.UniqueConstraint(fields=["application", "account"], name="one_membership"),)


class Secret(models.Model):
    """What proves a confidential application; several at once, so that they can be exchanged without a break."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="secrets")
    digest = models.BinaryField(max_length=32, unique=True)
    shown = models.CharField(max_length=16)
    """How it begins."""
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)

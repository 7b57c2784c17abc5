"""Applications, their members, invitations and secrets."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ...credentials import facts
from ...credentials.secrets import mint_application_id
from ..ledger.told import Told
from ..wording import NAME_MAX

ADDRESSEE_MAX = 254


class Type(models.TextChoices):
    """What an application is, which decides where it may call from (L5)."""

    SERVER = "server", _("server")
    STANDALONE = "standalone", _("standalone")


class Application(Told):
    """Something that calls the API, known to everybody by its id."""

    fact_kind: ClassVar[str] = "application"

    id = models.CharField(primary_key=True, max_length=32, default=mint_application_id, editable=False)
    name = models.CharField(_("name"), max_length=NAME_MAX)
    folded = models.CharField(max_length=3 * NAME_MAX, editable=False)
    """The name without regard to case, in which lists are searched."""
    type = models.CharField(_("type"), max_length=16, choices=Type.choices)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="applications")
    addresses = models.JSONField(default=list, blank=True)
    """IP addresses and networks that a server application calls from."""
    redirect_addresses = models.JSONField(default=list, blank=True)
    """Where browsers may be sent after a sign-in: exact addresses."""
    confidential = models.BooleanField(default=False)
    """Whether it proves itself by a secret wherever it gets tokens: since its first secret was made, even when all have ended."""
    pkce_optional = models.BooleanField(default=False)
    """Whether it may ask for sign-ins without PKCE, as old clients do; for a confidential application alone."""
    blocked_at = models.DateTimeField(null=True)
    block_reason = models.TextField(blank=True)
    rate = models.CharField(max_length=40, blank=True)
    """How much it may ask, where an operator said otherwise than for its type: `50/s`."""
    quota = models.CharField(max_length=40, blank=True)
    """The same of its quota: `1000000/d`."""
    version = models.CharField(_("version"), max_length=32, blank=True)
    """The version of the schema that it has settled on, in the form of `read_version`; empty for none."""
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-created_at", "id"]

    def __str__(self) -> str:
        return self.name

    def save(self, *arguments: Any, **options: Any) -> None:
        """Keep the row, its name as it is searched, and its fact."""
        self.folded = self.name.casefold()
        super().save(*arguments, **options)

    def fact(self) -> facts.Application:
        """Whose it is, where it may call from, and whether it may at all."""
        return facts.Application(account=self.owner_id, name=self.name, type=self.type, addresses=tuple(self.addresses),
                                 blocked=self.blocked_at is not None, rate=self.rate, quota=self.quota,
                                 version=self.version)


class Role(models.TextChoices):
    """How an account stands to an application; `roles.MAY` says what each may do."""

    OWNER = "owner", _("owner")
    MANAGER = "manager", _("manager")
    DEVELOPER = "developer", _("developer")
    VIEWER = "viewer", _("viewer")


class Member(models.Model):
    """An account that works on somebody else's application; its owner is no member."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="members")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)

    class Meta:
        """Each account once."""

        constraints = (models.UniqueConstraint(fields=["application", "account"], name="one_membership"),)


class Invitation(models.Model):
    """Somebody is asked to work on an application, or, as its owner, to take it over."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="invitations")
    addressee = models.CharField(max_length=ADDRESSEE_MAX)
    """The name or address as it was written: all that the inviting side ever learns."""
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="invitations")
    """Whom it reached; None where there is nobody."""
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """One invitation for what was written."""

        ordering: ClassVar[list[str]] = ["created_at"]
        constraints = (models.UniqueConstraint(fields=["application", "addressee"], name="one_invitation"),)


class Secret(models.Model):
    """What proves a confidential application; several at once, so that they can be exchanged without a break."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="secrets")
    digest = models.BinaryField(max_length=32, unique=True)
    shown = models.CharField(max_length=16)
    """How it begins."""
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-created_at", "id"]

    @property
    def is_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= timezone.now()

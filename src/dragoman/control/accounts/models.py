"""Accounts, terms of use and one-time sign-in links."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ...credentials import facts
from ..ledger.told import Told

username_validators = [
    RegexValidator(r"\A[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?\Z",
                   _("Use letters, digits and . _ - between them.")),
]
USERNAME_MAX = 60


class AccountManager(BaseUserManager["Account"]):
    """Makes accounts."""

    def create_user(self, username: str, email: str = "", password: str | None = None, **more: Any) -> Account:
        """A new account; without a password it can sign in by link, passkey or upstream alone."""
        account = self.model(username=username.lower(), email=self.normalize_email(email), **more)
        account.set_password(password)
        account.save()
        return account


class Account(Told, AbstractBaseUser):
    """A person who can sign in, and who owns applications and keys."""

    fact_kind: ClassVar[str] = "account"
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    username = models.CharField(_("name"), max_length=USERNAME_MAX, unique=True, validators=username_validators)
    email = models.EmailField(_("e-mail address"), blank=True)
    subject = models.CharField(max_length=255, unique=True, null=True, blank=True)
    """The account's id in the publisher's data."""
    language = models.CharField(_("language"), max_length=16, blank=True)
    """The language of pages and letters; that of the browser where it is empty."""
    is_operator = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    """False while the account is banned."""
    ban_reason = models.TextField(blank=True)
    announcements = models.BooleanField(default=True)
    """Whether letters tell of what operators announce."""
    terms = models.ForeignKey("Terms", on_delete=models.PROTECT, null=True, related_name="+")
    """The terms of use that were agreed to last."""
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[AccountManager] = AccountManager()

    def __str__(self) -> str:
        return self.username

    def fact(self) -> facts.Account:
        """Who it is in the publisher's data, and whether it may do anything."""
        return facts.Account(subject=self.subject, banned=not self.is_active)


class Terms(models.Model):
    """Terms of use; the newest are in force (L21)."""

    text = models.TextField()
    """As the publisher wrote them: paragraphs, lines that begin with `#` as headings, lists of lines that begin with `-`."""
    published_at = models.DateTimeField(default=timezone.now, unique=True)

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-published_at"]

    def __str__(self) -> str:
        return f"Terms of {self.published_at:%Y-%m-%d}"


class SignInLink(models.Model):
    """A link that signs an account in once, within its time."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    digest = models.BinaryField(max_length=32, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

"""What can be done with accounts, for pages and commands alike."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from ...errors import SettingsError
from ...settings import Settings
from .models import Account, SignInLink, username_validators

if TYPE_CHECKING:
    from collections.abc import Sequence

LINK_LIFETIME = dt.timedelta(hours=1)


@transaction.atomic
def add(
    username: str, *, email: str = "", password: str | None = None, operator: bool = False, subject: str | None = None,
) -> Account:
    """Open an account. Raises `SettingsError` for a name or subject that is taken or no name."""
    _check_name(username)
    if Account.objects.filter(username=username.lower()).exists():
        raise SettingsError(f"There is an account {username!r} already: choose another name.")
    if subject and Account.objects.filter(subject=subject).exists():
        raise SettingsError(f"The subject {subject!r} belongs to another account.")
    account = Account.objects.create_user(username, email, password, is_operator=operator, subject=subject or None)
    if email:
        EmailAddress.objects.create(user=account, email=account.email, primary=True, verified=True)
    return account


def _check_name(username: str) -> None:
    try:
        for validate in username_validators:
            validate(username.lower())
    except ValidationError as error:
        raise SettingsError(f"{username!r} is no name of an account: {_words(error.messages)}") from None


def _words(messages: Sequence[str]) -> str:
    return " ".join(map(str, messages))


def find(username: str) -> Account:
    """The account of a name. Raises `SettingsError` where there is none."""
    account = Account.objects.filter(username=username.lower()).first()
    if account is None:
        raise SettingsError(f"There is no account {username!r}.")
    return account


@transaction.atomic
def ban(account: Account, reason: str = "") -> None:
    """End everything that an account may do: its sessions, its keys, its applications."""
    account.is_active, account.ban_reason = False, reason
    account.save()
    end_sessions(account)


@transaction.atomic
def unban(account: Account) -> None:
    """Give a banned account back what it had."""
    account.is_active, account.ban_reason = True, ""
    account.save()


def end_sessions(account: Account) -> None:
    """Sign an account out everywhere."""
    for session in UserSession.objects.filter(user=account):
        session.end()


def make_link(account: Account) -> str:
    """The token of a link that signs an account in once, within the hour."""
    token = secrets.token_urlsafe(32)
    SignInLink.objects.filter(expires_at__lt=timezone.now()).delete()
    SignInLink.objects.create(account=account, digest=digest_of(token), expires_at=timezone.now() + LINK_LIFETIME)
    return token


def link_of(account: Account, settings: Settings) -> str:
    """The whole address of such a link."""
    scheme = "https" if settings.tls_cert else "http"
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104  # recognised, not bound
    base = settings.base_url.rstrip("/") or f"{scheme}://{f'[{host}]' if ':' in host else host}:{settings.port}"
    return f"{base}/accounts/link/{make_link(account)}/"


@transaction.atomic
def use_link(token: str) -> Account | None:
    """The account that a link signs in, once; None for a link that is unknown, used, too old, or of a banned account."""
    link = SignInLink.objects.select_for_update().filter(
        digest=digest_of(token), used_at=None, expires_at__gt=timezone.now(), account__is_active=True,
    ).first()
    if link is None:
        return None
    link.used_at = timezone.now()
    link.save()
    return link.account


def digest_of(token: str) -> bytes:
    """Under what a link is kept."""
    return hashlib.sha256(token.encode()).digest()

"""Links that sign an account in once: for operators, and for whoever has lost every other way in."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from enum import StrEnum
from pathlib import Path

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from ...errors import DragomanError
from ...settings import Settings
from ..published import noted_address
from .models import Account, SignInLink

LIFETIME = dt.timedelta(hours=1)
_REMEMBERED = dt.timedelta(days=7)
"""How long a link that has ended is told from one that never was."""


class Why(StrEnum):
    """Why a link is worth nothing."""

    UNKNOWN = "unknown"
    USED = "used"
    EXPIRED = "expired"
    BANNED = "banned"


class LinkRefused(DragomanError):
    """A link that signs nobody in; its visitor reads why."""

    def __init__(self, why: Why) -> None:
        self.why = why
        super().__init__(f"The link is {why}.")


def make_link(account: Account) -> str:
    """The token of a link that signs an account in once, within the hour."""
    token = secrets.token_urlsafe(32)
    SignInLink.objects.create(account=account, digest=digest_of(token), expires_at=timezone.now() + LIFETIME)
    return token


def forgotten() -> QuerySet[SignInLink]:
    """Links that ended so long ago that nobody asks for them any more."""
    return SignInLink.objects.filter(expires_at__lt=timezone.now() - _REMEMBERED)


def link_of(account: Account, settings: Settings) -> str:
    """The whole address of such a link, at the server that runs or ran with these settings."""
    return f"{address_of(settings)}/accounts/link/{make_link(account)}/"


def address_of(settings: Settings) -> str:
    """Where the Room is found: the public address, else that of the server of the data directory, else the settings'."""
    scheme = "https" if settings.tls_cert else "http"
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104  # recognised, not bound
    own = f"{scheme}://{f'[{host}]' if ':' in host else host}:{settings.port}"
    return settings.base_url or noted_address(Path(settings.data_dir)) or own


def find(token: str) -> SignInLink:
    """A link that still works. Raises `LinkRefused`."""
    link = SignInLink.objects.select_related("account").filter(digest=digest_of(token)).first()
    if link is None:
        raise LinkRefused(Why.UNKNOWN)
    if link.used_at is not None:
        raise LinkRefused(Why.USED)
    if link.expires_at <= timezone.now():
        raise LinkRefused(Why.EXPIRED)
    if not link.account.is_active:
        raise LinkRefused(Why.BANNED)
    return link


@transaction.atomic
def use(token: str) -> Account:
    """The account that a link signs in, once. Raises `LinkRefused`."""
    SignInLink.objects.select_for_update().filter(digest=digest_of(token)).first()     # of two at once, one comes first
    link = find(token)
    link.used_at = timezone.now()
    link.save()
    return link.account


def digest_of(token: str) -> bytes:
    """Under what a link is kept."""
    return hashlib.sha256(token.encode()).digest()

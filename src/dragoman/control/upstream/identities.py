"""Which account somebody from elsewhere reaches: always the same, never another's."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction

from ...errors import DragomanError
from ..accounts.models import Account
from ..accounts.services import locked
from ..grants import services as grants
from ..ledger.models import take_turn


class IdentityRefused(DragomanError):
    """Somebody is who they are elsewhere, and still may not go on here; `why` names the page that says so."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


def judge(login: Any, visitor: Account | None) -> Account | None:
    """The account here that an upstream identity without one has a claim to; None for a new account.

    `visitor` is who is signed in and wants to connect the identity. Raises `IdentityRefused`.
    """
    subject = login.account.extra_data["subject"]
    holder = Account.objects.filter(subject=subject).first()
    if login.is_existing:
        _follow(login.user, subject, holder)
        return None
    if visitor is not None:
        if visitor.subject not in (None, subject) or holder not in (None, visitor):
            raise IdentityRefused("subject")
        return None
    if holder is not None:
        if not _unclaimed(holder):
            raise IdentityRefused("subject")
        return holder
    if EmailAddress.objects.filter(email__in=[each.email for each in login.email_addresses], verified=True).exists():
        raise IdentityRefused("address")
    return None


def _follow(account: Account, subject: str, holder: Account | None) -> None:
    """The provider may give an account another id in the publisher's data, but not one that is somebody else's here."""
    if holder == account:
        return
    if holder is not None:
        raise IdentityRefused("subject")
    keep_subject(account, subject)


def _unclaimed(account: Account) -> bool:
    """Whether nobody can have used an account yet: an operator or an import made it for the person who comes now."""
    return not (account.is_operator or account.has_usable_password() or account.last_login is not None
                or SocialAccount.objects.filter(user_id=account.pk).exists())


def keep_subject(account: Account, subject: str | None) -> None:
    """Say who an account is in the publisher's data. What was somebody else before signs in to applications anew: they got
    their tokens for that one. Raises `IdentityRefused` where another account was faster."""
    try:
        with transaction.atomic():
            if locked(account).subject not in (None, subject):
                grants.end_all(account)
            account.subject = subject
            take_turn()
            account.save()
    except IntegrityError:
        raise IdentityRefused("subject") from None


def on_connected(sociallogin: Any, **_: Any) -> None:
    """An account that proves who it is elsewhere stands for that in the publisher's data."""
    keep_subject(sociallogin.user, sociallogin.account.extra_data["subject"])


def on_disconnected(socialaccount: Any, **_: Any) -> None:
    """What is not proven any more gives no data either."""
    account = Account.objects.get(pk=socialaccount.user_id)
    if account.subject == socialaccount.extra_data.get("subject"):
        keep_subject(account, None)

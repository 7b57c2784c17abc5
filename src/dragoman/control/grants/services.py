"""What can be done with sign-ins to applications, for pages, commands and the dialects' own sign-in flows alike."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Iterable
from typing import Any, NamedTuple

from allauth.account.signals import password_reset
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.signals import post_delete
from django.utils import timezone

from ...credentials.secrets import Kind, mint
from ..accounts.models import Account
from ..applications.models import Application
from ..configuration import ours
from ..ledger.models import Use, forget_gone
from .choices import REFRESH_S
from .models import AccessToken, Client, Consent, Grant, IDToken, RefreshToken

_DAY = dt.timedelta(days=1)
_CODES_KEPT = _DAY
"""For how long a code is known after its time, so that a second use of it is known as one."""
_GONE_KEPT = 30 * _DAY
"""For how long every node may hear of a token that it is gone; whatever it was, it has expired by then."""
_SWEEP_EVERY_S = 3_600.0
_BATCH = 1_000
_swept_at = [float("-inf")]


class SignedIn(NamedTuple):
    """An application that acts for an account."""

    application: Application
    scopes: list[str]
    since: dt.datetime
    used_at: dt.datetime | None


def watch() -> None:
    """End tokens with what they hang on, and keep when they were used last."""
    post_delete.connect(_keep_use, sender=AccessToken, weak=False, dispatch_uid="keep-use")
    password_reset.connect(_end_after_reset, weak=False, dispatch_uid="end-after-reset")


def _keep_use(instance: AccessToken, **_: Any) -> None:
    """A token that ended hands on when it was used: the page of sessions tells of the application, not of its tokens."""
    use = Use.objects.filter(ref=instance.fact_ref).first()
    if use is None:
        return
    used_at = dt.datetime.fromtimestamp(use.used_at, dt.UTC)
    consents = Consent.objects.filter(account=instance.user_id, application=instance.application_id)
    consents.filter(Q(used_at=None) | Q(used_at__lt=used_at)).update(used_at=used_at)
    use.delete()


def _end_after_reset(user: Account, **_: Any) -> None:
    """Whoever had to take an account back wants nobody else to act for it."""
    end_all(user)


# -------------------------------------------------------------------------------------------- letting in


@transaction.atomic
def consent(account: Account, application: Application, scopes: Iterable[str]) -> None:
    """Keep that an account lets an application in, for something more than before perhaps."""
    _hold(account.pk)
    row, _ = Consent.objects.get_or_create(account=account, application_id=application.pk)
    row.scopes = sorted({*row.scopes, *scopes})
    row.save()


def has_consented(account: Account, application: Application, scopes: Iterable[str]) -> bool:
    """Whether an account has let an application in for all of this, and it still acts for it."""
    known = _acting_for(account).filter(application=application.pk).first()
    return known is not None and set(scopes) <= set(known.scopes)


@transaction.atomic
def issue(
    account: Account, application: Application, scopes: Iterable[str], lifetime_s: float,
) -> tuple[AccessToken, str] | None:
    """A token without a code or a refresh token, as some conventions give out once the account has consented, and its text;
    None where that was taken back meanwhile, or the account banned.

    It ends after `lifetime_s`, and never later than the settings allow. Whose it is stands in it as the account is then.
    """
    now = _hold(account.pk)
    if now is None or not now.is_active or not Consent.objects.filter(account=now, application_id=application.pk).exists():
        return None
    return _issue(now, application, scopes, lifetime_s)


def _hold(account: Any) -> Account | None:
    """An account by its key, held until the transaction ends: of what is done with its sign-ins one comes after the other. Always
    the first lock, so that nobody waits for somebody who waits for them."""
    return Account.objects.select_for_update(no_key=True).filter(pk=account).first()


def _hold_owner(token: str) -> None:
    _hold(AccessToken.objects.filter(pk=token).values_list("user", flat=True).first())


def _issue(account: Account, application: Application, scopes: Iterable[str], lifetime_s: float) -> tuple[AccessToken, str]:
    text = mint(Kind.ACCESS_TOKEN)
    ends = timezone.now() + dt.timedelta(seconds=min(lifetime_s, ours().room.token_max_s))
    token = AccessToken(user=account, application_id=application.pk, scope=" ".join(sorted(scopes)), expires=ends)
    token.hold(text)
    token.save(force_insert=True)
    return token, text


@transaction.atomic
def prolong(token: str, lifetime_s: float) -> tuple[AccessToken, str] | None:
    """A token of `issue` in the place of one, named by its id, for the same; of two askers at once one gets it.

    None for one that has ended, that may do nothing at present, or that has a refresh token: only that renews it, so that a
    thief is noticed.
    """
    _hold_owner(token)
    old = AccessToken.objects.select_for_update().filter(pk=token, expires__gt=timezone.now()).first()
    if old is None or RefreshToken.objects.filter(access_token=old).exists() or not old.user.is_active:
        return None
    if not Client.objects.get(pk=old.application_id).is_usable(None):
        return None
    renewed = _issue(old.user, old.application, old.scope.split(), lifetime_s)
    old.delete()
    return renewed


# -------------------------------------------------------------------------------------------- seeing, and ending


def signed_in(account: Account) -> list[SignedIn]:
    """The applications that act for an account, the newest first (L8)."""
    used_at = _uses_of(account)
    return [SignedIn(each.application, each.scopes, each.since, max(filter(None, (each.used_at, used_at.get(each.application_id))),
                                                                    default=None))
            for each in _acting_for(account).select_related("application__owner")]


def _acting_for(account: Account) -> QuerySet[Consent]:
    """The consents of which a token is left, or what one can be had with."""
    mine = {"user": OuterRef("account"), "application": OuterRef("application")}
    now = timezone.now()
    living = Exists(AccessToken.objects.filter(**mine, expires__gt=now)) | Exists(
        RefreshToken.objects.filter(**mine, revoked=None, access_token__expires__gt=now - dt.timedelta(seconds=REFRESH_S)))
    return Consent.objects.filter(living, account=account)


def _uses_of(account: Account) -> dict[str, dt.datetime]:
    """By application, when a token that is left was used last."""
    applications = {str(token): application for token, application in
                    AccessToken.objects.filter(user=account).values_list("pk", "application")}
    uses = Use.objects.filter(ref__in=list(applications)).order_by("used_at").values_list("ref", "used_at")
    return {applications[ref]: dt.datetime.fromtimestamp(used_at, dt.UTC) for ref, used_at in uses}


@transaction.atomic
def end(account: Account, application: str) -> bool:
    """End whatever an application may do for an account; whether there was anything to end."""
    _hold(account.pk)
    return _end(Q(user=account, application=application), Q(account=account, application=application))


@transaction.atomic
def end_all(account: Account) -> None:
    """End whatever any application may do for an account."""
    _hold(account.pk)
    _end(Q(user=account), Q(account=account))


def _end(tokens: Q, consents: Q) -> bool:
    ended = [model.objects.filter(tokens).delete()[0] for model in (Grant, RefreshToken, AccessToken, IDToken)]
    ended.append(Consent.objects.filter(consents).delete()[0])
    ended.append(AccessToken.objects.filter(tokens).delete()[0])        # of a sign-in or renewal that was under way
    return any(ended)


@transaction.atomic
def end_token(token: str) -> None:
    """End one access token, named by its id, and what could renew it."""
    _hold_owner(token)
    renewing = RefreshToken.objects.filter(access_token=uuid.UUID(token)).first()
    if renewing is not None:
        renewing.revoke()
    AccessToken.objects.filter(pk=token).delete()


# -------------------------------------------------------------------------------------------- order


def sweep() -> None:
    """Drop what is over, a part at a time, not more often than it is worth."""
    if time.monotonic() - _swept_at[0] < _SWEEP_EVERY_S:
        return
    _swept_at[0] = time.monotonic()
    now = timezone.now()
    gone = now - dt.timedelta(seconds=REFRESH_S)
    _drop(RefreshToken, Q(revoked__lte=gone) | Q(revoked=None, access_token=None)
          | Q(revoked=None, access_token__expires__lte=gone))
    _drop(AccessToken, Q(refresh_token=None, expires__lte=now))
    _drop(IDToken, Q(access_token=None, expires__lte=now))
    _drop(Grant, Q(expires__lte=now - _CODES_KEPT))
    forget_gone(now - _GONE_KEPT)


def _drop(model: Any, over: Q) -> None:
    model.objects.filter(pk__in=list(model.objects.filter(over).values_list("pk", flat=True)[:_BATCH])).delete()

"""Proving once more who one is, where one comes from: for accounts with neither a password nor a second factor here."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

from allauth.account import app_settings
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.socialaccount.models import SocialAccount
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from ..accounts.models import Account
from ..configuration import ours

PROCESS = "prove"
"""What a sign-in elsewhere is for, if somebody is signed in here and stays so."""


class Way(NamedTuple):
    """A provider that an account comes from."""

    name: str
    title: str

    @property
    def address(self) -> str:
        """The page that leads there."""
        return reverse("upstream_prove", kwargs={"provider_id": self.name})


def ways(account: Account) -> list[Way]:
    """Where an account can prove itself; none where what it came from is not in the settings any more."""
    known = SocialAccount.objects.filter(user=account).order_by("pk").values_list("provider", flat=True)
    return [Way(name, ours().sign_in[name].name) for name in known if name in ours().sign_in]


def is_recent(request: HttpRequest) -> bool:
    """Whether somebody came in from elsewhere, or proved who they are, within the time in which that is not asked again."""
    proven = [each["at"] for each in get_authentication_records(request, request.user)
              if each["method"] == "socialaccount" or each.get("reauthenticated")]
    return time.time() - max(proven, default=0.0) < float(app_settings.REAUTHENTICATION_TIMEOUT)


def accept(request: HttpRequest, sociallogin: Any) -> HttpResponse | None:
    """Keep that somebody has proven to be who is signed in, and go on; None where it is somebody else."""
    if not (sociallogin.is_existing and request.user == sociallogin.user):
        return None
    record_authentication(request, request.user, "socialaccount", provider=sociallogin.account.provider,
                          uid=sociallogin.account.uid, reauthenticated=True)
    wanted = sociallogin.get_redirect_url(request) or ""
    return redirect(f"{reverse('upstream_proven')}?{urlencode({'next': wanted})}")

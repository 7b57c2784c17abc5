"""Operators' pages about accounts and their keys."""

from __future__ import annotations

import uuid

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from ..accounts.models import Account
from ..keys.models import Key
from ..pages import page_of, sought
from . import acts
from .access import attempt
from .audit import actor_of

KEYS_SHOWN = 100


def index(request: HttpRequest) -> HttpResponse:
    """Find accounts by name, address or subject."""
    text = sought(request)
    found = Account.objects.order_by("-created_at", "-pk").annotate(owned=Count("applications"))
    if text:
        folded = text.lower()
        found = found.filter(Q(username__contains=folded) | Q(email__contains=folded) | Q(subject=text))
    return render(request, "operator/accounts.html", {"page": page_of(request, found), "text": text})


def details(request: HttpRequest, number: int) -> HttpResponse:
    """One account, what it owns, and what can be done with it."""
    account = get_object_or_404(Account, pk=number)
    if request.method == "POST":
        return _change(request, account)
    facts = {"account": account, "applications": account.applications.all(), "keys": account.keys.all()[:KEYS_SHOWN],
             "more": max(0, account.keys.count() - KEYS_SHOWN)}
    return render(request, "operator/account.html", facts)


def _change(request: HttpRequest, account: Account) -> HttpResponse:
    by = actor_of(request)
    if "ban" in request.POST:
        return attempt(request, lambda: acts.ban(by, account, request.POST.get("reason", "")),
                       _("Banned: its sessions, keys and applications are refused."), "operator-account", account.pk)
    if "unban" in request.POST:
        return attempt(request, lambda: acts.unban(by, account), _("The account has back what it had."), "operator-account", account.pk)
    return attempt(request, lambda: None, _("Nothing was changed."), "operator-account", account.pk)


def change_key(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Suspend a key, or take that back."""
    key = get_object_or_404(Key, pk=id)
    by = actor_of(request)
    if request.method == "POST" and "suspend" in request.POST:
        return attempt(request, lambda: acts.suspend(by, key, request.POST.get("reason", "")),
                       _("The key is refused from now on."), "operator-account", key.account_id)
    if request.method == "POST" and "release" in request.POST:
        return attempt(request, lambda: acts.release(by, key), _("The key is not held back by operators any more."),
                       "operator-account", key.account_id)
    return render(request, "operator/key.html", {"key": key})

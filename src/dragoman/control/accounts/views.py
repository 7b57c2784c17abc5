"""Pages of accounts that allauth does not bring."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.usersessions.models import UserSession
from django.conf import settings as configured
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ...errors import SettingsError
from ..pages import own_address, show_or_send
from ..who import account_of
from . import links, services, terms
from .devices import device_of
from .export import export
from .forms import DeletionForm, ProfileForm
from .models import Account

HOME = "/room/applications/"


# ------------------------------------------------------------------------------------------ one-time links


@never_cache
@show_or_send
def sign_in_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Sign in by a one-time link: a button first, so that a mail program's look at the page does not use it up."""
    try:
        if request.method != "POST":
            return render(request, "accounts/link.html", {"account": links.find(token).account})
        account = links.use(token)
    except links.LinkRefused as refused:
        status = HTTPStatus.NOT_FOUND if refused.why == links.Why.UNKNOWN else HTTPStatus.GONE
        return render(request, "accounts/link_refused.html", {"why": str(refused.why)}, status=status)
    if request.user.is_authenticated:
        logout(request)                                     # another account's session ends here
    record_authentication(request, account, method="link", reauthenticated=True)
    response: HttpResponse = perform_login(request, Login(user=account, email_verification="none", redirect_url=HOME))
    return response


# ------------------------------------------------------------------------------------------ terms of use


@never_cache
@show_or_send
def show_terms(request: HttpRequest) -> HttpResponse:
    """The terms of use, for anybody; those who have not accepted them can, and go on to where they were going."""
    newest = terms.current()
    wanted = own_address(request.POST.get("next") or request.GET.get("next"), HOME)
    account = request.user if isinstance(request.user, Account) else None
    asked = account is not None and newest is not None and account.terms_id != newest.pk
    if request.method == "POST" and account is not None:
        if terms.accept(account, request.POST.get("shown", "")):
            return redirect(wanted)
        messages.warning(request, _("The terms of use have changed meanwhile: read them, then accept them."))
    facts = {"terms": newest, "text": terms.render(newest.text) if newest else "", "asked": asked, "next": wanted}
    return render(request, "accounts/terms.html", facts, status=HTTPStatus.OK if newest else HTTPStatus.NOT_FOUND)


# ------------------------------------------------------------------------------------------ one's own account


@login_required
@show_or_send
def show_profile(request: HttpRequest) -> HttpResponse:
    """Name and language; the way to everything else that is one's own."""
    account = account_of(request)
    given = {"username": account.username, "language": account.language, "announcements": account.announcements}
    form = ProfileForm(request.POST or None, initial=given, languages=list(configured.LANGUAGES))
    if request.method == "POST" and form.is_valid():
        try:
            account.language, account.announcements = form.cleaned_data["language"], form.cleaned_data["announcements"]
            services.rename(account, form.cleaned_data["username"])
        except SettingsError as error:
            account.refresh_from_db()
            form.add_error("username", str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("account-profile")
    return render(request, "accounts/profile.html", {"form": form, "account": account})


@login_required
@show_or_send
def show_sessions(request: HttpRequest) -> HttpResponse:
    """Where one is signed in, and an end to each of it."""
    account = account_of(request)
    current = request.session.session_key
    found = sorted(UserSession.objects.purge_and_list(account), key=lambda each: each.last_seen_at, reverse=True)
    if request.method == "POST":
        chosen = request.POST.get("session", "")
        ended = [each for each in found if (each.session_key != current if chosen == "others" else str(each.pk) == chosen)]
        for each in ended:
            each.end()
        messages.success(request, _("Ended sessions: %(count)s.") % {"count": len(ended)})
        if any(each.session_key == current for each in ended):
            logout(request)
        return redirect("account-sessions")
    shown = [{"id": each.pk, "device": device_of(each.user_agent), "ip": each.ip, "since": each.created_at,
              "seen": each.last_seen_at, "current": each.session_key == current} for each in found]
    return render(request, "accounts/sessions.html", {"sessions": shown})


@login_required
@require_safe
def show_data(request: HttpRequest) -> HttpResponse:
    """What can be done with one's data as a whole."""
    return render(request, "accounts/data.html")


@login_required
@require_safe
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth ships no types
def export_data(request: HttpRequest) -> HttpResponse:
    """Everything that is held of an account, as one JSON file."""
    account = account_of(request)
    response = JsonResponse(export(account), json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="{account.username}.json"'
    return response


@login_required
@show_or_send
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth ships no types
def delete_account(request: HttpRequest) -> HttpResponse:
    """Say what ends with an account, then end it."""
    account = account_of(request)
    form = DeletionForm(request.POST or None, account=account)
    if request.method == "POST" and form.is_valid():
        try:
            _delete(request, account, with_applications=bool(form.cleaned_data.get("applications")))
        except SettingsError as error:
            form.add_error(None, str(error))
        else:
            return redirect("/")
    return render(request, "accounts/delete.html", {"form": form, **_what_ends(account)})


def _delete(request: HttpRequest, account: Account, *, with_applications: bool) -> None:
    address = account.email
    services.delete(account, with_applications=with_applications)
    logout(request)
    messages.success(request, _("Your account is deleted."))
    if address:
        get_adapter(request).send_notification_mail("accounts/email/deleted", account, email=address)


def _what_ends(account: Account) -> dict[str, Any]:
    return {"applications": account.applications.all(), "keys": account.keys.count(), "memberships": account.memberships.count()}

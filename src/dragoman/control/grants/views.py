"""Pages of sign-in to applications."""

from __future__ import annotations

import time
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from allauth.account.adapter import get_adapter
from django.conf import settings as configured
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from ..accounts.models import Account
from ..pages import show_or_send
from ..who import account_of
from . import consent, services
from .provider import Faulty, Unanswerable, Wanted, issuer_of, make_code, prompts_of, read_wanted

_AUTHENTICATED = "account_authentication_methods"
"""Where allauth keeps in a session how and when its account was proven."""
_AGE_DIGITS_MAX = 9


@never_cache
@show_or_send
def authorize(request: HttpRequest) -> HttpResponse:
    """The authorization endpoint (RFC 6749, section 4.1.1): sign in, consent, and go back with a code."""
    try:
        wanted = read_wanted(request)
    except Unanswerable:
        return render(request, "grants/refused.html", status=HTTPStatus.BAD_REQUEST)
    except Faulty as fault:
        return send_back(request, fault.redirect_uri, fault.told)
    silent = prompts_of(request) == {"none"}
    account = request.user
    if not isinstance(account, Account) or (not silent and _must_sign_in_anew(request)):
        if silent or (isinstance(account, Account) and not get_adapter().get_reauthentication_methods(account)):
            return _tell(request, wanted, "login_required")
        return send_to_sign_in(request, known=isinstance(account, Account))
    if silent:
        return _answer_silently(request, wanted, account)
    answer = consent.ask(request, consent.Question(account, wanted.client, wanted.scopes, wanted.redirect_uri))
    if isinstance(answer, HttpResponse):
        return answer
    return _give_code(request, wanted, account) if answer else _tell(request, wanted, "access_denied")


def _answer_silently(request: HttpRequest, wanted: Wanted, account: Account) -> HttpResponse:
    """Without a page (`prompt=none`): where the account has consented before, and the answer reaches nobody else's program."""
    sure = wanted.client.confidential or wanted.redirect_uri.startswith("https://")
    if not sure or not services.has_consented(account, wanted.client, wanted.scopes):
        return _tell(request, wanted, "consent_required")
    return _give_code(request, wanted, account)


def _must_sign_in_anew(request: HttpRequest) -> bool:
    """Whether the application wants a fresh sign-in (`prompt=login`, `max_age`), and this one is older (OpenID Connect Core,
    section 3.1.2.1)."""
    since = max((each.get("at", 0.0) for each in request.session.get(_AUTHENTICATED, [])), default=0.0)
    age = request.GET.get("max_age", "")
    if age.isdecimal() and len(age) <= _AGE_DIGITS_MAX and time.time() - since > max(int(age), 5):
        return True
    return "login" in prompts_of(request) and since < _asked_at(request)


def _asked_at(request: HttpRequest) -> float:
    """When this very request was seen first in this session."""
    asked: dict[str, float] = request.session.get("asked", {})
    path = request.get_full_path()
    if path not in asked:
        asked = {path: time.time()}             # one at a time: nobody answers two such requests at once
        request.session["asked"] = asked
    return asked[path]


def send_to_sign_in(request: HttpRequest, *, known: bool = False) -> HttpResponse:
    """Let a visitor prove who they are, again where that is known, and come back."""
    page = "/accounts/reauthenticate/" if known else str(configured.LOGIN_URL)
    return see_other(f"{page}?{urlencode({'next': request.get_full_path()})}")


def _give_code(request: HttpRequest, wanted: Wanted, account: Account) -> HttpResponse:
    try:
        told = {"code": make_code(request, wanted, account)}
    except Faulty as fault:
        return send_back(request, fault.redirect_uri, fault.told)
    request.session.pop("asked", None)          # the next request of the same address asks anew
    return send_back(request, wanted.redirect_uri, told | ({"state": wanted.state} if wanted.state else {}))


def _tell(request: HttpRequest, wanted: Wanted, error: str) -> HttpResponse:
    return send_back(request, wanted.redirect_uri, {"error": error} | ({"state": wanted.state} if wanted.state else {}))


def send_back(request: HttpRequest, redirect_uri: str, told: dict[str, str]) -> HttpResponse:
    """Send the browser to the application with an answer, and with who gave it (RFC 9207)."""
    return see_other(with_query(redirect_uri, {**told, "iss": issuer_of(request)}))


def with_query(address: str, more: dict[str, str]) -> str:
    """An address with more in its query; what of that stood there before is dropped."""
    url = urlsplit(address)
    kept = [(name, value) for name, value in parse_qsl(url.query, keep_blank_values=True) if name not in more]
    return urlunsplit(url._replace(query=urlencode([*kept, *more.items()])))


def see_other(address: str) -> HttpResponse:
    """A redirect that never repeats a form (RFC 9700, section 4.12), and does not tell where it comes from."""
    return HttpResponse(status=HTTPStatus.SEE_OTHER, headers={"Location": address, "Referrer-Policy": "no-referrer"})


@login_required
@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """End what an application may do for the account (L8)."""
    if services.end(account_of(request), request.POST.get("application", "")[:64]):
        messages.success(request, _("The application may act for you no more."))
    else:
        messages.info(request, _("The application was signed out already."))
    return redirect("account-sessions")

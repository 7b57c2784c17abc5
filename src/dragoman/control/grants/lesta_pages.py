"""The page on which people sign in to an application of the lesta dialect, and the blank one on which that may end."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ..accounts.models import Account
from ..holding import hold
from ..pages import show_or_send
from . import consent, lesta, services
from .views import see_other, send_to_sign_in, with_query


@never_cache
@show_or_send
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in, consent, and go back with a token; where that was done before and is sure to reach the application, at once."""
    try:
        wanted = lesta.read_wanted(request)
    except lesta.Unanswerable:
        return render(request, "grants/refused.html", status=HTTPStatus.BAD_REQUEST)
    account = request.user
    if not isinstance(account, Account):
        return send_to_sign_in(request)
    if not account.subject:
        return _refuse_unlinked(request, wanted)
    if not (wanted.sure and services.has_consented(account, wanted.client, wanted.scopes)):
        answer = consent.ask(request, consent.Question(account, wanted.client, wanted.scopes, wanted.redirect_uri))
        if isinstance(answer, HttpResponse):
            return answer
        if not answer:
            return _go_back(wanted, lesta.refusal(lesta.CANCELLED))
    return hold(_go_back(wanted, lesta.sign_in(wanted, account)))


def _refuse_unlinked(request: HttpRequest, wanted: lesta.Wanted) -> HttpResponse:
    """Clients of this convention take an id for granted: without one there is nothing to sign in as."""
    facts = {"application": wanted.client, "back": with_query(wanted.redirect_uri, lesta.refusal(lesta.FAILED))}
    return render(request, "grants/unlinked.html", facts, status=HTTPStatus.FORBIDDEN)


def _go_back(wanted: lesta.Wanted, told: dict[str, str]) -> HttpResponse:
    return see_other(with_query(wanted.redirect_uri, told))


@never_cache
@require_safe
def blank(request: HttpRequest) -> HttpResponse:
    """Where a sign-in ends for a program that shows the browser itself, and reads the address; what is in it goes nowhere else."""
    page = render(request, "grants/blank.html", {"done": request.GET.get("status") == "ok"})
    page.headers["Referrer-Policy"] = "no-referrer"
    return page

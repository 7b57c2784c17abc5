"""Pages of accounts that allauth does not bring."""

from __future__ import annotations

from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from . import services


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Sign in by a one-time link: a button first, so that a mail program's look at the page does not use it up."""
    if request.method == "GET":
        return render(request, "accounts/link.html")
    account = services.use_link(token)
    if account is None:
        return render(request, "accounts/link_refused.html", status=410)
    login = Login(user=account, email_verification="none", redirect_url="/room/applications/")
    response: HttpResponse = perform_login(request, login)
    return response


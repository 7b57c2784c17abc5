"""What every page does for an account: its language, and the terms of use when they have changed."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation

from .models import Account, Terms

Respond = Callable[[HttpRequest], HttpResponse]
_ALWAYS = ("/accounts/logout/", "/room/terms/", "/static/", "/i18n/", "/room/account/export/", "/room/account/delete/")


def prefer_language(respond: Respond) -> Respond:
    """Show pages in the language that the account has chosen."""
    def answer(request: HttpRequest) -> HttpResponse:
        account = request.user
        if isinstance(account, Account) and account.language:
            translation.activate(account.language)
            request.LANGUAGE_CODE = account.language
        return respond(request)
    return answer


def ask_terms(respond: Respond) -> Respond:
    """Ask again when the terms of use have changed since an account agreed to them (L21)."""
    def answer(request: HttpRequest) -> HttpResponse:
        account = request.user
        if isinstance(account, Account) and not request.path.startswith(_ALWAYS):
            newest = Terms.objects.values_list("pk", flat=True).first()
            if newest is not None and account.terms_id != newest:
                return redirect(f"/room/terms/?next={request.path}")
        return respond(request)
    return answer

"""What every page does for an account: its language, its sessions, and the terms of use when they have changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.http import urlencode

from ..grants.lesta import asked_by
from .models import Account, Terms

Respond = Callable[[HttpRequest], HttpResponse]
_ALWAYS = ("/accounts/logout/", "/accounts/reauthenticate/", "/accounts/2fa/reauthenticate/", "/accounts/from/",
           "/accounts/proven/", "/room/terms/", "/static/", "/i18n/",
           "/room/account/export/", "/room/account/delete/")
"""What stays open to those who do not accept new terms: to read them, to take one's data along, and to leave."""
_SEEN_EVERY = dt.timedelta(minutes=1)
_TRY_AGAIN_S = 300


def prefer_language(respond: Respond) -> Respond:
    """Show pages in the language that the account has chosen; where nobody chose one, in the one that an application names."""
    def answer(request: HttpRequest) -> HttpResponse:
        account = request.user
        language = account.language if isinstance(account, Account) else ""
        if not language and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            language = asked_by(request).get("language", "")
        if language in dict(settings.LANGUAGES):
            translation.activate(language)
            request.LANGUAGE_CODE = language
        return respond(request)
    return answer


def note_session(respond: Respond) -> Respond:
    """Keep where and when a session was seen last, to the minute: a page need not write for each of its readers."""
    def answer(request: HttpRequest) -> HttpResponse:
        if isinstance(request.user, Account) and request.session.session_key and not _seen(request):
            UserSession.objects.create_from_request(request)
        return respond(request)
    return answer


def _seen(request: HttpRequest) -> bool:
    return bool(UserSession.objects.filter(
        session_key=request.session.session_key, user_id=request.user.pk, last_seen_at__gt=timezone.now() - _SEEN_EVERY,
        ip=get_adapter().get_client_ip(request),
    ).exists())


def ask_terms(respond: Respond) -> Respond:
    """Ask again when the terms of use have changed since an account agreed to them (L21)."""
    def answer(request: HttpRequest) -> HttpResponse:
        account = request.user
        if isinstance(account, Account) and not request.path.startswith(_ALWAYS):
            newest = Terms.objects.values_list("pk", flat=True).first()
            if newest is not None and account.terms_id != newest:
                wanted = request.get_full_path() if request.method == "GET" else ""
                return redirect("/room/terms/" + (f"?{urlencode({'next': wanted})}" if wanted else ""))
        return respond(request)
    return answer


def tell_limits(respond: Respond) -> Respond:
    """Answer 429 where a form was refused since it was tried too often."""
    def answer(request: HttpRequest) -> HttpResponse:
        response = respond(request)
        if getattr(request, "tried_too_often", False) and response.status_code == 200:  # the form again
            response.status_code = 429
        if response.status_code == 429:  # that of HTTP
            response.headers.setdefault("Retry-After", str(_TRY_AGAIN_S))
        return response
    return answer

"""The page on which an account lets an application in, whatever convention the application asked in."""

from __future__ import annotations

import hashlib
from typing import NamedTuple
from urllib.parse import urlsplit

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from ..accounts.models import Account
from ..applications.models import Application
from ..pages import origin_of
from . import services
from .provider import scope_texts

_SALT = "dragoman.control.grants.consent"
_AGE_MAX_S = 1_800


class Question(NamedTuple):
    """What an account is asked."""

    account: Account
    application: Application
    scopes: list[str]
    redirect_uri: str
    """Where the browser goes with the answer; proven to be the application's."""


def ask(request: HttpRequest, question: Question) -> HttpResponse | bool:
    """The page that asks, or the answer that it brought: True once the account has consented, which is kept, False for no.

    The answer is one to what was shown: to the same account in the same session, about the same request (its whole
    address), within half an hour.
    """
    if request.method != "POST":
        return _show(request, question)
    if not _is_answer_to(request, question):
        return _show(request, question, _("The page was too old, or of another request: read it again, then choose."))
    if request.POST.get("answer") != "allow":
        return False
    services.consent(question.account, question.application, question.scopes)
    return True


def _show(request: HttpRequest, question: Question, notice: str = "") -> HttpResponse:
    texts = scope_texts()
    page = render(request, "grants/consent.html", {
        "application": question.application, "asked": [texts[scope] for scope in question.scopes], "notice": notice,
        "host": _host_of(request, question), "seal": signing.dumps(_what(request, question), salt=_SALT),
    }, status=400 if notice else 200)
    page.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action 'self' {_origin_of(question.redirect_uri)}"
    )
    return page


def _host_of(request: HttpRequest, question: Question) -> str:
    """Where the browser goes then; nothing where it stays here."""
    return "" if _origin_of(question.redirect_uri) == origin_of(request) else urlsplit(question.redirect_uri).netloc


def _origin_of(redirect_uri: str) -> str:
    """From where a browser may be sent on; a numbered IPv6 host has no form there."""
    url = urlsplit(redirect_uri)
    return f"{url.scheme}:" if "[" in url.netloc else f"{url.scheme}://{url.netloc}"


def _what(request: HttpRequest, question: Question) -> list[object]:
    session = hashlib.sha256((request.session.session_key or "").encode()).hexdigest()
    return [question.account.pk, session, request.get_full_path()]


def _is_answer_to(request: HttpRequest, question: Question) -> bool:
    try:
        shown: object = signing.loads(request.POST.get("seal", ""), salt=_SALT, max_age=_AGE_MAX_S)
    except signing.BadSignature:
        return False
    return shown == _what(request, question)

"""The one way to operators' pages: for accounts with the role alone, and each act soon after its operator was recognized."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ...errors import SettingsError
from ..accounts.models import Account

View = Callable[..., HttpResponse]
PAGE_SIZE = 25
UNPROCESSABLE = 422
_SHOW_OR_SEND = require_http_methods(["GET", "HEAD", "POST"])


def operator_path(route: str, view: View, name: str) -> URLPattern:
    """An address of operators: for everybody else there is nothing here, and forms need a recent proof of who sends them."""
    recent: View = reauthentication_required(view, enabled=lambda request: request.method == "POST")
    return path(f"room/operator/{route}", operator_only(never_cache(_SHOW_OR_SEND(recent))), name=name)


def operator_only(view: View) -> View:
    """Answer operators; for nobody and for everybody else the page is not there."""
    @functools.wraps(view)
    def answer(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        if not (isinstance(request.user, Account) and request.user.is_active and request.user.is_operator):
            raise Http404
        return view(request, *arguments, **named)
    return answer


def page_of(request: HttpRequest, found: QuerySet[Any]) -> Page[Any]:
    """The part of a list that is asked for by `page`."""
    return Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))


def sought(request: HttpRequest) -> str:
    """What is searched for, by `q`."""
    return " ".join(request.GET.get("q", "")[:100].replace("\0", "").split())


def attempt(request: HttpRequest, run: Callable[[], object], done: str, to: str, *arguments: Any) -> HttpResponse:
    """Do what an operator asks for, say that it is done or why it is not, and go on to a page."""
    try:
        run()
    except SettingsError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done or _("Done."))
    return redirect(to, *arguments)

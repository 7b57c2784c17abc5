"""The one way to operators' pages: for accounts with the role alone, and each act soon after its operator was recognized."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from .. import pages
from ..accounts.models import Account

View = Callable[..., HttpResponse]


def operator_path(route: str, view: View, name: str) -> URLPattern:
    """An address of operators: for everybody else there is nothing here, and forms need a recent proof of who sends them."""
    recent: View = reauthentication_required(view, enabled=lambda request: request.method == "POST")
    return path(f"room/operator/{route}", operator_only(never_cache(pages.show_or_send(recent))), name=name)


def operator_only(view: View) -> View:
    """Answer operators; for nobody and for everybody else the page is not there."""
    @functools.wraps(view)
    def answer(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        if not (isinstance(request.user, Account) and request.user.is_active and request.user.is_operator):
            raise Http404
        return view(request, *arguments, **named)
    return answer


def attempt(request: HttpRequest, run: Callable[[], object], done: str, to: str, *arguments: Any) -> HttpResponse:
    """Do what an operator asks for, say that it is done or why it is not, and go on to a page."""
    pages.attempt(request, run, done or _("Done."))
    return redirect(to, *arguments)

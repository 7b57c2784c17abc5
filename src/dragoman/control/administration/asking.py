"""The page on which those who work on an application see its limits, and ask for others."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from ..applications.roles import Act, acts_of
from ..applications.views import permitted
from ..asked import Reply
from ..pages import UNPROCESSABLE, show_or_send
from ..who import account_of
from . import limits
from .forms import AskForm


@login_required
@show_or_send
def show_limits(request: HttpRequest, id: str) -> HttpResponse:
    """How much an application may ask, what was asked for, and a form to ask for more."""
    application, account = permitted(request, id), account_of(request)
    may_ask = Act.RENAME in acts_of(application, account)
    if request.method == "POST" and not may_ask:
        raise PermissionDenied
    if "withdraw" in request.POST:
        limits.withdraw(application)
        messages.success(request, _("The request is withdrawn."))
        return redirect("application-limits", id)
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.attempt(lambda values: limits.ask(application, account, **values)):
        messages.success(request, _("An operator will answer."))
        return redirect("application-limits", id)
    facts = {"application": application, "form": form, "may_ask": may_ask, "usual": limits.usual_of(application.type),
             "waiting": application.limit_requests.filter(reply=Reply.WAITING).first(),
             "answered": application.limit_requests.exclude(reply=Reply.WAITING).order_by("-asked_at")}
    return render(request, "administration/limits.html", facts, status=UNPROCESSABLE if form.errors else 200)

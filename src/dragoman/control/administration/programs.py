"""Operators' pages about applications: blocks and limits."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from ..applications.models import Application
from ..applications.services import called
from ..pages import UNPROCESSABLE, page_of, sought
from . import acts
from .access import attempt
from .audit import actor_of
from .forms import LimitsForm
from .limits import usual_of


def index(request: HttpRequest) -> HttpResponse:
    """Find applications by name, id or owner."""
    text = sought(request)
    found = Application.objects.select_related("owner")
    if text:
        found = found.filter(called(text) | Q(owner__username=text.lower()))
    return render(request, "operator/applications.html", {"page": page_of(request, found), "text": text})


def details(request: HttpRequest, id: str) -> HttpResponse:
    """One application, and what can be done with it."""
    application = get_object_or_404(Application.objects.select_related("owner"), pk=id)
    form = LimitsForm(request.POST if "limits" in request.POST else None,
                      initial={"rate": application.rate, "quota": application.quota})
    if request.method == "POST" and "limits" in request.POST:
        if form.attempt(lambda values: acts.limit(actor_of(request), application, **values)):
            return attempt(request, lambda: None, _("The limits are in force."), "operator-application", id)
    elif request.method == "POST":
        return _change(request, application)
    facts = {"application": application, "form": form, "usual": usual_of(application.type)}
    return render(request, "operator/application.html", facts, status=UNPROCESSABLE if form.errors else 200)


def _change(request: HttpRequest, application: Application) -> HttpResponse:
    by = actor_of(request)
    if "block" in request.POST:
        return attempt(request, lambda: acts.block(by, application, request.POST.get("reason", "")),
                       _("Blocked: its calls are refused."), "operator-application", application.pk)
    if "unblock" in request.POST:
        return attempt(request, lambda: acts.unblock(by, application), _("Its calls are taken again."),
                       "operator-application", application.pk)
    return redirect("operator-application", application.pk)

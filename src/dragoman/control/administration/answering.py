"""Operators' page of requests that wait for an answer: keys and limits."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from ...errors import SettingsError
from ..keys import issue
from ..keys.models import Answer, KeyRequest
from . import acts, limits
from .access import attempt
from .audit import actor_of
from .letters import tell_answer
from .models import LimitRequest


def index(request: HttpRequest) -> HttpResponse:
    """Everything that waits, the oldest first."""
    facts = {
        "keys": issue.waiting(),
        "limits": [{"row": each, "usual": limits.usual_of(each.application.type)} for each in limits.waiting()],
    }
    return render(request, "operator/requests.html", facts)


def answer_key(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Grant or refuse a key that somebody asks for (D11)."""
    asked = KeyRequest.objects.select_related("account").filter(pk=id).first()
    if request.method != "POST" or asked is None:
        return _gone(request, asked)
    granted, text = "grant" in request.POST, request.POST.get("answer", "")
    reply = Answer.GRANTED if granted else Answer.REFUSED

    def run() -> None:
        acts.answer_key(actor_of(request), asked, reply, text)
        about = _("a key: %(name)s") % {"name": asked.name}
        tell_answer(request, asked.account, about, granted=granted, answer=text, path="/room/keys/")

    return attempt(request, run, _("Answered."), "operator-requests")


def answer_limits(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Grant or refuse other limits."""
    asked = LimitRequest.objects.select_related("application__owner", "account").filter(pk=id).first()
    if request.method != "POST" or asked is None:
        return _gone(request, asked)
    granted, text = "grant" in request.POST, request.POST.get("answer", "")
    reply = Answer.GRANTED if granted else Answer.REFUSED

    def run() -> None:
        acts.answer_limits(actor_of(request), asked, reply, text)
        about = _("other limits for %(name)s") % {"name": asked.application.name}
        for account in {asked.account, asked.application.owner}:
            tell_answer(request, account, about, granted=granted, answer=text,
                        path=reverse("application-limits", args=[asked.application.pk]))

    return attempt(request, run, _("Answered."), "operator-requests")


def _gone(request: HttpRequest, asked: object) -> HttpResponse:
    """Say so where somebody else was quicker; an address of a form, opened as a page, leads to the list."""
    def refuse() -> None:
        raise SettingsError(_("The request was answered or withdrawn meanwhile."))

    return attempt(request, refuse, "", "operator-requests") if asked is None else redirect("operator-requests")


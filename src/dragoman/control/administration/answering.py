"""Operators' page of requests that wait for an answer: keys and limits."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TypeVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from ...errors import SettingsError
from ..accounts.models import Account
from ..asked import Reply
from ..keys.models import KeyRequest
from . import acts, limits
from .access import attempt
from .audit import Actor, actor_of
from .letters import tell_answer
from .models import LimitRequest

Asked = TypeVar("Asked", KeyRequest, LimitRequest)
Letter = tuple[str, set[Account], str]
"""What was asked for, who is told of the answer, and where they see it."""


def index(request: HttpRequest) -> HttpResponse:
    """Everything that waits, the oldest first."""
    facts = {
        "keys": KeyRequest.waiting().select_related("account"),
        "limits": [{"row": each, "usual": limits.usual_of(each.application.type)}
                   for each in LimitRequest.waiting().select_related("application__owner", "account")],
    }
    return render(request, "operator/requests.html", facts)


def answer_key(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Grant or refuse a key that somebody asks for (D11)."""
    def letter(asked: KeyRequest) -> Letter:
        return _("a key: %(name)s") % {"name": asked.name}, {asked.account}, "/room/keys/"

    asked = KeyRequest.objects.select_related("account").filter(pk=id).first()
    return _answer(request, asked, acts.answer_key, letter)


def answer_limits(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Grant or refuse other limits."""
    def letter(asked: LimitRequest) -> Letter:
        application = asked.application
        return (_("other limits for %(name)s") % {"name": application.name}, {asked.account, application.owner},
                reverse("application-limits", args=[application.pk]))

    asked = LimitRequest.objects.select_related("application__owner", "account").filter(pk=id).first()
    return _answer(request, asked, acts.answer_limits, letter)


def _answer(
    request: HttpRequest, asked: Asked | None, act: Callable[[Actor, Asked, Reply, str], None], letter: Callable[[Asked], Letter],
) -> HttpResponse:
    """Answer what somebody asked for, and tell those whom it concerns."""
    if request.method != "POST" or asked is None:
        return _gone(request, asked)
    granted, text = "grant" in request.POST, request.POST.get("answer", "")

    def run() -> None:
        act(actor_of(request), asked, Reply.GRANTED if granted else Reply.REFUSED, text)
        about, accounts, path = letter(asked)
        for account in accounts:
            tell_answer(request, account, about, granted=granted, answer=text, path=path)

    return attempt(request, run, _("Answered."), "operator-requests")


def _gone(request: HttpRequest, asked: object) -> HttpResponse:
    """Say so where somebody else was quicker; an address of a form, opened as a page, leads to the list."""
    def refuse() -> None:
        raise SettingsError(_("It was answered, changed or withdrawn meanwhile: look at it again."))

    return attempt(request, refuse, "", "operator-requests") if asked is None else redirect("operator-requests")


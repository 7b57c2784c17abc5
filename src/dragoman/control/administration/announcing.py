"""Operators' page of announcements (D9)."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _

from ..announcements.models import Announcement
from ..pages import UNPROCESSABLE, page_of
from . import acts
from .access import attempt
from .audit import actor_of
from .forms import AnnouncementForm


def index(request: HttpRequest) -> HttpResponse:
    """What was announced and what is planned; and a form for more."""
    form = AnnouncementForm(request.POST or None)
    if request.method == "POST" and form.attempt(lambda values: acts.announce(
        actor_of(request), values["kind"], values, values["from_at"] or timezone.now(),
    )):
        return attempt(request, lambda: None, _("It is announced once its time has come; letters follow."), "operator-announcements")
    facts = {"form": form, "page": page_of(request, Announcement.objects.all()), "now": timezone.now()}
    return render(request, "operator/announcements.html", facts, status=UNPROCESSABLE if form.errors else 200)


def withdraw(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Take one back."""
    announcement = get_object_or_404(Announcement, pk=id)
    if request.method == "POST":
        return attempt(request, lambda: acts.withdraw_announcement(actor_of(request), announcement), _("It is withdrawn."),
                       "operator-announcements")
    return render(request, "operator/withdraw.html", {"announcement": announcement})

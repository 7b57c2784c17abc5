"""Operators' page of the showcase (L22)."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from ..asked import Reply
from ..pages import page_of
from ..showcase.models import Entry
from . import acts
from .access import attempt
from .audit import actor_of


def index(request: HttpRequest) -> HttpResponse:
    """What is offered, that which waits first."""
    found = Entry.objects.defer("picture").select_related("application__owner").order_by("-reply", "asked_at")
    return render(request, "operator/showcase.html", {"page": page_of(request, found)})


def answer(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Show it, or not."""
    entry = get_object_or_404(Entry, pk=id)
    if request.method != "POST":
        return redirect("operator-showcase")
    reply = Reply.GRANTED if "grant" in request.POST else Reply.REFUSED
    return attempt(request, lambda: acts.answer_showcase(actor_of(request), entry, reply, request.POST.get("answer", ""),
                                                         request.POST.get("seen", "")), _("Answered."), "operator-showcase")

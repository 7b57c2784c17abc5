"""Pages of the showcase: for everybody, and for the owner of an application."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..accounts.models import Account
from ..applications.roles import Act
from ..applications.views import permitted
from ..pages import UNPROCESSABLE, page_of, show_or_send
from . import services
from .forms import OfferForm
from .models import Entry

PAGE_SIZE = 24
_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
"""A picture does nothing, also where it is opened as a page."""


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Applications whose owners agree to show them (L22)."""
    return render(request, "showcase/index.html", {"page": page_of(request, services.shown(), PAGE_SIZE)})


@require_safe
def picture(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """A picture: of what is shown for everybody, of what waits for its owner and for operators."""
    entry = get_object_or_404(Entry.objects.select_related("application"), pk=id)
    public = services.shown().filter(pk=id).exists()
    account = request.user if isinstance(request.user, Account) else None
    if not public and (account is None or not (account.is_operator or entry.application.owner_id == account.pk)):
        raise Http404
    response = HttpResponse(bytes(entry.picture or b""), content_type=entry.picture_type)
    response["Content-Security-Policy"] = _POLICY
    if public:
        response["Cache-Control"] = "public, max-age=300"
    return response


@login_required
@show_or_send
def offer(request: HttpRequest, id: str) -> HttpResponse:
    """What an owner offers; changed, it waits for an operator again; withdrawn, it is gone."""
    application = permitted(request, id, Act.TRANSFER)
    entry = Entry.objects.filter(application=application).first()
    if "withdraw" in request.POST:
        services.withdraw(application)
        messages.success(request, _("It is shown no more, and nothing of it is kept."))
        return redirect("application-showcase", id)
    form = OfferForm(request.POST or None, request.FILES or None,
                     initial={"text": entry.text, "link": entry.link} if entry is not None else None)
    if request.method == "POST" and form.attempt(lambda values: services.offer(
        application, values["text"], values["link"], values["picture"].read() if values["picture"] else None,
    )):
        messages.success(request, _("An operator will look at it before it is shown."))
        return redirect("application-showcase", id)
    facts = {"application": application, "form": form, "entry": entry}
    return render(request, "showcase/offer.html", facts, status=UNPROCESSABLE if form.errors else 200)

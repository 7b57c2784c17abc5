"""Pages of applications: the list, a new one, and everything about one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ...catalog.version import show_version
from ..configuration import ours
from ..once import mint_once
from ..pages import UNPROCESSABLE, lines_with, origin_of, page_of, show_or_send, sought
from ..published import published
from ..who import account_of
from . import services, team
from .forms import (
    AddForm,
    AddressesForm,
    DeleteForm,
    InviteForm,
    NameForm,
    OfApplication,
    RedirectsForm,
    TransferForm,
    VersionForm,
    initial_of,
)
from .models import Application, Invitation, Role, Type
from .roles import Act, acts_of, role_of
from .rotation import SECRETS_MAX

FORMS: tuple[type[OfApplication], ...] = (NameForm, AddressesForm, RedirectsForm, VersionForm, InviteForm)


def permitted(request: HttpRequest, id: str, act: Act = Act.SEE) -> Application:
    """The application of an address, for somebody who may do this with it.

    What is not theirs is as good as missing; what their role does not allow is refused.
    """
    application = Application.objects.select_related("owner").filter(pk=id).first()
    acts = acts_of(application, account_of(request)) if application is not None else frozenset()
    if application is None or Act.SEE not in acts:
        raise Http404
    if act not in acts:
        raise PermissionDenied
    return application


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """My applications (L1), found by name or id, a page at a time; and what I am invited to."""
    account = account_of(request)
    text = sought(request)
    found = services.found_by(account, text).select_related("owner")
    page = page_of(request, found)
    waiting = team.waiting(Invitation.objects.filter(account=account)).select_related("application", "invited_by")
    return render(request, "applications/index.html", {
        "page": page, "text": text, "invitations": waiting, "any": bool(text) or page.paginator.count > 0,
        "more": account.applications.count() < ours().room.applications_max, "limit": ours().room.applications_max,
    })


@login_required
@show_or_send
def add(request: HttpRequest) -> HttpResponse:
    """A form with name and type, what the types mean beside it (L5); then the list of all of them (L2)."""
    account = account_of(request)
    form = AddForm(request.POST or None)
    if request.method == "POST" and form.attempt(lambda values: services.add(owner=account, **values)):
        messages.success(request, _("The application is registered. Its id works at once."))
        return redirect("applications")
    facts = {"form": form, "limit": ours().room.addresses_max}
    return render(request, "applications/add.html", facts, status=UNPROCESSABLE if form.errors else 200)


@login_required
@require_safe
def details(request: HttpRequest, id: str) -> HttpResponse:
    """Everything about one application that its viewer may see."""
    return show(request, permitted(request, id))


def show(request: HttpRequest, application: Application, wrong: OfApplication | None = None) -> HttpResponse:
    """The page of an application; with a form that was refused, which says why."""
    account = account_of(request)
    acts = acts_of(application, account)
    forms = {form.prefix_of_ids: form(initial=initial_of(form, application)) for form in FORMS if form.act in acts}
    if wrong is not None:
        forms[wrong.prefix_of_ids] = wrong
    facts: dict[str, Any] = {
        "application": application, "forms": forms, "acts": {act.value for act in acts}, "role": role_of(application, account),
        "is_server": application.type == Type.SERVER, "roles": [role for role in Role if role != Role.OWNER],
        "pinned": show_version(application.version), "versioned": any(each.timeline.versions for each in published().catalogs),
        "members": application.members.select_related("account").order_by("account__username"),
        "secrets_max": SECRETS_MAX, "origin": origin_of(request), "lines": lines_with(request, {"application-id": application.pk}),
    }
    if Act.MEMBERS in acts:
        facts["invitations"] = team.waiting(application.invitations.all())
    if Act.SECRETS in acts:
        facts["secrets"], facts["once"] = application.secrets.all(), mint_once(account)
    return render(request, "applications/details.html", facts, status=200 if wrong is None else UNPROCESSABLE)


@login_required
@show_or_send
def transfer(request: HttpRequest, id: str) -> HttpResponse:
    """Offer an application to another account, which has to accept."""
    application, account = permitted(request, id, Act.TRANSFER), account_of(request)
    form = TransferForm(request.POST or None)
    if request.method == "POST" and form.attempt(
        lambda values: team.invite(application, account, values["addressee"], Role.OWNER), "addressee",
    ):
        messages.success(request, _("Offered. Until it is accepted, the application stays yours."))
        return redirect("application", id)
    facts = {"form": form, "application": application}
    return render(request, "applications/transfer.html", facts, status=UNPROCESSABLE if form.errors else 200)


@login_required
@show_or_send
def delete(request: HttpRequest, id: str) -> HttpResponse:
    """Delete an application once its name was typed."""
    application = permitted(request, id, Act.DELETE)
    form = DeleteForm(request.POST or None)
    if request.method == "POST" and form.attempt(lambda values: services.delete(application, values["typed"]), "typed"):
        messages.success(request, _("“%(name)s” is deleted. Its id is refused from now on.") % {"name": application.name})
        return redirect("applications")
    facts = {"form": form, "application": application}
    return render(request, "applications/delete.html", facts, status=UNPROCESSABLE if form.errors else 200)

"""What the forms on the page of an application do; each leads back to the page."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from ...errors import SettingsError
from ..accounts.models import Account
from ..once import read_once
from ..pages import attempt
from ..published import published
from ..who import account_of
from . import pinning, rotation, services, team
from .forms import AddressesForm, InviteForm, NameForm, OfApplication, RedirectsForm, VersionForm
from .models import Application, Invitation
from .pinning import versions_of
from .roles import Act, role_of
from .views import permitted, show

PERIODS: dict[str, dt.timedelta] = {"1h": dt.timedelta(hours=1), "1d": dt.timedelta(days=1), "7d": dt.timedelta(days=7),
                                    "30d": dt.timedelta(days=30)}
"""For how long a secret may be good beside its successor."""


class Kind(NamedTuple):
    """One form: what it runs, in which field a refusal stands, and what is said when it is done."""

    form: type[OfApplication]
    run: Callable[[Application, Account, dict[str, Any]], object]
    field: str
    done: Any


CHANGES = {
    "name": Kind(NameForm, lambda which, _who, values: services.rename(which, values["name"]), "name",
                 gettext_lazy("The name is changed.")),
    "addresses": Kind(AddressesForm, lambda which, _who, values: services.set_addresses(which, values["addresses"]), "addresses",
                      gettext_lazy("The addresses are kept, and in force within a second.")),
    "redirects": Kind(RedirectsForm, lambda which, _who, values: services.set_redirects(which, values["redirects"]), "redirects",
                      gettext_lazy("The redirect addresses are kept.")),
    "version": Kind(VersionForm, lambda which, _who, values: pinning.pin(which, values["version"], versions_of(published().catalogs)),
                    "version", gettext_lazy("The version is kept, and in force within a second.")),
    "invite": Kind(InviteForm, lambda which, who, values: team.invite(which, who, values["addressee"], values["role"]), "addressee",
                   gettext_lazy("Invited. If there is such an account, it finds the invitation under Applications.")),
}


@login_required
@require_POST
def change(request: HttpRequest, id: str, what: str) -> HttpResponse:
    """Send one of the forms of the page."""
    kind = CHANGES[what]
    application, account = permitted(request, id, kind.form.act), account_of(request)
    form = kind.form(request.POST)
    if not form.attempt(lambda values: kind.run(application, account, values), kind.field):
        return show(request, application, form)
    messages.success(request, kind.done)
    return _back(id, what)


def _back(id: str, part: str = "") -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("application", args=[id]) + (f"#{part}" if part else ""))


# -------------------------------------------------------------------------------------------- secrets


@login_required
@require_POST
def add_secret(request: HttpRequest, id: str) -> HttpResponse:
    """Make a secret, and show it this once: it is in no address, no session and no log."""
    application = permitted(request, id, Act.SECRETS)
    try:
        secret, text = rotation.add_secret(application, read_once(account_of(request), request.POST.get("once", "")))
    except SettingsError as error:
        messages.error(request, str(error))
        return _back(id, "secrets")
    return render(request, "applications/secret.html", {"application": application, "secret": secret, "text": text})


@login_required
@require_POST
def end_secret(request: HttpRequest, id: str, secret: uuid.UUID) -> HttpResponse:
    """End a secret at once, or after a while in which its successor takes over."""
    application = permitted(request, id, Act.SECRETS)
    period = PERIODS.get(request.POST.get("within", ""))
    if period is None:
        attempt(request, lambda: rotation.end_secret(application, secret), _("The secret is ended."))
    else:
        attempt(request, lambda: rotation.let_run_out(application, secret, period), _("The secret runs out by itself."))
    return _back(id, "secrets")


# -------------------------------------------------------------------------------------------- people


@login_required
@require_POST
def change_member(request: HttpRequest, id: str, member: int) -> HttpResponse:
    """Give a member another role, or part with them."""
    application = permitted(request, id, Act.MEMBERS)
    row = application.members.select_related("account").filter(pk=member).first()
    if row is None:
        messages.error(request, _("The member is gone already."))
    elif "remove" in request.POST:
        attempt(request, lambda: team.part_with(application, row.account), _("“%(name)s” is no member any more.") % {"name": row.account})
    else:
        role = request.POST.get("role", "")
        attempt(request, lambda: team.set_role(application, row, role), _("The role of “%(name)s” is changed.") % {"name": row.account})
    if role_of(application, account_of(request)) is None:       # who removes oneself has no page to go back to
        return redirect("applications")
    return _back(id, "members")


@login_required
@require_POST
def withdraw(request: HttpRequest, id: str, invitation: int) -> HttpResponse:
    """Take back an invitation or an offer."""
    application = permitted(request, id, Act.MEMBERS)
    application.invitations.filter(pk=invitation).delete()
    messages.success(request, _("The invitation is withdrawn."))
    return _back(id, "members")


@login_required
@require_POST
def leave(request: HttpRequest, id: str) -> HttpResponse:
    """Stop working on somebody else's application."""
    application, account = permitted(request, id), account_of(request)
    team.part_with(application, account)
    if role_of(application, account) is not None:
        messages.error(request, _("An owner cannot leave: offer the application to somebody, or delete it."))
        return _back(id)
    messages.success(request, _("You do not work on “%(name)s” any more.") % {"name": application.name})
    return redirect("applications")


@login_required
@require_POST
def answer(request: HttpRequest, invitation: int) -> HttpResponse:
    """Accept or decline an invitation of one's own."""
    account = account_of(request)
    row = Invitation.objects.select_related("application", "invited_by").filter(pk=invitation, account=account).first()
    if row is None:
        raise Http404
    if "accept" not in request.POST:
        row.delete()
        messages.success(request, _("Declined."))
        return redirect("applications")
    if not attempt(request, lambda: team.accept(row, account), _("Accepted.")):
        return redirect("applications")
    return redirect("application", row.application_id)

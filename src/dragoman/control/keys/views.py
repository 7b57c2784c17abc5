"""Pages of keys: the list by kind, a new one, and the permissions of every endpoint."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable
from typing import NamedTuple

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from ...credentials.secrets import Kind
from ...errors import SettingsError
from ..accounts.models import Account
from ..configuration import ours
from ..ledger.models import Use
from ..once import mint_once, read_once
from ..pages import UNPROCESSABLE, attempt, lines_with, show_or_send
from ..who import account_of
from . import issue, services
from . import permissions as allowed
from .forms import KeyForm
from .models import Key, KeyKind, KeyRequest, State

ENDED_SHOWN = 25
TITLES = {
    Kind.GW2: (gettext_lazy("API keys"), gettext_lazy("For your data in the style of /v2: sent as a bearer, or as access_token.")),
    Kind.API_TOKEN: (gettext_lazy("API tokens"), gettext_lazy(
        "Say who asks, on every request: api_token. They open nothing of yours, whatever their permissions.")),
    Kind.USER_TOKEN: (gettext_lazy("User tokens"), gettext_lazy(
        "Prove that you allow a change to what you own or moderate, as far as their permissions go: user_token.")),
    Kind.REMOTE_AUTH: (gettext_lazy("remote_auth keys"), gettext_lazy("For the webmaster interface: remote_auth.")),
}
"""What each kind is called, and what it is for."""


class Listed(NamedTuple):
    """One kind on the page."""

    kind: Kind
    title: object
    words: object
    issue: issue.Issue
    living: list[Key]
    ended: list[Key]
    requests: list[KeyRequest]


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All keys of an account, by kind (G8, D3, D4, W3)."""
    account = account_of(request)
    keys = Key.objects.filter(account=account)
    living, ended = list(keys.living()), list(keys.ended()[:ENDED_SHOWN])
    requests = list(KeyRequest.objects.filter(account=account))
    _add_uses([*living, *ended])
    return render(request, "keys/index.html", {
        "kinds": [_listed(kind, living, ended, requests) for kind in TITLES], "contact": ours().room.contact,
    })


def _listed(kind: Kind, living: Iterable[Key], ended: Iterable[Key], requests: Iterable[KeyRequest]) -> Listed:
    return Listed(kind, *TITLES[kind], issue.issue_of(kind), [key for key in living if key.kind == kind],
                  [key for key in ended if key.kind == kind], [each for each in requests if each.kind == kind])


def _add_uses(keys: list[Key]) -> None:
    """Tell each key when the data plane saw it last."""
    uses = dict(Use.objects.filter(ref__in=[str(key.pk) for key in keys]).values_list("ref", "used_at"))
    for key in keys:
        used_at = uses.get(str(key.pk))
        key.used_at = dt.datetime.fromtimestamp(used_at, dt.UTC) if used_at else None


@login_required
@show_or_send
def add(request: HttpRequest, kind: str) -> HttpResponse:
    """Make a key of a kind, or ask the operator for one, as the operator's switch says (D11)."""
    account, which = account_of(request), _kind(kind)
    switch = issue.issue_of(which)
    if switch is issue.Issue.OPERATOR:
        messages.error(request, _("Operators alone make keys of this kind."))
        return redirect("keys")
    form = KeyForm(request.POST or None)
    if request.method == "POST":
        answer = _ask(request, account, which, form) if switch is issue.Issue.ASK else _make(request, account, which, form)
        if answer is not None:
            return answer
    facts = {"form": form, "kind": which, "title": KeyKind(which.value).label, "about": TITLES[which][1],
             "asks": switch is issue.Issue.ASK, "once": mint_once(account)}
    return render(request, "keys/add.html", facts, status=UNPROCESSABLE if form.errors else 200)


def _kind(text: str) -> Kind:
    if text not in KeyKind.values:
        raise Http404
    return Kind(text)


def _make(request: HttpRequest, account: Account, kind: Kind, form: KeyForm) -> HttpResponse | None:
    made: list[tuple[Key, str]] = []
    once = request.POST.get("once", "")
    if not form.attempt(lambda values: made.append(issue.make_own(account, kind, **values, id=read_once(account, once)))):
        return None
    return _shown(request, *made[0])


def _shown(request: HttpRequest, key: Key, secret: str) -> HttpResponse:
    """The one page that shows a secret: the answer to the form, so that it is in no address, no session and no log."""
    return render(request, "keys/shown.html", {"key": key, "secret": secret, "lines": lines_with(request, {key.kind: secret})})


def _ask(request: HttpRequest, account: Account, kind: Kind, form: KeyForm) -> HttpResponse | None:
    if not form.attempt(lambda values: issue.ask(account, kind, **values)):
        return None
    messages.success(request, _("The operator is asked. The answer will stand here."))
    return redirect("keys")


# -------------------------------------------------------------------------------------------- one key


ACTS: dict[str, tuple[Callable[[Key], None], object]] = {
    "disable": (services.disable, gettext_lazy("“%(name)s” is disabled.")),
    "enable": (services.enable, gettext_lazy("“%(name)s” is enabled.")),
    "revoke": (services.revoke, gettext_lazy("“%(name)s” is revoked, for good.")),
    "forget": (services.forget, gettext_lazy("“%(name)s” is off the list.")),
}


@login_required
@show_or_send
def revoke(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Ask once more, then end a key for good."""
    key = _own(request, id)
    if request.method == "POST":
        return act(request, id, "revoke")
    return render(request, "keys/revoke.html", {"key": key, "over": key.state is State.REVOKED})


@login_required
@require_POST
def act(request: HttpRequest, id: uuid.UUID, what: str) -> HttpResponse:
    """What its owner may do with a key."""
    key = _own(request, id)
    run, done = ACTS[what]
    attempt(request, lambda: run(key), str(done) % {"name": key.name})
    return redirect("keys")


def _own(request: HttpRequest, id: uuid.UUID) -> Key:
    """A key of who asks; another's is as good as missing."""
    key = Key.objects.filter(pk=id, account=account_of(request)).first()
    if key is None:
        raise Http404
    return key


@login_required
@require_POST
def answer_request(request: HttpRequest, id: uuid.UUID, what: str) -> HttpResponse:
    """Make the key that was granted, or take a request off the list."""
    row = KeyRequest.objects.filter(pk=id, account=account_of(request)).first()
    if row is None:
        raise Http404
    if what == "withdraw":
        issue.withdraw(row)
        messages.success(request, _("The request is off the list."))
        return redirect("keys")
    try:
        return _shown(request, *issue.make_granted(row))
    except SettingsError as error:
        messages.error(request, str(error))
        return redirect("keys")


# -------------------------------------------------------------------------------------------- for anybody


@require_safe
def permissions(request: HttpRequest) -> HttpResponse:
    """Every endpoint with the permissions that it needs (G8), for anybody."""
    return render(request, "keys/permissions.html", {"known": allowed.known(), "catalogs": allowed.endpoints()})



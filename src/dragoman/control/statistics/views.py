"""Pages of usage: of an application, of one's keys, and of everything for operators."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ...statistics.reading import EVERYTHING, Scope
from ..applications.models import Application
from ..applications.roles import Act, acts_of
from ..keys.models import Key
from ..who import account_of
from .shown import PERIODS, NamesOf, look, period_of

_REQUEST_ID_MAX = 64
View = Callable[..., HttpResponse]


def _for_members(view: View) -> View:
    """For whoever is signed in; a page that renews itself is told when that is over, rather than led to a sign-in."""
    guarded: View = login_required(view)

    @wraps(view)
    def answer(request: HttpRequest, **arguments: Any) -> HttpResponse:
        if not request.user.is_authenticated and "HX-Request" in request.headers:
            return HttpResponse(status=401)
        return guarded(request, **arguments)

    return answer


@require_safe
@_for_members
def show_application(request: HttpRequest, id: str) -> HttpResponse:
    """How an application is used, for its owner, its members, and operators."""
    account = account_of(request)
    application = Application.objects.filter(pk=id).first()
    if application is None or not (account.is_operator or Act.SEE in acts_of(application, account)):
        raise Http404
    return _show(request, Scope(application=id), {"application": application})


@require_safe
@_for_members
def show_keys(request: HttpRequest) -> HttpResponse:
    """How one's own keys are used, all of them or one."""
    keys = {str(key.pk): key for key in Key.objects.filter(account=account_of(request))}
    chosen = request.GET.get("key", "")
    if chosen and chosen not in keys:
        raise Http404
    return _show(request, Scope(keys=(chosen,) if chosen else tuple(keys)), {"keys": keys.values(), "chosen": chosen})


@require_safe
def show_everything(request: HttpRequest) -> HttpResponse:
    """How everything is used, and by whom; for operators."""
    return _show(request, EVERYTHING, {"everything": True, "layout": "operator/base.html"}, _names_of)


def _names_of(ids: Collection[str]) -> Mapping[str, str]:
    return dict(Application.objects.filter(pk__in=ids).values_list("pk", "name"))


def _show(request: HttpRequest, scope: Scope, facts: dict[str, Any], names_of: NamesOf | None = None) -> HttpResponse:
    period, now = period_of(request.GET.get("period", "")), time.time()
    asked = "".join(request.GET.get("request", "").split())[:_REQUEST_ID_MAX]
    shown = look(scope, period, asked, now=now, names_of=names_of)
    facts = {"layout": "room/base.html", "period": period, "periods": PERIODS, "asked": asked, **shown, **facts}
    page = "statistics/live.html" if "HX-Request" in request.headers else "statistics/usage.html"
    return render(request, page, facts)

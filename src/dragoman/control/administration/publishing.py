"""Operators' pages about what is published: switches, terms of use, and what the settings say."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from ...catalog.resource import Resource
from ...credentials.secrets import Kind
from ..accounts import terms
from ..applications.models import Type
from ..configuration import ours
from ..keys.issue import issue_of
from ..keys.models import KeyKind
from ..pages import UNPROCESSABLE
from ..published import published
from . import acts, limits
from .access import attempt
from .audit import actor_of
from .forms import TermsForm
from .models import Switch


def switches(request: HttpRequest) -> HttpResponse:
    """Everything that is served, and what of it is switched off (L20)."""
    known = {(row.catalog, row.path): row for row in Switch.objects.all()}
    targets: list[dict[str, Any]] = [
        {"catalog": catalog.name, "path": target.path, "is_resource": isinstance(target, Resource),
         "address": published().address_of(catalog, target.path) or "", "off": known.pop((catalog.name, target.path), None)}
        for catalog in published().catalogs for target in catalog.targets
    ]
    targets += [{"catalog": row.catalog, "path": row.path, "address": "", "off": row, "gone": True} for row in known.values()]
    return render(request, "operator/switches.html", {"targets": targets})


def change_switch(request: HttpRequest, catalog: str, path: str) -> HttpResponse:
    """Switch one target off or on."""
    by = actor_of(request)
    if request.method == "POST" and "enable" in request.POST:
        switch = get_object_or_404(Switch, catalog=catalog, path=path)
        return attempt(request, lambda: acts.switch_on(by, switch), _("It answers again."), "operator-switches")
    if not any(each.name == catalog and target.path == path for each in published().catalogs for target in each.targets):
        raise Http404
    if request.method == "POST":
        return attempt(request, lambda: acts.switch_off(by, catalog, path, request.POST.get("reason", "")),
                       _("It is refused in every dialect."), "operator-switches")
    return render(request, "operator/switch.html", {"catalog": catalog, "path": path})


def publish_terms(request: HttpRequest) -> HttpResponse:
    """Write new terms of use, look at them as they will stand, then put them in force (L21)."""
    newest = terms.current()
    form = TermsForm(request.POST or None, initial={"text": newest.text if newest else ""})
    shown = terms.render(form.cleaned_data["text"]) if form.is_bound and form.is_valid() else ""
    if "publish" in request.POST and form.attempt(lambda values: acts.publish_terms(actor_of(request), values["text"])):
        return attempt(request, lambda: None, _("The terms are in force; every account is asked to accept them."), "operator-terms")
    facts = {"form": form, "shown": shown, "newest": newest}
    return render(request, "operator/terms.html", facts, status=UNPROCESSABLE if form.errors else 200)


def settings(request: HttpRequest) -> HttpResponse:
    """What is said in the settings file, and therefore not here: who makes keys (D11), the usual limits, addresses."""
    told = ours()
    facts = {
        "issues": [(kind.label, kind.value, issue_of(Kind(kind.value)).value) for kind in KeyKind],
        "limits": [(type.label, type.value, limits.usual_of(type)) for type in Type], "told": told.limits,
        "base_url": told.base_url, "index": published().index,
    }
    return render(request, "operator/settings.html", facts)


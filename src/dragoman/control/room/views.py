"""Pages of the Room that belong to nothing in particular."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import check_for_language
from django.views import i18n
from django.views.decorators.http import require_POST, require_safe

from ..accounts.models import Account
from ..pages import origin_of
from ..published import published
from ..showcase.services import shown
from .home import sections


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The first page, for anybody: what is published, and how to begin; `v` chooses the version of the schema that is described."""
    known = published()
    facts = {"sections": sections(known, origin_of(request), request.GET.get("v")), "index": known.index, "entries": shown()[:3]}
    return render(request, "room/home.html", facts)


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Show pages in another language from now on; who is signed in keeps it for letters and other browsers too."""
    account, language = request.user, request.POST.get("language", "")
    if isinstance(account, Account) and check_for_language(language):
        account.language = language
        account.save()
    return i18n.set_language(request)

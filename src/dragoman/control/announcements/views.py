"""Pages of announcements, for anybody; and their feed (Atom, RFC 4287)."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ..accounts.terms import render as as_html
from ..configuration import is_secure, ours
from ..feeds import Feed
from ..pages import origin_of, own_address, page_of
from ..published import publisher_name
from . import services

SEEN = "dragoman-seen"
PAGE_SIZE = 20
FEED_SIZE = 50
_YEAR_S = 31_536_000


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What was announced, the newest first."""
    page = page_of(request, services.shown(), PAGE_SIZE)
    told = [{"row": row, "text": as_html(row.text)} for row in page.object_list]
    return render(request, "announcements/index.html", {"page": page, "told": told})


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """The same for feed readers, in the language that they ask for."""
    name, place = publisher_name(ours()), f"{origin_of(request)}/room/announcements/"
    made = Feed(f"{name}: {_('Announcements')}", name, place)
    for row in services.shown()[:FEED_SIZE]:
        made.add(row.title, as_html(row.text), link=f"{place}#{row.pk}", unique_id=row.pk.urn, pubdate=row.from_at,
                 updateddate=row.from_at, categories=(row.kind,))
    return HttpResponse(made.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")


@require_POST
def dismiss(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Show an announcement on pages no more, in this browser."""
    response = redirect(own_address(request.POST.get("next"), "/"))
    response.set_cookie(SEEN, str(id), max_age=_YEAR_S, secure=is_secure(ours()), httponly=True, samesite="Lax")
    return response

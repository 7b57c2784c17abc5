"""The page of changes, for anybody; and their feed (Atom, RFC 4287)."""

from __future__ import annotations

import time

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..configuration import ours
from ..feeds import Feed
from ..pages import origin_of
from ..published import published, publisher_name
from .history import History, histories

FEED_SIZE = 50


def _shown() -> list[History]:
    """What is told. Raises `Http404` where nothing that is published has versions."""
    found = histories(published().catalogs, time.time())
    if not found:
        raise Http404
    return found


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every version with its state, and what it changed, the newest first."""
    return render(request, "changelog/index.html", {"histories": _shown()})


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """The same for feed readers, in the language that they ask for."""
    name, place = publisher_name(ours()), f"{origin_of(request)}/room/changelog/"
    made = Feed(f"{name}: {_('Changelog')}", name, place)
    found = [version for history in _shown() for version in history.versions if version.at is not None]
    for version in sorted(found, key=lambda each: each.version, reverse=True)[:FEED_SIZE]:
        what = ", ".join(dict.fromkeys([entry.name for entry in version.entries] + version.came + version.went))
        made.add(f"{version.title} {version.version}: {what}", render_to_string("changelog/entry.html", {"version": version}),
                 link=f"{place}#{version.anchor}", unique_id=f"{place}#{version.anchor}", pubdate=version.at, updateddate=version.at)
    return HttpResponse(made.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")

"""Operators' first page, and the log of what they did."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ..accounts.models import Account
from ..applications.models import Application
from ..keys.models import KeyRequest
from ..pages import page_of, sought
from .models import LimitRequest, Line, Switch


def index(request: HttpRequest) -> HttpResponse:
    """What waits for an operator, and how things stand."""
    facts = {
        "waiting": KeyRequest.waiting().count() + LimitRequest.waiting().count(),
        "accounts": Account.objects.count(), "banned": Account.objects.filter(is_active=False).count(),
        "applications": Application.objects.count(), "blocked": Application.objects.exclude(blocked_at=None).count(),
        "off": Switch.objects.count(), "lines": Line.objects.all()[:5],
    }
    return render(request, "operator/index.html", facts)


def log(request: HttpRequest) -> HttpResponse:
    """Every act of every operator, the newest first, found by who, what, and on what."""
    text, found = sought(request), Line.objects.all()
    if text:
        found = found.filter(Q(who__icontains=text) | Q(act__icontains=text) | Q(name__icontains=text) | Q(ref=text) | Q(address=text))
    page = page_of(request, found)
    for line in page.object_list:
        line.changes = changes_of(line)
    return render(request, "operator/log.html", {"page": page, "text": text})


def changes_of(line: Line) -> list[tuple[str, object, object]]:
    """What an act changed: name, before, after."""
    names = dict.fromkeys([*line.before, *line.after])
    changes = [(name, line.before.get(name), line.after.get(name)) for name in names]
    return [(name, before, after) for name, before, after in changes if before != after and (before or after)]

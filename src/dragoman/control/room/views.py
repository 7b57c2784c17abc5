"""Pages of the Room that belong to nothing in particular."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The first page, for anybody: what is published, and how to begin."""
    return render(request, "room/home.html")


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  # Django's own signature
    """A form that did not come from a page of ours, or whose page is too old."""
    return render(request, "room/refused.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  # Django's own signature
    """There is nothing at this address."""
    return render(request, "room/not_found.html", status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """Something went wrong on our side: the request's id is told, and nothing else."""
    return render(request, "room/failed.html", {"request_id": request.META.get("HTTP_X_REQUEST_ID", "")}, status=500)

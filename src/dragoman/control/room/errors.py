"""What a page says when something is not as it should be: the status, what happened, what to do, and the request's id."""

from __future__ import annotations

import sys
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from ..ledger.told import Gone
from ..logs import is_unavailable

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

PAGES: dict[int, tuple[_StrPromise, _StrPromise]] = {
    400: (_("This request makes no sense"), _("The address or the form is damaged. Go back, load the page again, and try once more.")),
    403: (_("You may not do this"), _("Your account has no right to see or change what is here.")),
    404: (_("There is nothing here"), _("The address is mistyped, or what was here is gone.")),
    405: (_("This cannot be done here"), _("The address is right, but it is not asked for in this way.")),
    410: (_("This is over"), _("The link was used already, or its time is up. Ask for a new one.")),
    413: (_("This is too large"), _("Send less at once.")),
    429: (_("Too many tries"), _("Wait a few minutes, then try again.")),
    503: (_("The Room is busy or without its database"), _("Nothing was changed. Try again in a moment; the API goes on answering.")),
    500: (_("Something went wrong on our side"), _("It was noted. Try again in a moment; should it go on, tell the operator.")),
}
"""Heading and advice by status."""
_RETRY_AFTER_S = 5
_FOR_PROGRAMS = ("/oauth/token", "/oauth/revoke", "/oauth/userinfo", "/auth/token")
"""Addresses that no person looks at."""
_TO_PROGRAMS = {
    400: "This form cannot be read: send application/x-www-form-urlencoded, in UTF-8, to a host that is ours.",
    413: "The form is too large.",
    503: "The server is busy or without its database: try again in a moment.",
}
_UNKNOWN_HOST = (
    _("This server is not known by that name"),
    _("It was asked as a host that its settings do not name. Operators: set base_url to the public address."),
)
_CSRF = (
    _("This form is too old"),
    _("It was opened before you signed in or out, or cookies are off. Go back, load the page again, and send it once more."),
)


def page(request: HttpRequest, status: int, texts: tuple[_StrPromise, _StrPromise] | None = None) -> HttpResponse:
    """The page of an error. It needs neither the database nor an account."""
    if request.path.startswith(_FOR_PROGRAMS):
        return _for_program(status)
    heading, advice = texts or PAGES[status]
    facts = {"status": status, "heading": heading, "advice": advice, "request_id": request.META.get("HTTP_X_REQUEST_ID", "")}
    return render(request, "room/error.html", facts, status=status)


def _for_program(status: int) -> HttpResponse:
    """The same for a program that wants a token (RFC 6749, section 5.2), in English, as everything there."""
    with override("en"):
        told = {"error": "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request",
                "error_description": _TO_PROGRAMS.get(status, str(PAGES[status][0]) + ".")}
    return JsonResponse(told, status=status, headers={"Access-Control-Allow-Origin": "*"})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What no browser sends, or a host that is not ours."""
    return page(request, 400, _UNKNOWN_HOST if isinstance(exception, DisallowedHost) else None)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  # Django's own signature
    """Not for this account."""
    return page(request, 403)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  # Django's own signature
    """A form that did not come from a page of ours, or whose page is too old."""
    return page(request, 403, _CSRF)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  # Django's own signature
    """There is nothing at this address."""
    return page(request, 404)


def too_many(request: HttpRequest) -> HttpResponse:
    """More tries than the limits allow."""
    return page(request, 429)


def failed(request: HttpRequest) -> HttpResponse:
    """Something went wrong on our side: the request's id is told, and nothing else.

    A database that is away, locked for too long or in a deadlock is told as such: whoever tries again may get through.
    """
    error = sys.exc_info()[1]
    if isinstance(error, Gone):
        return page(request, 404)
    if not is_unavailable(error):
        return page(request, 500)
    busy = page(request, 503)
    busy["Retry-After"] = str(_RETRY_AFTER_S)
    return busy

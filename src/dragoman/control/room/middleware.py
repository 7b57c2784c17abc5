"""What every page of the Room carries: a strict content policy, and nothing that caches may keep."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, QueryDict

from . import errors

Respond = Callable[[HttpRequest], HttpResponse]
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


def guard(respond: Respond) -> Respond:
    """Add what a page has not said itself, and give an error that is bare the look of a page."""
    def answer(request: HttpRequest) -> HttpResponse:
        response = respond(request)
        if request.method == "POST" and response.status_code == HTTPStatus.FOUND:
            response.status_code = HTTPStatus.SEE_OTHER     # so that no browser sends a password on (RFC 9700, section 4.12)
        if response.status_code in errors.PAGES and not response.streaming and not response.content:
            response = _dressed(request, response)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response
    return answer


def _dressed(request: HttpRequest, bare: HttpResponse) -> HttpResponse:
    page = errors.page(request, bare.status_code)
    for name, value in bare.headers.items():
        if name not in ("Content-Type", "Content-Length"):
            page.headers[name] = value
    return page


def read_as_utf_8(respond: Respond) -> Respond:
    """Read forms as browsers write them, in UTF-8, whatever a request says of its letters (URL standard, section 5): Python knows
    names for much that is no letters at all, and would fail at them on every page."""
    def answer(request: HttpRequest) -> HttpResponse:
        request.encoding = "utf-8"
        return respond(request)
    return answer


def refuse_what_is_too_large(respond: Respond) -> Respond:
    """Say so on a page where the server below has not read a body since it was larger than allowed."""
    def answer(request: HttpRequest) -> HttpResponse:
        scope = request.scope if isinstance(request, ASGIRequest) else {}
        if not scope.get("dragoman.too_large"):
            return respond(request)
        request.POST = QueryDict()              # what was not read holds no fields, for the frame of the page neither
        return errors.page(request, 413)
    return answer

"""What views of all apps share: parts of lists, what came of a service, addresses that a page may lead to, and lines to paste."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from ..errors import SettingsError
from .configuration import ours
from .published import published

PAGE_SIZE = 25
UNPROCESSABLE = 422
"""The status of a page with a form that was refused."""
_SOUGHT_MAX = 100
show_or_send = require_http_methods(["GET", "HEAD", "POST"])
"""For views of a form: GET shows it, POST sends it."""


def page_of(request: HttpRequest, found: QuerySet[Any], size: int = PAGE_SIZE) -> Page[Any]:
    """The part of a list that is asked for by `page`; `room/pages.html` shows the way to the others."""
    return Paginator(found, size).get_page(request.GET.get("page"))


def sought(request: HttpRequest) -> str:
    """What is searched for, by `q`, without what nobody can see."""
    text = request.GET.get("q", "")[:_SOUGHT_MAX]
    return " ".join("".join(filter(str.isprintable, text)).split())


def attempt(request: HttpRequest, run: Callable[[], object], done: Any) -> bool:
    """Run a service, and say on the next page that it is done, or why it is not; whether it is."""
    try:
        run()
    except SettingsError as error:
        messages.error(request, str(error))
        return False
    messages.success(request, str(done))
    return True


def own_address(wanted: str | None, otherwise: str) -> str:
    """An address of the Room as asked for; the other one where that leads anywhere else."""
    if wanted and wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return otherwise


def origin_of(request: HttpRequest) -> str:
    """Scheme and host by which people reach the Room: of the public address where one is set, else as it was asked."""
    return ours().base_url or f"{request.scheme}://{request.get_host()}"


def lines_with(request: HttpRequest, secrets: Mapping[str, str]) -> list[str]:
    """A line to paste for each dialect in which these secrets, by the kinds that dialects know, make a difference."""
    return [shlex.join(["curl", origin_of(request) + address]) for address in published().examples_with(secrets).values()]

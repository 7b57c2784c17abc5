"""Pages of long operations: one's own, with those of one's applications, and everybody's for operators."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from ...contracts import Operations
from ...errors import Fault, SourceUnavailable
from ...exchange import Operation
from ..administration.acts import cancel_operation
from ..administration.audit import actor_of
from ..published import published
from ..who import account_of
from . import services
from .services import names_of, own_parties

SHOWN_MAX = 100
STATES: Mapping[str, tuple[Any, str]] = {
    "queued": (gettext_lazy("waits"), ""), "running": (gettext_lazy("runs"), "info"), "done": (gettext_lazy("done"), "success"),
    "failed": (gettext_lazy("failed"), "danger"), "cancelled": (gettext_lazy("cancelled"), "warning"),
}
"""What each state is called, and how its badge looks."""


class Row(NamedTuple):
    """One operation on a page."""

    id: int
    method: str
    whose: str
    party: str
    state: Any
    look: str
    done: int
    total: int | None
    living: bool
    cancelling: bool
    reason: str
    created_at: dt.datetime
    started_at: dt.datetime | None
    ended_at: dt.datetime | None
    attempts: int


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What an account began, and its applications."""
    names = own_parties(account_of(request))
    facts = {"layout": "room/base.html", "cancel": "operation-cancel"}
    return _show(request, lambda kept: kept.recent(list(names), SHOWN_MAX), names, facts)


@require_safe
def show_all(request: HttpRequest) -> HttpResponse:
    """What everybody began, for operators."""
    facts = {"layout": "operator/base.html", "cancel": "operator-operation-cancel", "everybody": True}
    if published().operations is None:
        return render(request, "operations/index.html", facts)
    return _show(request, lambda kept: kept.recent(None, SHOWN_MAX), None, facts)


@login_required
@require_POST
def cancel(request: HttpRequest, id: int) -> HttpResponse:
    """End one of one's own."""
    parties = own_parties(account_of(request))
    _cancel(request, lambda kept: services.cancel(kept, id, parties))
    return redirect("operations")


def cancel_any(request: HttpRequest, id: int) -> HttpResponse:
    """End any, for operators; there is nothing to look at here."""
    if request.method != "POST":
        raise Http404
    _cancel(request, lambda kept: cancel_operation(actor_of(request), kept, id, request.POST.get("party", "")))
    return redirect("operator-operations")


def _kept() -> Operations:
    kept = published().operations
    if kept is None:
        raise Http404
    return kept


def _cancel(request: HttpRequest, cancel: Callable[[Operations], Operation | None]) -> None:
    """End an operation, and say on the next page what came of it."""
    kept = _kept()
    try:
        found = cancel(kept)
    except SourceUnavailable:
        messages.error(request, _("The store of operations does not answer at present. Try again in a moment."))
        return
    if found is None:
        raise Http404
    if found.state == "cancelled":
        messages.success(request, _("The operation is cancelled."))
    elif found.living:
        messages.success(request, _("The operation ends at its next step."))
    else:
        messages.info(request, _("The operation has ended already."))


def _show(
    request: HttpRequest, find: Callable[[Operations], Sequence[Operation]], names: Mapping[str, str] | None, facts: dict[str, Any],
) -> HttpResponse:
    try:
        found = find(_kept())
    except SourceUnavailable:
        return render(request, "operations/index.html", {**facts, "away": True}, status=503)
    names = names_of({each.party for each in found}) if names is None else names
    return render(request, "operations/index.html", {**facts, "rows": [_row(each, names) for each in found], "most": SHOWN_MAX,
                                                     "full": len(found) >= SHOWN_MAX})


def _row(operation: Operation, names: Mapping[str, str]) -> Row:
    state, look = STATES[operation.state]
    catalog, _sep, path = operation.method.partition(":")
    return Row(
        id=operation.id, method=f"{catalog} {path}", whose=names.get(operation.party, operation.party), party=operation.party, state=state,
        look=look, done=operation.done, total=operation.total, living=operation.living, cancelling=operation.cancelling,
        reason=_reason(operation.fault), created_at=_at(operation.created_at), started_at=_moment(operation.started_at),
        ended_at=_moment(operation.ended_at), attempts=operation.attempts)


def _reason(fault: Fault | None) -> str:
    return "" if fault is None else str(msgspec.structs.replace(fault, facts={}))


def _moment(at: float | None) -> dt.datetime | None:
    return None if at is None else _at(at)


def _at(at: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(at, dt.UTC)

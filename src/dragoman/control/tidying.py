"""Dropping what is over: every visit of a stranger may leave a session, and none ends by itself in the database."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

_BATCH = 1_000
_NEW = dt.timedelta(minutes=10)
"""For so long a session may be noted and not be kept yet."""


def tidy() -> None:
    """Drop sessions, one-time links and tokens whose time is over. Any number of processes may do so at once."""
    from allauth.usersessions.models import UserSession
    from django.contrib.sessions.models import Session

    from .accounts import links
    from .grants import services as grants

    now = timezone.now()
    try:
        _drop(Session.objects.filter(expire_date__lt=now))
        _drop(UserSession.objects.filter(created_at__lt=now - _NEW).exclude(session_key__in=Session.objects.values("session_key")))
        _drop(links.forgotten())
        grants.sweep()
    finally:
        connection.close()


def _drop(rows: QuerySet[Any]) -> None:
    """A thousand at a time, so that nobody else who wants to write waits for long."""
    while some := list(rows.values_list("pk", flat=True)[:_BATCH]):
        rows.model._default_manager.filter(pk__in=some).delete()  # noqa: SLF001  # Django's documented way to a model's rows

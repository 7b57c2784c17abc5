"""Who acts, and the log in which every act of an operator leaves its line."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from ..accounts.models import Account, Terms
from ..announcements.models import Announcement
from ..applications.models import Application
from ..keys.models import Key, KeyRequest
from ..showcase.models import Entry
from .models import LimitRequest, Line, Switch

KEPT: Mapping[type[models.Model], tuple[str, ...]] = {
    Account: ("username", "email", "subject", "is_operator", "is_active", "ban_reason"),
    Terms: ("published_at",),
    Application: ("name", "type", "owner_id", "addresses", "redirect_addresses", "pkce_optional", "blocked_at",
                  "block_reason", "rate", "quota", "version"),
    Key: ("account_id", "kind", "name", "permissions", "expires_at", "suspended_at", "suspend_reason", "revoked_at"),
    Announcement: ("kind", "title_en", "title_ru", "from_at"),
    Entry: ("application_id", "text", "link", "picture_hash", "reply", "answer"),
    KeyRequest: ("account_id", "kind", "name", "permissions", "days", "reply", "answer"),
    Switch: ("catalog", "path", "reason"),
    LimitRequest: ("application_id", "rate", "quota", "reason", "reply", "answer"),
}
"""What is written down of each kind of thing: what operators change, and no secret."""
_COMMAND = "command"


class Actor(NamedTuple):
    """Who acts, and from where."""

    name: str
    account: int | None = None
    address: str = _COMMAND
    request_id: str = ""


def actor_of(request: HttpRequest) -> Actor:
    """Who asked for a page; for views that operators alone reach."""
    account = request.user
    assert isinstance(account, Account)  # noqa: S101  # what the way to the view has proven
    meta = request.META
    return Actor(account.username, account.pk, str(meta.get("REMOTE_ADDR") or ""), str(meta.get("HTTP_X_REQUEST_ID") or ""))


def actor_of_command() -> Actor:
    """The system user who runs this command."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):                 # a user id without a name, as in many containers
        name = str(os.getuid())
    return Actor(f"{name} (uid {os.getuid()})")


@contextmanager
def recorded(by: Actor, act: str, thing: models.Model) -> Iterator[None]:
    """Do something to a thing and write it down: both are kept, or neither."""
    model, pk, name = type(thing), thing.pk, str(thing)
    with transaction.atomic():
        before = _state_of(model, pk)
        yield
        _write(by, act, (model, pk, name), before, _state_of(model, pk))


def note(by: Actor, act: str, thing: models.Model) -> None:
    """Write down what was made, or what was done with something that stays as it is. Call it in the same transaction."""
    _write(by, act, (type(thing), thing.pk, str(thing)), {}, _state_of(type(thing), thing.pk))


def note_many(by: Actor, act: str, model: type[models.Model], name: str, facts: Mapping[str, Any]) -> None:
    """Write down in one line what was done to many rows at once. Call it in the same transaction."""
    _write(by, act, (model, "", name), {}, facts)


def _write(
    by: Actor, act: str, thing: tuple[type[models.Model], Any, str], before: Mapping[str, Any], after: Mapping[str, Any],
) -> None:
    model, pk, name = thing
    Line.objects.create(
        account=by.account, who=by.name, act=act, kind=model.__name__.lower(), ref=str(pk), name=name[:255],
        before=before, after=after, address=by.address, request_id=by.request_id,
    )


def _state_of(model: type[models.Model], pk: Any) -> dict[str, Any]:
    """What is kept of a row, held until the transaction ends; nothing where it is gone."""
    rows = QuerySet[Any](model).select_for_update().filter(pk=pk)
    row = rows.values(*KEPT[model]).first()
    return dict(row) if row is not None else {}

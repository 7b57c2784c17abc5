"""The secrets of confidential applications: made, let run out beside their successors, and ended."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from ...credentials.secrets import SHOWN, Kind, mint
from ...errors import SettingsError
from ..configuration import digester_of, ours
from .models import Application, Secret
from .services import locked

SECRETS_MAX = 5
"""How many may be good at once."""


@transaction.atomic
def add_secret(application: Application, id: uuid.UUID | None = None) -> tuple[Secret, str]:
    """Make a secret; the row, and its text, which is told this once. Raises `SettingsError` with what is wrong."""
    row = locked(application)
    if id is not None and Secret.objects.filter(pk=id).exists():
        raise SettingsError(_("This form was sent before. The secret was shown once: make another one if you have lost it."))
    good = row.secrets.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))
    if good.count() >= SECRETS_MAX:
        raise SettingsError(_("An application has at most %(limit)s secrets at once: end one first.") % {"limit": SECRETS_MAX})
    _drop_old(row)
    text = mint(Kind.APPLICATION_SECRET)
    secret = Secret.objects.create(id=id or uuid.uuid4(), application=row, digest=digester_of(ours()).digest(text),
                                   shown=text[:SHOWN])
    if not row.confidential:
        row.confidential = True
        row.save()
    return secret, text


def _drop_old(application: Application) -> None:
    """Forget those that ran out and that nobody removed, so that they do not pile up."""
    over = application.secrets.filter(expires_at__lte=timezone.now()).values_list("pk", flat=True)[SECRETS_MAX:]
    Secret.objects.filter(pk__in=list(over)).delete()


@transaction.atomic
def let_run_out(application: Application, id: uuid.UUID, within: dt.timedelta) -> None:
    """Let a secret be good for a while longer, never longer than before. Raises `SettingsError` where it is gone."""
    locked(application)
    secret = _of(application, id)
    ends = timezone.now() + within
    secret.expires_at = min(ends, secret.expires_at or ends)
    secret.save()


@transaction.atomic
def end_secret(application: Application, id: uuid.UUID) -> None:
    """End a secret at once. Raises `SettingsError` where it is gone already."""
    locked(application)
    _of(application, id).delete()


def _of(application: Application, id: uuid.UUID) -> Secret:
    secret = application.secrets.filter(pk=id).first()
    if secret is None:
        raise SettingsError(_("The secret is gone already."))
    return secret

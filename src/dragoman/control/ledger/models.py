"""The tables that the data plane reads and writes without Django: facts, and when keys were used."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import connection, models, transaction
from django.utils import timezone

from ...credentials import facts, ledger

_BATCH = 500
_LOCK = 0x0D4A_60FA
"""The advisory lock of PostgreSQL under which facts are numbered, so that no lower number is committed after a higher."""


class Fact(models.Model):
    """What is known of one account, application, key or target; an empty body once it is gone."""

    seq = models.BigIntegerField(unique=True)
    kind = models.CharField(max_length=16)
    ref = models.CharField(max_length=255)
    body = models.TextField()
    gone_at = models.DateTimeField(null=True)
    """Since when the body is empty."""

    class Meta:
        """One row a thing."""

        db_table = facts.TABLE
        constraints = (models.UniqueConstraint(fields=["kind", "ref"], name="credentials_fact_thing"),)


class Use(models.Model):
    """When a key was used last, as the data plane noted."""

    ref = models.CharField(max_length=64, primary_key=True)
    used_at = models.FloatField()

    class Meta:
        """Written by the data plane's followers."""

        db_table = ledger.USE_TABLE


def tell(kind: str, ref: str, body: facts.Body | None) -> None:
    """Make a fact known to every node within a second; nothing is written where it is known already.

    Call it in the transaction that changes what it is a fact of: both are kept, or neither.
    """
    text = facts.write(body) if body is not None else ""
    with transaction.atomic():
        take_turn()
        known = Fact.objects.filter(kind=kind, ref=ref).first()
        if known is not None and known.body == text:
            return
        gone_at = None if text else timezone.now()
        Fact.objects.update_or_create(kind=kind, ref=ref, defaults={"body": text, "seq": _newest() + 1, "gone_at": gone_at})


def tell_all(kind: str, told: Sequence[tuple[str, facts.Body]]) -> None:
    """Make facts known of things that are new, by their refs."""
    with transaction.atomic():
        take_turn()
        rows = [Fact(seq=seq, kind=kind, ref=ref, body=facts.write(body)) for seq, (ref, body) in enumerate(told, _newest() + 1)]
        Fact.objects.bulk_create(rows, batch_size=_BATCH)


def forget_gone(before: dt.datetime) -> None:
    """Drop what has been gone since before a time, when every node has heard of it; the newest stays, for its number."""
    Fact.objects.filter(gone_at__lt=before, seq__lt=_newest()).delete()


def _newest() -> int:
    return Fact.objects.aggregate(newest=models.Max("seq"))["newest"] or 0


def take_turn() -> None:
    """Let one transaction at a time number facts; SQLite has one writer anyway.

    Whoever tells takes it by itself. Take it before you change what other rows may point at by, such as a name that is unique:
    they check that at their end, having told, and each would wait for the other.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])

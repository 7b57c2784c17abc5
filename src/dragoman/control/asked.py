"""What waits for an operator's answer, of whatever kind: a key, other limits, a place in the showcase."""

from __future__ import annotations

import uuid
from typing import ClassVar, Self, TypeVar

from django.db import models, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..errors import SettingsError
from .wording import check_reason


class Reply(models.TextChoices):
    """What came of it."""

    WAITING = "waiting", gettext_lazy("waiting for an operator")
    GRANTED = "granted", gettext_lazy("granted")
    REFUSED = "refused", gettext_lazy("refused")


class Asked(models.Model):
    """A row that says what somebody asks for, and what an operator replied."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reply = models.CharField(max_length=16, choices=Reply.choices, default=Reply.WAITING)
    answer = models.TextField(blank=True)
    """What the operator says to it."""
    asked_at = models.DateTimeField(default=timezone.now)
    """When it was asked, or changed since."""

    class Meta:
        """Each kind has a table of its own; the oldest first."""

        abstract = True
        ordering: ClassVar[list[str]] = ["asked_at", "id"]

    @classmethod
    def waiting(cls) -> QuerySet[Self]:
        """What nobody has replied to, the oldest first."""
        return QuerySet[Self](cls).filter(reply=Reply.WAITING).order_by("asked_at", "id")


Row = TypeVar("Row", bound=Asked)


def drop_oldest(rows: QuerySet[Row], kept: int) -> None:
    """Drop all but the newest, so that what is over does not pile up."""
    over = rows.order_by("-asked_at").values_list("pk", flat=True)[kept:]
    rows.model._default_manager.filter(pk__in=list(over)).delete()  # noqa: SLF001  # Django's documented way to a model's rows


@transaction.atomic
def answer(asked: Row, reply: Reply, text: str, seen: str | None = None) -> Row:
    """Reply to what waits, with a word to who asked; or, with the moment of which it was `seen`, anew to what may change.

    The row as it is then. Raises `SettingsError` where it was answered, changed or withdrawn meanwhile.
    """
    row = QuerySet[Row](type(asked)).select_for_update().filter(pk=asked.pk).first()
    if row is None or (row.reply != Reply.WAITING if seen is None else row.asked_at.isoformat() != seen):
        raise SettingsError(_("It was answered, changed or withdrawn meanwhile: look at it again."))
    row.reply, row.answer = reply, check_reason(text)
    row.save()
    return row

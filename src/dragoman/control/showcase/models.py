"""What owners offer to show of their applications."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..applications.models import Application


class State(models.TextChoices):
    """Whether an entry is shown."""

    WAITING = "waiting", _("waiting for an operator")
    APPROVED = "approved", _("shown")
    REFUSED = "refused", _("refused")


class Entry(models.Model):
    """One application in the showcase. The row is the owner's consent: withdrawn, it is gone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.OneToOneField(Application, on_delete=models.CASCADE, related_name="showcase")
    text = models.TextField()
    link = models.CharField(max_length=500)
    picture = models.BinaryField(null=True)
    picture_type = models.CharField(max_length=20, blank=True)
    picture_hash = models.CharField(max_length=32, blank=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    answer = models.TextField(blank=True)
    """What the operator says to the owner."""
    offered_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-offered_at", "id"]

    def __str__(self) -> str:
        return self.application.name

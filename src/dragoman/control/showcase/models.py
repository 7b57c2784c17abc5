"""What owners offer to show of their applications."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from ..applications.models import Application
from ..asked import Asked


class Entry(Asked):
    """One application in the showcase. The row is the owner's consent: withdrawn, it is gone."""

    application = models.OneToOneField(Application, on_delete=models.CASCADE, related_name="showcase")
    text = models.TextField()
    link = models.CharField(max_length=500)
    picture = models.BinaryField(null=True)
    picture_type = models.CharField(max_length=20, blank=True)
    picture_hash = models.CharField(max_length=32, blank=True)

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-asked_at", "id"]

    def __str__(self) -> str:
        return self.application.name

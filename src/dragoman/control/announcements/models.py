"""Announcements, and the base addresses that were in force when the server started last."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

TITLE_MAX = 150
TEXT_MAX = 20_000


class Kind(models.TextChoices):
    """What an announcement is about."""

    NOTICE = "notice", _("notice")
    CHANGE = "change", _("coming change")
    BASE_ADDRESS = "base-address", _("base address")


class Announcement(models.Model):
    """Something that developers should know, in one or both languages of the Room."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.NOTICE)
    title_en = models.CharField(max_length=TITLE_MAX, blank=True)
    text_en = models.TextField(blank=True)
    title_ru = models.CharField(max_length=TITLE_MAX, blank=True)
    text_ru = models.TextField(blank=True)
    from_at = models.DateTimeField(default=timezone.now, db_index=True)
    """When it is shown first."""
    lettered_at = models.DateTimeField(null=True)
    """When the last letter about it was written; None while some are due."""
    lettered_to = models.BigIntegerField(default=0)
    """The last account that was written to; they are taken by their numbers."""
    leased_until = models.DateTimeField(null=True)
    """Until when one process writes letters; after that another may go on."""

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-from_at", "-id"]

    def __str__(self) -> str:
        return self.title

    @property
    def language(self) -> str:
        """The language in which it is read: that of the page, where it is told in it."""
        wanted = (get_language() or "en").partition("-")[0]
        return "ru" if (wanted == "ru" and self.title_ru) or not self.title_en else "en"

    @property
    def title(self) -> str:
        """In the language of the page, or else the other."""
        return self.title_ru if self.language == "ru" else self.title_en

    @property
    def text(self) -> str:
        """In the language of the title."""
        return self.text_ru if self.language == "ru" else self.text_en


class Base(models.Model):
    """The base address of a dialect as it was when a server started last (D10)."""

    name = models.CharField(max_length=60, primary_key=True)
    address = models.CharField(max_length=500)

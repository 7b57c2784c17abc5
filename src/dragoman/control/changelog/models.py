"""Which applications were seen in a deprecated version, and what their owners were told of that."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from ..applications.models import Application


class Notice(models.IntegerChoices):
    """What owners are told as the end comes nearer; each once, and of several that are due the last alone."""

    NONE = 0, _("not told")
    DEPRECATED = 1, _("deprecated")
    MONTH = 2, _("gone in a month")
    WEEK = 3, _("gone in a week")


class Outdated(models.Model):
    """An application that was answered in a version of a catalog that is deprecated."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="outdated")
    catalog = models.CharField(max_length=200)
    version = models.CharField(max_length=32)
    """As it is told: `2022-03-09T02:00:00Z` or `earliest`."""
    last_at = models.DateTimeField()
    """When it was seen last, as exactly as counts are kept."""
    told = models.PositiveSmallIntegerField(choices=Notice.choices, default=Notice.NONE)
    """The last that its owner was written."""
    leased_until = models.DateTimeField(null=True)
    """Until when one process writes the letter; after that another may."""

    class Meta:
        """Each once."""

        constraints = (models.UniqueConstraint(fields=["application", "catalog", "version"], name="one_outdated"),)

"""The log of operators' acts, what is switched off, and requests for higher limits."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone

from ...credentials import facts
from ..applications.models import Application
from ..asked import Asked
from ..ledger.told import Told

LIMIT_MAX = 40


class Lines(models.QuerySet["Line"]):
    """Lines of the log; none is ever changed or taken away."""

    def update(self, **_values: Any) -> NoReturn:
        """Refused."""
        raise TypeError("the log of operators is only ever written to")

    def delete(self) -> NoReturn:
        """Refused."""
        raise TypeError("the log of operators is only ever written to")


class Line(models.Model):
    """One act of an operator: who, what, on what, when, from where, and what it changed.

    It refers to nothing, so that it stays as it is whatever becomes of the things that it names.
    """

    at = models.DateTimeField(default=timezone.now, db_index=True)
    account = models.BigIntegerField(null=True)
    """Whose act it was; None for a command."""
    who = models.CharField(max_length=200)
    """The account's name, or the system user who ran the command."""
    act = models.CharField(max_length=40)
    kind = models.CharField(max_length=40)
    """What the thing is: `account`, `application`, `key` …"""
    ref = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    """What people call the thing."""
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    """Its state on both sides of the act; empty where it was not there."""
    address = models.CharField(max_length=64)
    """The network address that the page was asked from, or `command`."""
    request_id = models.CharField(max_length=64, blank=True)

    objects = Lines.as_manager()

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.who} {self.act} {self.name}"

    def save(self, *arguments: Any, **options: Any) -> None:
        """Write a new line. Raises `TypeError` for one that stands already."""
        if not self._state.adding:
            raise TypeError("the log of operators is only ever written to")
        super().save(*arguments, **options)

    def delete(self, *_arguments: Any, **_options: Any) -> NoReturn:
        """Refused."""
        raise TypeError("the log of operators is only ever written to")


class Switch(Told):
    """A resource or method that is switched off in every dialect; there is no row of what answers (L20)."""

    fact_kind: ClassVar[str] = "target"

    catalog = models.CharField(max_length=100)
    path = models.CharField(max_length=150)
    reason = models.TextField(blank=True)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        """By name; each target once."""

        ordering: ClassVar[list[str]] = ["catalog", "path"]
        constraints = (models.UniqueConstraint(fields=["catalog", "path"], name="one_switch"),)

    def __str__(self) -> str:
        return self.fact_ref

    @property
    def fact_ref(self) -> str:
        """As the data plane names it."""
        return f"{self.catalog}:{self.path}"

    def fact(self) -> facts.Target:
        """That it is off, and why."""
        return facts.Target(reason=self.reason)


class LimitRequest(Asked):
    """Somebody asks for higher limits of an application."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="limit_requests")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    """Who asks."""
    rate = models.CharField(max_length=LIMIT_MAX, blank=True)
    quota = models.CharField(max_length=LIMIT_MAX, blank=True)
    reason = models.TextField()
    """What it is for."""

    def __str__(self) -> str:
        return f"{self.application}: {self.rate or '-'} {self.quota or '-'}"

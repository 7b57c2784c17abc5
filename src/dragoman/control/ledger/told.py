"""Models of which the data plane knows: every saving and deleting of one tells its fact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db import models, transaction
from django.db.models import QuerySet
from django.db.models.signals import post_delete

from ...credentials import facts
from .models import tell, tell_all

_BATCH = 500


class Told(models.Model):
    """A model that has a fact. Change its rows by saving them: `update()` of a query set tells nothing."""

    fact_kind: ClassVar[str]

    class Meta:
        """Each model has a table of its own."""

        abstract = True

    @property
    def fact_ref(self) -> str:
        """By what the data plane names it."""
        return str(self.pk)

    def fact(self) -> facts.Body:
        """What the data plane has to know."""
        raise NotImplementedError

    def save(self, *arguments: Any, **options: Any) -> None:
        """Keep the row and its fact, both or neither."""
        with transaction.atomic():
            super().save(*arguments, **options)
            tell(self.fact_kind, self.fact_ref, self.fact())


def tell_of_deletions(model: type[Told]) -> None:
    """Tell what is gone, also where it went with something else."""
    def gone(instance: Told, **_: Any) -> None:
        tell(instance.fact_kind, instance.fact_ref, None)

    post_delete.connect(gone, sender=model, weak=False, dispatch_uid=f"gone-{model.__name__}")


def add_all(rows: Sequence[Told]) -> None:
    """Keep many new rows of one model and their facts, all or none."""
    if not rows:
        return
    with transaction.atomic():
        QuerySet[Any](type(rows[0])).bulk_create(rows, batch_size=_BATCH)
        tell_all(rows[0].fact_kind, [(row.fact_ref, row.fact()) for row in rows])

"""Models of which the data plane knows: every saving and deleting of one tells its fact."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Self

from django.db import DatabaseError, models, transaction
from django.db.models import QuerySet
from django.db.models.signals import post_delete
from django.utils.translation import gettext as _

from ...credentials import facts
from ...errors import SettingsError
from .models import tell, tell_all

_BATCH = 500


class Gone(SettingsError):
    """A row that was deleted while somebody else was about to change it."""


class Told(models.Model):
    """A model that has a fact. Change its rows by saving them: `update()` of a query set tells nothing.

    Saving writes what was changed since the row was read, and nothing else: whoever read it before a ban and saves it after
    that, as a slow sign-in does, must not take the ban back. For the same reason the fact is of the row as it then stands.
    """

    fact_kind: ClassVar[str]
    _as_read: dict[str, Any] | None = None
    """The columns as they stand in the database, as far as this instance knows."""

    class Meta:
        """Each model has a table of its own."""

        abstract = True

    @classmethod
    def from_db(cls, *arguments: Any, **options: Any) -> Self:
        """A row as it was read; it remembers that."""
        row = super().from_db(*arguments, **options)
        row._note()  # noqa: SLF001  # a row of our own
        return row

    def refresh_from_db(self, *arguments: Any, **options: Any) -> None:
        """Read the row again."""
        super().refresh_from_db(*arguments, **options)
        self._note(options.get("fields") or (arguments[1] if len(arguments) > 1 else None))

    @property
    def fact_ref(self) -> str:
        """By what the data plane names it."""
        return str(self.pk)

    def fact(self) -> facts.Body:
        """What the data plane has to know."""
        raise NotImplementedError

    def save(self, *arguments: Any, **options: Any) -> None:
        """Keep what was changed and the row's fact, both or neither. Raises `Gone` for a row that was deleted meanwhile."""
        if self._as_read is None:
            with transaction.atomic():
                super().save(*arguments, **options)
                tell(self.fact_kind, self.fact_ref, self.fact())
            self._note()
        elif names := options.get("update_fields") or self._changed():
            self._save_changed({**options, "update_fields": names})
            self._note(names)

    def _save_changed(self, options: dict[str, Any]) -> None:
        try:
            with transaction.atomic():
                super().save(**options)
                tell(self.fact_kind, self.fact_ref, QuerySet[Self](type(self)).get(pk=self.pk).fact())
        except DatabaseError as error:
            if QuerySet[Self](type(self)).filter(pk=self.pk).exists():
                raise
            raise Gone(_("It was deleted meanwhile.")) from error

    def _note(self, names: Iterable[str] | None = None) -> None:
        """Remember columns as they are now, all or those of some fields."""
        some = None if names is None else set(names)
        now = {field.attname: copy.copy(self.__dict__[field.attname]) for field in self._meta.concrete_fields
               if field.attname in self.__dict__ and (some is None or some & {field.name, field.attname})}
        self._as_read = {**(self._as_read or {}), **now}

    def _changed(self) -> list[str]:
        known, missing = self._as_read or {}, object()
        return [field.attname for field in self._meta.concrete_fields if field.attname in self.__dict__
                and known.get(field.attname, missing) != self.__dict__[field.attname]]


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

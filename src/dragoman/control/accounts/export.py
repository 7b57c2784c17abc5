"""Everything that is held of an account, for its owner to take along: all but secrets."""

# ruff: noqa: SLF001  # `_meta` is Django's documented way to a model's fields

from __future__ import annotations

from typing import Any

from django.db import models

from .models import Account

_SECRET = frozenset({"password", "data", "session_key", "token", "token_secret", "token_checksum", "code"})
"""Fields that prove something; binary ones, digests all, are left out as well."""
_OF_OTHERS = frozenset({("applications.invitation", "account")})
"""Fields that tell of others what their owners are never told: whether an invitation reached anybody."""
_DEPTH = 2
"""What is an account's, and what belongs to that: an application's members."""


def export(account: Account) -> dict[str, Any]:
    """The account's row, and by model whatever hangs on it, so that what is new is not forgotten here."""
    return {"account": _row(account), "terms": account.terms.text if account.terms else None, **_holdings(account, _DEPTH)}


def _holdings(owner: models.Model, depth: int) -> dict[str, Any]:
    held: dict[str, Any] = {}
    for relation in owner._meta.related_objects:
        model: Any = relation.related_model
        rows = [{**_row(each), **(_holdings(each, depth - 1) if depth > 1 else {})}
                for each in model.objects.filter(**{relation.field.name: owner})]
        if rows:
            held[model._meta.label_lower] = rows
    return held


def _row(thing: models.Model) -> dict[str, Any]:
    return {field.attname: field.value_from_object(thing) for field in thing._meta.concrete_fields
            if field.name not in _SECRET and (thing._meta.label_lower, field.name) not in _OF_OTHERS
            and not isinstance(field, models.BinaryField)}

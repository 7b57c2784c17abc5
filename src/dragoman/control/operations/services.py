"""Whose long operations are whose, as pages and operators ask for them."""

from __future__ import annotations

from collections.abc import Iterable

from ...contracts import Operations
from ...exchange import Operation
from ...query import Caller
from ..accounts.models import Account
from ..applications.models import Application


def own_parties(account: Account) -> dict[str, str]:
    """The parties whose operations are an account's own, each by its name: itself, and the applications that it owns."""
    owned = Application.objects.filter(owner=account).values_list("pk", "name")
    return {f"account:{account.pk}": account.username, **{f"application:{id}": name for id, name in owned}}


def names_of(parties: Iterable[str]) -> dict[str, str]:
    """Accounts and applications by their names."""
    refs = [party.partition(":")[::2] for party in parties]
    accounts = Account.objects.filter(pk__in=[ref for kind, ref in refs if kind == "account"]).values_list("pk", "username")
    applications = Application.objects.filter(pk__in=[ref for kind, ref in refs if kind == "application"]).values_list("pk", "name")
    return {**{f"account:{id}": name for id, name in accounts}, **{f"application:{id}": name for id, name in applications}}


def caller_of(party: str) -> Caller:
    """Somebody who speaks for a party, and has nothing else."""
    kind, _, ref = party.partition(":")
    if kind == "account" and ref.isascii() and ref.isdecimal():
        return Caller(account=int(ref))
    return Caller(application=ref) if kind == "application" else Caller(key=ref)


def cancel(kept: Operations, id: int, parties: Iterable[str]) -> Operation | None:
    """End an operation of one of some parties; None where none of them has it."""
    return next((found for party in parties if (found := kept.cancel(id, caller_of(party))) is not None), None)

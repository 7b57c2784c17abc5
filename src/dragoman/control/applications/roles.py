"""What each role may do with an application: the whole table."""

from __future__ import annotations

from enum import StrEnum

from ..accounts.models import Account
from .models import Application, Role


class Act(StrEnum):
    """What can be done with an application that is there."""

    SEE = "see"
    """Its settings and its members."""
    RENAME = "rename"
    ADDRESSES = "addresses"
    """Where a server application calls from."""
    REDIRECTS = "redirects"
    """Where browsers are sent after a sign-in."""
    VERSION = "version"
    """Which version of the schema it is answered in."""
    SECRETS = "secrets"
    """See how they begin, make and end them."""
    MEMBERS = "members"
    """Invite, change roles, part with members."""
    TRANSFER = "transfer"
    """Offer it to another account."""
    DELETE = "delete"


_SETTINGS = frozenset({Act.SEE, Act.RENAME, Act.ADDRESSES, Act.REDIRECTS, Act.VERSION})
MAY: dict[Role, frozenset[Act]] = {
    Role.OWNER: frozenset(Act),
    Role.MANAGER: _SETTINGS | {Act.SECRETS, Act.MEMBERS},
    Role.DEVELOPER: _SETTINGS,
    Role.VIEWER: frozenset({Act.SEE}),
}


def role_of(application: Application, account: Account) -> Role | None:
    """How an account stands to an application; None for a stranger."""
    if application.owner_id == account.pk:
        return Role.OWNER
    role = application.members.filter(account=account).values_list("role", flat=True).first()
    return Role(role) if role is not None else None


def acts_of(application: Application, account: Account) -> frozenset[Act]:
    """What an account may do with an application."""
    role = role_of(application, account)
    return MAY[role] if role is not None else frozenset()

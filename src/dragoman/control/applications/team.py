"""Who works on an application: invitations, roles, and handing it over to somebody else."""

from __future__ import annotations

import datetime as dt

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from ...errors import SettingsError
from ..accounts import services as accounts
from ..accounts.models import Account
from ..ledger.told import Gone
from .models import ADDRESSEE_MAX, Application, Invitation, Member, Role
from .roles import Act, acts_of
from .services import check_room, locked

MEMBERS_MAX = 50
INVITATIONS_MAX = 20
LIFETIME = dt.timedelta(days=14)


@transaction.atomic
def invite(application: Application, by: Account, addressee: str, role: str) -> Invitation:
    """Ask somebody to join, or as the owner to take over, by account name or e-mail address.

    Nobody learns whether there is such an account: what is kept, and shown, is what was written. Raises `SettingsError`, and
    `Gone` where the account of whoever invites was deleted meanwhile.
    """
    plain = _check_addressee(addressee)
    reached = _hold(by, _find(plain))
    row = locked(application)
    if role not in Role.values:
        raise SettingsError(_("“%(role)s” is no role.") % {"role": role[:40]})
    _check_known(row, plain)
    _make_way(row, plain, role)
    if reached is not None and acts_of(row, reached) and role != Role.OWNER:
        reached = None                      # somebody who is here already, by an address that others need not learn
    return Invitation.objects.create(application=row, addressee=plain, account=reached, role=role, invited_by=by)


def _check_addressee(text: str) -> str:
    plain = text.strip().lower()
    if not plain or len(plain) > ADDRESSEE_MAX or not plain.isprintable() or " " in plain:
        raise SettingsError(_("Write the name of an account, or an e-mail address."))
    return plain


def _check_known(application: Application, plain: str) -> None:
    """Say so where somebody is asked again who is seen in the list anyway; an address tells nothing."""
    if plain == application.owner.username:
        raise SettingsError(_("“%(name)s” owns the application.") % {"name": plain})


def _make_way(application: Application, plain: str, role: str) -> None:
    """Drop what the new invitation replaces, and see that there are not too many."""
    application.invitations.filter(addressee=plain).delete()
    application.invitations.filter(created_at__lte=timezone.now() - LIFETIME).delete()
    if role == Role.OWNER:
        application.invitations.filter(role=Role.OWNER).delete()
    elif application.members.filter(account__username=plain).exists():
        raise SettingsError(_("“%(name)s” is a member already: change the role in the list.") % {"name": plain})
    if application.invitations.count() >= INVITATIONS_MAX:
        raise SettingsError(_("At most %(limit)s invitations wait at once: withdraw one first.") % {"limit": INVITATIONS_MAX})


def _find(plain: str) -> Account | None:
    """Whom a name or a verified address stands for; both are looked up, whatever was written."""
    named = Account.objects.filter(username=plain).first()
    address = EmailAddress.objects.filter(email__iexact=plain, verified=True).select_related("user").first()
    return named or (address.user if address is not None else None)


def _hold(by: Account, reached: Account | None) -> Account | None:
    """See that nobody deletes either account meanwhile, before the application is held, as a deletion does it; whom it reaches now."""
    wanted = [each.pk for each in (by, reached) if each is not None]
    rows = {row.pk: row for row in Account.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")}
    if by.pk not in rows:
        raise Gone(_("It was deleted meanwhile."))
    return rows.get(reached.pk) if reached is not None else None


def waiting(invitations: QuerySet[Invitation]) -> QuerySet[Invitation]:
    """Those that can still be accepted."""
    return invitations.filter(created_at__gt=timezone.now() - LIFETIME)


@transaction.atomic
def accept(invitation: Invitation, account: Account) -> Application:
    """Join, or take over; whoever owned it stays as a manager. Raises `SettingsError` where that cannot be done."""
    accounts.locked(account)                # before the application, as whoever deletes the account does it
    application = locked(invitation.application)
    needed = Act.TRANSFER if invitation.role == Role.OWNER else Act.MEMBERS
    by = Account.objects.filter(pk=invitation.invited_by_id, is_active=True).first()
    good = waiting(Invitation.objects.filter(pk=invitation.pk)).exists()
    if not good or by is None or needed not in acts_of(application, by):
        raise SettingsError(_("The invitation is not good any more: ask for another one."))
    if invitation.role == Role.OWNER:
        _take_over(application, account)
    elif not acts_of(application, account):
        _join(application, account, Role(invitation.role))
    application.invitations.filter(account=account).delete()
    return application


def _take_over(application: Application, account: Account) -> None:
    if application.owner_id == account.pk:
        return
    check_room(account)
    application.members.filter(account=account).delete()
    Member.objects.create(application=application, account=application.owner, role=Role.MANAGER)
    application.owner = account
    application.save()


def _join(application: Application, account: Account, role: Role) -> None:
    if application.members.count() >= MEMBERS_MAX:
        raise SettingsError(_("At most %(limit)s members work on an application.") % {"limit": MEMBERS_MAX})
    Member.objects.create(application=application, account=account, role=role)


@transaction.atomic
def set_role(application: Application, member: Member, role: str) -> None:
    """Give a member another role. Raises `SettingsError` for one that no member has, and where the member is gone."""
    locked(application)
    if role not in Role.values or role == Role.OWNER:
        raise SettingsError(_("“%(role)s” is no role of a member.") % {"role": role[:40]})
    row = application.members.filter(pk=member.pk).first()
    if row is None:
        raise SettingsError(_("The member is gone already."))
    row.role = role
    row.save()


@transaction.atomic
def part_with(application: Application, account: Account) -> None:
    """Let a member go, by a manager or by itself; gone is gone."""
    locked(application)
    application.members.filter(account=account).delete()

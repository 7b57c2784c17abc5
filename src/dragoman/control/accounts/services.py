"""What can be done with accounts, for pages and commands alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from ...errors import SettingsError
from ..ledger.models import take_turn
from ..ledger.told import Gone
from ..wording import check_reason
from .models import USERNAME_MAX, Account, username_validators

if TYPE_CHECKING:
    from collections.abc import Sequence

SUBJECT_MAX = 255


def add(
    username: str, *, email: str = "", password: str | None = None, operator: bool = False, subject: str | None = None,
) -> Account:
    """Open an account, its address taken as verified. Raises `SettingsError` with what is wrong, and what to do."""
    username = check_name(username)
    account = Account(username=username, email=email.lower(), is_operator=operator, subject=check_subject(subject))
    _check_email(account.email)
    if password is None:
        account.set_unusable_password()
    else:
        _check_password(password, account)
        account.set_password(password)
    try:
        with transaction.atomic():
            account.save()
            if email:
                EmailAddress.objects.create(user=account, email=account.email, primary=True, verified=True)
    except IntegrityError:
        raise SettingsError(f"There is an account {username!r} already: choose another name.") from None
    return account


def check_name(username: str, owner: Account | None = None) -> str:
    """A name as it is kept, that nobody else has. Raises `SettingsError`."""
    plain = username.lower()
    try:
        for validate in username_validators:
            validate(plain)
    except ValidationError as error:
        told = _("%(name)r is no name of an account.") % {"name": username}
        raise SettingsError(f"{told} {_words(error.messages)}") from None
    if not 2 <= len(plain) <= USERNAME_MAX:
        raise SettingsError(_("A name of an account has 2 to %(most)s characters.") % {"most": USERNAME_MAX})
    if Account.objects.filter(username=plain).first() not in (None, owner):
        raise SettingsError(_("There is an account %(name)r already: choose another name.") % {"name": plain})
    return plain


def check_subject(subject: str | None, owner: Account | None = None) -> str | None:
    """A subject that no other account has; None for none. Raises `SettingsError`."""
    if not subject:
        return None
    if len(subject) > SUBJECT_MAX or not subject.isprintable():
        raise SettingsError(f"A subject has at most {SUBJECT_MAX} characters, and none that cannot be seen.")
    holder = Account.objects.filter(subject=subject).first()
    if holder is not None and holder != owner:
        raise SettingsError(f"The subject {subject!r} belongs to the account {holder.username!r}: one account has it.")
    return subject


def _check_email(email: str) -> None:
    if not email:
        return
    try:
        validate_email(email)
    except ValidationError:
        raise SettingsError(f"{email!r} is no e-mail address: write one such as alice@example.org.") from None
    if EmailAddress.objects.filter(email=email, verified=True).exists():
        raise SettingsError(f"The address {email!r} belongs to another account: choose another one, or leave it out.")


def _check_password(password: str, account: Account) -> None:
    try:
        validate_password(password, account)
    except ValidationError as error:
        raise SettingsError(f"The password is refused. {_words(error.messages)}") from None


def _words(messages: Sequence[str]) -> str:
    return " ".join(map(str, messages))


def find(username: str) -> Account:
    """The account of a name. Raises `SettingsError` where there is none."""
    account = Account.objects.filter(username=username.lower()).first()
    if account is None:
        raise SettingsError(f"There is no account {username!r}: see how its name is written.")
    return account


def locked(account: Account) -> Account:
    """The row as it is now, held until the transaction ends; others may begin to point at it. Raises `Gone` where it was deleted
    meanwhile."""
    row = Account.objects.select_for_update(no_key=True).filter(pk=account.pk).first()
    if row is None:
        raise Gone(_("It was deleted meanwhile."))
    return row


@transaction.atomic
def connect(account: Account, subject: str) -> Account:
    """Say who an account is in the publisher's data, an empty text for nobody; the row as it then is. Raises `SettingsError`."""
    row = locked(account)
    row.subject = check_subject(subject, row)
    take_turn()
    row.save()
    return row


@transaction.atomic
def rename(account: Account, username: str) -> None:
    """Give an account another name. Raises `SettingsError` for one that is taken or no name."""
    account.username = check_name(username, account)
    locked(account)
    take_turn()
    account.save()


@transaction.atomic
def ban(account: Account, reason: str = "") -> None:
    """End everything that an account may do: its sessions, its keys, its applications. Raises `SettingsError`."""
    account.is_active, account.ban_reason = False, check_reason(reason)
    account.save()
    end_sessions(account)


@transaction.atomic
def unban(account: Account) -> None:
    """Give a banned account back what it had."""
    account.is_active, account.ban_reason = True, ""
    account.save()
    end_sessions(account)                   # one that began while the ban came down


@transaction.atomic
def delete(account: Account, *, with_applications: bool) -> None:
    """End an account for good, with everything that is its own; the data plane knows at once.

    Raises `SettingsError` while it owns applications that are neither given away nor to go with it.
    """
    locked(account)
    if account.applications.exists() and not with_applications:
        raise SettingsError(_("You own applications: give them to somebody else first, or delete them too."))
    for rows in (account.applications, account.keys):       # all of them before the first fact, or two may wait for each other
        list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
    end_sessions(account)
    account.delete()


def end_sessions(account: Account) -> None:
    """Sign an account out everywhere."""
    for session in UserSession.objects.filter(user=account):
        session.end()

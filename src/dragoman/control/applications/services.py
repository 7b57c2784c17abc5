"""What can be done with applications, for pages and commands alike."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from ...errors import SettingsError
from .. import wording
from ..accounts import services as accounts
from ..accounts.models import Account
from ..configuration import ours
from .addresses import check_addresses, check_redirects
from .models import Application, Member, Type


@transaction.atomic
def add(name: str, owner: Account, type: str, addresses: Iterable[str] = ()) -> Application:
    """Register an application. Raises `SettingsError` with what is wrong."""
    check_room(owner)
    application = Application(name=check_name(name), owner=owner, type=check_type(type))
    application.addresses = check_addresses(addresses, application.type)
    application.save(force_insert=True)
    return application


def check_room(owner: Account) -> None:
    """See that an account may own one more; two tabs at once do not pass the limit together. In a transaction."""
    limit = ours().room.applications_max
    accounts.locked(owner)
    if owner.applications.count() >= limit:
        raise SettingsError(_("One account owns at most %(limit)s applications: delete one, or ask the operator.")
                            % {"limit": limit})


def check_name(name: str) -> str:
    """A name without what nobody can see. Raises `SettingsError`."""
    return wording.check_name(name, _("Give the application a name of 1 to %(limit)s characters."))


def check_type(type: str) -> str:
    """Raises `SettingsError` for a type that is none."""
    if type not in Type.values:
        raise SettingsError(_("“%(type)s” is no type of application: say server or standalone.") % {"type": type[:40]})
    return type


def find(id: str) -> Application:
    """The application of an id. Raises `SettingsError` where there is none."""
    application = Application.objects.filter(pk=id.lower()).first()
    if application is None:
        raise SettingsError(_("There is no application “%(id)s”.") % {"id": id[:40]})
    return application


def found_by(account: Account, text: str = "") -> QuerySet[Application]:
    """The applications that an account works on, its own and others', whose name has a text in it or whose id it is."""
    mine = Q(owner=account) | Q(pk__in=Member.objects.filter(account=account).values("application"))
    return Application.objects.filter(mine & called(text))


def called(text: str) -> Q:
    """Those whose name has a text in it, whatever its case, or whose id it is; all for an empty one."""
    return Q(folded__contains=text.casefold()) | Q(pk=text.lower()) if text else Q()


def locked(application: Application) -> Application:
    """The row as it is now, held until the transaction ends. Raises `SettingsError` where it is gone."""
    row = Application.objects.select_for_update().filter(pk=application.pk).first()
    if row is None:
        raise SettingsError(_("The application was deleted meanwhile."))
    return row


@transaction.atomic
def rename(application: Application, name: str) -> None:
    """Call an application otherwise. Raises `SettingsError`."""
    row = locked(application)
    row.name = check_name(name)
    row.save()


@transaction.atomic
def set_addresses(application: Application, texts: Iterable[str]) -> None:
    """Say where a server application calls from (L5). Raises `SettingsError` that names every wrong entry."""
    row = locked(application)
    row.addresses = check_addresses(texts, row.type)
    row.save()


@transaction.atomic
def set_redirects(application: Application, texts: Iterable[str]) -> None:
    """Say where browsers may be sent after a sign-in. Raises `SettingsError` that names every wrong entry."""
    row = locked(application)
    row.redirect_addresses = check_redirects(texts)
    row.save()


@transaction.atomic
def allow_without_pkce(application: Application, allowed: bool) -> None:
    """Take sign-ins without PKCE from an application that proves itself by a secret, or no more. Raises `SettingsError`."""
    row = locked(application)
    if allowed and not row.confidential:
        raise SettingsError(_("Only an application with a secret may do without PKCE: make a secret first."))
    row.pkce_optional = allowed
    row.save()


@transaction.atomic
def delete(application: Application, typed: str) -> None:
    """Delete an application and all that hangs on it, where its name was typed. Raises `SettingsError`."""
    row = locked(application)
    if " ".join(typed.split()) != row.name:
        raise SettingsError(_("Type the name of the application as it stands above."))
    row.delete()


@transaction.atomic
def block(application: Application, reason: str = "") -> None:
    """Refuse every call of an application (L7). Raises `SettingsError`."""
    row = locked(application)
    row.blocked_at, row.block_reason = timezone.now(), wording.check_reason(reason)
    row.save()


@transaction.atomic
def unblock(application: Application) -> None:
    """Take its calls again."""
    row = locked(application)
    row.blocked_at, row.block_reason = None, ""
    row.save()

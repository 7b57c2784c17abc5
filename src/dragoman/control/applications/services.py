"""What can be done with applications, for pages and commands alike."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils import timezone

from ...errors import SettingsError
from ..accounts.models import Account
from ..configuration import ours
from .models import NAME_MAX, Application, Type


@transaction.atomic
def add(name: str, owner: Account, type: str, addresses: Iterable[str] = ()) -> Application:
    """Register an application. Raises `SettingsError` with what is wrong."""
    limit = ours().room.applications_max
    Account.objects.select_for_update().get(pk=owner.pk)        # two tabs at once must not pass the limit together
    if owner.applications.count() >= limit:
        raise SettingsError(f"One account owns at most {limit} applications: delete one, or ask the operator.")
    application = Application(name=check_name(name), owner=owner, type=check_type(type))
    application.addresses = check_addresses(addresses, application.type)
    application.save(force_insert=True)
    return application


def check_name(name: str) -> str:
    """A name without what nobody can see. Raises `SettingsError`."""
    plain = " ".join(name.split())
    if not plain or len(plain) > NAME_MAX or not plain.isprintable():
        raise SettingsError(f"Give the application a name of 1 to {NAME_MAX} characters.")
    return plain


def check_type(type: str) -> str:
    """Raises `SettingsError` for a type that is none."""
    if type not in Type.values:
        raise SettingsError(f"{type!r} is no type of application: say server or standalone.")
    return type


def check_addresses(texts: Iterable[str], type: str) -> list[str]:
    """Addresses and networks as they are kept, each once. Raises `SettingsError` that names the wrong one."""
    found = list(dict.fromkeys(_read_network(text.strip()) for text in texts if text.strip()))
    limit = ours().room.addresses_max
    if len(found) > limit:
        raise SettingsError(f"At most {limit} addresses or networks are kept: join neighbors into a network (CIDR).")
    if found and type != Type.SERVER:
        raise SettingsError("A standalone application may be used from anywhere: leave its addresses out.")
    return found


def _read_network(text: str) -> str:
    try:
        network = ipaddress.ip_network(text, strict=True)
    except ValueError as error:
        raise SettingsError(f"{text!r} is no address or network: {error}. Write 192.0.2.7 or 192.0.2.0/24.") from None
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def find(id: str) -> Application:
    """The application of an id. Raises `SettingsError` where there is none."""
    application = Application.objects.filter(pk=id.lower()).first()
    if application is None:
        raise SettingsError(f"There is no application {id!r}.")
    return application


@transaction.atomic
def block(application: Application, reason: str = "") -> None:
    """Refuse every call of an application (L7)."""
    application.blocked_at, application.block_reason = timezone.now(), reason
    application.save()


@transaction.atomic
def unblock(application: Application) -> None:
    """Take its calls again."""
    application.blocked_at, application.block_reason = None, ""
    application.save()


__all__: Sequence[str] = ("add", "block", "check_addresses", "check_name", "check_type", "find", "unblock")

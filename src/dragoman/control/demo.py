"""What a demo begins with: a link that signs the operator in, and a key that works."""

from __future__ import annotations

from typing import Any

import msgspec

from ..credentials.secrets import Kind
from ..errors import SettingsError
from ..settings import Settings
from .migrating import migrate
from .published import Published, publish

OPERATOR = "operator"
OWNER = "demo"
"""The account whose key is shown, and the name of that key."""


class Demo(msgspec.Struct, frozen=True):
    """What is shown when a demo starts."""

    operator_link: str
    """Signs the operator in, once, within the hour."""
    secrets: dict[str, str]
    """What proves who calls, by the kind of credential: a gw2 key, an API token and a remote_auth key, those of the start before
    being revoked, and the id of an application."""


def prepare(settings: Settings, published: Published) -> Demo:
    """Make accounts where they are missing, a new link and a new key. Raises `DragomanError` with the remedy."""
    publish(published)
    migrate(settings, first_only=True)
    from .accounts import links, services
    from .accounts.models import Account

    operator = Account.objects.filter(username=OPERATOR).first() or services.add(OPERATOR, operator=True)
    if not operator.is_operator or not operator.is_active:
        raise SettingsError(f"The account {OPERATOR!r} is banned or no operator: `dragoman account link NAME` for another one.")
    owner = Account.objects.filter(username=OWNER).first() or services.add(OWNER)
    secrets = {**_renew_keys(owner), "application-id": _application_of(owner)}
    return Demo(operator_link=links.link_of(operator, settings), secrets=secrets)


def _application_of(owner: Any) -> str:
    from .applications import services
    from .applications.models import Application, Type

    application = Application.objects.filter(owner=owner, name=OWNER).first()
    return (application or services.add(OWNER, owner, Type.STANDALONE)).pk


def _renew_keys(owner: Any) -> dict[str, str]:
    from .keys import services
    from .keys.models import Key
    from .keys.permissions import known

    for former in Key.objects.filter(account=owner, name=OWNER):
        services.revoke(former)
        services.forget(former)
    return {kind.value: services.add(owner, kind, OWNER, known())[1] for kind in (Kind.GW2, Kind.API_TOKEN, Kind.REMOTE_AUTH)}

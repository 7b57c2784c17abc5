"""What a demo begins with: a link that signs the operator in, and a key that works."""

from __future__ import annotations

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
    key: str
    """A gw2 key; the one of the start before is revoked."""


def prepare(settings: Settings, published: Published) -> Demo:
    """Make accounts where they are missing, a new link and a new key. Raises `DragomanError` with the remedy."""
    publish(published)
    migrate(settings, first_only=True)
    from .accounts import links, services
    from .accounts.models import Account

    operator = Account.objects.filter(username=OPERATOR).first() or services.add(OPERATOR, operator=True)
    if not operator.is_operator or not operator.is_active:
        raise SettingsError(f"The account {OPERATOR!r} is banned or no operator: `dragoman account link NAME` for another one.")
    return Demo(operator_link=links.link_of(operator, settings), key=_renew_key())


def _renew_key() -> str:
    from .accounts import services as accounts
    from .accounts.models import Account
    from .keys import services
    from .keys.models import Key
    from .keys.permissions import known

    owner = Account.objects.filter(username=OWNER).first() or accounts.add(OWNER)
    for former in Key.objects.filter(account=owner, name=OWNER):
        services.revoke(former)
        services.forget(former)
    _key, secret = services.add(owner, Kind.GW2, OWNER, known())
    return secret

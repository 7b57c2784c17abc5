"""What keys can be allowed to do, and which endpoints ask for it (G7, G8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.utils.translation import gettext as _

from ...catalog.catalog import PERMISSION, Catalog
from ...catalog.method import Method
from ...catalog.resource import Resource
from ...errors import SettingsError
from ..published import published
from ..room.texts import Piece, pieces

PERMISSION_DEFAULT = "account"


def known() -> dict[str, str]:
    """Every permission with what it allows, in the publisher's words; `account` is always one, and the first."""
    found = {PERMISSION_DEFAULT: _("Who the account is")}
    for catalog in published().catalogs:
        found |= catalog.permissions
    return found


def check(permissions: Iterable[str]) -> list[str]:
    """Permissions as they are kept; `account` where none is named. Raises `SettingsError` for one that does not exist.

    Where nothing is published beside us, as in a command on another machine, only their form can be judged.
    """
    wanted = sorted(set(permissions) or {PERMISSION_DEFAULT})
    names = known()
    sure = bool(published().catalogs)
    wrong = [each for each in wanted if each not in names and (sure or not PERMISSION.match(each))]
    if wrong:
        raise SettingsError(_("There is no permission %(wrong)s: choose from %(known)s.") % {
            "wrong": ", ".join(f"“{each[:40]}”" for each in wrong), "known": ", ".join(names)})
    return wanted


class Endpoint(NamedTuple):
    """One address, and what a key needs there."""

    address: str
    about: list[Piece]
    """The first line of its description."""
    verb: str
    permission: str | None
    needs_key: bool
    fields: dict[str, list[str]]
    """Fields that are shown with a further permission alone, by that."""


def endpoints() -> list[tuple[Catalog, list[Endpoint]]]:
    """Every endpoint of every catalog that is served."""
    return [(catalog, list(_endpoints_of(catalog))) for catalog in published().catalogs]


def _endpoints_of(catalog: Catalog) -> Iterator[Endpoint]:
    for target in catalog.targets:
        address = published().address_of(catalog, target.path)
        if address is None:
            continue
        yield _method(address, target) if isinstance(target, Method) else _resource(address, target)


def _method(address: str, method: Method) -> Endpoint:
    return Endpoint(address, pieces(_first_line(method.description)), method.verb, method.permission, method.authenticated, {})


def _resource(address: str, resource: Resource) -> Endpoint:
    fields: dict[str, list[str]] = {}
    for field in resource.fields:
        if field.needs is not None:
            fields.setdefault(field.needs, []).append(field.name)
    return Endpoint(address, pieces(_first_line(resource.description)), "GET", resource.permission, resource.authenticated, fields)


def _first_line(text: str) -> str:
    return text.partition("\n")[0]

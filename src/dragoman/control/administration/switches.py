"""Switching resources and methods off and on, in every dialect and without a restart (L20)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from ...catalog.catalog import Catalog
from ...catalog.target import GROUP_DEFAULT
from ...errors import SettingsError
from ..wording import check_reason
from .models import Switch


@transaction.atomic
def switch_off(catalog: str, path: str, reason: str = "") -> Switch:
    """Refuse every call of a target; a second time changes the reason. Raises `SettingsError`."""
    switch = Switch.objects.select_for_update().filter(catalog=catalog, path=path).first() or Switch(catalog=catalog, path=path)
    switch.reason = check_reason(reason)
    switch.save()
    return switch


def find_off(name: str) -> Switch:
    """What is switched off under a name `[CATALOG:]PATH`. Raises `SettingsError` where nothing is, or more than one."""
    catalog, path = split_name(name)
    rows = [row for row in Switch.objects.filter(path=path) if catalog in ("", row.catalog)]
    if len(rows) > 1:
        raise SettingsError(_("Several are switched off: name one of %(names)s.") % {"names": ", ".join(map(str, rows))})
    if not rows:
        raise SettingsError(_("“%(name)s” is not switched off.") % {"name": name[:200]})
    return rows[0]


def find_served(name: str, catalogs: Iterable[Catalog]) -> tuple[str, str]:
    """Catalog and path of what is served under a name `[CATALOG:]PATH`. Raises `SettingsError`."""
    catalog, path = split_name(name)
    found = [(each.name, target.path) for each in catalogs if catalog in ("", each.name)
             for target in each.targets if target.path == path]
    if len(found) > 1:
        names = ", ".join(":".join(each) for each in found)
        raise SettingsError(_("Several are called so: name one of %(names)s.") % {"names": names})
    if not found:
        raise SettingsError(_("There is no resource or method “%(name)s”: write group/name, or catalog:group/name.")
                            % {"name": name[:200]})
    return found[0]


def split_name(name: str) -> tuple[str, str]:
    """Catalog and path of `[CATALOG:]PATH`, the catalog empty where it is not written."""
    catalog, _colon, path = name.strip().rpartition(":")
    return catalog, path if "/" in path else f"{GROUP_DEFAULT}/{path}"

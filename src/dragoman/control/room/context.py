"""What every template knows: whose Room it is, and which part of it is shown."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest

from ..accounts.models import Account
from ..announcements.services import banner
from ..announcements.views import SEEN
from ..changelog.outdated import Ending, endings_for
from ..configuration import ours
from ..grants.lesta import is_popup
from ..published import published, publisher_name
from .logo import read_logo

_ACCOUNT = ("/accounts/", "/room/account/", "/room/terms/")
_NUMBER = re.compile(r"[\d.]+(:\d+)?\Z|\[")
"""A host that is an IP address: browsers make passkeys for names alone, `localhost` among them."""
_PARTS = {"/room/applications/": "applications", "/room/keys/": "keys", "/room/permissions/": "keys", "/room/operations/": "operations",
          "/room/operator/": "operator",
          "/room/announcements/": "announcements", "/room/changelog/": "changelog", "/room/showcase/": "showcase"}


def publisher(request: HttpRequest) -> dict[str, Any]:
    """The publisher's name, logo and contact; what the menu offers, and which part of it is current; or that
    a page stands without."""
    settings = ours()
    return {
        "publisher": publisher_name(settings), "contact": settings.room.contact,
        "contact_link": _link(settings.room.contact), "logo": read_logo(settings.room.logo).address if settings.room.logo else "",
        "sign_up": settings.room.sign_up, "upstream": bool(settings.sign_in),
        "has_operations": published().operations is not None,
        "versioned": any(catalog.timeline.versions for catalog in published().catalogs),
        "outdated": lambda: _outdated(request),
        "here": _part_of(request.path), "bare": is_popup(request), "banner": lambda: banner(request.COOKIES.get(SEEN, "")),
        "passkeys": not _NUMBER.match(request.META.get("HTTP_HOST", "")),
    }


def _outdated(request: HttpRequest) -> list[Ending]:
    """The applications of whoever is signed in that use a deprecated version."""
    return endings_for(request.user) if isinstance(request.user, Account) else []


def _part_of(path: str) -> str:
    if path.startswith(_ACCOUNT):
        return "account"
    return next((part for start, part in _PARTS.items() if path.startswith(start)), path)


def _link(contact: str) -> str:
    """Where a contact leads: a page as it is, anything else as a mail address."""
    return contact if contact.startswith(("https://", "http://")) else f"mailto:{contact}"

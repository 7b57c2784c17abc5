"""What every template knows: whose Room it is."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from ..configuration import ours
from ..published import published


def publisher(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001  # Django's own signature
    """The publisher's name, logo and contact."""
    room = ours().room
    titles = ", ".join(catalog.title for catalog in published().catalogs)
    return {"publisher": room.publisher or titles or "Dragoman", "contact": room.contact, "has_logo": bool(room.logo)}

"""Names for people who come from elsewhere and have chosen none here."""

from __future__ import annotations

import re
import secrets
import unicodedata

from .models import USERNAME_MAX, Account

_ROOM_FOR_NUMBER = 8


def free_name(wish: str) -> str:
    """The wish as a name that nobody has: `Jörg <b>` becomes `jorg-b`, and `jorg-b-2` where that is taken."""
    if re.fullmatch(r"[a-z0-9][a-z0-9._-]*[a-z0-9]", wish) and not _taken(wish):
        return wish
    plain = unicodedata.normalize("NFKD", wish).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9._]+", "-", plain)[: USERNAME_MAX - _ROOM_FOR_NUMBER].strip("._-")
    if len(plain) < 2:  # the shortest name
        plain = "user"
    tries = (plain, *(f"{plain}-{number}" for number in range(2, 10)), f"{plain}-{secrets.token_hex(3)}")
    return next(name for name in tries if not _taken(name) or name == tries[-1])


def _taken(name: str) -> bool:
    return Account.objects.filter(username=name).exists()

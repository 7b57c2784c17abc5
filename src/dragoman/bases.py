"""Base addresses: where a dialect answers, and where it answered before and goes on answering until a day (D10)."""

from __future__ import annotations

import datetime as dt
import re

import msgspec

from .errors import SettingsError

_FORMER = re.compile(r"(\S+)\s+until\s+([0-9]{4}-[0-9]{2}-[0-9]{2})\Z")


class Former(msgspec.Struct, frozen=True):
    """A path prefix or host that was used before."""

    place: str
    until: float
    """UNIX time in seconds: the end of its last day, in UTC."""

    @property
    def day(self) -> str:
        """The last day on which it answers, `2027-01-31`."""
        return dt.datetime.fromtimestamp(self.until - 1, dt.UTC).date().isoformat()


def read_former(text: str, name: str) -> Former:
    """`/v2 until 2027-01-31`. Raises `SettingsError` that names the setting."""
    found = _FORMER.match(text.strip())
    try:
        day = dt.date.fromisoformat(found[2]) if found is not None else None
    except ValueError:
        day = None
    if found is None or day is None:
        raise SettingsError(f"{name}: {text!r} is no former address with its last day: write `ADDRESS until 2027-01-31`.")
    end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), dt.UTC)
    return Former(found[1], end.timestamp())


class Mounts(msgspec.Struct, frozen=True):
    """Where one dialect answers, and where it answered before."""

    current: str
    former: tuple[Former, ...] = ()


def read_mounts(given: str | tuple[str, ...], name: str) -> Mounts:
    """A path such as `/v2`, or several: the present one first, then former ones with their last days.

    Raises `SettingsError` that names the setting.
    """
    texts = (given,) if isinstance(given, str) else given
    mounts = Mounts(texts[0] if texts else "", tuple(read_former(text, name) for text in texts[1:]))
    for path in (mounts.current, *(each.place for each in mounts.former)):
        if not path.startswith("/") or path.endswith("/"):
            raise SettingsError(f"{name} = {path!r}: write a path such as /v2, without a slash at its end.")
    return mounts

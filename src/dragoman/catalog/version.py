"""Versions of the schema as texts: how they are written, compared and told (G10)."""

from __future__ import annotations

import re
from datetime import datetime

EARLIEST, LATEST = "earliest", "latest"
_VERSION = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T([0-9]{2}:[0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,6}))?)?Z)?")


def read_version(text: str) -> str | None:
    """A version as clients write it, in the one form in which versions compare as texts: `2019-02-21T00:00:00.000000Z`, `latest` or
    `earliest`; None for what is no version."""
    if text in (LATEST, EARLIEST):
        return text
    found = _VERSION.fullmatch(text)
    if found is None:
        return None
    day, minute, second, fraction = found.groups()
    version = f"{day}T{minute or '00:00'}:{second or '00'}.{(fraction or '').ljust(6, '0')}Z"
    try:
        datetime.fromisoformat(version)
    except ValueError:                          # the 30th of February, or an hour of 25
        return None
    return version


def show_version(version: str) -> str:
    """A version as it is told: without a fraction of zeros."""
    return version.replace(".000000Z", "Z")

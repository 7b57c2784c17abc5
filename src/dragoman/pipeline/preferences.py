"""What a client would rather have, as it says in `Accept` and its kin, with qualities from 0 to 1 (RFC 9110, 12.4.2)."""

from __future__ import annotations

import re
from functools import lru_cache

HEADER_MAX_BYTES = 1_024
"""Longer ones are not read."""
_QUALITY = re.compile(r"(?:0(?:\.[0-9]*)?|1(?:\.0*)?)\Z")
_ALIASES = {"application/xml": "text/xml"}
"""Other names of a media type (RFC 7303, 9.2)."""


def qualities(header: bytes) -> dict[str, float]:
    """What is named, each with its quality, the best where it is named twice; a quality that is none counts as 0."""
    found: dict[str, float] = {}
    for part in header.decode("latin-1").lower().split(","):
        name, *parameters = map(str.strip, part.split(";"))
        found[name] = max(found.get(name, 0.0), _quality(parameters))
    return found


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            return float(value) if _QUALITY.match(value.strip()) else 0.0
    return 1.0


@lru_cache(maxsize=1024)
def preferred(accept: bytes, offered: tuple[str, ...]) -> int:
    """Which of the media types offered an `Accept` would rather have, counted from 0: that of the highest quality; of several
    the one that is named most exactly; of those, and where it takes none, the first."""
    if len(accept) > HEADER_MAX_BYTES:
        return 0
    wanted = qualities(accept)
    ranks = [_rank(media_type, wanted) for media_type in offered]
    return ranks.index(max(ranks))


def _rank(media_type: str, wanted: dict[str, float]) -> tuple[float, int]:
    """The quality of a media type, which is that of its most exact name, and how exact that is."""
    names = (media_type, _ALIASES.get(media_type, ""), media_type.partition("/")[0] + "/*", "*/*")
    for exactness, name in zip((2, 2, 1, 0), names, strict=True):
        if name in wanted:
            return (wanted[name], exactness) if wanted[name] > 0 else (0.0, 0)
    return 0.0, 0

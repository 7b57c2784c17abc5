"""Which of a catalog's languages a client gets: by parameter strictly, by `Accept-Language` as near as possible (G9)."""

from __future__ import annotations

import re
from functools import lru_cache

_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)\s*(?:;\s*[qQ]\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?\Z",
)
_RANGES_MAX = 20


@lru_cache(maxsize=4096)
def match(language: str, languages: tuple[str, ...]) -> str | None:
    """The language of a catalog that serves a tag: the same, a near one (`zh-CN` for `zh`), or a parent; else None."""
    for known in languages:
        if known.lower() == language.lower():
            return known
    from langcodes import closest_match  # imported late: most requests name a language as it is
    from langcodes.tag_parser import LanguageTagError

    try:
        near, distance = closest_match(language, languages, max_distance=25)
    except (LanguageTagError, ValueError):
        return None
    return near if distance <= 25 else _parent(language, languages)


def _parent(language: str, languages: tuple[str, ...]) -> str | None:
    """Look up ever shorter tags (RFC 4647, 3.4)."""
    while "-" in language:
        language = language.rpartition("-")[0]
        for known in languages:
            if known.lower() == language.lower():
                return known
    return None


@lru_cache(maxsize=4096)
def negotiate(header: str, languages: tuple[str, ...]) -> str:
    """The best language for an `Accept-Language` (RFC 9110, 12.5.4); the default for an unknown or malformed one."""
    wanted, refused = [], set()
    for order, part in enumerate(header.split(",")[:_RANGES_MAX]):
        found = _RANGE.match(part)
        if found is None:
            continue
        quality = float(found[2] or 1)
        if quality == 0:
            refused.add(found[1].lower())
        else:
            wanted.append((-quality, order, found[1]))
    left = tuple(language for language in languages if language.lower() not in refused) or languages
    for _, _, tag in sorted(wanted):
        language = left[0] if tag == "*" else match(tag, left)
        if language is not None:
            return language
    return left[0]

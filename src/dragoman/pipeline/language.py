"""Which of a catalog's languages a client gets: by parameter strictly, by `Accept-Language` as near as possible (G9)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from ..views.localize import lineage

_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)\s*(?:;\s*[qQ]\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?\Z",
)
_RANGES_MAX = 20
_HEADER_MAX = 1_024
_TAG_MAX = 35
"""What RFC 5646, 4.4.1 asks every implementation to take of a tag; the rest is cut off, subtag by subtag (4.4.2)."""
_PARSED_MAX = 4_096
_NEAR, _FAR = 10, 25
"""Distances of CLDR: up to the first it is another form of one language (`de-AT`, `sr-Latn`), up to the second another one that
many of its readers know (`ca` and `es`), which is for headers only: whoever names a language in a parameter gets that or an error."""


def match(language: str, languages: tuple[str, ...]) -> str | None:
    """The language of a catalog that serves a tag: the same, another form of it (`zh-CN` for `zh`), or a parent; else None."""
    return _match(_shorten(language), languages, _NEAR)


def _shorten(tag: str) -> str:
    """A tag that is not longer than anybody has to take; one whose first subtag is too long is none at all."""
    return tag if len(tag) <= _TAG_MAX else tag[:_TAG_MAX + 1].rpartition("-")[0]


@lru_cache(maxsize=4096)
def _match(language: str, languages: tuple[str, ...], distance_max: int) -> str | None:
    for known in languages:
        if known.lower() == language.lower():
            return known
    from langcodes import closest_match  # imported late: most requests name a language as it is
    from langcodes.tag_parser import LanguageTagError

    _forget_strangers()
    try:
        near, distance = closest_match(language, languages, max_distance=distance_max)
    except (LanguageTagError, ValueError):
        return None
    return near if distance <= distance_max else _parent(language, languages)


def _forget_strangers() -> None:
    """Empty what langcodes keeps of every tag that it ever saw: anybody may send any, and it has no bound of its own."""
    from langcodes import Language, language_distance

    caches = (Language._PARSE_CACHE, Language._INSTANCES, language_distance._DISTANCE_CACHE)  # noqa: SLF001  # no other door
    if any(len(cache) > _PARSED_MAX for cache in caches):
        for cache in caches:
            cache.clear()


def _parent(language: str, languages: tuple[str, ...]) -> str | None:
    """Look up ever shorter tags (RFC 4647, 3.4)."""
    known = {each.lower(): each for each in languages}
    return next((known[tag] for tag in lineage(language)[1:] if tag in known), None)


def negotiate(header: str, languages: tuple[str, ...]) -> str:
    """The best language for an `Accept-Language` (RFC 9110, 12.5.4); the default for an unknown or malformed one. Of a
    long header the first kilobyte is read."""
    if len(header) > _HEADER_MAX:
        header = header[:_HEADER_MAX].rpartition(",")[0]
    return _negotiate(header, languages)


@lru_cache(maxsize=4096)
def _negotiate(header: str, languages: tuple[str, ...]) -> str:
    ranges = _ranges(header)
    left = tuple(language for language in languages if not _is_refused(language, ranges)) or languages
    wanted = [tag for tag, quality in sorted(ranges.items(), key=lambda each: -each[1]) if quality > 0]
    for distance in (_NEAR, _FAR):                  # what many of its readers know too comes after all that is named
        found = {tag: _match(_shorten(tag), left, distance) or _form_of(tag, left) for tag in wanted if tag != "*"}
        others = (language for language in left if language not in found.values())
        for tag in wanted:
            language = next(others, None) if tag == "*" else found[tag]
            if language is not None:
                return language
    return left[0]


def _form_of(tag: str, languages: tuple[str, ...]) -> str | None:
    """A form of a language that a header names as a whole, however far it is from the usual one: `zh` is about `zh-TW`, as `zh;q=0` is
    (RFC 4647, 3.3.1)."""
    return next((language for language in languages if tag in lineage(language)), None)


def _ranges(header: str) -> dict[str, float]:
    """The ranges that a header names, in lower case and in its order, each with its quality, the best where it stands twice."""
    ranges: dict[str, float] = {}
    for part in header.split(",")[:_RANGES_MAX]:
        found = _RANGE.match(part)
        if found is not None:
            tag = found[1].lower()
            ranges[tag] = max(ranges.get(tag, 0.0), float(found[2] or 1))
    return ranges


def _is_refused(language: str, ranges: Mapping[str, float]) -> bool:
    """Whether the most exact of the ranges that name a language or its parents says that it will not do: `de;q=0` is about `de-at`,
    too, and `*;q=0` about nobody, since something has to be shown."""
    return next((ranges[tag] == 0 for tag in lineage(language) if tag in ranges), False)

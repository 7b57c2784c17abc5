"""Names that end in a language: which columns are one text in several languages, `name_en` and `name_de` (G9)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .origin import Column

_LANGUAGES = frozenset({
    "aa", "af", "ak", "am", "ar", "as", "az", "be", "bg", "bm", "bn", "bo", "br", "bs", "ca", "cs", "cy", "da",
    "de", "dz", "ee", "el", "en", "eo", "es", "et", "eu", "fa", "ff", "fi", "fo", "fr", "fy", "ga", "gd", "gl",
    "gu", "gv", "ha", "he", "hi", "hr", "hu", "hy", "ia", "id", "ig", "is", "it", "ja", "jv", "ka", "ki", "kk",
    "kl", "km", "kn", "ko", "ks", "ku", "kw", "ky", "lb", "lg", "ln", "lo", "lt", "lu", "lv", "mg", "mi", "mk",
    "ml", "mn", "mr", "ms", "mt", "my", "nb", "nd", "ne", "nl", "nn", "no", "om", "or", "os", "pa", "pl", "ps",
    "pt", "qu", "rm", "rn", "ro", "ru", "rw", "sa", "sc", "sd", "se", "sg", "si", "sk", "sl", "sn", "so", "sq",
    "sr", "su", "sv", "sw", "ta", "te", "tg", "th", "ti", "tk", "to", "tr", "tt", "ug", "uk", "ur", "uz", "vi",
    "wo", "xh", "yi", "yo", "zh", "zu",
})
_REGIONS = frozenset({
    "419", "at", "au", "br", "ca", "ch", "cn", "cyrl", "es", "fr", "gb", "hans", "hant", "hk", "ie", "latn", "mo", "mx",
    "nz", "pt", "sg", "tw", "us",
})
_WORDS = frozenset({"am", "as", "be", "id", "is", "my", "no", "or", "so", "to"})
"""Languages that are also words at the end of a name: `order_no`. They count beside another language only."""


def split(name: str) -> tuple[str, str] | None:
    """The stem of a name and the language tag at its end: `title_zh_TW` as `title` and `zh-tw`; None without a tag."""
    stem, *parts = re.split(r"[_-](?=[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)?\Z)", name)
    tag = [part.lower() for part in parts]
    if len(tag) == 2 and tag[0] in _LANGUAGES and tag[1] in _REGIONS and stem:
        return stem, "-".join(tag)
    stem, _, last = name.replace("-", "_").rpartition("_")
    return (name[:len(stem)], last.lower()) if stem.strip("_") and last.lower() in _LANGUAGES else None


def texts_in(columns: Sequence[Column]) -> dict[str, dict[str, Column]]:
    """The columns that are one text in several languages, by stem and tag.

    Two columns of texts with a language each make one; a single one does where another text has that language.
    """
    stems: dict[str, str] = {}
    tagged: dict[str, dict[str, Column]] = {}
    for column in columns:
        parts = split(column.name) if column.type is str else None
        if parts is not None:
            stem = stems.setdefault(parts[0].lower(), parts[0])
            tagged.setdefault(stem, {}).setdefault(parts[1], column)
    several = {stem: kept for stem, tags in tagged.items() if len(kept := _without_words(tags)) > 1}
    known = {tag for tags in several.values() for tag in tags}
    return {stem: several.get(stem, tags) for stem, tags in tagged.items()
            if stem in several or (len(tags) == 1 and known.issuperset(tags) and not _WORDS.issuperset(tags))}


def _without_words(tags: dict[str, Column]) -> dict[str, Column]:
    """The tags that are languages for sure: a word counts beside one of these, `id` beside two."""
    sure = [tag for tag in tags if tag not in _WORDS]
    return {tag: column for tag, column in tags.items() if tag in sure or len(sure) > (tag == "id")}

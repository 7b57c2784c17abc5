"""Synthetic vessels in five languages, the same ones in every run, as large as asked."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Any

LANGUAGES = ("en", "es", "de", "fr", "zh")
RECORDS = int(os.environ.get("BENCH_RECORDS", "10000"))
"""How many records there are."""
RECORD_BYTES = int(os.environ.get("BENCH_RECORD_BYTES", "700"))
"""About how long the JSON of one record is in English; the texts are made to fit."""
SEED = 20_240_601
KINDS = ("sloop", "barge", "cutter", "ketch", "schooner", "brig", "galley", "tender")
ROLES = ("captain", "pilot", "gunner", "engineer", "cook", "signaller")
_PHRASES = 997          # prime, so that the strides below reach every phrase before one comes again
_BARE_BYTES = 420       # a record without its description
_PHRASE_BYTES = 22
_SYLLABLES = {
    "en": ("har", "bor", "wind", "mast", "keel", "tide", "gale", "rope", "oak", "star", "fen", "moor"),
    "es": ("mar", "vela", "puer", "to", "viento", "ola", "cabo", "ña", "sol", "río", "nave", "luz"),
    "de": ("see", "hafen", "wind", "mast", "kiel", "flut", "sturm", "tau", "eich", "stern", "moor", "über"),
    "fr": ("mer", "port", "vent", "mât", "quille", "marée", "vague", "cor", "chêne", "étoile", "cap", "île"),
    "zh": ("海", "港", "风", "帆", "船", "潮", "浪", "绳", "木", "星", "岸", "岛"),
}


def key_of(number: int) -> int:
    """The key of the record with a number from 0; keys have gaps, so that unknown ones lie between known ones."""
    return 1_000 + 3 * number


def unknown_key(number: int) -> int:
    """A key near a known one that no record has."""
    return key_of(number) + 1


def _phrases(language: str) -> list[str]:
    """Phrases of two or three made-up words of one language."""
    chance = random.Random(f"{SEED}-{language}")
    syllables, space = _SYLLABLES[language], "" if language == "zh" else " "

    def word() -> str:
        return "".join(chance.choices(syllables, k=2))

    return [space.join(word() for _ in range(chance.choice((2, 3)))) for _ in range(_PHRASES)]


PHRASES = {language: _phrases(language) for language in LANGUAGES}


def _texts(number: int, stride: int, phrases: int) -> dict[str, str]:
    """One localized text of several phrases."""
    picks = [(number * stride + step * 131 + stride) % _PHRASES for step in range(phrases)]
    return {language: ", ".join([known[pick] for pick in picks]) for language, known in PHRASES.items()}


def row(number: int, size_bytes: int = RECORD_BYTES) -> dict[str, Any]:
    """The record with a number from 0, as a mapping that fits `catalog.Vessel`."""
    described = max(1, (size_bytes - _BARE_BYTES) // _PHRASE_BYTES)
    return {
        "id": key_of(number),
        "name": _texts(number, 7, 1),
        "description": _texts(number, 13, described),
        "kind": KINDS[number * 5 % len(KINDS)],
        "tier": number % 10 + 1,
        "price": number * 7_919 % 90_000 + 100,
        "icon": f"https://render.example.org/vessel/{number * 2_654_435_761 % 2**32:08X}/{key_of(number)}.png",
        "tags": [PHRASES["en"][(number * 17 + step) % _PHRASES] for step in range(3)],
        "hull": {"length_m": number % 90 + 9.5, "draught_m": number % 7 + 0.25, "mass_kg": number * 31 % 400_000},
        "crew": [
            {"role": ROLES[(number + seat) % len(ROLES)], "name": _texts(number + seat, 29, 1)} for seat in range(2)
        ],
        "modules": [(number * 11 + slot * 3) % 50_000 for slot in range(6)],
    }


def rows() -> Iterator[dict[str, Any]]:
    """Every record, in the order of the keys."""
    return map(row, range(RECORDS))


def localized(value: Any, language: str) -> Any:
    """What a client of one language is to be given: every localized text replaced by its own."""
    if isinstance(value, dict):
        if value.keys() == set(LANGUAGES):
            return value[language]
        return {name: localized(each, language) for name, each in value.items()}
    return [localized(each, language) for each in value] if isinstance(value, list) else value

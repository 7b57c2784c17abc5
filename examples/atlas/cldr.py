"""Reads the atlas's records from CLDR as Babel carries it: ordinary Python, nothing of Dragoman's.

Each `read_...` function yields plain rows. What has no English name in CLDR has no record, and a reference to it is
left out as well: some 200 languages that are spoken without being named, and territories that exist no more.
Babel carries neither the containment of regions nor population figures: areas are those of the time zones, and
speakers stand as a share of the population.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.core import get_global

LANGUAGES = ("en", "es", "de", "fr", "zh")
LOCALES = {language: Locale.parse(language) for language in LANGUAGES}
PLACEHOLDERS = {"und", "mul", "zxx", "XA", "XB", "ZZ", "XTS", "XXX", "Zinh", "Zxxx", "Zyyy", "Zzzz"}
"""Codes for the unknown, the mixed and for tests; no part of the world."""
OFFSETS_YEAR = 2026
"""The year whose offsets from UTC are shown."""

Row = dict[str, Any]
Names = dict[str, str]


def read_scripts() -> Iterator[Row]:
    """Every writing system, with the languages that use it; the most used first."""
    languages = defaultdict(list)
    for code in _names("languages"):
        for script in _scripts_of(code):
            languages[script].append(_tag(code))
    names = _names("scripts")
    for code in sorted(names, key=lambda code: (-len(languages[code]), code)):
        yield {"code": code, "name": names[code], "languages": languages[code]}


def read_languages() -> Iterator[Row]:
    """Every language, with the territories where people speak it; those of most territories first."""
    spoken, official = defaultdict(set), defaultdict(set)
    for territory in _names("territories"):
        for row in _spoken_in(territory):
            spoken[row["language"]].add(territory)
            if row["status"]:
                official[row["language"]].add(territory)
    names = _names("languages")
    for code in sorted(names, key=lambda code: (-len(official[_tag(code)]), code)):
        tag = _tag(code)
        yield {
            "code": tag, "name": names[code], "scripts": _scripts_of(code),
            "official_in": sorted(official[tag]), "spoken_in": sorted(spoken[tag]),
        }


def read_currencies() -> Iterator[Row]:
    """Every currency, with the territories where it is legal tender today; those of most territories first."""
    territories = defaultdict(list)
    for territory in _names("territories"):
        for currency in _legal_tender(territory):
            territories[currency].append(territory)
    names, fractions = _names("currencies"), get_global("currency_fractions")
    for code in sorted(names, key=lambda code: (-len(territories[code]), code)):
        digits, _, cash_digits, cash_rounding = fractions.get(code, fractions["DEFAULT"])
        yield {
            "code": code, "name": names[code],
            "symbol": {language: locale.currency_symbols.get(code, code) for language, locale in LOCALES.items()},
            "digits": digits, "cash_digits": cash_digits, "cash_rounding": cash_rounding,
            "current": bool(territories[code]), "territories": territories[code],
        }


def read_territories() -> Iterator[Row]:
    """Every country and territory, then the regions of the world."""
    zones = defaultdict(list)
    for zone, territory in _zones().items():
        zones[territory].append(zone)
    names = _names("territories")
    for code in sorted(names, key=lambda code: (code.isdigit(), code)):
        spoken = _spoken_in(code)
        yield {
            "code": code, "name": names[code],
            "kind": "region" if code.isdigit() or code in ("EU", "EZ", "QO", "UN") else "territory",
            "areas": sorted({_area(zone) for zone in zones[code]}),
            "official_languages": list(dict.fromkeys(row["language"] for row in spoken if row["status"])),
            "languages": spoken,
            "currency": _legal_tender(code), "currencies": _currencies_of(code),
            "timezones": zones[code],
        }


def read_timezones() -> Iterator[Row]:
    """Every time zone of a place; those of ships (`Etc/...`) are left out."""
    meta_zones = get_global("meta_zones")
    for zone, territory in _zones().items():
        known_as = [zone, *_former_names()[zone]]       # CLDR files Kyiv under Europe/Kiev
        meta_zone = next((meta_zones[name] for name in known_as if name in meta_zones), None)
        offset, summer_offset = _offsets(zone)
        yield {
            "id": zone, "city": _cities(known_as), "name": _long_names(meta_zone), "territory": territory,
            "area": _area(zone), "meta_zone": meta_zone, "offset": offset, "summer_offset": summer_offset,
        }


@cache
def _names(what: str) -> dict[str, Names]:
    """Code to its name by language, sorted, for `territories`, `languages`, `scripts` or `currencies`."""
    found = {language: getattr(locale, what) for language, locale in LOCALES.items()}
    return {
        code: {language: names[code] for language, names in found.items() if code in names}
        for code in sorted(found["en"]) if code not in PLACEHOLDERS
    }


def _tag(code: str) -> str:
    """CLDR's `zh_Hant` as the tag that the web knows, `zh-Hant`."""
    return code.replace("_", "-")


def _scripts_of(code: str) -> list[str]:
    """The script in a language's code, or the one that it is most likely written in."""
    likely = get_global("likely_subtags")
    whole = likely.get(code) or likely.get(code.partition("_")[0], "")
    scripts = [part for part in f"{code}_{whole}".split("_") if part in _names("scripts")]
    return scripts[:1]


def _spoken_in(territory: str) -> list[Row]:
    """The languages of a territory, the most spoken first."""
    found = get_global("territory_languages").get(territory, {})
    return [
        {"language": _tag(language), "script": script, "population_percent": facts["population_percent"],
         "status": facts["official_status"]}
        for code, facts in found.items()
        for language, script in [_split_script(code)] if language in _names("languages")
    ]


def _split_script(code: str) -> tuple[str, str | None]:
    """`uz_Cyrl` as Uzbek in Cyrillic; `zh_Hant` has a name of its own and stays whole."""
    language, _, script = code.partition("_")
    return (code, None) if code in _names("languages") or not script else (language, script)


def _currencies_of(territory: str) -> list[Row]:
    """The currencies that a territory has had, with their dates."""
    found = get_global("territory_currencies").get(territory, [])
    return [
        {"currency": code, "since": _day(since), "until": _day(until), "tender": tender}
        for code, since, until, tender in found if code in _names("currencies")
    ]


def _legal_tender(territory: str) -> list[str]:
    return [row["currency"] for row in _currencies_of(territory) if row["tender"] and row["until"] is None]


def _day(parts: tuple[int, int, int] | None) -> str | None:
    return date(*parts).isoformat() if parts else None


def _zones() -> dict[str, str]:
    """Time zone to territory, sorted."""
    return {zone: territory for zone, territory in sorted(get_global("zone_territories").items())
            if not zone.startswith("Etc/")}


def _area(zone: str) -> str:
    """`Europe` of Europe/Berlin; islands have their ocean."""
    return zone.partition("/")[0]


def _cities(known_as: list[str]) -> Names:
    """The name of a zone's city by language; in English at least."""
    english = known_as[0].rpartition("/")[2].replace("_", " ")
    return {"en": english} | _texts("time_zones", known_as, lambda zone: zone.get("city"))


def _long_names(meta_zone: str | None) -> Names | None:
    """What people call the time of a zone: "Central European Time"; None where CLDR has no name."""
    def name(zone: Mapping[str, Any]) -> str | None:
        forms: Mapping[str, str] = zone.get("long", {})
        return forms.get("generic") or forms.get("standard")

    names = _texts("meta_zones", [meta_zone], name) if meta_zone else {}
    return names if "en" in names else None


@cache
def _former_names() -> dict[str, list[str]]:
    former = defaultdict(list)
    for old, new in get_global("zone_aliases").items():
        former[new].append(old)
    return former


def _texts(what: str, codes: list[str], text: Callable[[Mapping[str, Any]], str | None]) -> Names:
    """By language, the first text that CLDR has for one of these codes."""
    found: Names = {}
    for language, locale in LOCALES.items():
        entries = getattr(locale, what)
        texts = [text(entries[code]) for code in codes if code in entries]
        first = next(filter(None, texts), None)
        if first:
            found[language] = first
    return found


def _offsets(zone: str) -> tuple[str | None, str | None]:
    """The offsets from UTC in standard and in summer time; None where clocks do not change, and where this machine
    has no time zones (the package `tzdata` brings them)."""
    try:
        place = ZoneInfo(zone)
    except ZoneInfoNotFoundError:
        return None, None
    low, high = sorted(_offset(place, month) for month in (1, 7))
    return _sign(low), _sign(high) if high > low else None


def _offset(place: ZoneInfo, month: int) -> timedelta:
    return datetime(OFFSETS_YEAR, month, 1, tzinfo=UTC).astimezone(place).utcoffset() or timedelta()


def _sign(offset: timedelta) -> str:
    """An offset as people write it: `-03:30`."""
    minutes = round(offset.total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"

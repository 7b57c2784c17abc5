"""The atlas: the world's territories, currencies, languages, scripts and time zones, named in five languages.

Each class below is one resource: its annotations are all that Dragoman needs to publish, check, filter and document it.
The data come from Unicode's CLDR, which the package Babel carries; `cldr.py` beside this file reads them.
"""

from datetime import date
from typing import Annotated, Literal

import cldr

from dragoman import Catalog, Extra, Filter, Key, Localized, Record, Refers, Rows, Search, Sort

catalog = Catalog(
    "atlas",
    title="Atlas",
    description="The world's territories, currencies, languages, scripts and time zones, with their names in "
    "English, Spanish, German, French and Chinese. Source: Unicode CLDR.",
    languages=cldr.LANGUAGES,
    formats=("csv",),
)


@catalog.resource("currencies", Rows(cldr.read_currencies, depends_on=("babel",)))
class Currency(Record):
    """A currency of today or of the past, by its ISO 4217 code."""

    code: Annotated[str, Key()]
    name: Annotated[Localized, Search(), Sort()]
    symbol: Localized
    digits: Annotated[int, Filter()]
    cash_digits: Annotated[int, Extra()]
    cash_rounding: Annotated[int, Extra()]
    current: Annotated[bool, Filter()]
    territories: Annotated[list[str], Filter(), Refers("territories")]


@catalog.resource("scripts", Rows(cldr.read_scripts, depends_on=("babel",)))
class Script(Record):
    """A writing system, by its ISO 15924 code."""

    code: Annotated[str, Key()]
    name: Annotated[Localized, Search(), Sort()]
    languages: Annotated[list[str], Refers("languages")]


@catalog.resource("languages", Rows(cldr.read_languages, depends_on=("babel",)))
class Language(Record):
    """A language or a variety of one, by its BCP 47 tag: `de`, `pt-BR`, `zh-Hant`."""

    code: Annotated[str, Key()]
    name: Annotated[Localized, Search(), Sort()]
    scripts: Annotated[list[str], Filter(), Refers(Script)]
    official_in: Annotated[list[str], Filter(), Refers("territories")]
    spoken_in: Annotated[list[str], Filter(), Refers("territories")]


class Tender(Record):
    """The time in which a territory used a currency; `tender` tells whether people could pay with it."""

    currency: Annotated[str, Refers(Currency)]
    since: date | None
    until: date | None
    tender: bool


class Spoken(Record):
    """A language of a territory: its script where it is not the usual one, and who speaks it."""

    language: Annotated[str, Refers(Language)]
    script: Annotated[str | None, Refers(Script)]
    population_percent: float
    status: Literal["official", "official_regional", "de_facto_official"] | None


@catalog.resource("territories", Rows(cldr.read_territories, depends_on=("babel",)))
class Territory(Record):
    """A country or territory by its ISO 3166 code, or a region by its UN M.49 code.

    Its areas (Europe, Pacific) are those of its time zones; official languages include those of its regions.
    """

    code: Annotated[str, Key()]
    name: Annotated[Localized, Search(), Sort()]
    kind: Annotated[Literal["territory", "region"], Filter()]
    areas: Annotated[list[str], Filter()]
    official_languages: Annotated[list[str], Filter(), Refers(Language)]
    languages: list[Spoken]
    currency: Annotated[list[str], Filter(), Refers(Currency)]
    currencies: list[Tender]
    timezones: Annotated[list[str], Refers("timezones")]


@catalog.resource("timezones", Rows(cldr.read_timezones, depends_on=("babel",)))
class TimeZone(Record):
    """A time zone by its IANA name, `Area/Location`.

    Its offsets from UTC look like `+01:00`; there is one of summer where clocks change.
    """

    id: Annotated[str, Key()]
    city: Annotated[Localized, Search(), Sort()]
    name: Localized | None
    territory: Annotated[str, Filter(), Refers(Territory)]
    area: Annotated[str, Filter()]
    meta_zone: Annotated[str | None, Filter()]
    offset: Annotated[str | None, Filter(), Sort()]
    summer_offset: str | None

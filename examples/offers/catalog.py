"""A small affiliate network: offers that webmasters advertise, and what comes of it.

The atlas shows what can be published for all, the armory what belongs to somebody. This catalog is in the manner of the networks whose
clients speak the webmaster dialect: one library, filters by position, small dictionaries, statistics, changes by PUT, and a
report that takes its time. `network.py` beside this file makes the data up.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

import network
from msgspec import Meta

from dragoman import (
    Caller,
    Catalog,
    Extra,
    Filter,
    Key,
    Localized,
    MethodError,
    Named,
    Needs,
    Progress,
    Record,
    Refers,
    Search,
    Sort,
    Table,
    Transaction,
)

BASE = network.make(Path(__file__).with_name("offers.db"))

catalog = Catalog(
    "offers",
    title="Offers",
    description="An affiliate network: its offers, and for webmasters their profile, their statistics and their reports.",
    languages=network.LANGUAGES,
    database="sqlite:///offers.db",
    permissions={                           # what an account holder reads before giving a key away
        "account": "Who you are here; your address, your telephone and your language may be changed",
        "statistics": "Your clicks and leads, and what you have earned",
    },
)

Currency = Literal["RUB", "EUR", "USD"]
Language = Literal["en", "ru"]

# -------------------------------------------------------------------------------------------- for everybody, published


@catalog.resource("webmaster/geo", Table("geo"))
class Country(Record):
    """A country, by its number in ISO 3166-1."""

    id: Annotated[int, Key()]
    code: Annotated[str, Filter()]
    name: Annotated[Localized, Search(), Sort()]


@catalog.resource("webmaster/platforms", Table("platforms"))
class Platform(Record):
    """Where an offer can be advertised."""

    id: Annotated[int, Key()]
    name: Localized


@catalog.resource("webmaster/categories", Table("categories"))
class Category(Record):
    """What an offer is about; categories stand in others."""

    id: Annotated[int, Key()]
    parent: Annotated[int | None, Filter(), Refers("webmaster/categories")]
    name: Annotated[Localized, Search(), Sort()]


@catalog.resource("webmaster/traffic-types", Table("traffic_types"))
class TrafficType(Record):
    """How visitors may be brought to an offer."""

    id: Annotated[int, Key()]
    name: Localized


@catalog.resource("webmaster/banner-sizes", Table("banner_sizes"))
class BannerSize(Record):
    """A size of banners, in pixels."""

    id: Annotated[int, Key()]
    name: str
    width: int
    height: int


@catalog.resource("webmaster/offers", Table("offers"), listed="keyed")
class Offer(Record):
    """An offer: `cpl` is paid for a lead, `cpa` for a sale, `epc7days` is what a click brought in the last seven days."""

    id: Annotated[int, Key(), Sort()]
    name: Annotated[Localized, Search(), Sort()]
    type: Annotated[Literal["web", "mobile", "api"], Filter(first=True, any="all")]
    rating: Annotated[Decimal, Sort()]
    cpl: Annotated[Decimal, Sort()]
    cpa: Annotated[Decimal, Sort()]
    epc7days: Annotated[Decimal, Sort()]
    currency: Currency
    geo: Annotated[list[int], Filter(), Refers(Country)]
    platforms: Annotated[list[int], Filter(), Refers(Platform)]
    categories: Annotated[list[int], Filter(), Refers(Category)]
    traffic_types: Annotated[list[int], Filter(), Refers(TrafficType)]
    banner_sizes: Annotated[list[int], Extra(), Refers(BannerSize)]
    logo: str
    site: str
    cookie_days: int
    description: Annotated[Localized, Extra()]


# -------------------------------------------------------------------------------------------- for the webmaster alone


@catalog.resource("webmaster/profile", Table("webmasters"), live=True, single=True, permission="account", listed="one")
class Profile(Record):
    """The webmaster whose key it is; the balance needs another permission."""

    id: Annotated[int, Key()]
    name: str
    email: str
    site: str
    phone: str | None
    language: Language
    registered: date
    currency: Currency
    balance: Annotated[Decimal, Needs("statistics")]


@catalog.resource(
    "webmaster/statistics", Table("statistics"), owner="webmaster_id", live=True, permission="statistics", listed="paged",
)
class Day(Record):
    """What a webmaster's visitors did in a day; there is none without clicks."""

    id: Annotated[int, Key()]
    webmaster_id: int
    day: Annotated[date, Filter(), Sort()]
    clicks: Annotated[int, Sort()]
    leads: Annotated[int, Sort()]
    money: Annotated[Decimal, Sort()]


# -------------------------------------------------------------------------------------------- what can be called


class NoSuchWebmaster(MethodError):
    """Your account is that of no webmaster."""

    status = 404


class WrongPeriod(MethodError):
    """A period begins before it ends, and has 366 days at most."""

    status = 400


class Contacts(Record):
    """How a webmaster can be reached."""

    site: str
    phone: str | None


def webmaster_of(caller: Caller) -> int:
    """Whose key it is, as the network knows them; 0 for somebody who is no webmaster."""
    return int(caller.subject) if caller.subject and caller.subject.isdecimal() else 0


@catalog.method("webmaster/contacts", verb="PUT", permission="account", raises=[NoSuchWebmaster], listed="one")
def set_profile(
    caller: Caller, transaction: Transaction, site: Annotated[str, Meta(pattern="^https?://.", max_length=200)],
    phone: Annotated[str | None, Meta(pattern="^[+]?[0-9 -]+$", max_length=30)] = None,
) -> Contacts:
    """Change how you can be reached; without a telephone there is none any more."""
    changed = transaction.execute("UPDATE webmasters SET site = :site, phone = :phone WHERE id = :webmaster",
                                  site=site, phone=phone, webmaster=webmaster_of(caller))
    if not changed:
        raise NoSuchWebmaster
    return Contacts(site=site, phone=phone)


@catalog.method("webmaster/user-language", verb="PUT", permission="account", raises=[NoSuchWebmaster])
def set_user_language(caller: Caller, transaction: Transaction, lang: Annotated[Language, Named(gw2="choice")]) -> bool:
    """Choose the language in which the network writes to you."""
    changed = transaction.execute("UPDATE webmasters SET language = :language WHERE id = :webmaster",
                                  language=lang, webmaster=webmaster_of(caller))
    if not changed:
        raise NoSuchWebmaster
    return True


class Clicks(Record):
    """What a webmaster's visitors did in a day."""

    day: date
    clicks: int
    leads: int
    money: Decimal


@catalog.method("webmaster/report", operation=True, permission="statistics", raises=[WrongPeriod])
def report(caller: Caller, progress: Progress, date_from: date, date_to: date) -> Iterator[Clicks]:
    """Your clicks, leads and earnings day by day, from a day to another one; a long operation."""
    days = (date_to - date_from).days + 1
    if not 0 < days <= 366:
        raise WrongPeriod(field="date_to", value=date_to)
    progress.total = days
    for day, clicks, leads, money in network.clicks(BASE, webmaster_of(caller), date_from, date_to):
        yield Clicks(day=day, clicks=clicks, leads=leads, money=money)
        progress.done = (day - date_from).days + 1

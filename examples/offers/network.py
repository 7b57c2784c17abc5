"""The network of the example, made up: the same one each time, as an SQLite database.

Nothing here is needed to publish it, but for `clicks`, with which a report reads: a publisher has such tables already.
`python network.py FILE` makes the database by itself.
"""

import json
import os
import random
import sqlite3
import sys
from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from words import BANNER_SIZES, BRANDS, BUSINESSES, CATEGORIES, COUNTRIES, PLATFORMS, TRAFFIC_TYPES

LANGUAGES = ("en", "ru")
WEBMASTERS, DAYS = 30, 120
FIRST_WEBMASTER = 7001
"""The first webmaster, whom the README calls Alice; Bob is the next."""
FIRST_DAY = date(2026, 1, 1)
FITTING = {"web": (1, 2), "mobile": (3, 4), "api": (1, 3, 4, 5, 6, 7)}
"""The platforms of each type of offer."""

TABLES = """
CREATE TABLE geo (id INTEGER PRIMARY KEY, code TEXT UNIQUE, name_en TEXT, name_ru TEXT);
CREATE TABLE platforms (id INTEGER PRIMARY KEY, name_en TEXT, name_ru TEXT);
CREATE TABLE categories (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES categories (id), name_en TEXT, name_ru TEXT);
CREATE TABLE traffic_types (id INTEGER PRIMARY KEY, name_en TEXT, name_ru TEXT);
CREATE TABLE banner_sizes (id INTEGER PRIMARY KEY, name TEXT UNIQUE, width INTEGER, height INTEGER);
CREATE TABLE offers (id INTEGER PRIMARY KEY, name_en TEXT, name_ru TEXT, type TEXT, rating NUMERIC(3, 1), cpl NUMERIC(8, 2),
    cpa NUMERIC(8, 2), epc7days NUMERIC(8, 2), currency TEXT, geo JSON, platforms JSON, categories JSON, traffic_types JSON,
    banner_sizes JSON, logo TEXT, site TEXT, cookie_days INTEGER, description_en TEXT, description_ru TEXT);
CREATE TABLE webmasters (id INTEGER PRIMARY KEY, name TEXT, email TEXT UNIQUE, site TEXT, phone TEXT, language TEXT,
    registered DATE, balance NUMERIC(10, 2), currency TEXT);
CREATE TABLE statistics (id INTEGER PRIMARY KEY, webmaster_id INTEGER REFERENCES webmasters (id), day DATE, clicks INTEGER,
    leads INTEGER, money NUMERIC(10, 2), UNIQUE (webmaster_id, day));
"""


def make(file: Path) -> Path:
    """Make the database where it is missing or older than these modules; the file."""
    written = max(Path(module).stat().st_mtime for module in (__file__, Path(__file__).with_name("words.py")))
    if not file.exists() or file.stat().st_mtime < written:
        aside = file.with_name(f"{file.name}.{os.getpid()}.new")
        aside.unlink(missing_ok=True)
        with closing(sqlite3.connect(aside)) as base:
            base.executescript(TABLES)
            fill(base, random.Random(20260101))
            base.commit()
        aside.replace(file)                 # whoever reads meanwhile sees the old one or the new one, whole
    return file


def clicks(file: Path, webmaster: int, first: date, last: date):
    """What a webmaster's visitors did, day by day: day, clicks, leads, money; read while it is asked for."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as base:
        rows = base.execute("SELECT day, clicks, leads, money FROM statistics WHERE webmaster_id = ? AND day BETWEEN ? AND ? "
                            "ORDER BY day", (webmaster, first.isoformat(), last.isoformat()))
        for day, clicked, leads, money in rows:
            yield date.fromisoformat(day), clicked, leads, Decimal(str(money))


def fill(base, dice):
    """Every table, in the order in which they refer to each other."""
    tables = {
        "geo": ((id, *words) for id, words in COUNTRIES.items()),
        "platforms": ((id, *names) for id, names in PLATFORMS.items()),
        "categories": ((id, *words) for id, words in CATEGORIES.items()),
        "traffic_types": ((id, *names) for id, names in TRAFFIC_TYPES.items()),
        "banner_sizes": ((id, f"{width}x{height}", width, height) for id, (width, height) in enumerate(BANNER_SIZES, 1)),
        "offers": make_offers(dice),
        "webmasters": make_webmasters(dice),
        "statistics": make_statistics(dice),
    }
    for table, made in tables.items():
        rows = list(made)
        base.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)  # noqa: S608  # a name from above


def make_offers(dice):
    """Every business of every brand: 300 offers."""
    pairs = [(brand, category) for category in BUSINESSES for brand in BRANDS]
    dice.shuffle(pairs)
    for id, (brand, category) in enumerate(pairs, 1001):
        business = BUSINESSES[category]
        site = f"https://{brand[0]}-{business[0]}.example".lower()
        kind = dice.choices(("web", "mobile", "api"), (6, 3, 1))[0]
        cpl, cpa, days = price(dice, 8), price(dice, 60), dice.choice((7, 14, 30, 45, 90))
        currency = dice.choices(("RUB", "EUR", "USD"), (5, 3, 2))[0]
        yield (
            id, f"{brand[0]} {business[0]}", f"{brand[1]}: {business[1]}", kind, dice.randrange(101) / 10, cpl, cpa,
            round(cpl * dice.uniform(0.02, 0.3), 2), currency, some(dice, COUNTRIES, 12), some(dice, FITTING[kind], 4),
            json.dumps([CATEGORIES[category][0], category]), some(dice, TRAFFIC_TYPES, 6),
            some(dice, range(1, len(BANNER_SIZES) + 1), 5), f"{site}/logo.svg", f"{site}/", days,
            f"Pays {cpl:.2f} {currency} for a lead and {cpa:.2f} {currency} for a sale, within {days} days of the click.",
            f"Платит {cpl:.2f} {currency} за заявку и {cpa:.2f} {currency} за продажу; срок от клика, в днях: {days}.",
        )


def make_webmasters(dice):
    """Alice, Bob and some of whom nothing is known but a number."""
    for number in range(WEBMASTERS):
        id = FIRST_WEBMASTER + number
        name = ("Alice", "Bob", f"Webmaster {id}")[min(number, 2)]
        word = name.replace(" ", "-").lower()
        registered = FIRST_DAY - timedelta(days=dice.randrange(1, 2_000))
        yield (id, name, f"{word}@example.org", f"https://{word}.example/", None, dice.choice(LANGUAGES), registered.isoformat(),
               price(dice, 9_000), dice.choice(("RUB", "EUR")))


def make_statistics(dice):
    """Four months of every webmaster; on some days there were no clicks, and there is no row."""
    for number in range(WEBMASTERS * DAYS):
        webmaster, day = divmod(number, DAYS)
        if dice.random() < 0.95:
            clicked = dice.randrange(5, 900)
            leads = sum(dice.random() < 0.03 for _ in range(clicked))
            yield (number + 1, FIRST_WEBMASTER + webmaster, (FIRST_DAY + timedelta(days=day)).isoformat(), clicked, leads,
                   round(leads * dice.uniform(1.5, 4), 2))


def some(dice, ids, most):
    """A few ids in order, at least one, as JSON."""
    ids = sorted(ids)
    return json.dumps(sorted(dice.sample(ids, dice.randint(1, min(most, len(ids))))))


def price(dice, most):
    """An amount of money, with two digits after the point."""
    return dice.randrange(50, most * 100) / 100


if __name__ == "__main__":
    print(make(Path(sys.argv[1])))

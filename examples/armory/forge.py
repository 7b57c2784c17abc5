"""The world of the armory, made up: the same one each time, as an SQLite database.

Nothing here is needed to publish it: a publisher has such tables already. `python forge.py FILE` makes the database by itself.
"""

import json
import os
import random
import sqlite3
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

LANGUAGES = ("en", "ru", "de")
PLAYERS, CHARACTERS, ITEMS, CLANS = 400, 900, 3_000, 40
FIRST_ACCOUNT = 1001
"""The account of the first player, whom the README calls Alice; Bob's is the next."""
BEGINNING = datetime(2023, 5, 1, 12, tzinfo=UTC)

HOUSES = {
    "ember": ("House of Embers", "Дом Углей", "Haus der Glut"),
    "frost": ("House of Frost", "Дом Инея", "Haus des Reifs"),
    "moss": ("House of Moss", "Дом Мха", "Haus des Mooses"),
    "tide": ("House of the Tide", "Дом Прилива", "Haus der Flut"),
}
BEASTS = (
    ("Adder", "Гадюка", "Natter"), ("Badger", "Барсук", "Dachs"), ("Bear", "Медведь", "Bär"), ("Beetle", "Жук", "Käfer"),
    ("Bison", "Зубр", "Wisent"), ("Boar", "Кабан", "Eber"), ("Crane", "Журавль", "Kranich"), ("Falcon", "Сокол", "Falke"),
    ("Hare", "Заяц", "Hase"), ("Heron", "Цапля", "Reiher"), ("Lynx", "Рысь", "Luchs"), ("Marten", "Куница", "Marder"),
    ("Moth", "Мотылёк", "Falter"), ("Otter", "Выдра", "Otter"), ("Owl", "Сова", "Eule"), ("Pike", "Щука", "Hecht"),
    ("Raven", "Ворон", "Rabe"), ("Stag", "Олень", "Hirsch"), ("Toad", "Жаба", "Kröte"), ("Wolf", "Волк", "Wolf"),
)
PLACES = (
    ("of the Ford", "брода", "der Furt"), ("of the Harbor", "гавани", "des Hafens"), ("of the Lighthouse", "маяка", "des Leuchtturms"),
    ("of the Marsh", "болота", "des Moors"), ("of the Mill", "мельницы", "der Mühle"), ("of the Orchard", "сада", "des Gartens"),
    ("of the Pass", "перевала", "des Passes"), ("of the Quarry", "карьера", "des Steinbruchs"),
)
PARTS = {
    "engine": ("Engine", "Двигатель", "Motor"), "cannon": ("Cannon", "Пушка", "Kanone"),
    "tracks": ("Tracks", "Гусеницы", "Ketten"), "radio": ("Radio", "Радиостанция", "Funkgerät"),
}
ROLES = {
    "driver": ("Driver", "Водитель", "Fahrer"), "gunner": ("Gunner", "Стрелок", "Schütze"),
    "lookout": ("Lookout", "Наблюдатель", "Späher"), "mechanic": ("Mechanic", "Механик", "Mechaniker"),
}
KINDS = ("scout", "hauler", "lancer", "bulwark")
PROFESSIONS = ("smith", "ranger", "alchemist", "warden")
SLOTS = ("head", "hands", "back", "belt")
LEAGUES = ("copper", "iron", "silver", "gold")

TABLES = """
CREATE TABLE houses (id TEXT PRIMARY KEY, name_en TEXT, name_ru TEXT, name_de TEXT);
CREATE TABLE modules (module_id INTEGER PRIMARY KEY, kind TEXT, name_en TEXT, name_ru TEXT, name_de TEXT, tier INTEGER,
    weight REAL, price INTEGER);
CREATE TABLE vehicles (vehicle_id INTEGER PRIMARY KEY, house TEXT, kind TEXT, name_en TEXT, name_ru TEXT, name_de TEXT,
    tier INTEGER, price INTEGER, premium BOOLEAN, crew JSON, modules JSON);
CREATE TABLE accounts (account_id INTEGER PRIMARY KEY, nickname TEXT UNIQUE, created_at TEXT, battles INTEGER, rating INTEGER,
    rank INTEGER, league TEXT, private JSON);
CREATE TABLE characters (name TEXT PRIMARY KEY, account_id INTEGER, profession TEXT, house TEXT, level INTEGER, created_at TEXT,
    deaths INTEGER, equipment JSON);
CREATE TABLE inventories (slot_id INTEGER PRIMARY KEY, account_id INTEGER, module_id INTEGER, count INTEGER, bound_to TEXT);
CREATE TABLE clans (clan_id INTEGER PRIMARY KEY, tag TEXT UNIQUE, name_en TEXT, name_ru TEXT, name_de TEXT,
    leader_id INTEGER REFERENCES accounts (account_id), founded_at TEXT);
CREATE TABLE moderators (clan_id INTEGER REFERENCES clans (clan_id), account_id INTEGER REFERENCES accounts (account_id),
    PRIMARY KEY (clan_id, account_id));
CREATE TABLE bans (ban_id INTEGER PRIMARY KEY, clan_id INTEGER REFERENCES clans (clan_id),
    account_id INTEGER REFERENCES accounts (account_id), reason TEXT, banned_by INTEGER, banned_at TEXT, UNIQUE (clan_id, account_id));
CREATE TABLE notices (notice_id INTEGER PRIMARY KEY, clan_id INTEGER REFERENCES clans (clan_id), author_id INTEGER, text TEXT,
    written_at TEXT);
CREATE INDEX characters_of ON characters (account_id);
CREATE INDEX inventories_of ON inventories (account_id);
"""


def make(file: Path) -> Path:
    """Make the database where it is missing or older than this module; the file."""
    if not file.exists() or file.stat().st_mtime < Path(__file__).stat().st_mtime:
        aside = file.with_name(f"{file.name}.{os.getpid()}.new")
        aside.unlink(missing_ok=True)
        base = sqlite3.connect(aside)
        base.executescript(TABLES)
        fill(base, random.Random(20230501))
        base.commit()
        base.close()
        aside.replace(file)                 # whoever reads meanwhile sees the old one or the new one, whole
    return file


def fill(base: sqlite3.Connection, dice: random.Random) -> None:
    """Every table, in the order in which they refer to each other."""
    base.executemany("INSERT INTO houses VALUES (?, ?, ?, ?)", [(id, *names) for id, names in HOUSES.items()])
    modules = list(make_modules(dice))
    base.executemany("INSERT INTO modules VALUES (?, ?, ?, ?, ?, ?, ?, ?)", modules)
    vehicles = list(make_vehicles(dice, modules))
    base.executemany("INSERT INTO vehicles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", vehicles)
    accounts = list(make_accounts(dice))
    base.executemany("INSERT INTO accounts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", accounts)
    characters = list(make_characters(dice))
    base.executemany("INSERT INTO characters VALUES (?, ?, ?, ?, ?, ?, ?, ?)", characters)
    base.executemany("INSERT INTO inventories VALUES (?, ?, ?, ?, ?)", make_inventories(dice, modules, characters))
    clans = list(make_clans(dice))
    base.executemany("INSERT INTO clans VALUES (?, ?, ?, ?, ?, ?, ?)", clans)
    base.executemany("INSERT INTO moderators VALUES (?, ?)", make_moderators(dice, clans))


def make_modules(dice):
    """Thirty of each kind, from light and plain to heavy and dear."""
    for number in range(30 * len(PARTS)):
        kind, names = list(PARTS.items())[number % len(PARTS)]
        mark = f"{'ABCDEFGHJKLMNPR'[number // 8]}-{number % 8 + 1}"
        tier = 1 + number * 8 // (30 * len(PARTS))
        yield (number + 1, kind, *(f"{name} {mark}" for name in names), tier, dice.randrange(40, 400) / 10 * tier,
               dice.randrange(5, 50) * 100 * tier)


def make_vehicles(dice, modules):
    """Every beast of every place; the dearer ones carry the better parts."""
    for number in range(len(BEASTS) * len(PLACES)):
        beast, place = BEASTS[number % len(BEASTS)], PLACES[number // len(BEASTS)]
        tier = dice.randint(1, 8)
        roles = ["driver", "gunner", *dice.sample(list(ROLES), dice.randint(0, 2))]
        crew = [{"role": role, "name": dict(zip(LANGUAGES, ROLES[role], strict=True))} for role in dict.fromkeys(roles)]
        fitting = [module[0] for module in modules if abs(module[5] - tier) <= 1]
        names = (f"{name} {of}" for name, of in zip(beast, place, strict=True))
        yield (number + 1, dice.choice(list(HOUSES)), dice.choice(KINDS), *names, tier,
               dice.randrange(10, 90) * 1000 * tier, dice.random() < 0.15, json.dumps(crew, ensure_ascii=False),
               json.dumps(sorted(dice.sample(fitting, 5))))


def make_accounts(dice):
    """Players with what everybody sees of them, and with what is theirs alone."""
    for number, nickname in enumerate(("Alice", "Bob", *make_words(dice, PLAYERS - 2))):
        battles = int(dice.expovariate(1 / 2_000))
        private = {"gold": dice.randrange(5_000), "silver": dice.randrange(2_000_000), "garage_slots": dice.randint(5, 60),
                   "premium_until": stamp(dice) if dice.random() < 0.3 else None}
        rank = min(100, battles // 60 + dice.randint(1, 9))
        yield (FIRST_ACCOUNT + number, nickname, stamp(dice), battles, 800 + dice.randrange(1_800), rank,
               LEAGUES[min(3, rank // 25)], json.dumps(private))


def make_characters(dice):
    """Two or three for each player, some for none; a name is one character's alone."""
    names = [f"{first} {last}" for first, last in zip(make_words(dice, CHARACTERS), make_words(dice, CHARACTERS), strict=True)]
    for number, name in enumerate(names):
        account = FIRST_ACCOUNT + (number % 2 if number < 6 else dice.randrange(PLAYERS))
        worn = [{"slot": slot, "item": f"{dice.choice(PROFESSIONS)}-{slot}-{dice.randint(1, 80)}"} for slot in SLOTS
                if dice.random() < 0.7]
        yield (name, account, dice.choice(PROFESSIONS), dice.choice(list(HOUSES)), dice.randint(1, 80), stamp(dice),
               dice.randrange(300), json.dumps(worn))


def make_inventories(dice, modules, characters):
    """What lies in the storages; some of it is bound to a character of the same player."""
    owned = {}
    for name, account, *_ in characters:
        owned.setdefault(account, []).append(name)
    for number in range(ITEMS):
        account = FIRST_ACCOUNT + dice.randrange(PLAYERS)
        bound = dice.choice(owned[account]) if account in owned and dice.random() < 0.2 else None
        yield (number + 1, account, dice.choice(modules)[0], dice.randint(1, 20), bound)


def make_clans(dice):
    """A few beasts of a house, led by one player each: the first by Alice, the second by Bob."""
    for number in range(CLANS):
        beast, house = BEASTS[number % len(BEASTS)], list(HOUSES.values())[number // len(BEASTS)]
        names = (f"{name}: {of}" for name, of in zip(house, beast, strict=True))
        leader = FIRST_ACCOUNT + (number if number < 2 else dice.randrange(PLAYERS))
        yield (number + 1, f"{beast[0][:3].upper()}{number // len(BEASTS) + 1}", *names, leader, stamp(dice))


def make_moderators(dice, clans):
    """Two or three for each clan; Bob moderates Alice's."""
    for clan_id, *_, leader, _ in clans:
        chosen = {FIRST_ACCOUNT + dice.randrange(2, PLAYERS) for _ in range(3)} | ({FIRST_ACCOUNT + 1} if clan_id == 1 else set())
        yield from ((clan_id, account) for account in sorted(chosen - {leader}))


def make_words(dice, count):
    """Words that sound like names, each once."""
    made = {}
    while len(made) < count:
        syllables = ("".join(dice.choice(letters) for letters in ("bdfgklmnrstv", "aeiou", "lmnrsx")) for _ in range(2))
        made["".join(syllables).capitalize()] = None
    return list(made)


def stamp(dice):
    """A moment of the last years of the game, in UTC."""
    return (BEGINNING + timedelta(minutes=dice.randrange(1_000_000))).isoformat().replace("+00:00", "Z")


if __name__ == "__main__":
    print(make(Path(sys.argv[1])))

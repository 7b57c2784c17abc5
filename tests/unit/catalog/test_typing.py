"""Catalogs are typed: the armory, as a publisher writes it, satisfies mypy --strict."""

import os
import subprocess
import sys

import pytest

from dragoman.catalog.module import load_module

ARMORY = '''\
"""The armory: vehicles for everybody, players whose wallet is their own."""
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

from dragoman import (Caller, Catalog, Extra, Filter, Key, Localized, Named, Needs, Progress, Record, Refers, Rows, Search,
                      Sort, Table)

catalog = Catalog(
    "armory",
    title="Armory",
    languages=("en", "es", "de", "fr", "zh"),
    permissions={"account": "Your account", "inventories": "What you own"},
    database={"eu": "sqlite:///eu.db", "na": "${ARMORY_NA}"},
)


class Crew(Record):
    role: str
    name: Localized


class Wallet(Record):
    gold: int


@catalog.resource("encyclopedia/modules", Table("modules"))
class Module(Record):
    """A part that can be mounted."""

    module_id: Annotated[int, Key()]
    name: Localized


@catalog.resource("encyclopedia/vehicles", Table("vehicles"))
class Vehicle(Record):
    """A vehicle as the encyclopedia shows it."""

    tank_id: Annotated[int, Key()]
    name: Annotated[Localized, Search()]
    tier: Annotated[int, Filter(), Sort()]
    crew: list[Crew]
    modules: Annotated[list[int], Extra(), Refers(Module)]


@catalog.resource("account/info", Table("accounts"), owner="account_id", live=True)
class Player(Record):
    """A player; the wallet is shown to its owner alone."""

    account_id: Annotated[int, Key()]
    nickname: Annotated[str, Search(at_least=3)]
    private: Annotated[Wallet | None, Needs("account")] = None


def read_nations() -> Iterator["Nation"]:
    yield Nation(code="ussr", name={"en": "USSR"})


@catalog.resource("nations", Rows(read_nations, depends_on=("dragoman",)))
class Nation(Record):
    """A nation."""

    code: Annotated[str, Key()]
    name: Localized


@catalog.method("user/language", verb="PUT", permission="account")
async def set_user_language(
    caller: Caller, lang: Annotated[Literal["en", "ru", "br"], Named(gw2="choice")],
) -> bool:
    """Choose the language of your letters."""
    return caller.subject is not None and lang == "en"


class Clicks(Record):
    day: date
    clicks: int


@catalog.method("statistics/report", operation=True, permission="account")
def report(caller: Caller, progress: Progress, date_from: date, date_to: date) -> Iterator[Clicks]:
    """Clicks by day; a long operation."""
    for done, day in enumerate((date_from, date_to)):
        progress.done = done
        yield Clicks(day=day, clicks=len(caller.permissions))


player: Player = Player(account_id=1, nickname="Alice")
wallet: Wallet | None = player.private
'''
WRONG = ARMORY + """
Player(account_id="one", nickname="Alice")
Player(nickname="Alice")
Player(1, "Alice")
player.nickname = "Bob"
catalog.resource(5, Table("x"))
"""


def mypy(folder, text):
    """What mypy --strict says of a catalog."""
    pytest.importorskip("mypy", reason="mypy is not installed: the types of catalogs are not checked")
    file = folder / "armory.py"
    file.write_text(text)
    return subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", str(folder / "cache"), str(file)],
        cwd=folder, capture_output=True, text=True, timeout=240, check=False,
    ).stdout


@pytest.mark.slow
def test_the_armory_satisfies_mypy_strict_and_what_is_wrong_in_it_does_not(tmp_path):
    assert mypy(tmp_path, ARMORY) == ""
    told = mypy(tmp_path, WRONG)
    expected = ('"account_id"', "Missing named argument", "Too many positional", "read-only", '"resource"')
    assert [text for text in expected if text not in told] == [], told


def test_the_armory_loads(tmp_path):
    file = tmp_path / "armory.py"
    file.write_text(ARMORY)
    (catalog,) = load_module(file)
    assert catalog.clusters == ("eu", "na")
    assert list(catalog.resources) == ["encyclopedia/modules", "encyclopedia/vehicles", "account/info", "data/nations"]
    assert list(catalog.methods) == ["user/language", "statistics/report"]


def test_a_catalog_is_read_as_it_stands(tmp_path, monkeypatch):
    """Bytecode of before counts for nothing, even where an edit left size and time as they were."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    file = tmp_path / "catalog.py"
    for title in ("Wrens", "Finch"):
        file.write_text(f'from dragoman import Catalog\ncatalog = Catalog("birds", title="{title}")\n'
                        '@catalog.method("birds/count")\ndef count() -> int:\n    """How many there are."""\n    return 1\n')
        os.utime(file, (1_700_000_000, 1_700_000_000))
        assert load_module(file)[0].title == title

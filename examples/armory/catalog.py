"""The armory of a small game: vehicles for everybody, players whose wallet is their own, characters that nobody else sees.

The atlas shows what can be published for all. This catalog is about what belongs to somebody: who needs which permission,
what exists only for its owner, and which single fields only its owner is shown. `forge.py` beside this file makes the data up.
"""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import forge

from dragoman import Caller, Catalog, Extra, Filter, Key, Localized, Needs, Record, Refers, Search, Sort, Table

forge.make(Path(__file__).with_name("armory.db"))

catalog = Catalog(
    "armory",
    title="Armory",
    description="Vehicles and their modules, players, and for those who play what is their own.",
    languages=forge.LANGUAGES,
    database="sqlite:///armory.db",
    permissions={                           # what an account holder reads before giving a key away
        "account": "Who you are in the game, and what is in your wallet",
        "progression": "How far you have come: your rank and your league",
        "characters": "Your characters, and what they wear",
        "inventories": "What lies in your storage",
    },
)

House = Literal["ember", "frost", "moss", "tide"]
Profession = Literal["smith", "ranger", "alchemist", "warden"]

# -------------------------------------------------------------------------------------------- for everybody, published


@catalog.resource("encyclopedia/houses", Table("houses"))
class HouseOf(Record):
    """One of the houses that build vehicles."""

    id: Annotated[str, Key()]
    name: Localized


@catalog.resource("encyclopedia/modules", Table("modules"))
class Module(Record):
    """A part that can be mounted in a vehicle."""

    module_id: Annotated[int, Key()]
    name: Annotated[Localized, Search(), Sort()]
    kind: Annotated[Literal["engine", "cannon", "tracks", "radio"], Filter()]
    tier: Annotated[int, Filter(), Sort()]
    weight: Annotated[float, Sort()]
    price: Annotated[int, Sort()]


class Crew(Record):
    """Somebody aboard."""

    role: Literal["driver", "gunner", "lookout", "mechanic"]
    name: Localized


@catalog.resource("encyclopedia/vehicles", Table("vehicles"))
class Vehicle(Record):
    """A vehicle as the encyclopedia shows it."""

    vehicle_id: Annotated[int, Key()]
    name: Annotated[Localized, Search(), Sort()]
    house: Annotated[House, Filter(), Refers(HouseOf)]
    kind: Annotated[Literal["scout", "hauler", "lancer", "bulwark"], Filter(first=True)]
    tier: Annotated[int, Filter(), Sort()]
    price: Annotated[int, Sort()]
    premium: Annotated[bool, Filter()]
    crew: list[Crew]
    modules: Annotated[list[int], Extra(), Filter(), Refers(Module)]


# -------------------------------------------------------------------------------------------- for everybody, but not all of it


class Private(Record):
    """What a player owns."""

    gold: int
    silver: int
    garage_slots: int
    premium_until: datetime | None


@catalog.resource("account/info", Table("accounts"), owner="account_id", live=True)
class Player(Record):
    """A player. Everybody sees the name and the rating; `private` is shown to the player alone."""

    account_id: Annotated[int, Key()]
    nickname: Annotated[str, Search(at_least=3), Sort(), Filter()]
    created_at: datetime
    battles: Annotated[int, Sort()]
    rating: Annotated[int, Sort()]
    private: Annotated[Private | None, Needs("account")] = None


# -------------------------------------------------------------------------------------------- for its owner alone


catalog.search("account/list", Player, by="nickname", fields=("account_id", "nickname"))


@catalog.resource("account", Table("accounts", columns={"name": "nickname"}), live=True, single=True, permission="account")
class Account(Record):
    """The account whose key it is; how far it has come needs another permission."""

    account_id: Annotated[int, Key()]
    name: str
    created_at: datetime
    rank: Annotated[int, Needs("progression")]
    league: Annotated[Literal["copper", "iron", "silver", "gold"], Needs("progression")]


class Equipment(Record):
    """Something worn."""

    slot: Literal["head", "hands", "back", "belt"]
    item: str


@catalog.resource("characters", Table("characters"), owner="account_id", live=True, permission="characters")
class Character(Record):
    """A character, by its name."""

    name: Annotated[str, Key()]
    account_id: int
    profession: Annotated[Profession, Filter()]
    house: Annotated[House, Filter(), Refers(HouseOf)]
    level: Annotated[int, Filter(), Sort()]
    created_at: Annotated[datetime, Sort()]
    deaths: int
    equipment: Annotated[list[Equipment], Extra()]


@catalog.resource("account/inventory", Table("inventories"), owner="account_id", live=True, permission="inventories")
class Slot(Record):
    """A place in the storage: so many of a module, perhaps bound to a character."""

    slot_id: Annotated[int, Key()]
    account_id: int
    module_id: Annotated[int, Filter(), Refers(Module)]
    count: Annotated[int, Sort()]
    bound_to: Annotated[str | None, Filter(), Refers(Character)]


# -------------------------------------------------------------------------------------------- what can be called


@catalog.method("account/greeting", authenticated=True)
def greet(caller: Caller, shout: bool = False) -> str:
    """Greet whoever sends a key, whatever it allows."""
    greeting = f"Well met, traveler {caller.subject or 'without a name'}."
    return greeting.upper() if shout else greeting

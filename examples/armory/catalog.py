"""The armory of a small game: vehicles for everybody, players whose wallet is their own, characters that nobody else sees,
clans that their leaders and moderators act for.

The atlas shows what can be published for all. This catalog is about what belongs to somebody: who needs which permission,
what exists only for its owner, and which single fields only its owner is shown. `forge.py` beside this file makes the data up.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import forge
from msgspec import Meta

from dragoman import (
    Caller,
    Catalog,
    Extra,
    Filter,
    Key,
    Localized,
    MethodError,
    Needs,
    Record,
    Refers,
    Search,
    Sort,
    Table,
    Transaction,
)

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
        "clans": "Act in the clans that you lead or moderate: ban players, write announcements",
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


# -------------------------------------------------------------------------------------------- clans, and who acts in them


@catalog.resource("clans/clans", Table("clans"), live=True)
class Clan(Record):
    """A clan; its leader and its moderators act for it."""

    clan_id: Annotated[int, Key()]
    tag: Annotated[str, Filter(), Search(at_least=2), Sort()]
    name: Annotated[Localized, Search(at_least=3)]
    leader_id: Annotated[int, Filter(), Refers(Player)]
    founded_at: Annotated[datetime, Sort()]


@catalog.resource("clans/bans", Table("bans"), live=True)
class Ban(Record):
    """A player who is not let into a clan."""

    ban_id: Annotated[int, Key()]
    clan_id: Annotated[int, Filter(first=True), Refers(Clan)]
    account_id: Annotated[int, Filter(), Refers(Player)]
    reason: str
    banned_by: Annotated[int, Refers(Player)]
    banned_at: Annotated[datetime, Sort()]


@catalog.resource("clans/notices", Table("notices"), live=True)
class Notice(Record):
    """An announcement of a clan."""

    notice_id: Annotated[int, Key()]
    clan_id: Annotated[int, Filter(first=True), Refers(Clan)]
    author_id: Annotated[int, Refers(Player)]
    text: str
    written_at: Annotated[datetime, Sort()]


class NoSuchPlayer(MethodError):
    """There is no such player."""

    status = 404


class AlreadyBanned(MethodError):
    """This player is banned already."""

    status = 409


class NotBanned(MethodError):
    """This player is not banned."""

    status = 404


def player_of(caller: Caller) -> int:
    """Whose key it is, as the game knows them; 0 for somebody who does not play."""
    return int(caller.subject) if caller.subject and caller.subject.isdecimal() else 0


def leads(caller: Caller, transaction: Transaction, clan_id: int) -> bool:
    """The leader of the clan."""
    return bool(transaction.rows(
        "SELECT 1 FROM clans WHERE clan_id = :clan AND leader_id = :player", clan=clan_id, player=player_of(caller)))


def moderates(caller: Caller, transaction: Transaction, clan_id: int) -> bool:
    """The leader or a moderator of the clan."""
    return leads(caller, transaction, clan_id) or bool(transaction.rows(
        "SELECT 1 FROM moderators WHERE clan_id = :clan AND account_id = :player", clan=clan_id, player=player_of(caller)))


@catalog.method("clans/ban", verb="POST", permission="clans", allows=moderates, raises=[NoSuchPlayer, AlreadyBanned])
def ban(
    caller: Caller, transaction: Transaction, clan_id: int, account_id: int,
    reason: Annotated[str, Meta(min_length=3, max_length=200)],
) -> Ban:
    """Ban a player from a clan."""
    if not transaction.rows("SELECT 1 FROM accounts WHERE account_id = :player", player=account_id):
        raise NoSuchPlayer(field="account_id", value=account_id)
    if transaction.rows("SELECT 1 FROM bans WHERE clan_id = :clan AND account_id = :player", clan=clan_id, player=account_id):
        raise AlreadyBanned(field="account_id", value=account_id)
    (row,) = transaction.rows(
        "INSERT INTO bans (clan_id, account_id, reason, banned_by, banned_at) VALUES (:clan, :player, :reason, :by, :at) "
        "RETURNING ban_id, clan_id, account_id, reason, banned_by, banned_at",
        clan=clan_id, player=account_id, reason=reason, by=player_of(caller), at=datetime.now(UTC))
    return Ban(**{**row, "banned_at": datetime.fromisoformat(row["banned_at"])})


@catalog.method("clans/unban", verb="POST", permission="clans", allows=moderates, raises=[NotBanned])
def unban(transaction: Transaction, clan_id: int, account_id: int) -> None:
    """Lift the ban of a player."""
    if not transaction.execute("DELETE FROM bans WHERE clan_id = :clan AND account_id = :player", clan=clan_id, player=account_id):
        raise NotBanned(field="account_id", value=account_id)


@catalog.method("clans/announce", verb="POST", permission="clans", allows=moderates)
def announce(
    caller: Caller, transaction: Transaction, clan_id: int, text: Annotated[str, Meta(min_length=1, max_length=2_000)],
) -> int:
    """Write an announcement of a clan; its id."""
    (row,) = transaction.rows(
        "INSERT INTO notices (clan_id, author_id, text, written_at) VALUES (:clan, :by, :text, :at) RETURNING notice_id",
        clan=clan_id, by=player_of(caller), text=text, at=datetime.now(UTC))
    return row["notice_id"]


@catalog.method("clans/appoint", verb="POST", permission="clans", allows=leads, raises=[NoSuchPlayer])
def appoint(transaction: Transaction, clan_id: int, account_id: int) -> int:
    """Make a player a moderator of your clan; how many there are then."""
    if not transaction.rows("SELECT 1 FROM accounts WHERE account_id = :player", player=account_id):
        raise NoSuchPlayer(field="account_id", value=account_id)
    transaction.execute("INSERT INTO moderators VALUES (:clan, :player) ON CONFLICT DO NOTHING", clan=clan_id, player=account_id)
    return len(transaction.rows("SELECT 1 FROM moderators WHERE clan_id = :clan", clan=clan_id))

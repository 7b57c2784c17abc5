"""A league for the tests of keys: everybody's ships, and what belongs to Alice, to Bob or to nobody yet."""

from typing import Annotated

from dragoman import Caller, Catalog, Filter, Key, Localized, Needs, Record, Refers, Search, Sort, Table

catalog = Catalog(
    "league", title="League", languages=("en", "de"), database="${LEAGUE}",
    permissions={"account": "Who you are", "progression": "How far you are", "letters": "Your letters",
                 "cargo": "What you carry", "plans": "Plans of ships to come"},
)


class Wallet(Record):
    """What a player owns."""

    gold: int
    rank: Annotated[int, Needs("progression")]


@catalog.resource("ships", Table("ships"))
class Ship(Record):
    """A ship that everybody knows."""

    id: Annotated[int, Key()]
    name: Localized


@catalog.resource("plans", Table("plans"), permission="plans")
class Plan(Record):
    """A ship to come, published for whoever has the permission."""

    id: Annotated[int, Key()]
    name: Annotated[str, Filter(), Sort()]


@catalog.resource("players/info", Table("players"), owner="id", live=True)
class Player(Record):
    """A player; the wallet is for its owner."""

    id: Annotated[int, Key()]
    nick: Annotated[str, Search(), Sort(), Filter()]
    wallet: Annotated[Wallet | None, Needs("account")] = None


@catalog.resource("scores", Table("scores"), live=True)
class Score(Record):
    """A score; who may see more sees how it came about."""

    id: Annotated[int, Key()]
    points: Annotated[int, Filter(), Sort()]
    trick: Annotated[str, Needs("progression")]


@catalog.resource("account", Table("players", columns={"name": "nick"}), live=True, single=True, permission="account")
class Account(Record):
    """The player whose key it is."""

    id: Annotated[int, Key()]
    name: str
    wallet: Wallet
    guild: Annotated[str | None, Needs("letters")] = None


@catalog.resource("account/home", Table("homes"), owner="player", live=True, single=True)
class Home(Record):
    """The home of the player whose key it is; any key will do."""

    id: Annotated[str, Key()]
    player: int
    rooms: int


@catalog.resource("account/letters", Table("letters"), owner="addressee", live=True, permission="letters")
class Letter(Record):
    """A letter, for whom it is addressed to."""

    id: Annotated[int, Key()]
    addressee: Annotated[int, Filter()]
    subject: Annotated[str, Search(), Filter(), Sort()]
    tags: Annotated[list[str], Filter()]


@catalog.resource("account/cargo", Table("cargo"), owner="owner", live=True, permission="cargo")
class Cargo(Record):
    """Something carried aboard."""

    name: Annotated[str, Key()]
    owner: str
    ship: Annotated[int, Refers(Ship), Filter()]
    weight: Annotated[int, Filter(), Sort()]


@catalog.method("account/hello", authenticated=True)
async def hello(caller: Caller) -> str:
    """Greet whoever has a key."""
    return f"Hello, {caller.subject}"


@catalog.method("account/counting", permission="letters")
async def count(caller: Caller) -> int:
    """Count something that only the permission shows."""
    return len(caller.permissions)


@catalog.method("weather")
async def weather(caller: Caller) -> str:
    """The weather, and whether it is told to somebody in particular."""
    return "for you: rain" if caller.subject else "rain"

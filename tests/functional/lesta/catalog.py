"""A game for the tests of the lesta dialect: everything that its methods can be, over a database and over one that goes away."""

from decimal import Decimal
from typing import Annotated, Any

from dragoman import Catalog, Extra, Filter, Key, Localized, Needs, Record, Rows, Search, Sort, Table

catalog = Catalog("armory", title="Armory", languages=("en", "ru"), api_name="wot-1.0", database="sqlite:///game.db",
                  permissions={"account": "Your account"})


class Crew(Record):
    """Somebody in a tank."""

    role: str
    name: Localized
    skills: list[str]


class Garage(Record):
    """Where tanks stand."""

    size: int
    tanks: Annotated[list[int], Extra()]


class Depot(Record):
    """What is kept for a tank."""

    shells: int
    garage: Annotated[Garage | None, Extra()] = None


def read_tanks():
    """Three tanks: one with everything, one with nothing, one between."""
    ann = {"role": "gunner", "name": {"en": "Ann", "ru": "Аня"}, "skills": ["aim", "run"]}
    ben = {"role": "driver", "name": {"en": "Ben", "ru": "Беня"}, "skills": []}
    yield {"tank_id": 1, "name": {"en": "Ant", "ru": "Муравей"}, "nation": "ussr", "tier": 3, "price": Decimal("1.50"),
           "crew": [ann, ben], "by_seat": {"a.b": ann, "": ben}, "chief": ann, "modules": [7, 9],
           "depot": {"shells": 5, "garage": {"size": 2, "tanks": [1, 2]}}}
    yield {"tank_id": 2, "name": {"en": "Bee", "ru": "Пчела"}, "nation": "uk", "tier": 1, "price": Decimal(20),
           "crew": [], "by_seat": {}, "chief": None, "modules": [], "depot": None}
    yield {"tank_id": 30, "name": {"en": "Beetle", "ru": "Жук"}, "nation": "uk", "tier": 2, "price": Decimal(7),
           "crew": [ben], "by_seat": {"x": ann}, "chief": ben, "modules": [9], "depot": {"shells": 0, "garage": None}}


@catalog.resource("encyclopedia/tanks", Rows(read_tanks))
class Tank(Record):
    """A tank."""

    tank_id: Annotated[int, Key()]
    name: Annotated[Localized, Search(at_least=2), Sort()]
    nation: Annotated[str, Filter()]
    tier: Annotated[int, Filter(), Sort()]
    price: Decimal
    crew: list[Crew]
    by_seat: dict[str, Crew]
    chief: Crew | None
    modules: Annotated[list[int], Extra()]
    depot: Depot | None


catalog.search("encyclopedia/find", Tank, by="name", fields=("tank_id", "name"))


@catalog.resource("encyclopedia/labels", Rows(lambda: [{"label": label} for label in ("a,b", "a", "b", " ", " c", "ä")]))
class Label(Record):
    """A label: its key is a text of any form."""

    label: Annotated[str, Key()]


@catalog.resource("encyclopedia/tongues", Rows(lambda: [{"language": "en", "speakers": 1}, {"language": "de", "speakers": 2}]))
class Tongue(Record):
    """A language: the name of its key has a meaning of its own in requests."""

    language: Annotated[str, Key()]
    speakers: int


@catalog.resource("encyclopedia/numbers", Rows(lambda: ({"number": number, "last": number % 10} for number in range(250))))
class Number(Record):
    """One of many, for pages."""

    number: Annotated[int, Key()]
    last: Annotated[int, Filter(), Sort()]


@catalog.resource("account/info", Table("players"), owner="account_id", live=True)
class Player(Record):
    """A player, whose gold nobody else sees."""

    account_id: Annotated[int, Key()]
    nickname: Annotated[str, Search(at_least=3), Filter()]
    gold: Annotated[int | None, Needs("account")] = None


@catalog.resource("account/mine", Table("players"), live=True, single=True, permission="account")
class Mine(Record):
    """The player who asks."""

    account_id: Annotated[int, Key()]
    nickname: str


@catalog.resource("far/stars", Table("stars", database="sqlite:///far.db"), live=True)
class Star(Record):
    """What lies in a database that may be away."""

    star_id: Annotated[int, Key()]
    name: str


@catalog.method("tools/crew")
def make_crew(role: str, rank: int | None = None, tags: list[str] | None = None) -> Crew:
    """Somebody of a role."""
    return Crew(role=role, name={"en": f"{role} {rank or 0}", "ru": f"{role} {rank or 0}"}, skills=tags or [])


@catalog.method("tools/find")
def find_crew(role: str) -> Crew | None:
    """Somebody of a role, if there is anybody."""
    return Crew(role=role, name={"en": "Ann", "ru": "Аня"}, skills=[]) if role == "gunner" else None


@catalog.method("tools/depot")
def look_into_depot() -> Depot:
    """A depot, whose garage is left out unless it is asked for."""
    return Depot(shells=5, garage=Garage(size=2, tanks=[7]))


@catalog.method("tools/pair", verb="POST")
def make_pair(first: Crew, times: int = 1, note: dict[str, int] | None = None) -> list[Crew]:
    """The same crew several times."""
    return [first] * times


@catalog.method("tools/echo")
def echo(text: str = "", count: int = 0) -> dict[str, Any]:
    """What was read."""
    return {"text": text, "count": count}


@catalog.method("tools/off")
def be_off() -> str:
    """What an operator disables."""
    return "on"


@catalog.method("tools/fail")
def fail() -> str:
    """Fail, with a secret."""
    raise ValueError("the secret of /srv/data")

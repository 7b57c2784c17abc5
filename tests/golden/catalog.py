"""What the golden conversations speak of: three sounds a thing makes, in two languages."""

from decimal import Decimal
from typing import Annotated

from dragoman import Caller, Catalog, Extra, Filter, Key, Localized, MethodError, Record, Rows, Search, Sort

catalog = Catalog("toys", title="Toys", languages=("en", "de"), permissions={"letters": "Write letters"})


def read_toys():
    yield {"id": "ball", "name": {"en": "Ball", "de": "Ball"}, "price": 3, "tags": ["round", "red"]}
    yield {"id": "kite", "name": {"en": "Kite", "de": "Drachen"}, "price": 12, "tags": []}
    yield {"id": "top", "name": {"en": "Spinning top", "de": "Kreisel"}, "price": 3, "tags": ["round"]}


def read_numbers():
    for number in range(1, 251):
        yield {"id": number, "square": number * number}


@catalog.resource("toys", Rows(read_toys))
class Toy(Record):
    """A toy."""

    id: Annotated[str, Key()]
    name: Annotated[Localized, Search(), Sort()]
    price: Annotated[int, Filter(), Sort()]
    tags: Annotated[list[str], Filter()]


@catalog.resource("numbers", Rows(read_numbers), expand_all=False)
class Number(Record):
    """A number and its square."""

    id: Annotated[int, Key()]
    square: int


@catalog.method("letters/reverse")
def reverse(text: str, times: int = 1) -> str:
    """Turn a text around."""
    return text[::-1] if times % 2 else text


class TooLong(MethodError):
    """This letter is too long."""

    status = 409


def is_theirs(caller: Caller, box: str) -> bool:
    """The owner of the letter box."""
    return caller.subject == box


@catalog.method("letters/send", verb="POST", permission="letters", allows=is_theirs, raises=[TooLong])
def send(caller: Caller, box: str, text: str) -> dict[str, str]:
    """Put a letter into a box of one's own."""
    if len(text) > 9:
        raise TooLong(field="text", value=text)
    if text == "crash":
        raise ValueError("the secret of the post")
    return {"from": caller.subject or "", "text": text}


armory = Catalog("armory", title="Armory", languages=("en", "ru"), api_name="wot-1.0")


def read_tanks():
    yield {"tank_id": 1, "name": {"en": "Ant", "ru": "Муравей"}, "nation": "ussr", "price": Decimal("1.50"), "modules": [7, 9],
           "crew": [{"role": "gunner", "name": {"en": "Ann", "ru": "Аня"}}, {"role": "driver", "name": {"en": "Ben", "ru": "Беня"}}]}
    yield {"tank_id": 2, "name": {"en": "Bee", "ru": "Пчела"}, "nation": "uk", "price": Decimal(20), "modules": [], "crew": []}
    yield {"tank_id": 30, "name": {"en": "Beetle", "ru": "Жук"}, "nation": "uk", "price": Decimal(7), "modules": [9], "crew": []}


class Crew(Record):
    role: str
    name: Localized


@armory.resource("encyclopedia/vehicles", Rows(read_tanks))
class Vehicle(Record):
    """A vehicle."""

    tank_id: Annotated[int, Key()]
    name: Annotated[Localized, Search(at_least=2)]
    nation: Annotated[str, Filter()]
    price: Decimal
    crew: list[Crew]
    modules: Annotated[list[int], Extra()]


@armory.method("tools/pair", verb="POST")
def pair(first: Crew, times: int = 1) -> list[Crew]:
    """The same crew several times."""
    return [first] * times


@armory.method("tools/crew")
def crew(role: str, rank: int | None = None) -> Crew:
    """A crew member."""
    return Crew(role=role, name={"en": f"{role} {rank or 0}"})

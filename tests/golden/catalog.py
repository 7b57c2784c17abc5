"""What the golden conversations speak of: three sounds a thing makes, in two languages."""

from typing import Annotated

from dragoman import Catalog, Filter, Key, Localized, Record, Rows, Search, Sort

catalog = Catalog("toys", title="Toys", languages=("en", "de"))


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

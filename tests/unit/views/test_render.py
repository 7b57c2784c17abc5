"""A live record is shown to each caller with just what it may see."""

from typing import Annotated

import pytest

from dragoman import Catalog, Key, Localized, Needs, Record, Rows
from dragoman.catalog.values import Validator
from dragoman.query import EVERYBODY, Ask, Audience, Plan, View
from dragoman.views.render import Renderer


class Purse(Record):
    gold: Annotated[int, Needs("account")]
    label: Localized


class Player(Record):
    id: Annotated[int, Key()]
    purse: Purse
    mail: Annotated[str | None, Needs("letters")] = None


@pytest.mark.parametrize(("audience", "expected"), [
    (EVERYBODY, b'{"id":7,"purse":{"label":"Geld"}}'),
    (Audience("7", frozenset({"account"})), b'{"id":7,"purse":{"gold":9,"label":"Geld"}}'),
    (Audience("7", frozenset({"letters", "other"})), b'{"id":7,"purse":{"label":"Geld"},"mail":"a@b"}'),
])
def test_what_needs_a_permission_is_shown_to_whoever_has_it(audience, expected):
    """Nested fields too; other permissions change nothing."""
    catalog = Catalog("game", languages=("en", "de"), permissions={"account": "a", "letters": "b"})
    catalog.resource("players", Rows(list), owner="id", live=True)(Player)
    player = catalog.load().resources["data/players"]
    renderer = Renderer(player, Validator(Player), catalog.languages)
    value = renderer.validate({"id": 7, "mail": "a@b", "purse": {"gold": 9, "label": {"de": "Geld"}}})
    plan = Plan(catalog=catalog, cluster="default", target=player, ask=Ask.ONE, view=View("de"), audience=audience)
    assert renderer.render(value, plan) == expected
    assert renderer.key(value) == b"7"

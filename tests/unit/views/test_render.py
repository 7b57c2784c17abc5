"""A live record is shown to each caller with just what it may see."""

from typing import Annotated

import pytest

from dragoman import Catalog, Key, Localized, Needs, Record, Rows
from dragoman.catalog.values import Validator
from dragoman.query import EVERYBODY, Ask, Audience, Owned, Plan, View
from dragoman.views.render import Renderer


class Purse(Record):
    gold: Annotated[int, Needs("account")]
    label: Localized


class Player(Record):
    id: Annotated[int, Key()]
    purse: Purse
    mail: Annotated[str | None, Needs("letters")] = None


ALL = frozenset({"account", "letters"})


@pytest.mark.parametrize(("audience", "owned", "expected"), [
    (EVERYBODY, None, b'{"id":7,"purse":{"label":"Geld"}}'),
    (Audience("7", frozenset({"account"})), 7, b'{"id":7,"purse":{"gold":9,"label":"Geld"}}'),
    (Audience("7", frozenset({"letters", "other"})), 7, b'{"id":7,"purse":{"label":"Geld"},"mail":"a@b"}'),
    (Audience("8", ALL), 8, b'{"id":7,"purse":{"label":"Geld"}}'),
    (Audience(None, ALL), None, b'{"id":7,"purse":{"label":"Geld"}}'),
    (Audience("7", ALL), "7", b'{"id":7,"purse":{"label":"Geld"}}'),
])
def test_what_needs_a_permission_is_shown_to_its_owner_with_it(audience, owned, expected):
    """Nested fields too; other permissions change nothing, nor does a permission over what is somebody else's."""
    catalog = Catalog("game", languages=("en", "de"), permissions={"account": "a", "letters": "b"})
    catalog.resource("players", Rows(list), owner="id", live=True)(Player)
    player = catalog.load().resources["data/players"]
    renderer = Renderer(player, Validator(Player), catalog.languages)
    value = renderer.validate({"id": 7, "mail": "a@b", "purse": {"gold": 9, "label": {"de": "Geld"}}})
    plan = Plan(catalog=catalog, cluster="default", target=player, ask=Ask.ONE, view=View("de"),
                stage=catalog.timeline.stage(player, "latest"), audience=audience,
                owned=Owned("id", owned) if owned is not None else None)
    assert renderer.render(value, plan) == expected
    assert renderer.key(value) == b"7"

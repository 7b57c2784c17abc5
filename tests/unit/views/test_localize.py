"""One language out of many: the chain of fallbacks, nested texts, and what nobody may see."""

from decimal import Decimal
from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman import Key, Localized, Needs, Record
from dragoman.catalog.shapes import Nested
from dragoman.views.localize import Localizer, fallbacks

LANGUAGES = ("en", "de", "zh", "zh-tw")


class Crew(Record):
    role: str
    name: Localized
    salary: Annotated[int, Needs("payroll")] = 0


class Tank(Record):
    id: Annotated[int, Key()]
    name: Localized
    motto: Localized | None
    crew: list[Crew]
    by_seat: dict[str, Crew]
    weight: Decimal


def tank(**given_values):
    return {"id": 1, "name": {"en": "Tiger"}, "motto": None, "crew": [], "by_seat": {}, "weight": Decimal("56.90"),
            **given_values}


@pytest.fixture
def localizer():
    return Localizer(Nested(Tank), LANGUAGES)


@pytest.mark.parametrize(("texts", "language", "expected"), [
    ({"en": "a", "zh": "b", "zh-tw": "c"}, "zh-tw", "c"),
    ({"en": "a", "zh": "b"}, "zh-tw", "b"),
    ({"en": "a", "de": "b"}, "zh-tw", "a"),
    ({"de": "b"}, "zh", "b"),
    ({"fr": "f"}, "zh", "f"),
    ({"en": "a", "de": ""}, "de", "a"),
    ({"en": "a", "ZH_TW": "c"}, "zh-tw", "c"),
    ({}, "en", ""),
    ({"en": ""}, "de", ""),
])
def test_a_text_falls_back_to_parents_then_the_default_then_any(localizer, texts, language, expected):
    """The language, its parents, the catalog's default, any other; an empty text only where there is no text."""
    assert localizer.localize(tank(name=texts), language)["name"] == expected


def test_a_nullable_text_is_null_only_without_any_text(localizer):
    """Null stays null, and so does a text that has no language at all."""
    assert localizer.localize(tank(), "de")["motto"] is None
    assert localizer.localize(tank(motto={}), "de")["motto"] is None
    assert localizer.localize(tank(motto={"fr": "Allez"}), "de")["motto"] == "Allez"


def test_the_chain_names_each_language_once():
    """Parents come before the default."""
    assert fallbacks("zh-Hans-CN", ("en", "zh")) == ("zh-hans-cn", "zh-hans", "zh", "en")


def test_texts_inside_lists_and_objects_are_localized_and_hidden_fields_dropped(localizer):
    """Nested records are shown in the same language, without what needs a permission."""
    gunner = {"role": "gunner", "name": {"en": "Gunner", "de": "Richtschütze"}, "salary": 7}
    shown = localizer.localize(tank(crew=[gunner], by_seat={"1": gunner}), "de")
    assert shown["crew"] == [{"role": "gunner", "name": "Richtschütze"}]
    assert shown["by_seat"] == {"1": {"role": "gunner", "name": "Richtschütze"}}


def test_a_permission_shows_what_needs_it():
    """The owner of the permission sees the field."""
    gunner = {"role": "gunner", "name": {"en": "Gunner"}, "salary": 7}
    shown = Localizer(Nested(Tank), LANGUAGES, {"payroll"}).localize(tank(crew=[gunner]), "en")
    assert shown["crew"][0]["salary"] == 7


def test_the_value_itself_is_never_changed(localizer):
    """Localizing once more, in another language, sees the whole value."""
    value = tank(name={"en": "Tiger", "de": "Tiger I"})
    localizer.localize(value, "en")
    assert localizer.localize(value, "de")["name"] == "Tiger I"


texts = st.dictionaries(st.sampled_from([*LANGUAGES, "fr", "ZH-TW"]), st.text(max_size=12), max_size=4)
crews = st.fixed_dictionaries({"role": st.text(max_size=5), "name": texts, "salary": st.integers(0, 9)})
tanks = st.fixed_dictionaries({
    "id": st.integers(0, 2**63 - 1), "name": texts, "motto": st.none() | texts, "crew": st.lists(crews, max_size=3),
    "by_seat": st.dictionaries(st.text(max_size=3), crews, max_size=3), "weight": st.decimals(-9, 9, places=2),
})


@given(tanks)
def test_rendering_every_language_at_once_says_the_same_as_one_by_one(value):
    """What the languages share is encoded once; the bytes are those of each language by itself."""
    localizer = Localizer(Nested(Tank), LANGUAGES)
    plain = msgspec.json.Encoder(decimal_format="number")
    assert localizer.render(value) == [plain.encode(localizer.localize(value, each)) for each in LANGUAGES]

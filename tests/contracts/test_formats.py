"""The formats keep their contract: records as bytes one after another, and the whole is one document."""

import json
from decimal import Decimal

import pytest

from dragoman.contracts import Format
from dragoman.formats.json import JsonFormat

READERS = {"json": lambda raw: json.loads(raw, parse_float=Decimal)}
"""What reads a whole document of each format back."""
FORMATS = [JsonFormat()]
VALUES = [
    {"id": 1, "name": 'Ж\n"\\', "price": Decimal("1.50"), "tags": [], "none": None, "nested": {"deep": [{"a": True}]}},
    {"id": 2}, {"id": 3, "text": "</item>]]>,\0"[:-1]},
]


def document(form: Format, values):
    """All values as one document."""
    return form.open() + b"".join(form.item(value, not number) for number, value in enumerate(values)) + form.close()


@pytest.fixture(params=FORMATS, ids=lambda form: form.name)
def form(request):
    return request.param


@pytest.mark.parametrize("count", [0, 1, 3])
def test_any_number_of_items_make_one_document(form, count):
    assert READERS[form.name](document(form, VALUES[:count])) == VALUES[:count]


def test_nothing_depends_on_how_many_items_came_before(form):
    assert form.item(VALUES[0], False) == form.item(VALUES[0], False)
    assert form.open() == form.open()


def test_the_media_type_tells_the_character_set_or_needs_none(form):
    assert b"/" in form.media_type
    assert form.media_type == form.media_type.lower()


def test_a_million_items_need_no_more_memory_than_one(form):
    longest = max(len(form.item({"id": number}, number == 0)) for number in range(100_000))
    assert longest < 100


class TestJson:
    """Of JSON alone."""

    def test_decimals_keep_all_their_digits_as_numbers(self):
        assert JsonFormat().item(Decimal("1.10"), True) == b"1.10"

    def test_records_of_an_edition_stay_as_they_are(self):
        text = b'{"a":  1}'
        assert document(JsonFormat(), [text, memoryview(text)]) == b'[{"a":  1},{"a":  1}]'

    def test_text_is_utf8_without_needless_escapes(self):
        assert JsonFormat().item("Ж", True) == '"Ж"'.encode()

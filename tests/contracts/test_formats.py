"""The formats keep their contract: records in batches, and the whole is one document."""

import json
from decimal import Decimal

import pytest

from dragoman.catalog.plain import encode_json
from dragoman.contracts import Format
from dragoman.exchange import Document
from dragoman.formats.json import JsonFormat

READERS = {"json": lambda raw: json.loads(raw, parse_float=Decimal)}
"""What reads a whole document of each format back."""
FORMATS = [JsonFormat()]
VALUES = [
    {"id": 1, "name": 'Ж\n"\\', "price": Decimal("1.50"), "tags": [], "none": None, "nested": {"deep": [{"a": True}]}},
    {"id": 2}, {"id": 3, "text": "</item>]]>,"},
]
BARE = Document(root="offers")
HEAD = (("status", 200), ("error", ""), ("request_id", 0))


def write(form: Format, document: Document, *batches: list) -> bytes:
    """Batches of values as one document."""
    writer = form.writer(document)
    return writer.open() + b"".join([writer.items(encode_json(batch)) for batch in batches]) + writer.close()


@pytest.fixture(params=FORMATS, ids=lambda form: form.name)
def form(request):
    return request.param


@pytest.mark.parametrize("batches", [[], [[]], [[], VALUES], [VALUES[:1], VALUES[1:]], [VALUES[:2], [], VALUES[2:]]])
def test_any_number_of_batches_makes_one_document(form, batches):
    assert READERS[form.name](write(form, BARE, *batches)) == [value for batch in batches for value in batch]


def test_each_document_has_a_writer_of_its_own(form):
    first, second = form.writer(BARE), form.writer(BARE)
    batch = encode_json(VALUES)
    assert (first.open(), first.items(batch)) == (second.open(), second.items(batch))


def test_the_content_type_is_the_media_type_with_its_character_set(form):
    assert form.content_type.startswith(form.media_type.encode())
    assert form.content_type.endswith(b"charset=utf-8")


def test_a_batch_takes_no_more_room_however_many_came_before(form):
    writer = form.writer(BARE)
    assert max(len(writer.items(encode_json([{"id": number}]))) for number in range(10_000)) < 100


class TestJson:
    """Of JSON alone."""

    def test_decimals_keep_all_their_digits_as_numbers(self):
        assert write(JsonFormat(), BARE, [Decimal("1.10")]) == b"[1.10]"

    def test_records_of_an_edition_stay_as_they_are(self):
        assert JsonFormat().writer(BARE).items(memoryview(b'[{"a":  1}]')) == b'{"a":  1}'

    def test_text_is_utf8_without_needless_escapes(self):
        assert write(JsonFormat(), BARE, ["Ж"]) == '["Ж"]'.encode()

    def test_records_stand_under_a_name_after_the_head(self):
        document = Document(root="offers", head=HEAD, data="data")
        assert write(JsonFormat(), document, [7]) == b'{"status":200,"error":"","request_id":0,"data":[7]}'

    def test_paged_records_stand_beside_their_total(self):
        document = Document(root="offers", data="data", listed="paged", total=9)
        assert write(JsonFormat(), document, [7]) == b'{"data":{"total":9,"items":[7]}}'

    def test_one_record_stands_in_the_place_of_a_list(self):
        document = Document(root="profile", head=HEAD[:1], data="data", listed="one")
        assert write(JsonFormat(), document, [{"id": 1}]) == b'{"status":200,"data":{"id":1}}'

    @pytest.mark.parametrize(("key", "name"), [(7, b'"7"'), ('a"b', b'"a\\"b"')])
    def test_keyed_records_stand_at_their_keys(self, key, name):
        document = Document(root="offers", data="data", listed="keyed", key="id", total=1)
        written = write(JsonFormat(), document, [], [{"id": key}])
        assert written == b'{"data":{"total":1,"items":{%b:{"id":%b}}}}' % (name, encode_json(key))

"""The formats keep their contract: records in batches, and the whole is one document."""

from decimal import Decimal
from typing import Any

import pytest

from dragoman import Record
from dragoman.catalog.plain import encode_json
from dragoman.catalog.shapes import Many, Nested, Nullable, Scalar
from dragoman.contracts import Format
from dragoman.exchange import Document
from dragoman.formats.csv import CsvFormat
from dragoman.formats.json import JsonFormat
from dragoman.formats.xml_writing import XmlFormat

from .reading import parse_xml, read_csv, read_json, read_rows, read_xml, without_nulls

READERS = {"json": read_json, "xml": read_xml, "csv": read_csv}
"""What reads a whole document of each format back, knowing what its records look like."""
FORMATS = [JsonFormat(), XmlFormat(), CsvFormat()]


class Depth(Record):
    a: bool
    b: int | None = None


class Inner(Record):
    deep: list[Depth]
    name: str = ""


class Offer(Record):
    """An offer of anything."""

    id: int
    name: str = ""
    price: Decimal = Decimal(0)
    tags: list[str] | None = None
    none: str | None = None
    nested: Inner | None = None
    names: dict[str, int] | None = None
    text: str = ""
    free: Any = None


OFFER = Nested(Offer)
VALUES = [
    {"id": 1, "name": 'Ж\n"\\', "price": Decimal("1.50"), "tags": [], "none": None, "nested": {"deep": [{"a": True}]},
     "names": {'a "b"&<c>': 1, "": 2}},
    {"id": 2}, {"id": 3, "text": "</item>]]>,", "free": {"a": [1, None, "x"]}},
]
BARE = Document(root="offers", item=OFFER)


class Head(Record):
    """What stands before the records."""

    status: int = 200
    error: str = ""
    request_id: int = 0


class Short(Record):
    """The same of fewer members."""

    status: int = 200


class Text(Record):
    """The same of a text."""

    error: str


HEAD = Head()


def write(form: Format, document: Document, *batches: list) -> bytes:
    """Batches of values as one document."""
    writer = form.writer(document)
    return writer.open() + b"".join([writer.items(encode_json(batch)) for batch in batches]) + writer.close()


def facts(value: Any) -> Any:
    """What a record says in every format: CSV tells nothing of what is null or of records of which it shows nothing."""
    return without_nulls(value)


@pytest.fixture(params=FORMATS, ids=lambda form: form.name)
def form(request):
    return request.param


@pytest.mark.parametrize("batches", [[], [[]], [[], VALUES], [VALUES[:1], VALUES[1:]], [VALUES[:2], [], VALUES[2:]]])
def test_any_number_of_batches_makes_one_document(form, batches):
    read = READERS[form.name](write(form, BARE, *batches), OFFER)
    assert list(map(facts, read)) == [facts(value) for batch in batches for value in batch]


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
        document = Document(root="profile", head=Short(), data="data", listed="one")
        assert write(JsonFormat(), document, [{"id": 1}]) == b'{"status":200,"data":{"id":1}}'
        assert write(JsonFormat(), document) == write(JsonFormat(), document, []) == b'{"status":200,"data":[]}'

    @pytest.mark.parametrize(("key", "name"), [(7, b'"7"'), ('a"b', b'"a\\"b"')])
    def test_keyed_records_stand_at_their_keys(self, key, name):
        document = Document(root="offers", data="data", listed="keyed", key="id", total=1)
        written = write(JsonFormat(), document, [], [{"id": key}])
        assert written == b'{"data":{"total":1,"items":{%b:{"id":%b}}}}' % (name, encode_json(key))


class TestXml:
    """Of XML alone."""

    @staticmethod
    def write(document: Document, *batches: list) -> str:
        text = write(XmlFormat(), document, *batches).decode()
        declaration, _, rest = text.partition("\n")
        assert declaration == '<?xml version="1.0" encoding="UTF-8"?>'
        return rest.replace(' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"', "", 1)

    def test_null_is_told_from_absent_and_from_empty(self):
        written = write(XmlFormat(), BARE, [{"id": 1, "name": "", "none": None}])
        assert read_xml(written, OFFER) == [{"id": 1, "name": "", "none": None}]

    @pytest.mark.parametrize(("document", "expected"), [
        (Document(root="a", item=Scalar("int")), "<a><item>7</item></a>"),
        (Document(root="a", item=Scalar("int"), head=HEAD, data="data"),
         "<a><status>200</status><error/><request_id>0</request_id><data><item>7</item></data></a>"),
        (Document(root="a", item=Scalar("int"), data="data", listed="paged", total=9),
         "<a><data><total>9</total><items><item>7</item></items></data></a>"),
        (Document(root="a", item=Scalar("int"), data="data", listed="keyed", key="id", total=9),
         "<a><data><total>9</total><items><item>7</item></items></data></a>"),
    ])
    def test_records_stand_where_the_document_says(self, document, expected):
        assert self.write(document, [7]) == expected

    def test_fields_stand_in_the_order_of_their_declaration_whatever_that_of_the_value(self):
        assert self.write(Document(root="a", item=OFFER), [{"name": "b", "id": 1}]) == "<a><item><id>1</id><name>b</name></item></a>"

    def test_the_shown_fields_alone_are_written(self):
        shown = (("id", None), ("nested", (("deep", (("a", None),)),)))
        value = {"id": 1, "name": "x", "nested": {"name": "y", "deep": [{"a": True, "b": 1}]}}
        written = self.write(Document(root="a", item=OFFER, shown=shown), [value])
        assert written == "<a><item><id>1</id><nested><deep><item><a>true</a></item></deep></nested></item></a>"

    def test_decimals_have_all_their_digits_and_no_exponent(self):
        values = [Decimal("1.10"), Decimal("1E+3"), Decimal("-2.5E-7"), Decimal("12345678901234567890.123")]
        written = self.write(Document(root="a", item=Scalar("decimal")), values)
        assert written.count("<item>") == 4
        for text in ("1.10", "1000", "-0.00000025", "12345678901234567890.123"):
            assert f"<item>{text}</item>" in written

    @pytest.mark.parametrize("tiny", ["1E-99999999999", "-5E-1001", "0E-9999", "1.5E-2000"])
    def test_a_few_characters_ask_for_no_billion_zeros(self, tiny):
        written = self.write(Document(root="a", item=Scalar("decimal")), [Decimal(tiny)])
        assert len(written) < 1_050
        assert abs(Decimal(parse_xml(written.encode())[0].text)) <= Decimal("1E-1000")
        assert self.write(Document(root="a", item=Scalar("decimal")), [Decimal("0E+99999999")]) == "<a><item>0</item></a>"

    def test_null_among_the_items_of_a_list_keeps_its_place(self):
        shape = Many(Nullable(Scalar("int")))
        assert read_xml(write(XmlFormat(), Document(root="a", item=shape), [[1, None, 2]]), shape) == [[1, None, 2]]

    def test_what_xml_cannot_hold_is_replaced(self):
        text = "".join(map(chr, (*range(32), 0xFFFE, 0xFFFF, 0x7F, 0x85, 0x2028)))
        written = parse_xml(write(XmlFormat(), Document(root="a", item=Scalar("str")), [text]))
        kept = "".join(each if each in "\t\n\r\x7f\x85\u2028" else "\ufffd" for each in text)
        assert written[0].text == kept

    def test_names_that_hold_line_ends_and_quotes_stay_whole(self):
        name = "a\t\r\n\"'<&>\x00"
        read = parse_xml(write(XmlFormat(), BARE, [{"id": 1, "names": {name: 1}}]))
        assert read[0].find("names")[0].get("key") == name.replace("\x00", "\ufffd")

    def test_text_of_the_head_is_escaped(self):
        assert "<error>a &lt; b</error>" in self.write(Document(root="a", head=Text(error="a < b"), data="data"))


class TestCsv:
    """Of CSV alone."""

    @staticmethod
    def write(document: Document, *batches: list) -> str:
        return write(CsvFormat(), document, *batches).decode()

    def test_records_inside_records_become_columns_with_dots(self):
        rows = read_rows(write(CsvFormat(), BARE, VALUES[:1]))
        assert rows[0] == ["id", "name", "price", "tags", "none", "nested.deep", "nested.name", "names", "text", "free"]
        assert rows[1] == ["1", 'Ж\n"\\', "1.50", "[]", "", '[{"a":true}]', "", '{"a \\"b\\"&<c>":1,"":2}', "", ""]

    def test_the_shown_fields_alone_are_columns_and_stand_in_json(self):
        shown = (("id", None), ("nested", (("deep", (("a", None),)),)))
        value = {"id": 1, "name": "x", "nested": {"name": "y", "deep": [{"a": True, "b": 1}]}}
        assert read_rows(write(CsvFormat(), Document(root="a", item=OFFER, shown=shown), [value])) == [
            ["id", "nested.deep"], ["1", '[{"a":true}]']]

    def test_a_record_that_is_null_leaves_its_columns_empty(self):
        rows = read_rows(write(CsvFormat(), BARE, [{"id": 1, "nested": None}, {"id": 2}]))
        assert [row[5:7] for row in rows[1:]] == [["", ""], ["", ""]]

    def test_single_values_stand_in_one_column(self):
        assert self.write(Document(root="a", item=Scalar("int")), [1, 2]) == "value\r\n1\r\n2\r\n"

    def test_a_row_of_one_empty_cell_is_a_row(self):
        raw = write(CsvFormat(), Document(root="a", item=Nullable(Scalar("str"))), [None, "", "x"])
        assert read_rows(raw) == [["value"], [""], [""], ["x"]]

    def test_the_head_stands_above_the_records_with_their_total(self):
        document = Document(root="a", item=Scalar("int"), head=HEAD, data="data")
        assert self.write(document, [7]) == "status,error,request_id\r\n200,,0\r\nvalue\r\n7\r\n"
        document = Document(root="a", item=Scalar("int"), head=HEAD, data="data", listed="paged", total=9)
        assert self.write(document, [7]) == "status,error,request_id,total\r\n200,,0,9\r\nvalue\r\n7\r\n"
        document = Document(root="a", item=Scalar("int"), head=Short(), data="data", listed="one")
        assert self.write(document, [7]) == "status\r\n200\r\nvalue\r\n7\r\n"

    def test_without_a_shape_of_records_there_are_no_columns(self):
        assert self.write(Document(root="a", head=HEAD, data="data"), []) == "status,error,request_id\r\n200,,0\r\n"

    def test_a_byte_order_mark_comes_first_where_it_is_wanted(self):
        assert self.write(Document(root="a", item=Scalar("int"), bom=True)) == "\ufeffvalue\r\n"
        assert self.write(Document(root="a", item=Scalar("int"))) == "value\r\n"

    @pytest.mark.parametrize("first", list("=+-@\t\r\n＝＋－＠"))
    def test_a_text_that_a_spreadsheet_would_run_is_only_a_text(self, first):
        text = first + "HYPERLINK(1),2"
        assert read_rows(write(CsvFormat(), Document(root="a", item=Scalar("str")), [text]))[1] == ["'" + text]
        document = Document(root="a", head=Text(error=text), data="data")
        assert read_rows(write(CsvFormat(), document))[1] == ["'" + text]

    @pytest.mark.parametrize("value", [-7, Decimal("-1.50"), -0.5])
    def test_numbers_stay_numbers(self, value):
        kind = {"int": "int", "Decimal": "decimal", "float": "float"}[type(value).__name__]
        assert self.write(Document(root="a", item=Scalar(kind)), [value]) == f"value\r\n{value}\r\n"

    def test_cells_have_quotes_where_they_need_them_alone(self):
        written = self.write(Document(root="a", item=Scalar("str")), ["plain text", "a,b", 'a"b', "a\nb", "a\rb", " a "])
        assert written == 'value\r\nplain text\r\n"a,b"\r\n"a""b"\r\n"a\nb"\r\n"a\rb"\r\n a \r\n'

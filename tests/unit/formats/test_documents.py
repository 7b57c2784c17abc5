"""Records of any shape, written in any format, say the same as they did; and results become bodies, held or streamed."""

from __future__ import annotations

import asyncio
import base64
import datetime
import json
import math
import uuid
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman import Record
from dragoman.catalog.plain import encode_json, to_plain
from dragoman.catalog.record import RecordMeta
from dragoman.catalog.shapes import Anything, Keyed, Many, Nested, Nullable, Scalar, Shape
from dragoman.contracts import Format
from dragoman.exchange import Buffer, Document, Result, Stream
from dragoman.formats.csv import CsvFormat
from dragoman.formats.documents import body_of
from dragoman.formats.json import JsonFormat
from dragoman.formats.xml_writing import XmlFormat
from dragoman.views.project import projector

from ...contracts.reading import FORMULA, read_csv, read_xml, without_nulls

Kind = tuple[Any, st.SearchStrategy[Any]]
"""An annotation, and plain values that fit it."""
TEXTS = st.text(max_size=12).filter(lambda text: not (text.startswith("'") and text[1:].startswith(FORMULA)))
"""All texts but those that look like guarded ones."""
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, min_value=Decimal("-1e40"), max_value=Decimal("1e40"))
FREE = st.recursive(st.none() | st.booleans() | st.integers(-2**63, 2**63 - 1) | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=5)


class Pair(Record):
    first: str
    second: int | None = None


PAIRS = st.fixed_dictionaries({"first": TEXTS}, optional={"second": st.none() | st.integers(-9, 9)})
LEAVES: list[Kind] = [
    (str, TEXTS), (int, st.integers(-2**63, 2**63 - 1)), (bool, st.booleans()), (Decimal, DECIMALS),
    (float, st.floats(allow_nan=False, allow_infinity=False)), (Literal["a", "=b"], st.sampled_from(["a", "=b"])),
    (Literal[1, -2], st.sampled_from([1, -2])), (bytes, st.binary(max_size=9).map(lambda raw: base64.b64encode(raw).decode())),
    (datetime.date, st.dates().map(to_plain)), (datetime.datetime, st.datetimes(timezones=st.just(datetime.UTC)).map(to_plain)),
    (uuid.UUID, st.uuids().map(str)), (Any, FREE), (Pair, PAIRS),
]


def _around(kind: Kind) -> list[Kind]:
    """What may hold values of a kind."""
    annotation, values = kind
    names = st.text("ab \"<&'=\t\n\r", max_size=3)
    holders: list[Kind] = [(list[annotation], st.lists(values, max_size=3)),
                           (dict[str, annotation], st.dictionaries(names, values, max_size=3))]
    if annotation is not Any and type(None) not in getattr(annotation, "__args__", ()):
        holders.append((annotation | None, st.none() | values))
    return holders


_ONCE = [kind for leaf in LEAVES for kind in _around(leaf)]
KINDS = st.sampled_from([*LEAVES, *_ONCE, *(kind for each in _ONCE for kind in _around(each))])


@st.composite
def records(draw: st.DrawFn) -> tuple[Shape, list[dict[str, Any]]]:
    """A record class of any fields, and some of its values, in which some fields are absent."""
    kinds = draw(st.lists(KINDS, min_size=1, max_size=3))
    named = {f"field_{number}": kind for number, kind in enumerate(kinds)}
    made: Any = RecordMeta("Made", (Record,), {"__annotations__": {name: kind[0] for name, kind in named.items()},
                                               "__module__": __name__})
    values = st.fixed_dictionaries({}, optional={name: kind[1] for name, kind in named.items()})
    return Nested(made), draw(st.lists(values, max_size=3))


def write(form: Format, shape: Shape, batch: bytes, **said: Any) -> bytes:
    writer = form.writer(Document(root="made", item=shape, **said))
    return writer.open() + writer.items(batch) + writer.close()


def in_xml(value: Any, shape: Shape) -> Any:
    """A value as XML can hold it."""
    match shape:
        case Nullable(inner):
            return None if value is None else in_xml(value, inner)
        case Many(item):
            return [in_xml(each, item) for each in value]
        case Keyed(inner):
            return {name: in_xml(each, inner) for name, each in value.items()}
        case Nested():
            shapes = {field.name: field.shape for field in shape.fields}
            return {name: in_xml(each, shapes[name]) for name, each in value.items()}
        case Anything() if value is not None:
            return json.loads(replaced(json.dumps(value, ensure_ascii=False)))
        case _:
            return replaced(value) if isinstance(value, str) else value


def replaced(text: str) -> str:
    return "".join("\ufffd" if (each < " " and each not in "\t\n\r") or each in "\ufffe\uffff" else each for each in text)


@given(records())
def test_what_is_written_as_xml_says_the_same(made: tuple[Shape, list[Any]]) -> None:
    shape, values = made
    read = read_xml(write(XmlFormat(), shape, encode_json(values)), shape)
    assert read == [in_xml(value, shape) for value in values]
    assert_same_zeros(read, values)


def assert_same_zeros(read: Any, values: Any) -> None:
    """-0.0 equals 0.0, but is another number."""
    if isinstance(values, float):
        assert math.copysign(1, read) == math.copysign(1, values)
    elif isinstance(values, (list, dict)):
        for key in range(len(values)) if isinstance(values, list) else values:
            assert_same_zeros(read[key], values[key])


@given(records())
def test_what_is_written_as_csv_says_the_same_but_for_null_absent_and_empty(made: tuple[Shape, list[Any]]) -> None:
    shape, values = made
    read = read_csv(write(CsvFormat(), shape, encode_json(values)), shape)
    assert list(map(without_nulls, read)) == list(map(without_nulls, values))


@given(records(), st.data())
def test_selected_fields_are_those_that_json_would_show(made: tuple[Shape, list[Any]], data: st.DataObject) -> None:
    """The same whether the records were cut before or not."""
    shape, values = made
    assert isinstance(shape, Nested)
    names = data.draw(st.lists(st.sampled_from([field.name for field in shape.fields]), unique=True))
    shown = tuple((field.name, None) for field in shape.fields if field.name in names)
    batch = encode_json(values)
    for form in (XmlFormat(), CsvFormat()):
        assert write(form, shape, batch, shown=shown) == write(form, shape, projector(Many(shape), shown)(batch), shown=shown)
    read = read_xml(write(XmlFormat(), shape, batch, shown=shown), shape)
    assert [list(each) for each in read] == [[name for name, _ in shown if name in value] for value in values]


# ---------------------------------------------------------------------------------------- results as bodies


INTEGERS = Document(root="made", item=Scalar("int"))
PLAN: Any = None


@pytest.mark.parametrize(("result", "text"), [
    (Result(plan=PLAN, body=b"[1,2]"), b"[1,2]"),
    (Result(plan=PLAN, body=memoryview(b"[]")), b"[]"),
    (Result(plan=PLAN, items=[b"1", None, memoryview(b"2")]), b"[1,2]"),
    (Result(plan=PLAN, items=[None]), b"[]"),
    (Result(plan=PLAN), b"[]"),
    (Result(plan=PLAN, value=None), b"[]"),
    (Result(plan=PLAN, value=[]), b"[]"),
    (Result(plan=PLAN, value=[1, Decimal("2.50")]), b"[1,2.50]"),
    (Result(plan=PLAN, value=0), b"[0]"),
    (Result(plan=PLAN, value={"a": 1}), b'[{"a":1}]'),
])
def test_whatever_was_found_is_a_list_of_records(result: Result, text: bytes) -> None:
    assert body_of(JsonFormat().writer(INTEGERS), result) == text


def stream(batches: list[bytes], **said: Any) -> Result:
    async def run() -> AsyncIterator[Buffer]:
        for batch in batches:
            yield batch
    return Result(plan=PLAN, stream=Stream(count=3, batches=run, **said))


async def gather(body: Any) -> list[bytes]:
    return [part async for part in body]


@pytest.mark.parametrize("form", [JsonFormat(), XmlFormat(), CsvFormat()], ids=lambda form: form.name)
def test_a_stream_is_the_same_document_in_parts(form: Format) -> None:
    parts = asyncio.run(gather(body_of(form.writer(INTEGERS), stream([b"[1,2]", b"[]", b"[3]"]))))
    assert len(parts) == 5
    assert b"".join(parts) == body_of(form.writer(INTEGERS), Result(plan=PLAN, body=b"[1,2,3]"))


def test_batches_of_a_stream_are_written_aside_where_it_says_so() -> None:
    aside: list[Any] = []

    async def call(function: Any, *arguments: Any) -> Any:
        aside.append(arguments)
        return function(*arguments)
    asyncio.run(gather(body_of(XmlFormat().writer(INTEGERS), stream([b"[1]", b"[2]"], aside=call))))
    assert aside == [(b"[1]",), (b"[2]",)]

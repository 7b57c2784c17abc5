"""What reads documents back by the rules that `docs/formats.md` promises, with nothing of ours but shapes."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from typing import Any

from lxml import etree

from dragoman.catalog.shapes import Anything, Choice, Keyed, Many, Nested, Nullable, Scalar, Shape, bottom

NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def read_json(raw: bytes, _: Shape) -> list[Any]:
    return json.loads(raw, parse_float=Decimal)


def read_xml(raw: bytes, shape: Shape) -> list[Any]:
    return [read_element(item, shape) for item in parse_xml(raw)]


def parse_xml(raw: bytes) -> Any:
    return etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))


def read_element(element: Any, shape: Shape) -> Any:
    if element.get(NIL) == "true":
        assert not len(element)
        assert not element.text
        return None
    match shape:
        case Nullable(inner):
            return read_element(element, inner)
        case Nested():
            shapes = {field.name: field.shape for field in shape.fields}
            order = [child.tag for child in element]
            assert order == [name for name in shapes if name in order], "fields stand in the order of their declaration"
            return {child.tag: read_element(child, shapes[child.tag]) for child in element}
        case Many(item):
            assert {child.tag for child in element} <= {"item"}
            return [read_element(child, item) for child in element]
        case Keyed(value):
            return {child.get("key"): read_element(child, value) for child in element}
        case _:
            assert not len(element)
            return read_text(element.text or "", shape)


def read_text(text: str, shape: Shape) -> Any:
    match shape:
        case Scalar("int"):
            return int(text)
        case Scalar("float"):
            return float(text)
        case Scalar("decimal"):
            assert "e" not in text.lower()
            return Decimal(text)
        case Scalar("bool"):
            return {"true": True, "false": False}[text]
        case Choice(values):
            return type(values[0])(text)
        case Anything():
            return json.loads(text, parse_float=Decimal)
        case _:
            return text


def read_rows(raw: bytes) -> list[list[str]]:
    text = raw.decode()
    assert text.endswith("\r\n") or not text
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def read_csv(raw: bytes, shape: Shape) -> list[Any]:
    """What the cells say; an empty one says nothing."""
    names, *rows = read_rows(raw)
    columns = dict(columns_of(shape))
    assert names == list(columns)
    values = []
    for row in rows:
        value: dict[str, Any] = {}
        for name, cell in zip(names, row, strict=True):
            if cell:
                *above, last = name.split(".")
                place = value
                for part in above:
                    place = place.setdefault(part, {})
                place[last] = read_cell(cell, columns[name])
        values.append(value if isinstance(unnull(shape), Nested) else value.get("value"))
    return values


def unnull(shape: Shape) -> Shape:
    return shape.inner if isinstance(shape, Nullable) else shape


def columns_of(shape: Shape, name: str = "") -> list[tuple[str, Shape]]:
    shape = unnull(shape)
    if not isinstance(shape, Nested):
        return [(name or "value", shape)]
    return [column for field in shape.fields for column in columns_of(field.shape, f"{name}.{field.name}".lstrip("."))]


def read_cell(cell: str, shape: Shape) -> Any:
    if isinstance(shape, (Many, Keyed, Anything)):
        return json.loads(cell, parse_float=float if bottom(shape) == Scalar("float") else Decimal)
    if cell.startswith("'") and cell[1:].startswith(FORMULA):
        cell = cell[1:]
    return Decimal(cell) if shape == Scalar("decimal") else read_text(cell, shape)


def without_nulls(value: Any) -> Any:
    """A value without what says nothing: CSV cannot tell null, absent and empty apart."""
    if isinstance(value, dict):
        kept = {name: without_nulls(each) for name, each in value.items()}
        return {name: each for name, each in kept.items() if each is not None and each != "" and each != {}}
    return value

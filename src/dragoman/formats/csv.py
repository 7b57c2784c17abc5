"""Documents as CSV (RFC 4180) in UTF-8; `docs/formats.md` has the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, ClassVar

import msgspec

from ..catalog.shapes import Anything, Keyed, Many, Nested, Nullable, Shape, bare
from ..exchange import Buffer, Document
from ..query import Shown
from .decoding import batch_decoder, is_raw, shown_parts

Fill = Callable[[Any, list[str]], None]
"""Adds the cells of a value to those of its row."""

_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
_END = "\r\n"
_QUOTE = '"'
_VALUE = "value"
"""The one column of what are no records."""
_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
"""What a spreadsheet would take for the beginning of a formula."""
_unset = msgspec.UNSET
_values_of = msgspec.structs.astuple
_encode = msgspec.json.Encoder().encode


class CsvFormat:
    """Keeps the contract of `Format`."""

    name: ClassVar[str] = "csv"
    media_type: ClassVar[str] = "text/csv"
    content_type: ClassVar[bytes] = b"text/csv; charset=utf-8"

    def writer(self, document: Document) -> CsvWriter:
        """What writes one document."""
        return CsvWriter(document)


class CsvWriter:
    """Writes a row for each record, below one with the names of the columns."""

    def __init__(self, document: Document) -> None:
        self._document = document
        shape = document.item if document.item is not None else Anything()
        self._decode = batch_decoder(shape, document.shown, whole=True)
        self._fill = _fill_of(shape, document.shown)

    def open(self) -> bytes:
        """What stands beside the records: a row of names and one of values; then the names of the columns."""
        document = self._document
        head = msgspec.structs.asdict(document.head) if document.head is not None else {}
        if document.totaled:
            head["total"] = document.total
        rows = [list(head), list(map(_text_cell, head.values()))] if head else []
        if document.item is not None:
            rows.append(list(columns_of(document.item, document.shown)))
        return ((_BOM if document.bom else "") + "".join(map(_row, rows))).encode()

    def items(self, batch: Buffer) -> bytes:
        """A row for each record."""
        rows, fill = [], self._fill
        for value in self._decode(batch):
            cells: list[str] = []
            fill(value, cells)
            rows.append(_row(cells))
        return "".join(rows).encode()

    def close(self) -> bytes:
        """Nothing: the last row has its end already."""
        return b""


def columns_of(shape: Shape, shown: Shown | None = None) -> Iterator[str]:
    """The names of the columns: the fields of records, those of records inside them with dots; `value` for anything else."""
    inner = bare(shape)
    return _names(inner, shown) if isinstance(inner, Nested) else iter((_VALUE,))


def _names(shape: Nested, shown: Shown | None, above: str = "") -> Iterator[str]:
    for field, below in shown_parts(shape, shown):
        inner = bare(field.shape)
        if isinstance(inner, Nested):
            yield from _names(inner, below, f"{above}{field.name}.")
        else:
            yield above + field.name


def _row(cells: list[str]) -> str:
    """A row; one whose only cell is empty has quotes, as it would be no row without."""
    return (",".join(cells) or '""' * (len(cells) == 1)) + _END


# ---------------------------------------------------------------------------------------- from shapes to functions


@lru_cache(maxsize=512)
def _fill_of(shape: Shape, shown: Shown | None) -> Fill:
    match shape:
        case Nullable(inner):
            return _fill_of(inner, shown)
        case Nested():
            return _fill_of_record(shape, shown)
        case Many() | Keyed() | Anything():
            return _filler(_json_cell)
        case _:
            return _filler(_number_cell if is_raw(shape) else _text_cell)


def _filler(cell: Callable[[Any], str]) -> Fill:
    """What adds one cell; null and what is absent are an empty one."""
    return lambda value, cells: cells.append("" if value is _unset or value is None else cell(value))


def _fill_of_record(shape: Nested, shown: Shown | None) -> Fill:
    fills = [_fill_of(field.shape, below) for field, below in shown_parts(shape, shown)]
    blanks = [""] * sum(1 for _ in _names(shape, shown))

    def fill(value: Any, cells: list[str]) -> None:
        if value is None or value is _unset:
            cells.extend(blanks)
            return
        for each, part in zip(fills, _values_of(value), strict=True):
            each(part, cells)
    return fill


# ---------------------------------------------------------------------------------------- single cells


def _text_cell(value: Any) -> str:
    """A text, or what JSON writes as one; true or false. What a spreadsheet would run gets an apostrophe before it."""
    if not isinstance(value, str):
        return ("true" if value else "false") if isinstance(value, bool) else str(value)
    return _quoted(f"'{value}" if value[:1] in _FORMULA else value)


def _number_cell(value: msgspec.Raw) -> str:
    text = str(value, "ascii")
    return "" if text == "null" else text


def _json_cell(value: Any) -> str:
    """Several values, or JSON of any form: nothing that JSON begins with is a formula."""
    text = str(value, "utf-8") if isinstance(value, msgspec.Raw) else _encode(value).decode()
    return "" if text == "null" else _quoted(text)


def _quoted(text: str) -> str:
    """A cell with quotes around it where it needs them."""
    if '"' in text:
        return f'"{text.replace(_QUOTE, _QUOTE * 2)}"'
    return f'"{text}"' if "," in text or "\n" in text or "\r" in text else text

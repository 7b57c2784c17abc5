"""Documents as XML 1.0, without a namespace of their own; `docs/formats.md` has the rules, which the XSD follows."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any, ClassVar

import msgspec

from ..catalog.plain import to_plain
from ..catalog.shapes import Anything, Keyed, Many, Nested, Nullable, Scalar, Shape
from ..exchange import Buffer, Document
from ..query import Shown
from .decoding import batch_decoder, is_raw, shown_parts

Content = Callable[[Any], str | None]
"""What stands inside the element of a value; None for null."""
Element = Callable[[Any], str]

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_INSTANCE = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
_PLACES_MAX = 1_000
"""How many places a decimal has at most that was written with an exponent: a few characters could ask for a billion zeros."""
_ZONE_MAX = "14:00"
"""How far from UTC a zone of XML Schema may be (XSD 1.0, Part 2, 3.2.7)."""
_NIL = 'xsi:nil="true"'
_REPLACED = dict.fromkeys((*range(32), 0xFFFE, 0xFFFF), "\N{REPLACEMENT CHARACTER}")
"""XML 1.0 has no way to hold these, not even by number."""
_IN_TEXT = str.maketrans({**_REPLACED, "\t": "\t", "\n": "\n", "\r": "&#13;", "&": "&amp;", "<": "&lt;", ">": "&gt;"})
_IN_ATTRIBUTE = {**_IN_TEXT, ord("\t"): "&#9;", ord("\n"): "&#10;", ord('"'): "&quot;"}
_is_special = re.compile("[\x00-\x08\x0b-\x1f&<>\ufffe\uffff]").search
_unset = msgspec.UNSET
_values_of = msgspec.structs.astuple


class XmlFormat:
    """Keeps the contract of `Format`."""

    name: ClassVar[str] = "xml"
    media_type: ClassVar[str] = "application/xml"
    content_type: ClassVar[bytes] = b"application/xml; charset=utf-8"

    def writer(self, document: Document) -> XmlWriter:
        """What writes one document."""
        return XmlWriter(document)


class XmlWriter:
    """Writes records as elements called `item`, with what stands around them."""

    def __init__(self, document: Document) -> None:
        self._document = document
        shape = document.item if document.item is not None else Anything()
        self._decode = batch_decoder(shape, document.shown)
        self._item = _whole_of(shape, document.shown) if document.listed == "one" else _item_of(shape, document.shown)

    def open(self) -> bytes:
        """The root, what stands before the records, and what these stand in."""
        document = self._document
        opened = [_DECLARATION, f"<{document.root} {_INSTANCE}>"]
        head = msgspec.structs.asdict(document.head) if document.head is not None else {}
        opened += [_element(name, _plain_text)(value) for name, value in head.items()]
        if document.data is not None:
            opened.append(f"<{document.data}>")
            if document.totaled:
                opened.append(f"<total>{document.total}</total><items>")
        return "".join(opened).encode()

    def items(self, batch: Buffer) -> bytes:
        """The records, one after the other."""
        return "".join(map(self._item, self._decode(batch))).encode()

    def close(self) -> bytes:
        """The ends of what was opened."""
        document = self._document
        closed = f"</{document.root}>"
        if document.data is not None:
            closed = f"</{document.data}>{closed}"
            if document.totaled:
                closed = f"</items>{closed}"
        return closed.encode()


# ---------------------------------------------------------------------------------------- from shapes to functions


@lru_cache(maxsize=512)
def _whole_of(shape: Shape, shown: Shown | None) -> Element:
    """What writes a record into the element of the records itself; nothing stands there for null."""
    content = _content_of(shape, shown)
    return lambda value: content(value) or ""


@lru_cache(maxsize=512)
def _item_of(shape: Shape, shown: Shown | None) -> Element:
    return _element("item", _content_of(shape, shown))


def _element(name: str, content: Content) -> Element:
    """What writes a value as an element."""
    opened, closed, empty, nil = f"<{name}>", f"</{name}>", f"<{name}/>", f"<{name} {_NIL}/>"

    def write(value: Any) -> str:
        text = content(value)
        if text:
            return f"{opened}{text}{closed}"
        return empty if text is not None else nil
    return write


def _content_of(shape: Shape, shown: Shown | None) -> Content:
    match shape:
        case Nullable(inner):
            return _content_of(inner, shown)
        case Nested():
            return _record_of(shape, shown)
        case Many(item):
            return _list_of(_element("item", _content_of(item, shown)))
        case Keyed(value):
            return _named_of(_content_of(value, shown))
        case Scalar("decimal"):
            return _decimal_text
        case Scalar("datetime" | "time"):
            return _zoned_text
        case _ if is_raw(shape):
            return _json_text if isinstance(shape, Anything) else _raw_text
        case _:
            return _plain_text


def _record_of(shape: Nested, shown: Shown | None) -> Content:
    elements = [_element(field.name, _content_of(field.shape, below)) for field, below in shown_parts(shape, shown)]

    def content(value: Any) -> str | None:
        if value is None:
            return None
        return "".join([write(each) for write, each in zip(elements, _values_of(value), strict=True) if each is not _unset])
    return content


def _list_of(element: Element) -> Content:
    return lambda value: None if value is None else "".join(map(element, value))


def _named_of(inner: Content) -> Content:
    """A mapping with free names, which no element could be called by."""
    def item(name: str, value: Any) -> str:
        text, opened = inner(value), f'<item key="{name.translate(_IN_ATTRIBUTE)}"'
        return f"{opened} {_NIL}/>" if text is None else f"{opened}>{text}</item>"

    return lambda value: None if value is None else "".join([item(*each) for each in value.items()])


# ---------------------------------------------------------------------------------------- single values


def _plain_text(value: Any) -> str | None:
    """A text, or what JSON writes as one; true, false or null."""
    if isinstance(value, str):
        if value.isprintable() and "&" not in value and "<" not in value and ">" not in value:
            return value                    # tells most texts several times faster than what is right for all
        return value.translate(_IN_TEXT) if _is_special(value) else value
    if value is None:
        return None
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _raw_text(value: msgspec.Raw) -> str | None:
    text = str(value, "ascii")
    return None if text == "null" else text


def _decimal_text(value: msgspec.Raw) -> str | None:
    """All the digits, without an exponent, which decimals of XML Schema do not have."""
    text = _raw_text(value)
    if text is None or "e" not in text.lower():
        return text
    places = re.search("-[0-9]+$", text)
    return f"{Decimal(text):.{_PLACES_MAX}f}" if places and int(places[0]) < -_PLACES_MAX else f"{Decimal(text):f}"


def _zoned_text(value: Any) -> str | None:
    """A time as it is; in UTC where it is of a zone farther from that than XML Schema knows any."""
    text = _plain_text(value)
    if text is None or text[-6:-5] not in ("+", "-") or text[-5:] <= _ZONE_MAX:
        return text
    moment = dt.datetime.fromisoformat(text if "T" in text else f"2000-01-01T{text}")
    try:
        within = str(to_plain(moment.astimezone(dt.UTC)))
    except OverflowError:                       # the first or last day that there is
        return text
    return within if "T" in text else within.partition("T")[2]


def _json_text(value: msgspec.Raw) -> str | None:
    text = str(value, "utf-8")
    return None if text == "null" else _plain_text(text)

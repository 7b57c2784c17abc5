"""Documents as JSON (RFC 8259); records that are JSON already, such as those of an edition, stay as they are."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from ..catalog.plain import encode_json
from ..exchange import Buffer, Document
from .headers import JSON

_read_batch = msgspec.json.Decoder(list[msgspec.Raw]).decode
_read_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class JsonFormat:
    """Keeps the contract of `Format`."""

    name: ClassVar[str] = "json"
    media_type: ClassVar[str] = "application/json"
    content_type: ClassVar[bytes] = JSON[1]

    def writer(self, document: Document) -> JsonWriter:
        """What writes one document."""
        return _WRITERS.get(document.listed, JsonWriter)(document)


class JsonWriter:
    """Writes an array of records, with what stands around it."""

    brackets: ClassVar[bytes] = b"[]"

    def __init__(self, document: Document) -> None:
        self._document, self._first = document, True

    def open(self) -> bytes:
        """The members before the records, and the bracket before the first."""
        document = self._document
        members = encode_json(document.head)[1:-1] + b"," if document.head is not None else b""
        bracket = self.brackets[:1]
        if document.data is None:
            return bracket
        if not document.totaled:
            return b"{%b%b:%b" % (members, encode_json(document.data), bracket)
        return b'{%b%b:{"total":%d,"items":%b' % (members, encode_json(document.data), document.total, bracket)

    def items(self, batch: Buffer) -> bytes:
        """The records, with a comma before all but the first."""
        return self._continued(bytes(batch).strip()[1:-1])

    def close(self) -> bytes:
        """The bracket after the last record, and those around it."""
        bracket = self.brackets[1:]
        if self._document.data is None:
            return bracket
        return bracket + (b"}}" if self._document.totaled else b"}")

    def _continued(self, records: bytes) -> bytes:
        if not records or self._first:
            self._first = self._first and not records
            return records
        return b"," + records


class KeyedJsonWriter(JsonWriter):
    """Writes records by the value of their key."""

    brackets: ClassVar[bytes] = b"{}"

    def items(self, batch: Buffer) -> bytes:
        """The records, each with its name."""
        key = self._document.key
        return self._continued(b",".join([b"%b:%b" % (name_of(_read_fields(record)[key]), record) for record in _read_batch(batch)]))


class OneJsonWriter(JsonWriter):
    """Writes one record where others have a list; where there is none, an empty list."""

    brackets: ClassVar[bytes] = b""

    def close(self) -> bytes:
        """What closes it; before that the list that stands for nothing, if nothing was written."""
        return (b"[]" if self._first else b"") + super().close()


_WRITERS = {"keyed": KeyedJsonWriter, "one": OneJsonWriter}


def name_of(key: Buffer | msgspec.Raw) -> bytes:
    """A key as the name of a member: texts have their quotes already."""
    text = bytes(key)
    return text if text.startswith(b'"') else b'"%b"' % text

"""Records as a JSON array, one after another."""

from __future__ import annotations

from typing import Any, ClassVar

from ..catalog.plain import encode_json


class JsonFormat:
    """Keeps the contract of `Format`: values that are JSON already, such as records of an edition, stay as they are."""

    name: ClassVar[str] = "json"
    media_type: ClassVar[bytes] = b"application/json; charset=utf-8"

    def open(self) -> bytes:
        """The bracket before the first item."""
        return b"["

    def item(self, value: Any, first: bool) -> bytes:
        """One validated value as JSON (RFC 8259), decimals as numbers; a comma before all but the first."""
        text = bytes(value) if isinstance(value, (bytes, memoryview)) else encode_json(value)
        return text if first else b"," + text

    def close(self) -> bytes:
        """The bracket after the last item."""
        return b"]"

"""Headers that answers of every dialect have: JSON, and who may keep it for how long (RFC 9111)."""

from __future__ import annotations

from ..exchange import Header

JSON: Header = (b"content-type", b"application/json; charset=utf-8")
NO_STORE: Header = (b"cache-control", b"no-store")
PRIVATE: Header = (b"cache-control", b"private, no-store")
ASK_AGAIN: Header = (b"cache-control", b"private, no-cache")
"""Whoever keeps an answer asks whether it still holds, since the application or the token may be blocked by then."""

"""A file as a parameter of a method, or in its result."""

from __future__ import annotations

from .record import Record


class Attachment(Record):
    """A file: what it is called, what it is, and what is in it. Clients send it in a form of parts
    (`multipart/form-data`, RFC 7578), or in JSON with its content in base64, in which they also get it."""

    name: str
    media_type: str = "application/octet-stream"
    content: bytes

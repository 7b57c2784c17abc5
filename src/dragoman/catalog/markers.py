"""What a declaration says of a field beyond its type: `Annotated[int, Key()]`. Markers are always called."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec


class Marker(msgspec.Struct, frozen=True):
    """The root of all markers, so that a stranger in `Annotated` is told from one of ours."""


class Key(Marker, frozen=True):
    """This field is the key of its resource: unique, required, an integer or text."""


class Extra(Marker, frozen=True):
    """Left out unless a client asks for it, in the dialects that have `extra` (L14); others always show it."""


class Filter(Marker, frozen=True):
    """Clients may ask for the records in which this field has one of the given values."""

    first: bool = False
    """Positional dialects put this parameter before those for paging and sorting (W4)."""
    any: str | None = None
    """A value that stands for all of them: with `all`, `type=all` filters nothing."""


class Search(Marker, frozen=True):
    """Clients may search this text by how it begins, in any case; `at_least` is the shortest search in characters."""

    at_least: int = 1


class Sort(Marker, frozen=True):
    """Clients may sort by this field."""


class Needs(Marker, frozen=True):
    """Shown only to a caller with this permission; no other answer depends on it."""

    permission: str


class Refers(Marker, frozen=True):
    """The value, or each of the values, is the key of a record of another resource; proven at publication."""

    record: Any
    """The record class of the resource, or its path as text where the class is declared later."""


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """Another name in one dialect, where the usual one is reserved there: `Named(gw2="choice")`."""

    gw2: str | None = None
    lesta: str | None = None
    dast: str | None = None
    webmaster: str | None = None


class LocalizedText(Marker, frozen=True):
    """What makes a mapping of languages to texts one localized text."""


Localized = Annotated[dict[str, str], LocalizedText()]
"""A text in several languages, `{"en": "Euro", "ru": "Евро"}`; a client is given the one of its language (G9)."""

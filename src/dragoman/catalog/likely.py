"""Names and keys as a reader of foreign data takes them: slugs, and which of the unique columns looks like the key."""

from __future__ import annotations

import datetime
import decimal
import keyword
import re
import unicodedata
import uuid
from collections.abc import Sequence
from typing import Any

from .origin import Column

KEYS: tuple[Any, ...] = (int, str, uuid.UUID)
"""The types of keys as they are."""
KEYS_AS_TEXT: tuple[Any, ...] = (datetime.date, datetime.datetime, decimal.Decimal)
"""The types of keys that are written as texts."""
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[a-z0-9]{2})(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
_KEY_WORDS = frozenset({"code", "guid", "id", "isbn", "key", "sku", "slug", "uid", "uuid"})
_FREE_TEXTS = frozenset({
    "address", "comment", "comments", "description", "firstname", "forename", "lastname", "note", "notes", "remark",
    "remarks", "street", "surname", "text",
})
"""Last words of names whose values differ by accident only."""
_PARTS_OF_A_NAME = frozenset({"family", "first", "given", "last", "middle"})


def slug(name: str, joint: str = "_", nameless: str = "column") -> str:
    """A name as it stands on the wire: lower-case ASCII letters and digits, its words parted by `joint` as in
    `first_name` for `firstName`, beginning with a letter; `nameless` where nothing is left of it."""
    plain = unicodedata.normalize("NFKD", _HUMP.sub(" ", name).casefold()).encode("ascii", "ignore").decode()
    text = re.sub(r"[^a-z0-9]+", joint, plain).strip(joint)
    if not text:
        return nameless
    return text if text[0].isalpha() else f"n{joint}{text}"


def field_name(column: str) -> str:
    """The field for a column; Python's own words get an underscore."""
    name = slug(column)
    return f"{name}_" if keyword.iskeyword(name) else name


def likely_keys(columns: Sequence[Column]) -> list[Column]:
    """Those of a table's columns that can be its key and look like one, the likeliest first: `id`, then what is named
    like a key, then the others in their order.

    What a database promises to be unique always counts. What only happens to be unique may be a measured number or a
    person's first name: a number or date counts where it is the first column, a text where its name is not that of a
    free text.
    """
    able = [column for column in columns
            if column.unique and not column.nullable and column.type in (*KEYS, *KEYS_AS_TEXT)]
    likely = [column for column in able
              if column.promised or _named_as_key(column) or _plausible(column, column is columns[0])]
    return sorted(likely, key=lambda column: (slug(column.name) != "id", not _named_as_key(column)))


def _named_as_key(column: Column) -> bool:
    return slug(column.name).rpartition("_")[2] in _KEY_WORDS


def _plausible(column: Column, first: bool) -> bool:
    if column.type not in (str, uuid.UUID):
        return first
    *before, last = slug(column.name).split("_")
    return last not in _FREE_TEXTS and not (last == "name" and _PARTS_OF_A_NAME.issuperset(before[-1:]) and bool(before))

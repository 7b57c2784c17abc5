"""The names of types in descriptions, and what records look like that are sent in another form than they are got."""

from __future__ import annotations

import re

from ..catalog.fields import Field
from ..catalog.record import Record
from ..catalog.shapes import Text, all_fields, bottom

INPUT = "Input"
"""What is added to the name of a record as clients send it, where that is not as they get it."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class Names:
    """Gives each type a name that no other has."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, wanted: str) -> str:
        """The name that is wanted, or as near to it as can be."""
        stem = wanted if _NAME.match(wanted) else "Record"
        name, number = stem, 2
        while name in self._taken:
            name, number = f"{stem}{number}", number + 1
        self._taken.add(name)
        return name


def may_lack(field: Field) -> bool:
    """Whether some answers lack a field: what is hidden, what was not asked for, and what has a default."""
    return field.extra or field.needs is not None or not field.required


def differs(record: type[Record]) -> bool:
    """Whether a record is sent in another form than it is got: a localized text has all its languages there."""
    return any(isinstance(bottom(field.shape), Text) or (field.required and (field.extra or field.needs is not None))
               for _, field in all_fields(record))

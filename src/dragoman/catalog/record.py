"""`Record`: the class that publishers write, one per kind of record; frozen, keyword-only, typed."""

from __future__ import annotations

from typing import Any, ClassVar, dataclass_transform

import msgspec

from ..errors import DeclarationError
from .fields import Field, field_of, place_of, resolve


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class RecordMeta(msgspec.StructMeta):
    """Makes every record frozen and keyword-only, and reads its fields when they are first asked for."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> RecordMeta:
        """Make a record class, whatever options its author gave."""
        options |= {"frozen": True, "kw_only": True}
        made: RecordMeta = super().__new__(mcs, name, bases, namespace, **options)
        return made

    @property
    def __dragoman_fields__(cls) -> tuple[Field, ...]:
        """The fields in the order of their declaration."""
        known = _FIELDS.get(cls)
        if known is None:
            known = _FIELDS[cls] = _read(cls)
        return known


_FIELDS: dict[type, tuple[Field, ...]] = {}


def _read(cls: Any) -> tuple[Field, ...]:
    if not cls.__struct_fields__:
        raise DeclarationError(cls.__qualname__, "a record without fields has nothing to show.", "Declare fields.",
                               place_of(cls))
    hints = resolve(cls)
    return tuple(field_of(cls, info.name, hints[info.name], _default(info)) for info in msgspec.structs.fields(cls))


def _default(info: msgspec.structs.FieldInfo) -> Any:
    if info.default_factory is not msgspec.NODEFAULT:
        return info.default_factory()
    return info.default


class Record(msgspec.Struct, metaclass=RecordMeta, frozen=True, kw_only=True):
    """A kind of record: annotate its fields, and give it a docstring that says what it is.

    >>> class Currency(Record):
    ...     code: Annotated[str, Key()]
    ...     name: Localized
    """

    __dragoman_record__: ClassVar[bool] = True

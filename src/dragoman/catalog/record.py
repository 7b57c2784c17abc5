"""`Record`: the class that publishers write, one per kind of record; frozen, keyword-only, typed."""

from __future__ import annotations

from typing import Any, ClassVar, dataclass_transform

import msgspec

from ..errors import DeclarationError
from .fields import Field, field_of
from .places import caller_place, place_of, resolve


class RecordMeta(msgspec.StructMeta):
    """Makes every record frozen and keyword-only, and reads its fields when they are first asked for."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> RecordMeta:
        """Make a record class. Raises `DeclarationError` for what its author cannot have meant."""
        _check_class(name, namespace, options)
        try:
            made: RecordMeta = super().__new__(mcs, name, bases, namespace, frozen=True, kw_only=True)
        except (TypeError, ValueError) as error:
            raise DeclarationError(name, f"it is no record: {error}", "Change what it names.", caller_place()) from None
        return made

    @property
    def __dragoman_fields__(cls) -> tuple[Field, ...]:
        """The fields in the order of their declaration."""
        known = _FIELDS.get(cls)
        if known is None:
            known = _FIELDS[cls] = _read(cls)
        return known


def _check_class(name: str, namespace: dict[str, Any], options: dict[str, Any]) -> None:
    """Refuse options that would change the wire form unseen, and fields that were not annotated."""
    unknown = [option for option, value in options.items() if option not in ("frozen", "kw_only") or value is not True]
    if unknown:
        raise DeclarationError(name, f"a record has no option {unknown[0]!r}.", f"Write class {name}(Record).",
                               caller_place())
    if "__annotate__" in namespace or "__annotate_func__" in namespace:
        return                              # Python 3.14 tells annotations only later
    valued = [each for each, value in namespace.items() if _looks_like_field(each, value)]
    bare = [each for each in valued if each not in namespace.get("__annotations__", {})]
    if bare:
        raise DeclarationError(f"{name}.{bare[0]}", "it has a value, but no type.", f"Annotate it: `{bare[0]}: int`.",
                               caller_place())


def _looks_like_field(name: str, value: Any) -> bool:
    return not name.startswith("_") and not callable(value) and not hasattr(value, "__get__")


_FIELDS: dict[type, tuple[Field, ...]] = {}


def _read(cls: Any) -> tuple[Field, ...]:
    if not cls.__struct_fields__:
        raise DeclarationError(cls.__qualname__, "a record without fields has nothing to show.", "Declare fields.",
                               place_of(cls))
    hints = resolve(cls)
    try:
        infos = msgspec.structs.fields(cls)
    except NameError:                       # every other name is known by now: its own, which is bound later
        raise DeclarationError(cls.__qualname__, f"{cls.__name__} holds itself, so it has no end on the wire.",
                               "Refer to the other record by its key, with Refers().", place_of(cls)) from None
    return tuple(field_of(cls, _name(cls, info), hints[info.name], _default(info)) for info in infos)


def _name(cls: Any, info: msgspec.structs.FieldInfo) -> str:
    if info.encode_name != info.name:
        raise DeclarationError(f"{cls.__qualname__}.{info.name}", f"it is called {info.encode_name!r} elsewhere.",
                               "Name the field as it stands on the wire.", place_of(cls, info.name))
    return info.name


def _default(info: msgspec.structs.FieldInfo) -> Any:
    if info.default_factory is not msgspec.NODEFAULT:
        return info.default_factory()
    return info.default


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class Record(msgspec.Struct, metaclass=RecordMeta, frozen=True, kw_only=True):
    """A kind of record: annotate its fields, and give it a docstring that says what it is.

    >>> class Currency(Record):
    ...     code: Annotated[str, Key()]
    ...     name: Localized
    """

    __dragoman_record__: ClassVar[bool] = True

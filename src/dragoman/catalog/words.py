"""Declarations in words that are the same in every process, and others where anything that was declared is another."""

from __future__ import annotations

import enum
import functools
import re
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xxhash

_DEPTH_MAX, _VALUES_MAX = 40, 10_000
"""How far is looked into what functions hold; what is beyond is told by its type alone."""
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_PLAIN = (str, bytes, int, float, complex, type(None), enum.Enum)


def words_of(value: Any) -> str:
    """A part of a declaration in words: of a function the file that it stands in, since it may call what else is there, with the values
    that it holds; of a record class its fields."""
    return _words(value, {}, 0)


def _words(value: Any, seen: dict[int, Any], depth: int) -> str:
    """What was seen is told once, and kept, so that nothing new takes its identity."""
    if isinstance(value, _PLAIN):
        return _repr(value)
    name = type(value).__qualname__
    if id(value) in seen or len(seen) >= _VALUES_MAX or depth > _DEPTH_MAX:
        return name
    seen[id(value)] = value
    parts = _parts(value)
    if parts is None:
        return _repr(value)
    told = [_words(each, seen, depth + 1) for each in parts]
    return f"{name}({', '.join(sorted(told) if isinstance(value, (set, frozenset)) else told)})"


def _repr(value: Any) -> str:
    try:
        return _ADDRESS.sub("", repr(value))
    except Exception:  # noqa: BLE001  # a stranger's __repr__
        return type(value).__qualname__


def _parts(value: Any) -> list[Any] | None:
    """What a value consists of; None where its own words tell it."""
    match value:
        case list() | tuple() | set() | frozenset():
            return list(value)
        case dict() | types.MappingProxyType():
            return [each for item in value.items() for each in item]
        case functools.partial():
            return [value.func, value.args, value.keywords]
        case types.MethodType():
            return [value.__func__, value.__self__]
        case types.FunctionType():
            return list(_parts_of_function(value))
        case types.ModuleType():
            return [value.__name__]
        case type():
            return _parts_of_class(value)
        case _ if typing.get_origin(value) is not None:
            return [_repr(typing.get_origin(value)), *typing.get_args(value)]
        case _ if isinstance(getattr(value, "__dict__", None), dict):
            return [type(value).__qualname__, getattr(type(value), "__call__", None), vars(value)]  # noqa: B004  # not whether there is one
        case _:
            return None


def _parts_of_function(function: types.FunctionType) -> Iterator[Any]:
    code = function.__code__
    try:
        text = Path(code.co_filename).read_bytes()
    except OSError:
        text = code.co_code
    yield from (function.__qualname__, code.co_firstlineno, xxhash.xxh3_64_hexdigest(text))
    yield from (function.__defaults__, function.__kwdefaults__, getattr(function, "__wrapped__", None))
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:                      # it is not filled yet
            yield None


def _parts_of_class(cls: Any) -> list[Any] | None:
    if hasattr(cls, "__dragoman_record__"):
        fields = [[field.name, field.type, [] if field.required else [field.default]] for field in cls.__dragoman_fields__]
        return [cls.__qualname__, *fields]
    return [cls.__qualname__, *cls] if issubclass(cls, enum.Enum) else None

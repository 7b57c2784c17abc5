"""A method: a Python function with typed parameters at a path `group/name`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import msgspec

from ..errors import DeclarationError
from .fields import Field, field_of, place_of, resolve
from .markers import Named
from .resource import split_path
from .shapes import Shape, UnsupportedType, nested_records, shape_of

VERBS = ("GET", "POST", "PUT", "DELETE")


class Injected:
    """The base of what a method is given by type and no client can send: `Caller`, `Progress`."""


class Method(msgspec.Struct, frozen=True, kw_only=True):
    """What can be called at one path."""

    catalog: str
    group: str
    name: str
    function: Callable[..., Any]
    parameters: tuple[Field, ...]
    injected: dict[str, type]
    returns: Shape | None
    verb: str = "GET"
    permission: str | None = None
    operation: bool = False
    is_async: bool = False
    timeout_s: float = 30.0
    place: str = ""

    @property
    def path(self) -> str:
        """`group/name`, the method's name in the catalog."""
        return f"{self.group}/{self.name}"

    @property
    def description(self) -> str:
        """The function's docstring."""
        return inspect.getdoc(self.function) or ""


def declare(
    catalog: str, path: str, function: Any, *, verb: str = "GET", permission: str | None = None,
    operation: bool = False, timeout_s: float = 30.0,
) -> Method:
    """Check one declaration by itself; raise `DeclarationError` for what cannot work."""
    name = getattr(function, "__qualname__", repr(function))
    place = place_of(function)

    def wrong(reason: str, remedy: str) -> DeclarationError:
        return DeclarationError(name, reason, remedy, place)

    if not callable(function):
        raise DeclarationError(path, f"{function!r} cannot be called.", "Decorate a function.")
    group, short = split_path(name, path, place)
    if verb not in VERBS:
        raise wrong(f"the verb {verb!r} is none of {', '.join(VERBS)}.", "Use one of these.")
    if timeout_s <= 0:
        raise wrong("a time limit is more than 0 seconds.", "Raise timeout_s.")
    hints = resolve(function)
    parameters, injected = _parameters(function, hints, wrong)
    return Method(
        catalog=catalog, group=group, name=short, function=function, parameters=parameters, injected=injected,
        returns=_returns(hints, wrong, operation), verb=verb, permission=permission, operation=operation,
        is_async=inspect.iscoroutinefunction(function), timeout_s=timeout_s, place=place,
    )


def _parameters(function: Any, hints: dict[str, Any], wrong: Any) -> tuple[tuple[Field, ...], dict[str, type]]:
    fields, injected = [], {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise wrong(f"the parameter {name!r} has no single name and type.", "Write it out.")
        if name not in hints:
            raise wrong(f"the parameter {name!r} has no type.", f"Annotate it: `{name}: int`.")
        hint = hints[name]
        if isinstance(hint, type) and issubclass(hint, Injected):
            injected[name] = hint
            continue
        default = msgspec.NODEFAULT if parameter.default is parameter.empty else parameter.default
        fields.append(_parameter(function, name, hint, default, wrong))
    return tuple(fields), injected


def _parameter(function: Any, name: str, hint: Any, default: Any, wrong: Any) -> Field:
    field = field_of(function, name, hint, default)
    if field.key or field.filter or field.sort or field.search or field.extra or field.needs:
        raise wrong(f"the parameter {name!r} bears a marker for fields.", "Only Named() and msgspec.Meta fit here.")
    return field


def _returns(hints: dict[str, Any], wrong: Any, operation: bool) -> Shape | None:
    if "return" not in hints:
        raise wrong("what it returns is not said.", "Annotate the result: `-> bool`, or `-> None`.")
    hint = hints["return"]
    if hint is type(None):
        return None
    if operation:                           # an operation may yield its result, record by record
        hint = _yielded(hint)
    try:
        shape = shape_of(hint)
        list(nested_records(shape))
    except UnsupportedType as error:
        raise wrong(f"the result: {error}", error.remedy) from None
    return shape


def _yielded(hint: Any) -> Any:
    from collections.abc import AsyncIterator, Iterator
    from typing import get_args, get_origin

    if get_origin(hint) in (Iterator, AsyncIterator):
        return list[get_args(hint)[0]]  # type: ignore[misc]  # built at run time from the declared item
    return hint


__all__ = ["Injected", "Method", "Named", "declare"]

"""A method: a Python function with typed parameters at a path `group/name`."""

from __future__ import annotations

import inspect
import math
import typing
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterable, Iterator
from typing import Any

import msgspec

from ..errors import DeclarationError
from .fields import Field, field_of
from .fitting import fault_of_declaration
from .places import caller_place, place_of, resolve
from .plain import show
from .shapes import Shape, UnsupportedType, nested_records, shape_of
from .target import Target, split_path

VERBS = ("GET", "POST", "PUT", "DELETE")
_YIELDING = (Iterator, AsyncIterator, Iterable, Generator, AsyncGenerator)
"""Results that an operation hands out item by item; on the wire they are arrays."""


class Injected:
    """The base of what a method is given by type and no client can send: `Caller`, `Progress`."""


class Method(Target, frozen=True, kw_only=True):
    """What can be called at one path."""

    function: Callable[..., Any]
    parameters: tuple[Field, ...]
    injected: dict[str, type]
    returns: Shape | None
    verb: str = "GET"
    authenticated: bool = False
    """Whether a valid key is needed; always where a permission is."""
    operation: bool = False
    is_async: bool = False
    timeout_s: float = 30.0

    @property
    def description(self) -> str:
        """The function's docstring."""
        return inspect.getdoc(self.function) or ""


def declare(
    catalog: str, path: str, function: Any, *, verb: str = "GET", permission: str | None = None,
    authenticated: bool = False, operation: bool = False, timeout_s: float = 30.0,
) -> Method:
    """Check one declaration by itself; raise `DeclarationError` for what cannot work."""
    place = caller_place()
    if not (inspect.isfunction(function) or inspect.ismethod(function)):
        raise DeclarationError(str(path), f"{show(function)} is no function.", "Decorate a `def` or an `async def`.", place)
    name = function.__qualname__

    def wrong(reason: str, remedy: str) -> DeclarationError:
        return DeclarationError(name, reason, remedy, place_of(function) or place)

    group, short = split_path(name, path, place)
    if verb not in VERBS:
        raise wrong(f"the verb {verb!r} is none of {', '.join(VERBS)}.", "Use one of these.")
    if not 0 < timeout_s < math.inf:
        raise wrong("a time limit is more than 0 seconds.", "Raise timeout_s.")
    hints = resolve(function)
    parameters, injected = _parameters(function, hints, wrong)
    return Method(
        catalog=catalog, group=group, name=short, function=function, parameters=parameters, injected=injected,
        returns=_returns(hints, wrong, operation), verb=verb, permission=permission,
        authenticated=authenticated or permission is not None, operation=operation,
        is_async=inspect.iscoroutinefunction(function), timeout_s=timeout_s, place=place,
    )


def _parameters(function: Any, hints: dict[str, Any], wrong: Any) -> tuple[tuple[Field, ...], dict[str, type]]:
    fields, injected = [], {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise wrong(f"the parameter {name!r} has no single name and type.", "Write each parameter out, without * and /.")
        if name not in hints:
            raise wrong(f"the parameter {name!r} has no type.", f"Annotate it: `{name}: int`.")
        hint = hints[name]
        if isinstance(hint, type) and issubclass(hint, Injected):
            injected[name] = hint
            continue
        default = msgspec.NODEFAULT if parameter.default is parameter.empty else parameter.default
        fields.append(_parameter(function, name, hint, default))
    return tuple(fields), injected


def _parameter(function: Any, name: str, hint: Any, default: Any) -> Field:
    def wrong(reason: str, remedy: str) -> DeclarationError:
        return DeclarationError(f"{function.__qualname__}.{name}", reason, remedy, place_of(function, name))

    if any(isinstance(part, type) and issubclass(part, Injected) for part in typing.get_args(hint)):
        raise wrong("what the server gives is never null or marked.", f"Write `{name}: Caller`, with no more than the type.")
    field = field_of(function, name, hint, default)
    if any((field.key, field.filter, field.sort, field.search, field.extra, field.needs, field.refers)):
        raise wrong("it bears a marker for fields.", "Only Named() and msgspec.Meta fit a parameter.")
    if field.localized:
        raise wrong("a client sends a text in one language.", "Make it str, or dict[str, str].")
    if isinstance(field.default, (list, dict, set)):
        raise wrong("its default is mutable, and would be shared by all calls.", f"Write `{name}: ... | None = None`.")
    try:
        list(nested_records(field.shape))
    except UnsupportedType as error:
        raise wrong(str(error), error.remedy) from None
    fault = fault_of_declaration(field)
    if fault is not None:
        raise wrong(*fault)
    return field


def _returns(hints: dict[str, Any], wrong: Any, operation: bool) -> Shape | None:
    if "return" not in hints:
        raise wrong("what it returns is not said.", "Annotate the result: `-> bool`, or `-> None`.")
    hint = hints["return"]
    if hint is type(None):
        return None
    if typing.get_origin(hint) in _YIELDING:
        if not operation:
            raise wrong("only a long operation yields its result.", "Return a list, or add operation=True.")
        hint = list[typing.get_args(hint)[0]]  # type: ignore[misc]  # built at run time from the declared item
    try:
        shape = shape_of(hint)
        list(nested_records(shape))
    except UnsupportedType as error:
        raise wrong(f"the result: {error}", error.remedy) from None
    return shape

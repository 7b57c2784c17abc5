"""A method: a Python function with typed parameters at a path `group/name`."""

from __future__ import annotations

import inspect
import math
import typing
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterable, Iterator, Sequence
from typing import Any, Literal, get_args

import msgspec

from ..errors import DeclarationError, MethodError, describe_error
from .fields import Field, field_of
from .fitting import fault_of_conversion, fault_of_declaration
from .places import caller_place, place_of, resolve
from .plain import show
from .shapes import Many, Shape, Text, UnsupportedType, bare, bottom, nested_records, shape_of
from .target import Target, split_path

TIMEOUT_S, OPERATION_TIMEOUT_S = 30.0, 3_600.0
"""How long a method may take that says nothing of it, and a long operation."""
Verb = Literal["GET", "POST", "PUT", "DELETE"]
_YIELDING = (Iterator, AsyncIterator, Iterable, Generator, AsyncGenerator)
"""Results that an operation hands out item by item; on the wire they are arrays."""


class Injected:
    """The base of what a method is given by type and no client can send: `Caller`, `Progress`, `Transaction`."""

    blocks = False
    """Whether using it may take time, so that only a function that runs in a thread can be given it."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """Who may do something to one object: a function of some of a method's parameters and of what the server gives."""

    function: Callable[..., Any]
    parameters: tuple[str, ...]
    injected: dict[str, type]

    @property
    def description(self) -> str:
        """The first line of its docstring: who that is."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]


class Method(Target, frozen=True, kw_only=True):
    """What can be called at one path."""

    function: Callable[..., Any]
    parameters: tuple[Field, ...]
    injected: dict[str, type]
    result: Field | None
    """What it returns; None for nothing."""
    verb: Verb = "GET"
    raises: tuple[type[MethodError], ...] = ()
    """What it may tell instead of a result."""
    allows: Rule | None = None
    """Who may call it with these arguments."""
    needs: frozenset[str] = frozenset()
    """The permissions that show single fields of its result."""
    localized: bool = False
    """Whether any localized text stands in its result."""
    secret: bool = False
    """Whether what it returns is kept nowhere, not even for whoever repeats the call with its idempotency key."""
    authenticated: bool = False
    """Whether a valid key is needed; always where a permission is."""
    operation: bool = False
    is_async: bool = False
    timeout_s: float = TIMEOUT_S

    @property
    def description(self) -> str:
        """The function's docstring."""
        return inspect.getdoc(self.function) or ""

    @property
    def writes(self) -> bool:
        """Whether it, or its rule, is given a transaction."""
        given = [*self.injected.values(), *(self.allows.injected.values() if self.allows is not None else ())]
        return any(getattr(kind, "blocks", False) for kind in given)

    @property
    def returns(self) -> Shape | None:
        """What its result looks like; None for nothing."""
        return self.result.shape if self.result is not None else None

    @property
    def returns_list(self) -> bool:
        """Whether its result is any number of things."""
        return self.returns is not None and isinstance(bare(self.returns), Many)


def declare(
    catalog: str, path: str, function: Any, *, verb: Verb = "GET", permission: str | None = None,
    authenticated: bool = False, operation: bool = False, timeout_s: float | None = None,
    raises: Sequence[type[MethodError]] = (), allows: Callable[..., Any] | None = None, secret: bool = False,
) -> Method:
    """Check one declaration by itself; raise `DeclarationError` for what cannot work."""
    place = caller_place()
    if not (inspect.isfunction(function) or inspect.ismethod(function)):
        raise DeclarationError(str(path), f"{show(function)} is no function.", "Decorate a `def` or an `async def`.", place)
    name = function.__qualname__

    def wrong(reason: str, remedy: str) -> DeclarationError:
        return DeclarationError(name, reason, remedy, place_of(function) or place)

    group, short = split_path(name, path, place)
    if secret and operation:
        raise wrong("what a long operation returns is kept until it is asked for.", "Remove secret=True.")
    if verb not in get_args(Verb):
        raise wrong(f"the verb {verb!r} is none of {', '.join(get_args(Verb))}.", "Use one of these.")
    if timeout_s is None:
        timeout_s = OPERATION_TIMEOUT_S if operation else TIMEOUT_S
    if not 0 < timeout_s < math.inf:
        raise wrong("a time limit is more than 0 seconds.", "Raise timeout_s.")
    hints = resolve(function)
    parameters, injected = _parameters(function, hints, wrong)
    is_async = inspect.iscoroutinefunction(function)
    _check_blocking(injected, is_async, operation, wrong)
    result = _result(hints, wrong, operation)
    records = tuple(nested_records(result.shape)) if result is not None else ()
    return Method(
        catalog=catalog, group=group, name=short, function=function, parameters=parameters, injected=injected,
        result=result, verb=verb, permission=permission,
        authenticated=authenticated or permission is not None or allows is not None, operation=operation,
        is_async=is_async, timeout_s=timeout_s, place=place, raises=_raises(raises, wrong),
        allows=_rule(allows, parameters, is_async, wrong) if allows is not None else None,
        needs=frozenset(field.needs for record in records for field in record.__dragoman_fields__ if field.needs), secret=secret,
        localized=any(isinstance(bottom(field.shape), Text) for field in (*([result] if result is not None else ()), *(
            field for record in records for field in record.__dragoman_fields__))),
    )


def _check_blocking(injected: dict[str, type], is_async: bool, operation: bool, wrong: Any) -> None:
    blocking = next((name for name, kind in injected.items() if getattr(kind, "blocks", False)), None)
    if blocking is not None and is_async:
        raise wrong(f"{blocking!r} would hold up everybody while it waits for the database.", "Write `def` instead of `async def`.")
    if blocking is not None and operation:
        raise wrong(f"{blocking!r} would be open for as long as the operation runs.", "Open transactions of its own inside it.")


def _raises(errors: Any, wrong: Any) -> tuple[type[MethodError], ...]:
    """The declared errors. Whoever meets one has its name, its status and its docstring to go by."""
    declared = tuple(errors) if isinstance(errors, (list, tuple)) else (errors,)
    for error in declared:
        if not (isinstance(error, type) and issubclass(error, MethodError) and error is not MethodError):
            raise wrong(f"{show(error)} in `raises` is no error of a method.", "Derive a class from MethodError, and name it.")
        if not describe_error(error):
            raise wrong(f"{error.__name__} does not say what is wrong.", "Give it a docstring.")
        if not (isinstance(error.status, int) and 400 <= error.status <= 599):
            raise wrong(f"the status {show(error.status)} of {error.__name__} is none of an error.", "Use 400 to 599.")
    if len({error.__name__ for error in declared}) != len(declared):
        raise wrong("two of its errors have the same name.", "Rename one; clients know them by it.")
    return declared


def _rule(function: Any, parameters: Sequence[Field], is_async: bool, wrong: Any) -> Rule:
    """The rule of a method, which asks for some of the same parameters by the same names and types."""
    if not inspect.isfunction(function):
        raise wrong(f"`allows` is {show(function)}, which is no function.", "Name a function that returns a bool.")
    name = function.__name__
    if not inspect.getdoc(function):
        raise wrong(f"the rule {name} does not say whom it allows.", "Give it a docstring: the owner of the clan.")
    if inspect.iscoroutinefunction(function) != is_async:
        raise wrong(f"the rule {name} and the method are not both `async`.", "Make them alike.")
    hints = resolve(function)
    if hints.get("return") is not bool:
        raise wrong(f"the rule {name} does not return a bool.", "Annotate it: `-> bool`.")
    asked, injected = _parameters(function, hints, wrong)
    _check_blocking(injected, is_async, False, wrong)
    known = {parameter.name: parameter.shape for parameter in parameters}
    for parameter in asked:
        if known.get(parameter.name) != parameter.shape:
            raise wrong(f"the rule {name} asks for {parameter.name!r}, which is no parameter of the method, or of another type.",
                        "Give both the same name and type.")
    return Rule(function=function, parameters=tuple(parameter.name for parameter in asked), injected=injected)


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
    fault = fault_of_declaration(field) or fault_of_conversion(field)
    if fault is not None:
        raise wrong(*fault)
    return field


def _result(hints: dict[str, Any], wrong: Any, operation: bool) -> Field | None:
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
    return Field(name="result", type=hint, shape=shape)

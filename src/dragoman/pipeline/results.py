"""What methods return: checked against what they declared, and shown to whoever asks, at once or much later."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from typing import Any

import msgspec

from ..catalog.bounds import tighten
from ..catalog.fields import Field
from ..catalog.fitting import Misfit, Misfits, check_of
from ..catalog.method import Method
from ..catalog.plain import decode_exact, encode_json, show, to_plain
from ..catalog.remembered import remembered
from ..catalog.shapes import Anything, Choice, Keyed, Many, Nested, Nullable, Scalar, Shape, bare, item_of
from ..catalog.stage import Stage
from ..catalog.values import Validator
from ..exchange import Buffer
from ..query import Plan
from ..views.cutting import cutter, is_whole
from ..views.localize import Localizer


def checked(method: Method, value: Any) -> Any:
    """What a method returned as plain values, in all their languages, of its declared type. Raises `Misfits` for any other."""
    if method.result is None:
        if value is not None:
            raise Misfits([Misfit("result", "nothing, as declared", show(value))])
        return None
    return _fitted(method.result, value)


def _fitted(field: Field, value: Any) -> Any:
    """A value that fits as plain values of its very type: a decimal that came as text is a number, a date is written in one way, and
    what a mapping lacks has its default. Raises `Misfits` for one that does not fit."""
    plain = to_plain(value)
    found = list(check_of(field)(plain, "result"))
    if found:
        raise Misfits(found)
    return to_plain(msgspec.convert(plain, _tight(field)))


@remembered
def _tight(field: Field) -> Any:
    """The type that results are converted to."""
    return tighten(field.type)


def is_listed(method: Method) -> bool:
    """Whether it returns a list, or hands out items one by one."""
    return isinstance(method.returns and bare(method.returns), Many)


@remembered
def item_check(result: Field) -> Callable[[Any], Any]:
    """What gives one item of a list as plain values, and raises `Misfits` for one that does not fit what was declared."""
    many = bare(result.shape)
    assert isinstance(many, Many)  # noqa: S101  # asked of lists alone
    if isinstance(many.item, Nested):
        return Validator(many.item.record)
    field = Field(name="result", type=item_of(result.type), shape=many.item)
    return lambda value: _fitted(field, value)


def has_form(shape: Shape, plain: Any) -> bool:
    """Whether a plain value that was validated once, maybe by another schema, has exactly the fields and kinds of a shape."""
    match shape:
        case Nullable(inner):
            return plain is None or has_form(inner, plain)
        case Nested():
            return isinstance(plain, dict) and plain.keys() == {field.name for field in shape.fields} and all(
                has_form(field.shape, plain[field.name]) for field in shape.fields)
        case Many(inner):
            return isinstance(plain, list) and all(has_form(inner, each) for each in plain)
        case Keyed(inner):
            return isinstance(plain, dict) and all(has_form(inner, each) for each in plain.values())
        case Choice(values):
            return plain in values
        case Anything():
            return True
        case _:
            kinds = _FORMS.get(shape.kind, str) if isinstance(shape, Scalar) else dict
            return isinstance(plain, kinds) and isinstance(plain, bool) == (kinds is bool)


_NUMBERS = (int, float, decimal.Decimal)
_FORMS: dict[str, Any] = {"int": int, "bool": bool, "float": _NUMBERS, "decimal": _NUMBERS}
"""What values of a kind are, where they are no texts."""


class Showing:
    """Shows what methods returned, in the language and with the fields that are wanted and may be seen."""

    def __init__(self) -> None:
        self._localizers: dict[tuple[str, str, str, frozenset[str], bool], Localizer] = {}

    def show(self, plan: Plan, method: Method, plain: Any, kept: Stage | None = None) -> Any:
        """A validated value as this client sees it, as plain JSON values. `kept` is how the method was when the value was checked, where
        that is not just now; only what was changed before is undone in it then, as the plan's stage says."""
        if method.result is None:
            return None
        plain = self._localizer(plan, method, kept).localize(plain, plan.view.language)
        if plain is not None and not is_whole(plan):
            return decode_exact(cutter(plan)(encode_json(plain)))
        encode_json(plain)                      # finds what is no text
        return plain

    def show_batch(self, plan: Plan, method: Method, batch: bytes, kept: Stage | None = None) -> Buffer:
        """The same for a batch of a list, from JSON to JSON; as it lies where nothing of it changes."""
        assert method.result is not None  # noqa: S101  # asked of lists alone
        localizer = self._localizer(plan, method, kept)
        if localizer.changes:
            batch = encode_json(localizer.localize(decode_exact(batch), plan.view.language))
        return batch if is_whole(plan) else cutter(plan)(batch)

    def _localizer(self, plan: Plan, method: Method, kept: Stage | None) -> Localizer:
        permitted = plan.caller.permissions & method.needs
        known = (plan.catalog.name, method.path, kept.version if kept is not None else "", permitted, plan.view.nulls)
        localizer = self._localizers.get(known)
        if localizer is None:
            assert method.result is not None  # noqa: S101  # asked of methods with a result alone
            shape = (kept.shape if kept is not None else None) or method.result.shape
            localizer = Localizer(shape, plan.catalog.languages, permitted, nulls=plan.view.nulls)
            self._localizers[known] = localizer
        return localizer


def answers_one(method: Method) -> bool:
    """Whether it finds one record or none, so that null means that there is none."""
    return isinstance(method.returns, Nullable) and isinstance(method.returns.inner, Nested)

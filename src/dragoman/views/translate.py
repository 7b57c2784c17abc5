"""Answers of today as an old version shows them, and what is written for one as it is meant today; compiled once per stage (G10)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from ..catalog.layout import origin_of
from ..catalog.plain import decode_exact, encode_json, tell
from ..catalog.remembered import remembered
from ..catalog.shapes import Keyed, Many, Nested, Nullable, Shape
from ..catalog.stage import Stage
from ..catalog.walks import walk_of
from ..exchange import Buffer

Arrange = Callable[[Any], Any]
"""Puts the fields of records into the order of their declaration."""


class Untranslatable(Exception):
    """A change whose own function fails with a value; `at` is its version, and the cause what it raised."""

    def __init__(self, at: str, error: Exception) -> None:
        self.at = at
        super().__init__(tell(error))


class Translator:
    """Shows values of one target in the version of a stage."""

    def __init__(self, stage: Stage) -> None:
        self._walks = tuple((undoing.at, walk) for undoing in stage.undoings
                            if (walk := walk_of(undoing.shape, undoing.backs)) is not None)
        self._arrange = (_arrange_of(stage.shape, stage.spoken) if stage.shape is not None else None) or _same

    def back(self, value: Any) -> Any:
        """A plain value of today, localized, in its old form; it is changed on the way. Raises `Untranslatable`."""
        if value is None:
            return None
        for at, walk in self._walks:
            try:
                walk(value)
            except Exception as error:          # `backward` is a publisher's own function
                raise Untranslatable(at, error) from error
        return self._arrange(value)

    def back_json(self, value: Buffer) -> bytes:
        """The same from JSON to JSON."""
        return encode_json(self.back(decode_exact(value)))


class Asker:
    """Reads the arguments of calls that are written for the version of a stage."""

    def __init__(self, stage: Stage) -> None:
        self._walks = tuple(walk for undoing in reversed(stage.asked) if (walk := walk_of(undoing.shape, undoing.forths)) is not None)

    def forth(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Plain arguments of then as they are meant today; they are changed on the way."""
        for walk in self._walks:
            walk(arguments)
        return arguments


@remembered
def translator(stage: Stage) -> Translator:
    """The translator of a stage, compiled once."""
    return Translator(stage)


@remembered
def asker(stage: Stage) -> Asker:
    """The asker of a stage, compiled once."""
    return Asker(stage)


def _arrange_of(shape: Shape, spoken: Collection[Any], *, given: bool = False) -> Arrange | None:
    """What orders the fields of records of an old version and leaves out what they do not have; None where nothing of that kind stands in
    a value. What `before=` speaks of, `spoken`, and all in it comes from a publisher's function (`given`), whatever it put there."""
    match shape:
        case Nested(record):
            given = given or origin_of(record) in spoken
            inner = {field.name: _arrange_of(field.shape, spoken, given=given) for field in shape.fields}
            if origin_of(record) is record and not given and not any(inner.values()):
                return None
            return _arranged({name: arrange or _same for name, arrange in inner.items()})
        case Nullable(inner):
            return _arrange_of(inner, spoken, given=given)
        case Many(inner) | Keyed(inner):
            arrange = _arrange_of(inner, spoken, given=given)
            return arrange and _arranged_all(shape, arrange)
        case _:
            return None


def _arranged(inner: Mapping[str, Arrange]) -> Arrange:
    """For a record; null, and what a function gave that is none, stays as it is."""
    parts = tuple(inner.items())

    def arrange_record(value: Any) -> Any:
        return {name: arrange(value[name]) for name, arrange in parts if name in value} if isinstance(value, dict) else value
    return arrange_record


def _arranged_all(shape: Shape, arrange: Arrange) -> Arrange:
    if isinstance(shape, Keyed):
        return lambda value: {name: arrange(each) for name, each in value.items()} if isinstance(value, dict) else value
    return lambda value: [arrange(each) for each in value] if isinstance(value, list) else value


def _same(value: Any) -> Any:
    return value

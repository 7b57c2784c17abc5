"""Changes of the schema: dated steps, declared as data, from which every old version is derived (G10).

A change tells what became of the fields of a record, or of the parameters of a method, on one day. Its steps say both ways: how
an answer of today is shown to whoever asks in the version before (`back`), and what whoever writes in that version means today
(`forth`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
import xxhash

from ..errors import DeclarationError
from .fields import Field
from .fitting import fault_of_declaration
from .layout import Layout, Work, meanings_of, origins_of, split_name
from .plain import is_text, show, tell
from .shapes import UnsupportedType, nested_records
from .steps import Defaulted, Renamed, Reshaped, Step, Undone
from .version import EARLIEST, LATEST, read_version, show_version
from .words import words_of

_SAY_STEP = "Say Added(), Renamed(), Reshaped(), Revalued() or Defaulted()."


class Owner:
    """What stands for whatever has fields in errors of these."""

    def __init__(self, name: str) -> None:
        self.__qualname__ = name


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What changed on one day in a record, or in the parameters of a method."""

    at: str
    """In the form of `read_version`: from this version on it is as it is after the change."""
    of: Any
    """The record class, or the path of the method."""
    description: str
    """For people who write clients."""
    steps: tuple[Step, ...]
    place: str = ""
    """`file.py:12` of its declaration."""

    @property
    def name(self) -> str:
        """What changed, by the name of its class or its path."""
        return self.of if isinstance(self.of, str) else str(self.of.__name__)

    def wrong(self, reason: str, remedy: str) -> DeclarationError:
        """The error of a step that does not fit."""
        return DeclarationError(f"the change of {self.name} at {show_version(self.at)}", reason, remedy, self.place)

    def undo(self, layout: Layout) -> Undone:
        """The fields before all of its steps. Raises `DeclarationError` where they do not fit."""
        done: list[Undone] = []
        meanings, origins = layout.meanings(), {name: frozenset((name,)) for name in layout.names}
        for step in reversed(self.steps):
            done.append(self._undo(step, layout))
            origins = origins_of(_origins(step, layout, done[-1].layout), origins)
            layout, meanings = done[-1].layout, meanings_of(done[-1].meanings, meanings)
        forths = [undone.forth for undone in reversed(done) if undone.forth is not None]

        def back(record: dict[str, Any]) -> None:
            for undone in done:
                undone.back(record)

        def forth(record: dict[str, Any]) -> None:
            for work in forths:
                work(record)
        return Undone(layout, back, forth if len(forths) == len(done) else None, meanings, origins)

    def _undo(self, step: Step, layout: Layout) -> Undone:
        """The fields before one step, whose types and defaults are proven. Whatever is wrong with them is wrong with the change."""
        try:
            undone = step.undo(layout, self.wrong)
            if not isinstance(step, Defaulted):
                undone = undone._replace(layout=self.with_defaults(undone.layout, layout, undone.back))
            for field in undone.layout.fields(Owner(self.name)):
                if layout.slots.get(field.name) != undone.layout.slots[field.name]:
                    self._check_new(field)
        except UnsupportedType as error:
            raise self.wrong(f"{step!r} is no good: {error}", error.remedy) from None
        except DeclarationError as error:
            if error.place == self.place and error.name == self.wrong("", "").name:
                raise
            raise self.wrong(f"{step!r} is no good: {error.reason}", error.remedy) from None
        return undone

    def _check_new(self, field: Field) -> None:
        """Refuse a field of the version before that no resource of then could have had."""
        if any(not record.__struct_fields__ for record in nested_records(field.shape)):
            raise self.wrong(f"no field is left in {field.name!r} in the version before.", "Name it as a whole.")
        fault = fault_of_declaration(field)
        if fault is not None:
            raise self.wrong(f"{field.name!r} of the version before: {fault[0]}", fault[1])

    def with_defaults(self, before: Layout, after: Layout, work: Work) -> Layout:
        """Fields with the defaults that they had before a work. Raises `DeclarationError`."""
        try:
            return before.with_defaults(after, work)
        except Exception as error:         # `backward` is a publisher's own function
            raise self.wrong(f"a default has no form in the version before: {tell(error)}.",
                             "Remove the default, or let backward= take it.") from error


def _origins(step: Step, later: Layout, earlier: Layout) -> dict[str, frozenset[str]]:
    """Which fields at the top after a step those before it are made of."""
    before, now = (frozenset(split_name(name)[0] for name in names) for names in _made(step))
    return {name: (frozenset((name,)) & frozenset(later.names)) | (now if name in before else frozenset()) for name in earlier.names}


def _made(step: Step) -> tuple[Collection[str], Collection[str]]:
    """The fields before a step that are made of others after it, and these; all others are the same, as far as they are there."""
    match step:
        case Renamed():
            return (step.before,), (step.now,)
        case Reshaped():
            return step.before, step.now
        case _:
            return (), ()


def declare(at: Any, of: Any, description: Any, steps: Sequence[Any], place: str) -> Change:
    """Check one declaration by itself; raise `DeclarationError` for what cannot work."""
    name = of if isinstance(of, str) else getattr(of, "__name__", show(of))

    def wrong(reason: str, remedy: str) -> DeclarationError:
        return DeclarationError(f"the change of {name}", reason, remedy, place)

    version = read_version(at) if isinstance(at, str) else None
    if version is None or version in (LATEST, EARLIEST):
        raise wrong(f"{show(at)} is no time.", 'Write a time in UTC: "2024-06-01T00:00:00Z".')
    if not (isinstance(of, str) or hasattr(of, "__dragoman_record__")):
        raise wrong(f"{show(of)} is no record class, and no path of a method.", "Name what changed.")
    if not isinstance(description, str) or not description.strip():
        raise wrong("it does not say what changed.", "Describe it for people who write clients.")
    if not is_text(description):
        raise wrong("its description is no Unicode: it holds lone surrogates.", "Remove them.")
    if not steps:
        raise wrong("it has no step.", _SAY_STEP)
    for step in steps:
        if not isinstance(step, Step):
            raise wrong(f"{show(step)} is no step.", _SAY_STEP)
        step.check(wrong)
    return Change(at=version, of=of, description=description.strip(), steps=tuple(steps), place=place)


def digest_of(later: str, change: Change) -> str:
    """A short text of a change and, by their own, of those after it: another one where anything that is declared is said in other words."""
    steps = [[type(step).__name__, vars(step)] for step in change.steps]
    return xxhash.xxh3_64_hexdigest(words_of([later, change.at, change.name, steps]).encode(errors="surrogatepass"))

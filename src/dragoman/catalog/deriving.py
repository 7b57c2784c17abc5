"""Deriving every version from the changes: undone newest first, on types and, by what is kept in stages, on values (G10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from .change import Change, Owner, digest_of
from .fields import Field
from .layout import NODEFAULT, Layout, Meaning, Slot, exchange, layout_of, meanings_of, of_fields, origin_of, origins_of, records_in
from .method import Method
from .resource import Resource
from .shapes import Nested, shape_of
from .stage import History, Stage, Undoing
from .steps import Reshaped, Undone
from .version import EARLIEST
from .walks import walk_of

_GIVE_FORTH = "Give Added() a value=, or Reshaped() a forward=."


def derive(changes: Sequence[Change], targets: Sequence[Resource | Method]) -> dict[str, History]:
    """What each target was, by its path; changes are in the order of their times. Raises `DeclarationError` for one that does not fit
    what it meets."""
    return _Deriving(changes, targets).histories


class _Root:
    """One target while changes are undone in it."""

    def __init__(self, target: Resource | Method) -> None:
        self.target = target
        self.record = target.record if isinstance(target, Resource) else None
        self.returns = target.result.type if isinstance(target, Method) and target.result is not None else None
        self.layout = layout_of(target.record) if isinstance(target, Resource) else of_fields(target.parameters)
        self.fields: tuple[Field, ...] = target.fields if isinstance(target, Resource) else target.parameters
        self.meanings: Mapping[str, Meaning] = self.layout.meanings()
        self.origins: Mapping[str, frozenset[str]] = {name: frozenset((name,)) for name in self.layout.names}
        self.undoings: tuple[Undoing, ...] = ()
        self.asked: tuple[Undoing, ...] = ()
        self._later: list[tuple[str, Stage]] = []
        """Each with the change after which it was so; the newest first."""
        self._reached = self._stage("")

    def _stage(self, digest: str, spoken: frozenset[Any] = frozenset()) -> Stage:
        return Stage(version=EARLIEST, record=self.record, returns=self.returns, fields=self.fields, meanings=self.meanings,
                     origins=self.origins, undoings=self.undoings, asked=self.asked, spoken=spoken, digest=digest)

    def reach(self, at: str, digest: str, spoken: frozenset[Any]) -> None:
        """Note how it was before the changes of a time. What was between several of them was never served."""
        if not self._later or self._later[-1][0] != at:
            self._later.append((at, self._reached))
        self._reached = self._stage(digest, spoken)

    def history(self) -> History:
        """Since when each stage holds."""
        stages = [msgspec.structs.replace(stage, version=at if number else "") for number, (at, stage) in enumerate(self._later)]
        oldest = self._reached if self._later else msgspec.structs.replace(self._reached, version="")
        return History(tuple(at for at, _ in self._later), (*stages, oldest))


class _Deriving:
    """Everything that is published, while changes are undone in it."""

    def __init__(self, changes: Sequence[Change], targets: Sequence[Resource | Method]) -> None:
        self._roots = {target.path: _Root(target) for target in targets}
        self._forms: dict[Any, Any] = {}
        """Each declared record class as it was at the time that was reached; those that did not change are not here."""
        self._spoken = frozenset(record for change in changes for step in change.steps if isinstance(step, Reshaped)
                                 for annotation in step.before.values() for record in records_in(annotation))
        """The record classes that old versions speak of."""
        digest = ""
        for change in reversed(changes):
            digest = digest_of(digest, change)
            for root in self._undo(change):
                root.reach(change.at, digest, self._spoken)
        self.histories = {path: root.history() for path, root in self._roots.items()}

    def _undo(self, change: Change) -> list[_Root]:
        """Undo one change everywhere; the targets that it meets. Raises `DeclarationError` where that are none."""
        if isinstance(change.of, str):
            met = [self._undo_call(change)]
        else:
            passing = _Pass(change, self._forms)
            met = [root for root in self._roots.values() if passing.undo(root)]
            if not met:
                raise change.wrong(f"{change.name} stands in nothing that was published at that time.", "Name a record class that did.")
            self._forms = passing.forms(self._spoken)
        return met

    def _undo_call(self, change: Change) -> _Root:
        root = self._roots.get(change.of)
        if root is None or not isinstance(root.target, Method):
            raise change.wrong(f"there is no method {change.of!r}.", "Name the path of one, or a record class.")
        undone = change.undo(root.layout)
        if undone.forth is None:
            raise change.wrong("nobody says what a call of the version before means today.", _GIVE_FORTH)
        call = root.layout.make(_Arguments)
        _keep_asked(root, change, call, {call: undone}, undone.layout)
        root.meanings = meanings_of(undone.meanings, root.meanings)
        return root


class _Pass:
    """One change of a record class on its way through all types."""

    def __init__(self, change: Change, forms: Mapping[Any, Any]) -> None:
        self._change, self._forms = change, dict(forms)
        self._done: dict[Any, Any] = {}
        self._undone: dict[Any, Undone] = {}

    def forms(self, spoken: Iterable[Any]) -> dict[Any, Any]:
        """Every declared record class as it was before the change, where it was another one."""
        known = {**{each: each for each in (*spoken, *self._done, self._change.of) if origin_of(each) is each}, **self._forms}
        before = {origin: self._rewrite(form) for origin, form in known.items()}
        return {origin: form for origin, form in before.items() if form is not origin}

    def undo(self, root: _Root) -> bool:
        """Undo the change in one target; whether it is met there."""
        if isinstance(root.target, Resource):
            return self._undo_resource(root, root.target)
        return self._undo_method(root, root.target)

    def _undo_resource(self, root: _Root, resource: Resource) -> bool:
        now: Any = root.record
        before = self._rewrite(now)
        if before is now:
            return False
        root.undoings = (*root.undoings, Undoing(self._change.at, Nested(now), self._undone))
        undone = self._undone.get(now)
        if undone is not None:
            root.meanings, root.origins = meanings_of(undone.meanings, root.meanings), origins_of(undone.origins, root.origins)
        root.record, root.fields = before, before.__dragoman_fields__
        _check_key(self._change, resource, root)
        _check_compared(self._change, resource, root)
        return True

    def _undo_method(self, root: _Root, method: Method) -> bool:
        met = False
        if root.returns is not None:
            now = root.returns
            root.returns = exchange(now, self._rewritten)
            if root.returns is not now:
                root.undoings, met = (*root.undoings, Undoing(self._change.at, shape_of(now), self._undone)), True
        layout = root.layout
        slots = self._rewritten_slots(layout)
        if any(slots[name].annotation is not slot.annotation for name, slot in layout.slots.items()):
            if any(undone.forth is None for undone in self._undone.values()):
                raise self._change.wrong(f"{method.path} takes such records, and nobody says what one of the version before means today.",
                                         _GIVE_FORTH)
            _keep_asked(root, self._change, layout.make(_Arguments), self._undone, Layout(slots))
            met = True
        return met

    def _rewritten_slots(self, layout: Layout) -> dict[str, Slot]:
        """Fields with the records in their types as they were before, and in their defaults, too."""
        before = Layout({name: slot._replace(annotation=exchange(slot.annotation, self._rewritten)) for name, slot in layout.slots.items()})
        changed = [name for name, slot in layout.slots.items() if before.slots[name].annotation is not slot.annotation]
        if any(layout.slots[name].default is not NODEFAULT for name in changed):
            backs = {cls: undone.back for cls, undone in self._undone.items()}
            walks = {name: walk_of(shape_of(layout.slots[name].annotation), backs) for name in changed}

            def work(values: dict[str, Any]) -> None:
                for name, walk in walks.items():
                    if walk is not None and values.get(name) is not None:
                        walk(values[name])
            before = self._change.with_defaults(before, layout, work)
        return before.slots

    def _rewritten(self, part: Any) -> Any:
        return self._rewrite(part) if isinstance(part, type) and hasattr(part, "__dragoman_record__") else part

    def _rewrite(self, cls: Any) -> Any:
        """A record class as it was before the change; itself where that is the same."""
        if cls in self._done:
            return self._done[cls]
        layout = layout_of(cls)
        inner = Layout(self._rewritten_slots(layout))
        changed = any(inner.slots[name].annotation is not slot.annotation for name, slot in layout.slots.items())
        if origin_of(cls) is self._change.of:
            undone = self._change.undo(inner)
            self._undone[cls] = undone
            inner, changed = self._dated(undone.layout, inner), True
            if not inner.slots:
                raise self._change.wrong("no field is left in the version before.", "Say since= for what is new as a whole.")
        made = self._done[cls] = inner.make(cls) if changed else cls
        return made

    def _dated(self, layout: Layout, after: Layout) -> Layout:
        """With the records that `before=` names as they were at that time."""
        def form(part: Any) -> Any:
            return self._forms.get(part, part) if isinstance(part, type) and origin_of(part) is part else part

        new = {name for name in layout.slots if name not in after.slots or layout.slots[name] is not after.slots[name]}
        return Layout({name: slot._replace(annotation=exchange(slot.annotation, form)) if name in new else slot
                       for name, slot in layout.slots.items()})


def _keep_asked(root: _Root, change: Change, call: Any, undone: Mapping[Any, Undone], layout: Layout) -> None:
    """Note what becomes of the arguments of a method, which are a `call` just after a change, and have another layout before it."""
    root.asked = (*root.asked, Undoing(change.at, Nested(call), undone))
    root.layout = layout
    root.fields = layout.fields(Owner(change.name))


class _Arguments:
    """The arguments of a call, as if they were a record."""


def _check_key(change: Change, resource: Resource, root: _Root) -> None:
    keys = [field for field in root.fields if field.key]
    meaning = root.meanings.get(keys[0].name) if len(keys) == 1 else None
    if meaning is None or meaning.name != resource.key.name or meaning.values is not None:
        raise change.wrong(f"the key of {resource.path} is another one in the version before.", "A key may be renamed, and no more.")


def _check_compared(change: Change, resource: Resource, root: _Root) -> None:
    """Whoever filters or sorts in an old version does so by what can be compared today: nothing else is indexed, and what `Needs()`
    hides never is, or whoever asks would learn it."""
    today = {field.name: field for field in resource.fields}
    for field in root.fields:
        means = today[root.meanings[field.name].name] if field.name in root.meanings else None
        if means is None:
            continue
        if (field.filter is not None and means.filter is None) or (field.sort and not means.sort):
            mark = "Sort()" if field.sort and not means.sort else "Filter()"
            raise change.wrong(f"{field.name!r} is compared in the version before, and {means.name!r} has no {mark} today.",
                               f"Remove {mark} from {field.name!r}" + ("." if means.needs else f", or mark {means.name!r} with it, too."))

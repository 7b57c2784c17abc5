"""What became of a catalog since its lock was written, as far as no declared change tells it.

A difference counts where clients of the newest version of the lock meet it: what is locked is compared with the schema as the
catalog's newer changes derive it for that version, so that whatever one of them explains is none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..catalog import Catalog
from ..change import Change
from ..layout import origin_of
from ..lives import order_of
from ..method import Method
from ..places import place_of
from ..resource import Resource
from ..shapes import Nested, Shape, bottom, nested_records
from ..stage import Stage
from ..timeline import Timeline
from ..version import EARLIEST, show_version
from .facts import Fields, LockedCatalog, LockedChange, LockedField, LockedTarget
from .rules import Finding, Use, Weight, compare_fields, compare_targets
from .schema import Parts, change_of, history_of, parts_of, result_of, schema_of, target_of

BREAKING, ADDITIVE, COSMETIC = Weight.BREAKING, Weight.ADDITIVE, Weight.COSMETIC


class Spot(NamedTuple):
    """Where in a target a field stands, and whose it is."""

    owner: Any
    """The declared record class, or the path of a method; None where no change could name it."""
    path: str
    old: LockedField | None
    new: LockedField | None
    fields: Fields
    """What was locked beside it."""
    use: Use

    @property
    def name(self) -> str:
        """Its own name."""
        return self.path.rpartition(".")[2]


class Difference(NamedTuple):
    """One difference, with the place in the catalog's file."""

    weight: Weight
    aspect: str
    target: str
    """Its path; empty for what is the catalog's own."""
    subject: str
    words: str
    place: str
    spot: Spot | None = None
    names: tuple[str, ...] = ()
    """The positions that are new among others."""

    def __str__(self) -> str:
        return f"{self.subject} {self.words}"


def differences(catalog: Catalog, locked: LockedCatalog, today: str) -> list[Difference]:
    """Everything in which a loaded catalog differs from what was locked; `today` is a day in UTC, `2028-01-01`."""
    timeline = Timeline(newer_changes(catalog, locked), catalog.targets)
    past = list(_compare_changes(catalog, locked))
    told = any(each.weight is BREAKING for each in past)
    ends = _compare_ends(catalog, schema_of(catalog).ends, locked.ends, today)
    return [*_compare_heads(catalog, locked), *past, *ends, *_compare_all_targets(catalog, locked, None if told else timeline)]


def newer_changes(catalog: Catalog, locked: LockedCatalog) -> list[Change]:
    """The changes that the lock does not know yet. Undone alone, they lead to what it holds, whatever was before that."""
    known = {(change.at, change.steps) for change in locked.changes}
    return [each for each in history_of(catalog) if ((change := change_of(each)).at, change.steps) not in known]


# -------------------------------------------------------------------------------------------- the catalog


def _compare_heads(catalog: Catalog, locked: LockedCatalog) -> Iterator[Difference]:
    def differs(weight: Weight, aspect: str, words: str) -> Difference:
        return Difference(weight, aspect, "", catalog.name, words, catalog.place)

    if catalog.api_name != locked.api_name:
        yield differs(BREAKING, "api_name", f"has the api_name {catalog.api_name!r}, which was {locked.api_name!r}")
    if catalog.languages[0] != locked.languages[0]:
        yield differs(BREAKING, "languages", f"has the default language {catalog.languages[0]}, which was {locked.languages[0]}")
    if catalog.clusters[0] != locked.clusters[0] and locked.clusters[0] in catalog.clusters:    # or it is gone, which is told below
        yield differs(BREAKING, "clusters", f"answers hosts of no cluster from {catalog.clusters[0]}, and did from {locked.clusters[0]}")
    for aspect, one in (("languages", "language"), ("formats", "format"), ("clusters", "cluster"), ("permissions", "permission")):
        new, old = list(getattr(catalog, aspect)), list(getattr(locked, aspect))
        yield from (differs(BREAKING, aspect, f"has no {one} {each} any more") for each in old if each not in new)
        yield from (differs(ADDITIVE, aspect, f"has the new {one} {each}") for each in new if each not in old)
    for name, text in locked.permissions.items():
        if catalog.permissions.get(name, text) != text:
            yield differs(COSMETIC, "permissions", f"tells the permission {name} in other words")


def _compare_changes(catalog: Catalog, locked: LockedCatalog) -> Iterator[Difference]:
    """History stays as it was told, and goes on at its end."""
    left, there = list(locked.changes), set(_names(catalog))
    passed: dict[tuple[str, str], int] = {}
    for declared in history_of(catalog):
        change = change_of(declared)

        def differs(weight: Weight, words: str, change: LockedChange = change, place: str = declared.place) -> Difference:
            return Difference(weight, "changes", "", f"the change of {change.of} at {show_version(change.at)}", words, place)

        known = _known(change, left, there)
        if known is not None:
            left.remove(known)
            number, day = locked.changes.index(known), (change.at, change.of)
            if passed.get(day, 0) > number:
                yield differs(BREAKING, "stands after others of the same time that it stood before")
            passed[day] = number
            if (known.of, known.description) != (change.of, change.description):
                yield differs(COSMETIC, "is told in other words")
        elif EARLIEST != locked.newest >= change.at:
            yield differs(BREAKING, f"is dated before what was published already ({show_version(locked.newest)})")
        else:
            yield differs(ADDITIVE, f"is new: {change.description}")
    for lost in left:
        yield Difference(BREAKING, "changes", "", f"the change of {lost.of} at {show_version(lost.at)}",
                         "is gone, or says something else", catalog.place)


def _names(catalog: Catalog) -> Iterator[str]:
    """What changes of today's schema can name: paths, and record classes wherever they stand."""
    for target in catalog.targets:
        yield target.path
        shapes: list[Shape] = [Nested(target.record)] if isinstance(target, Resource) else [
            each.shape for each in (*target.parameters, target.result) if each is not None]
        yield from (record.__name__ for shape in shapes for record in nested_records(shape))


def _known(change: LockedChange, left: Sequence[LockedChange], there: Collection[str]) -> LockedChange | None:
    """The same as it was locked; of another class only where that has got another name, and is there no more."""
    same = [each for each in left if (each.at, each.steps) == (change.at, change.steps)]
    return next((each for each in same if each.of == change.of), next((each for each in same if each.of not in there), None))


def _compare_ends(catalog: Catalog, new: Mapping[str, str], old: Mapping[str, str], today: str) -> Iterator[Difference]:
    """The days on which versions go, whose clients rely on those that they were told. What is said of one holds for all before it."""
    for version in sorted({*new, *old}, key=order_of):
        now, before = (_end_of(version, days) for days in (new, old))
        if now != before:
            sooner = bool(now) and (str(now) < before if before else str(now) <= today)
            yield Difference(BREAKING if sooner else ADDITIVE, "ends", "", f"the end of the version {show_version(version)}",
                             f"is {_end(now)}, and was {_end(before)}", catalog.place)


def _end_of(version: str, days: Mapping[str, str]) -> str | None:
    return next((days[each] for each in sorted(days, key=order_of) if order_of(each) >= order_of(version)), None)


def _end(day: str | None) -> str:
    return "not announced" if day is None else day or "announced without a day"


# -------------------------------------------------------------------------------------------- targets


def _compare_all_targets(catalog: Catalog, locked: LockedCatalog, timeline: Timeline | None) -> Iterator[Difference]:
    """Without a timeline the version before cannot be told, nor with it what became of fields."""
    today = {target.path: target for target in catalog.targets}
    for path, old in locked.targets.items():
        target = today.get(path)
        if target is None:
            yield Difference(BREAKING, "gone", path, path, "is not published any more", catalog.place)
            continue
        stage = (timeline or Timeline((), [target])).stage(target, EARLIEST)
        new = target_of(catalog, target, stage)
        yield from (_of_target(target, finding) for finding in _compare_times(old, new, locked.newest))
        found = [_of_target(target, finding) for finding in compare_targets(old, new)]
        yield from (each for each in found if timeline is not None or each.aspect != "positions")
        if timeline is not None:
            yield from _compare_sections(target, stage, old, new)
    for path in sorted(today.keys() - locked.targets.keys()):
        yield Difference(ADDITIVE, "new", path, path, "is new", today[path].place)


def _of_target(target: Resource | Method, finding: Finding) -> Difference:
    return Difference(finding.weight, finding.aspect, target.path, target.path, finding.words, _place_of_target(target),
                      names=finding.names)


def _place_of_target(target: Resource | Method) -> str:
    return (place_of(target.function) if isinstance(target, Method) else "") or target.place


def _compare_times(old: LockedTarget, new: LockedTarget, newest: str) -> Iterator[Finding]:
    """When it came and goes."""
    if new.since != old.since:
        yield Finding(BREAKING if new.since > old.since else ADDITIVE, "since",
                      f"came {_time(new.since)}, and did {_time(old.since)} before")
    if new.until != old.until:
        last = old.until or ("" if newest == EARLIEST else newest)
        sooner = bool(new.until) and (new.until < last if old.until else new.until <= last)
        yield Finding(BREAKING if sooner else ADDITIVE, "until",
                      f"goes {_time(new.until, 'never')}, and did {_time(old.until, 'never')} before")


def _time(version: str, nothing: str = "at the beginning") -> str:
    return f"at {show_version(version)}" if version else nothing


# -------------------------------------------------------------------------------------------- fields


class _Section(NamedTuple):
    """The fields of a resource, the parameters of a method, or what it returns."""

    target: Resource | Method
    owner: Any
    """What a change of those at the top names."""
    old: Fields
    new: Fields
    parts: Parts
    use: Use


def _compare_sections(target: Resource | Method, stage: Stage, old: LockedTarget, new: LockedTarget) -> Iterator[Difference]:
    parts = parts_of(target, stage)
    if isinstance(target, Resource):
        yield from _compare_section(_Section(target, origin_of(stage.record), old.fields, new.fields, parts, Use(shown=True, sent=False)))
        return
    yield from _compare_section(_Section(target, target.path, old.fields, new.fields, parts, Use(shown=False, sent=True)))
    yield from _compare_section(_Section(target, None, old.result, new.result, result_of(stage), Use(shown=True, sent=False)))


def _compare_section(section: _Section) -> Iterator[Difference]:
    retyped: list[str] = []
    for path, old in section.old.items():
        if any(path.startswith((f"{each}.", f"{each}[", f"{each}{{")) for each in retyped):
            continue
        new = section.new.get(path)
        if new is None:
            retyped.append(path)
            kept = isinstance(section.target, Resource) and any(each.name == path for each in section.target.fields)
            lost = Finding(BREAKING, "only", "is not shown any more") if kept else Finding(BREAKING, "gone", "is gone")
            yield _of_field(section, path, lost)
            continue
        use = section.use._replace(asked=old.filter is not None)
        found = list(compare_fields(old, new, use))
        retyped += [path] if any(each.aspect == "type" and each.weight is BREAKING for each in found) else []
        yield from (_of_field(section, path, finding) for finding in found)
    for path, field in section.new.items():
        if path not in section.old and not any(path.startswith((f"{each}.", f"{each}[", f"{each}{{")) for each in retyped):
            retyped.append(path)
            required = section.use.sent and field.required
            fresh = Finding(BREAKING, "new", "is new, and required") if required else Finding(ADDITIVE, "new", "is new")
            yield _of_field(section, path, fresh)
    yield from _compare_orders(section)


def _compare_orders(section: _Section) -> Iterator[Difference]:
    """What is sent in XML or by position has its order; what is shown has names."""
    common = [path for path in section.old if path in section.new]
    for prefix in dict.fromkeys(path[:len(path) - len(path.rpartition(".")[2])] for path in common):
        old = [path for path in common if path.startswith(prefix) and "." not in path[len(prefix):]]
        new = [path for path in section.new if path in old]
        if new != old:
            first = next(each for each, other in zip(old, new, strict=True) if each != other)
            yield _of_field(section, first, Finding(BREAKING if section.use.sent else COSMETIC, "order", "stands at another place"))


def _of_field(section: _Section, path: str, finding: Finding) -> Difference:
    target, name = section.target, path.rpartition(".")[2]
    owner = _owner_of(section, path)
    declared = target.function if isinstance(target, Method) and (owner is None or isinstance(owner, str)) else owner
    place = place_of(declared, name) if path in section.new else place_of(declared)
    spot = Spot(owner, path, section.old.get(path), section.new.get(path), section.old, section.use)
    return Difference(finding.weight, finding.aspect, target.path, f"{target.path}.{path}", finding.words,
                      place or target.place, spot)


def _owner_of(section: _Section, path: str) -> Any:
    """The declared class of the record that a field stands in, or stood in."""
    above = path.rpartition(".")[0]
    if not above:
        return section.owner
    holder = section.parts.get(above.rstrip("[]{}"))
    shape = bottom(holder.field.shape) if holder is not None else None
    return origin_of(shape.record) if isinstance(shape, Nested) else None


def breaking(found: Iterable[Difference]) -> list[Difference]:
    """Those that break clients."""
    return [each for each in found if each.weight is BREAKING]

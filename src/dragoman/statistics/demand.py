"""Which old versions of resources are asked for, as publication wants to know it (G10)."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping

from ..catalog.catalog import Catalog
from ..catalog.resource import Resource
from ..catalog.stage import Stage
from ..catalog.version import read_version
from .places import Place
from .reading import reading

_LATE_S, _DAY_S = 7 * 86_400, 86_400
Counts = Mapping[tuple[str, str], int]
"""How many calls there were, by the path of what was asked for and the version that was served."""


def calls_by_version(place: Place) -> Counts:
    """The calls of the last seven days. Raises `SourceUnavailable`."""
    now, calls = int(time.time()), Counter[tuple[str, str]]()
    with reading(place) as reader:
        for each in reader.callers(now - _LATE_S, now + _DAY_S).used:
            calls[each.target, each.version] += each.calls
    return calls


def used_stages(catalog: Catalog, calls: Counts, calls_min: int) -> list[tuple[str, Stage]]:
    """The published resources, by path, as they were in each old version for which there were so many calls, the most called first.

    What a search finds counts for the resource that it searches; where another catalog has a target of the same path, counts do not tell
    them apart.
    """
    timeline, now, found = catalog.timeline, time.time(), Counter[tuple[str, str]]()
    stages = {(resource.path, stage.digest): stage for resource in catalog.resources.values() if not resource.live
              for stage in timeline.old_stages(resource, now)}
    targets = {target.path: target for target in catalog.targets}
    for (path, version), count in calls.items():
        target, known = targets.get(path), read_version(version)
        if isinstance(target, Resource) and known is not None:
            found[target.kept_at, timeline.stage(target, timeline.resolve(known)).digest] += count
    return [(place[0], stages[place]) for place, count in found.most_common() if place in stages and count >= calls_min]

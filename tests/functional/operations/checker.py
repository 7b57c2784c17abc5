"""Judges what became of operations, from what their owner saw of them, whatever was killed meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

ORDER = {"queued": 0, "running": 1, "done": 2, "failed": 2, "cancelled": 2}


@dataclass
class Course:
    """What its owner saw of one operation, in this order."""

    asked: Any
    states: list[str] = field(default_factory=list)
    outcomes: list[Any] = field(default_factory=list)
    """What it answered each time it was asked after its end: its result, or its text of an error."""

    def see(self, state: str, outcome: Any = None) -> None:
        """Note one answer."""
        if not self.states or self.states[-1] != state:
            self.states.append(state)
        if ORDER[state] == 2:
            self.outcomes.append(outcome)


def judge(courses: dict[int, Course], expected: Callable[[Any], Any], excuses: tuple[str, ...] = ("cut off",)) -> Iterator[str]:
    """Everything that is wrong: what is lost or stuck, went back, ended in two ways, or is not what a recomputation gives.
    One that failed has a reason that is its own, or one of the excuses."""
    for id, course in courses.items():
        ranks = [ORDER[state] for state in course.states]
        if not course.outcomes:
            yield f"{id} never ended: {course.states}"
            continue
        if ranks != sorted(ranks) or ranks.count(2) != 1:
            yield f"{id} went back, or ended twice: {course.states}"
        if any(outcome != course.outcomes[0] for outcome in course.outcomes):
            yield f"{id} was told in two ways: {course.outcomes}"
        excused = course.states[-1] == "failed" and any(excuse in str(course.outcomes[0]) for excuse in excuses)
        if course.outcomes[0] != expected(course.asked) and not excused:
            yield f"{id} ({course.asked}) is not what was to be: {course.outcomes[0]!r}"

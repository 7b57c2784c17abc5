"""The checker of operations finds what a wrong queue does: a real one passes, each of its mutants is caught."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from dragoman.assembly import open_operations
from dragoman.errors import SourceUnavailable
from dragoman.exchange import Claim, OperationResult
from dragoman.operations import jobs as queue
from dragoman.operations.jobs import JobQueue
from dragoman.operations.store import OperationStore
from dragoman.settings import Operations as Limits
from dragoman.settings import Settings

from ..functional.operations.checker import Course, judge
from .operations import ALICE, REPORT

COUNT = 24
LIMITS = Limits(lease_s=0.15, heartbeat_s=0.05, retry_s=0.01, living_max=COUNT, attempts_max=999, retry_max_s=0.02)


def expected(year: Any) -> str:
    return f"[{year}]"


class Crew:
    """Workers in threads that die and dawdle: some leave what they hold, some write long after their lease."""

    def __init__(self, store: OperationStore, jobs: JobQueue) -> None:
        self.store, self.jobs, self.over = store, jobs, threading.Event()

    def work(self, seed: int) -> None:
        dice = random.Random(seed)
        while not self.over.is_set():
            with contextlib.suppress(IntegrityError):       # of a part that is there twice, where nothing keeps it out
                self.work_once(seed, dice)

    def work_once(self, seed: int, dice: random.Random) -> None:
        self.jobs.reap()
        claim = self.jobs.claim(f"w{seed}", ["letters"])
        if claim is None:
            time.sleep(0.01)
            return
        fate = dice.random()
        if fate < 0.15:                         # it dies, with a part of its result written
            self.jobs.add_part(claim, 0, b"[-1]")
        elif fate < 0.3:                        # it is halted, and goes on much later with something else
            time.sleep(LIMITS.lease_s * (1.1 + dice.random()))
            self.end(claim, b"[-2]" if fate < 0.25 else None)
        else:
            time.sleep(LIMITS.lease_s * dice.random() / 2)
            self.end(claim, None)

    def end(self, claim: Claim, body: bytes | None) -> None:
        year = claim.arguments.decode().partition(":")[2].strip("}")
        body = body or expected(year).encode()
        if body == b"[-2]":
            self.jobs.finish(claim, OperationResult(lease=claim.lease, parts=0, items=0, size_bytes=0, is_list=True))
        elif self.jobs.add_part(claim, 0, body):
            self.jobs.finish(claim, OperationResult(lease=claim.lease, parts=1, items=1, size_bytes=1, is_list=True))


def run(folder: Path, jobs_of: Callable[[OperationStore], JobQueue] = JobQueue) -> list[str]:
    """What the checker says of a short time of work."""
    store = open_operations(Settings(data_dir=str(folder), operations=LIMITS))
    crew = Crew(store, jobs_of(store))
    courses = {store.start(REPORT, {"year": year}, ALICE): Course(year) for year in range(COUNT)}
    threads = [threading.Thread(target=crew.work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 5
    try:
        while time.monotonic() < until and not all(course.outcomes for course in courses.values()):
            look(store, courses)
            time.sleep(0.02)
        time.sleep(LIMITS.lease_s * 3)
        look(store, courses)
    finally:
        crew.over.set()
        for thread in threads:
            thread.join()
    return list(judge(courses, expected))


def part_of(store: OperationStore, operation: Any) -> str:
    try:
        return store.part(operation.id, operation.result, 0).decode()
    except SourceUnavailable:
        return "nothing"


def look(store: OperationStore, courses: dict[int, Course]) -> None:
    for each in store.recent(None, COUNT):
        parts = part_of(store, each) if each.result is not None else ""
        courses[each.id].see(each.state, parts or (each.fault and each.fault.message))


def test_the_queue_passes(tmp_path):
    assert not run(tmp_path)


class Forgetful(JobQueue):
    """It says that an end was written where it was not."""

    def finish(self, claim, result):
        return bool(claim.id % 3) and super().finish(claim, result)


class Doubling(JobQueue):
    """It puts back what it has claimed, as if queued anew."""

    def claim(self, worker, catalogs):
        found = super().claim(worker, catalogs)
        if found is not None and found.attempts > 1:
            self._store.run(lambda transaction: transaction.execute(
                "UPDATE dragoman_operations SET state = 'queued' WHERE id = :id", id=found.id))
        return found


class Careless(JobQueue):
    """It never notices that somebody is gone."""

    def reap(self):
        return None


@pytest.mark.parametrize("mutant", [Forgetful, Doubling, Careless])
def test_a_mutant_is_caught(tmp_path, mutant):
    assert run(tmp_path, mutant)


@pytest.mark.parametrize("condition", ["id = :id AND :lease = :lease AND state = 'running'", "id = :id AND :lease = :lease"])
def test_a_queue_without_fences_is_caught(tmp_path, monkeypatch, condition):
    """Whoever comes too late writes over what is there."""
    monkeypatch.setattr(queue, "_MINE", condition)
    assert run(tmp_path)

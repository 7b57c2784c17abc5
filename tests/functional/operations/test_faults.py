"""A hundred operations while workers are killed: each ends once, done or failed with a reason, none is lost or stuck."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import httpx
import pytest

from ...conftest import make_database
from .checker import Course, judge
from .conftest import Works, await_until, working

COUNT = 100
KILLS = 3


def expected(number: int) -> Any:
    """What `works/squares` gives, or the text of its error."""
    return f"number: It is odd `{number}`." if number % 10 == 7 else [each * each for each in range(number % 50)]


@pytest.fixture(params=["sqlite", "postgres"])
def works(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Works]:
    """A server without workers of its own."""
    given: dict[str, str] = {"DRAGOMAN_OPERATIONS__PROCESSES": "0"}
    made: Any = nullcontext()
    if request.param == "postgres":
        made = make_database(request.getfixturevalue("postgres"), request.getfixturevalue("template"))
    with made as url, working(tmp_path, **given, **({"DRAGOMAN_DATABASE_URL": url} if url else {})) as works:
        yield works


def look(client: httpx.Client, id: int, course: Course) -> bool:
    """Ask for one; whether it has ended."""
    answer = client.get("/v2/works/squares", params={"operation": id})
    told = answer.json()
    if answer.status_code == 202:
        course.see(told["state"])
        return False
    course.see("done" if answer.status_code == 200 else "failed", told if answer.status_code == 200 else told["text"])
    return True


def children(pid: int) -> list[int]:
    """The processes that one has started."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def halt_one_at_work(works: Works, supervisor: int) -> int:
    """Halt a worker in the middle of an operation; its process id."""
    for _ in range(200):
        for pid in children(supervisor):
            os.kill(pid, signal.SIGSTOP)
            log = (works.server.folder / "workers.txt").read_text()
            begun = [line for line in log.splitlines() if f':{pid}"' in line and "operation-begun" in line]
            if begun and f'"operation":{json.loads(begun[-1])["operation"]},' not in "".join(
                    line for line in log.splitlines() if "operation-ended" in line):
                return pid
            os.kill(pid, signal.SIGCONT)
        time.sleep(0.01)
    raise AssertionError("nobody was at work")


@pytest.mark.covers("W8")
def test_a_hundred_operations_survive_killed_workers(works: Works) -> None:
    """Three times all workers are killed in the middle; one is halted past its lease, and goes on with it too late."""
    dice = random.Random(8)
    worker = works.run_worker("--processes", "3")
    headers, courses, halted = works.headers("alice"), dict[int, Course](), 0
    with httpx.Client(base_url=works.server.url, headers=headers, timeout=30) as client:
        for number in range(COUNT):
            answer = client.post("/v2/works/squares", data={"number": number})
            assert answer.status_code == 202, answer.text
            courses[int(answer.json()["operation"])] = Course(number)
            if number in (30, 60, 90):
                time.sleep(dice.random() * 0.1)
                works.kill_worker(worker)
                worker = works.run_worker("--processes", "3")
            if number == 92:
                halted = halt_one_at_work(works, worker.pid)
        assert len(courses) == COUNT
        living = dict(courses)
        until, halted_until = time.monotonic() + 30, time.monotonic() + 2
        while (living or halted) and time.monotonic() < until:
            living = {id: course for id, course in living.items() if not look(client, id, course)}
            if halted and time.monotonic() > halted_until:
                os.kill(halted, signal.SIGCONT)
                halted = 0
            time.sleep(0.05)
        await_until(lambda: (works.server.folder / "workers.txt").read_text(), lambda log: '"state":"lost"' in log)
        for id, course in courses.items():          # and once more: what has ended stays as it is
            look(client, id, course)
    assert not list(judge(courses, expected))
    done = sum(course.states[-1] == "done" for course in courses.values())
    assert done >= COUNT * 0.7

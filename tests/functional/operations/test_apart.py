"""`dragoman worker`: apart from the server, told to stop in the middle, started with nothing to do."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ...conftest import STOP_TIMEOUT_S, run_dragoman
from .conftest import Works, await_until, working


@pytest.fixture
def works(tmp_path: Path) -> Iterator[Works]:
    """A server without workers of its own, whose leases outlast the test."""
    with working(tmp_path, DRAGOMAN_OPERATIONS__PROCESSES="0", DRAGOMAN_OPERATIONS__LEASE_S="600") as works:
        yield works


def test_what_a_worker_gives_back_another_goes_on_with(works: Works) -> None:
    """At once, long before its lease is over; it waits while nobody works."""
    id = works.begin("wait?how=awake&seconds=1.5")
    assert works.ask(f"wait?operation={id}").json()["state"] == "queued"
    first = works.run_worker()
    works.await_state("wait", id, "running")
    first.send_signal(signal.SIGTERM)
    assert first.wait(STOP_TIMEOUT_S) == 0
    assert works.ask(f"wait?operation={id}").json()["state"] == "running"
    works.run_worker("catalog.py", "--processes", "2")
    assert works.await_end("wait", id).json() == "awake"
    log = (works.server.folder / "workers.txt").read_text()
    assert [json.loads(line)["attempt"] for line in log.splitlines() if '"operation-begun"' in line] == [1, 1]


def test_an_operation_that_was_accepted_is_done_after_a_restart(works: Works) -> None:
    """Of whatever: the row is all there is."""
    id = works.begin("stream?count=2")
    works.server.process.kill()
    works.server.process.wait()
    works.run_worker()
    await_until(lambda: (works.server.folder / "workers.txt").read_text(), lambda log: f'"operation":{id},' in log and '"done"' in log)


def test_a_catalog_without_operations_needs_no_worker(works: Works, tmp_path: Path) -> None:
    (tmp_path / "plain.csv").write_text("id\n1\n")
    done = run_dragoman("worker", "plain.csv", "--data-dir", "elsewhere", "--json", cwd=tmp_path)
    assert done.returncode == 1
    assert "nothing to do" in json.loads(done.stdout)["error"]
    assert run_dragoman("worker", "--data-dir", "nowhere", cwd=tmp_path).returncode == 1

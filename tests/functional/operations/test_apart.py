"""`dragoman worker`: apart from the server, told to stop in the middle, started with nothing to do."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from ...conftest import STOP_TIMEOUT_S, end, run_dragoman, start
from .conftest import Works, await_until, working
from .test_dialects import speak
from .test_working import children_of, command_of


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


def test_what_was_accepted_before_its_parameters_changed_is_not_done_otherwise(works: Works) -> None:
    """An argument that is gone is not left out: without it, something else would be done than was asked for."""
    id = works.begin("nap?seconds=0.5")
    catalog = works.server.folder / "catalog.py"
    text = catalog.read_text().replace("nap(seconds: float)", "nap(pause: float = 0.0)")
    catalog.write_text(text.replace("asyncio.sleep(seconds)", "asyncio.sleep(pause)"))
    works.run_worker("catalog.py")
    ended = works.await_end("nap", id)
    assert (ended.status_code, "other parameters" in ended.json()["text"]) == (409, True)


def change_nap(works: Works) -> None:
    """From now on `nap` counts in minutes, and says so in a change."""
    catalog = works.server.folder / "catalog.py"
    text = catalog.read_text().replace("Renamed\n", "Renamed, Reshaped\n", 1).replace("nap(seconds: float)", "nap(minutes: float)")
    text = text.replace("asyncio.sleep(seconds)", "asyncio.sleep(minutes * 60)")
    text = text.replace('return "rested"', 'return f"rested {minutes} minutes"')
    text = text.replace("    label: str", "    name: str").replace('label="x" * 60', 'name="x" * 60')
    catalog.write_text(text + CHANGES)


CHANGES = """
catalog.change("2025-06-01", "works/nap", "Minutes.", Reshaped(["minutes"], before={"seconds": float},
    backward=lambda minutes: {"seconds": minutes * 60}, forward=lambda seconds: {"minutes": seconds / 60}))
catalog.change("2025-06-01", Tally, "`label` is called `name`.", Renamed("name", before="label"))
"""


def test_what_was_accepted_before_a_declared_change_is_done_as_it_was_meant(works: Works) -> None:
    """The change itself says what the arguments of then are today."""
    id = works.begin("nap?seconds=0.6")
    change_nap(works)
    works.run_worker("catalog.py")
    assert works.await_end("nap", id).json() == "rested 0.01 minutes"


def test_what_was_done_before_a_declared_change_is_answered_in_its_own_version(works: Works) -> None:
    """After a restart of the server with the catalog of today; in a later version nobody knows what it would be, and that is told."""
    worker = works.run_worker()
    id = works.begin("tally?upto=20000&v=latest")
    assert works.await_end("tally", id, headers={"X-Schema-Version": "latest"}).json()[7] == {"count": 7, "label": "x" * 60}
    works.kill_worker(worker)
    end(*works.server.processes)
    change_nap(works)
    works.server = start(works.server.folder, "catalog.py", **works.environment)
    await_until(lambda: works.ask(f"tally?operation={id}"), lambda answer: answer.status_code == 200)
    assert works.ask(f"tally?operation={id}").json()[7] == {"number": 7, "label": "x" * 60}
    assert works.ask(f"tally?operation={id}&v=2024-12-31").json()[7] == {"count": 7, "label": "x" * 60}
    refused = works.ask(f"tally?operation={id}&v=latest")
    assert (refused.status_code, "v=2024-06-01T00:00:00Z" in refused.json()["text"]) == (409, True)


def test_a_result_that_is_too_large_is_no_result(works: Works) -> None:
    """Nothing of it is kept; its owner learns what to do, in every dialect, and whoever reads the log which setting says so."""
    works.run_worker(DRAGOMAN_OPERATIONS__RESULT_MAX_BYTES="500000")
    id = works.begin("lines?count=20000")
    ended = works.await_end("lines", id)
    assert (ended.status_code, ended.json()["text"]) == (413, (
        "the result is larger than 500000 bytes. Ask for less at once. The publisher can allow more: operations.result_max_bytes."))
    assert works.await_end("lines", works.begin("lines?count=100")).status_code == 200
    with sqlite3.connect(works.server.folder / "data" / "operations.db") as base:
        parts = base.execute("SELECT count(*) FROM dragoman_parts WHERE operation = ?", (id,)).fetchone()
    base.close()
    assert parts == (0,)
    log = (works.server.folder / "workers.txt").read_text()
    assert f"operation {id}, works:works/lines: the result is larger than 500000 bytes" in log
    for name, form in (("lesta", '"RESULT_TOO_LARGE: Ask for less at once.'), ("dast", "ResultTooLargeException"), ("webmaster", "400 ")):
        spoken = speak(works, name, "alice")
        told = spoken.error(spoken.ended("lines", spoken.id_of(spoken.ask("lines", count=20_000))))
        assert form in told
        assert "Ask for less at once. The publisher can allow more: operations.result_max_bytes." in told


def test_operations_and_their_results_are_in_a_backup(works: Works, tmp_path: Path) -> None:
    """Made beside a running server and worker; what was done is there elsewhere, and nothing is restored under a worker."""
    worker = works.run_worker()
    id = works.begin("lines?count=20000")
    works.await_end("lines", id)
    waiting = works.begin("wait?how=awake&seconds=600")
    kept = works.server.run("backup", str(tmp_path / "kept.tar"), "--json")
    assert "operations.db" in json.loads(kept.stdout)["files"]
    works.server.stop()
    refused = works.server.run("restore", str(tmp_path / "kept.tar"), "--force")
    assert refused.returncode == 1, "a worker is at it"
    worker.terminate()
    worker.wait(STOP_TIMEOUT_S)
    assert run_dragoman("restore", str(tmp_path / "kept.tar"), "--data-dir", "other", cwd=tmp_path).returncode == 0
    server = start(tmp_path, "catalog.py", "--data-dir", "other", **works.environment)
    try:
        headers = works.headers("alice")
        answer = await_until(lambda: server.get(f"/v2/works/lines?operation={id}", headers=headers),
                             lambda answer: answer.status_code == 200)
        assert len(answer.json()) == 20_000
        assert server.get(f"/v2/works/wait?operation={waiting}", headers=headers).json()["state"] in ("queued", "running")
    finally:
        end(*server.processes)


def test_several_workers_of_a_server_have_one_pool(tmp_path: Path) -> None:
    """Which is replaced when it is killed, and ends with the server; what it did is counted whoever is asked."""
    with working(tmp_path, "--workers", "2", DRAGOMAN_OPERATIONS__PROCESSES="1") as works:
        (supervisor,) = await_until(lambda: supervisors_of(works), lambda found: len(found) == 1)
        works.settle()
        assert works.await_end("stream", works.begin("stream?count=2")).json() == [0, 1]
        os.kill(supervisor, signal.SIGKILL)
        await_until(lambda: supervisors_of(works), lambda found: len(found) == 1 and found != [supervisor])
        assert works.await_end("stream", works.begin("stream?count=2")).json() == [0, 1]
        for _ in range(8):
            await_until(lambda: works.server.get("/metrics").text, lambda text: 'dragoman_operations_total{event="done"} 2.0' in text)
        last = supervisors_of(works)
        assert works.server.stop() == 0
        assert not any(map(command_of, last))


def supervisors_of(works: Works) -> list[int]:
    return [int(pid) for pid in children_of(works.server.process.pid) if b"worker\0" in command_of(int(pid))]


def test_a_catalog_without_operations_needs_no_worker(works: Works, tmp_path: Path) -> None:
    (tmp_path / "plain.csv").write_text("id\n1\n")
    done = run_dragoman("worker", "plain.csv", "--data-dir", "elsewhere", "--json", cwd=tmp_path)
    assert done.returncode == 1
    assert "nothing to do" in json.loads(done.stdout)["error"]
    assert run_dragoman("worker", "--data-dir", "nowhere", cwd=tmp_path).returncode == 1

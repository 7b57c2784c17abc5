"""What workers do, over real HTTP, with operations in a file and in PostgreSQL: arguments, results, ends of every kind."""

from __future__ import annotations

import base64
import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from .conftest import Works, await_until


def test_arguments_come_to_the_worker_as_they_were_read(works: Works) -> None:
    """Dates, decimals with their digits, UUIDs, records, files, free JSON; and who asked."""
    id = "12345678-1234-5678-1234-567812345678"
    sent = {"day": "2024-02-29", "price": 10.10, "uuid": id, "any": {"a": [1, None, "Ж"], "b": 0.5},
            "given": {"at": "2024-01-02T03:04:05Z", "price": 1.5},
            "file": {"name": "a.bin", "content": base64.b64encode(b"\0\1\2").decode()}}
    answer = works.await_end("echo", works.begin("echo", verb="POST", json=sent))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert {name: told[name] for name in ("day", "id", "given", "size", "any", "subject", "permissions")} == {
        "day": "2024-02-29", "id": id, "given": {"at": "2024-01-02T03:04:05Z", "price": 1.5}, "size": 3,
        "any": sent["any"], "subject": "s-alice", "permissions": ["account"]}
    assert told["key"]
    form = works.await_end("echo", works.begin("echo", verb="POST", data={"day": "2024-02-29", "price": "10.10", "uuid": id}))
    assert '"price":10.10' in form.text


@pytest.mark.parametrize(("path", "found"), [
    ("squares?number=4", [0, 1, 4, 9]), ("squares?number=50", []), ("stream?count=3", [0, 1, 2]), ("stream?count=0", []),
    ("nap?seconds=0.01", "rested"),
])
def test_every_kind_of_function_is_done(works: Works, path: str, found: Any) -> None:
    """Plain and async ones, iterators and async generators."""
    name = path.partition("?")[0]
    answer = works.await_end(name, works.begin(path, verb="POST" if name == "squares" else "GET"))
    assert (answer.status_code, answer.json()) == (200, found)


def test_a_result_is_in_the_language_of_whoever_asks_and_without_what_they_may_not_see(works: Works) -> None:
    id = works.begin("lines?count=2")
    assert works.await_end("lines", id).json() == [{"number": 0, "text": "line 0"}, {"number": 1, "text": "line 1"}]
    assert works.ask(f"lines?operation={id}&lang=de").json()[1] == {"number": 1, "text": "Zeile 1"}


def test_a_long_list_is_streamed(works: Works) -> None:
    """In several parts, as one document; by HEAD too."""
    id = works.begin("lines?count=20000")
    answer = works.await_end("lines", id)
    assert "content-length" not in answer.headers
    assert [each["number"] for each in answer.json()] == list(range(20_000))
    assert works.ask(f"lines?operation={id}", verb="HEAD").status_code == 200


def test_a_result_of_any_length_needs_little_memory(works: Works) -> None:
    """In whoever works and whoever answers: more than 10 MB of records, within 8 MiB."""
    pids = [works.server.process.pid, *workers_of(works)]
    works.await_end("lines", works.begin("lines?count=20000"))
    before = {pid: peak_kib(pid) for pid in pids}
    id = works.begin("lines?count=300000")
    await_until(lambda: works.ask(f"lines?operation={id}", verb="HEAD").status_code, lambda status: status == 200)
    size = 0
    with httpx.stream("GET", f"{works.server.url}/v2/works/lines?operation={id}", headers=works.headers("alice"), timeout=30) as answer:
        for chunk in answer.iter_raw():
            size += len(chunk)
    assert size > 10_000_000
    assert max(peak_kib(pid) - before[pid] for pid in pids) < 8_192


def peak_kib(pid: int) -> int:
    """The most memory that a process has had."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def workers_of(works: Works) -> list[int]:
    """The supervisor that a server brings, and its workers."""
    found = [int(each) for each in children_of(works.server.process.pid) if b"worker" in command_of(int(each))]
    return found + [int(each) for supervisor in found for each in children_of(supervisor)]


@pytest.mark.parametrize("count", [3, 9_000])
def test_it_is_begun_and_answered_in_the_version_that_is_asked_for(works: Works, count: int) -> None:
    """Begun by an old name of a parameter, and answered in the old form and in today's, in one part and in several."""
    id = works.begin(f"tally?limit={count}")
    old = works.await_end("tally", id).json()
    assert [each["number"] for each in old] == list(range(count))
    assert list(old[0]) == ["number", "label"]
    now = works.ask(f"tally?operation={id}&v=latest").json()
    assert [each["count"] for each in now] == list(range(count))
    assert works.await_end("tally", works.begin("tally?upto=2&v=latest"), headers={"X-Schema-Version": "latest"}).json()[1]["count"] == 1


@pytest.mark.parametrize(("how", "shown"), [
    ("raise", "ValueError"), ("unheard", "Unheard"), ("exit", "SystemExit"), ("item", "item 3 of the result"),
    ("surrogate", "item 3 of the result"),
])
def test_what_goes_wrong_is_for_the_log_and_its_id_for_the_owner(works: Works, how: str, shown: str) -> None:
    """Once: a failure by an exception is final."""
    answer = works.await_end("wrong", works.begin(f"wrong?how={how}"))
    assert answer.status_code == 500
    text = answer.json()["text"]
    assert text.startswith("internal error. Report the request id ")
    (line,) = [line for line in works.server.logged if line["event"] == "crashed" and line["request_id"] in text]
    assert shown in line["traceback"] + line["error"]
    assert line["stage"] == "operation"


def test_what_was_declared_is_told(works: Works) -> None:
    answer = works.await_end("squares", works.begin("squares?number=7", verb="POST"))
    assert (answer.status_code, answer.json()) == (409, {"text": "number: It is odd `7`."})


def test_nothing_found_is_not_found(works: Works) -> None:
    assert works.await_end("none", works.begin("none?how=x")).status_code == 404


@pytest.mark.parametrize("how", ["asleep", "awake"])
def test_what_takes_too_long_is_ended(works: Works, how: str) -> None:
    """Also what does not hear: its process is replaced, and the others go on."""
    answer = works.await_end("late", works.begin(f"late?how={how}"))
    assert (answer.status_code, answer.json()) == (504, {"text": "the operation took too long."})
    assert works.await_end("squares", works.begin("squares?number=2", verb="POST")).status_code == 200


@pytest.mark.parametrize(("name", "how", "mark"), [
    ("wait", "how=watched", "ended-watched"), ("wait", "how=awake", "ended-awake"), ("nap", "seconds=60", "ended-nap"),
    ("stream", "count=100000&pause=0.01", None),
])
def test_what_runs_can_be_cancelled(works: Works, name: str, how: str, mark: str | None) -> None:
    """At its next progress, item, or line of Python; in an async one where it waits. Its owner is told at once."""
    id = works.begin(f"{name}?{how}")
    works.await_state(name, id, "running")
    answer = works.ask(f"{name}?operation={id}", verb="DELETE")
    assert (answer.status_code, answer.json()["state"]) == (202, "running")
    assert works.ask(f"{name}?operation={id}", "bob", "DELETE").status_code == 404
    last = works.await_end(name, id)
    assert last.status_code == 410
    assert "cancelled" in last.json()["text"]
    if mark is not None:
        await_until((works.server.folder / mark).exists, bool)


def test_progress_is_told(works: Works) -> None:
    id = works.begin("wait?how=watched&seconds=30")
    told = await_until(lambda: works.ask(f"wait?operation={id}"), lambda answer: answer.json()["done"] > 3)
    assert told.headers["x-progress"] == f"{told.json()['done']}/*"
    assert told.headers["retry-after"] == "1"
    assert told.headers["location"] == f"/v2/works/wait?operation={id}"
    works.ask(f"wait?operation={id}", verb="DELETE")


def test_what_kills_its_worker_is_not_tried_for_ever(works: Works) -> None:
    """It says so; the next one is done by another process."""
    answer = works.await_end("crash", works.begin("crash?how=x"))
    assert answer.status_code == 500
    assert "cut off 3 times" in answer.json()["text"]
    assert works.await_end("squares", works.begin("squares?number=2", verb="POST")).status_code == 200


def test_a_database_that_hangs_up_delays_work_and_ends_none(works: Works) -> None:
    """Every connection to it is cut in the middle, several times."""
    url = works.environment.get("DRAGOMAN_DATABASE_URL")
    if url is None:
        return                                  # a file cannot hang up
    id = works.begin("wait?how=watched&seconds=2")
    works.await_state("wait", id, "running")
    with psycopg.connect(url, autocommit=True) as connection:
        for _ in range(3):
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                               "WHERE datname = current_database() AND pid <> pg_backend_pid()")
            time.sleep(0.3)
    answer = await_until(lambda: works.ask(f"wait?operation={id}"), lambda answer: answer.status_code in (200, 410, 409))
    assert answer.json() == "watched"
    begun = [line for line in works.server.logged if line["event"] == "operation-begun" and line["operation"] == id]
    assert len(begun) == 1


def test_a_key_is_one_operation_for_ever(works: Works) -> None:
    """Also when it has ended; with other arguments it is a conflict."""
    key = {"Idempotency-Key": "monthly"}
    id = works.begin("stream?count=2", headers=key)
    works.await_end("stream", id)
    assert works.begin("stream?count=2", headers=key) == id
    assert works.ask("stream?count=3", headers=key).status_code == 409
    assert works.begin("stream?count=2", "bob", headers=key) != id


def test_a_rule_and_permissions_hold(works: Works) -> None:
    assert works.ask("ruled?number=100", verb="POST").status_code == 403
    id = works.begin("ruled?number=99", verb="POST")
    assert works.await_end("ruled", id).json() == 99
    assert works.server.get(f"/v2/works/ruled?operation={id}").status_code == 403
    assert works.server.get("/v2/works/lines?count=1").status_code == 403, "somebody whose it is"


def test_metrics_and_the_log_tell_of_operations(works: Works) -> None:
    id = works.begin("stream?count=2")
    works.await_end("stream", id)
    events = [line["event"] for line in works.server.logged if line.get("operation") == id]
    assert events == ["operation-accepted", "operation-begun", "operation-ended"]
    metrics = await_until(lambda: works.server.get("/metrics").text, lambda text: 'operations_total{event="done"}' in text)
    assert 'dragoman_operations_total{event="accepted"}' in metrics


def test_the_workers_of_a_server_are_replaced_and_end_with_it(works: Works) -> None:
    """Killed ones, and their supervisor; all of them when the server is killed."""
    def workers() -> list[int]:
        return workers_of(works)

    before = await_until(workers, lambda found: len(found) == 3)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    await_until(workers, lambda found: len(found) == 3 and not set(found) & set(before))
    assert works.await_end("squares", works.begin("squares?number=2", verb="POST")).status_code == 200
    last = workers()
    works.server.process.kill()
    await_until(lambda: [pid for pid in last if command_of(pid)], lambda left: not left)


def children_of(pid: int) -> list[str]:
    """Whichever thread started them."""
    found: list[str] = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += file.read_text().split()
    return found


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""

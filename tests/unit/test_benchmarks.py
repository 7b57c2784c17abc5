"""The benchmarks' own arithmetic and care: a figure is only a figure where every answer was right."""

import itertools
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from bench import cases, data, limits, load, micro, processes, report
from bench.servers import ROOT

COUNTED = load.Counted(answers=100, size_bytes=94_000, time_us=1_000_000, other_status=0, broken=0, median_us=900)
PARENT = """
import subprocess, sys, time
subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])
print('up', flush=True)
time.sleep(60)
"""
GOOD = load.Run(cpu_us=10.0, answers=1_000, per_second=1_000)


def test_records_are_the_same_in_every_process():
    """Two runs, perhaps on two machines, measure the same bytes."""
    told = subprocess.run(
        [sys.executable, "-c", "from bench import data; print(data.row(77))"], capture_output=True, text=True,
        check=True, timeout=60, cwd=ROOT,
    )
    assert told.stdout.strip() == str(data.row(77))


@pytest.mark.parametrize("size_bytes", [700, 1_000])
def test_records_have_about_the_size_that_was_asked_for(size_bytes):
    """Answers of one record are compared with files of that size."""
    sizes = [len(msgspec.json.encode(data.localized(data.row(number, size_bytes), "en"))) for number in range(300)]
    assert abs(statistics.mean(sizes) - size_bytes) < size_bytes * 0.05


def test_unknown_keys_are_unknown():
    """The key of an error case belongs to no record."""
    known = {data.key_of(number) for number in range(1_000)}
    assert len(known) == 1_000
    assert known.isdisjoint(data.unknown_key(number) for number in range(1_000))


def test_hot_asks_few_addresses_and_some_more_often():
    """The skewed case repeats twenty addresses, the first one most."""
    hot = next(case for case in cases.all_cases(400) if case.name == "hot")
    assert len(hot.questions) == 20
    assert hot.order.count(0) > 3 * hot.order.count(10) > 0


@pytest.mark.parametrize(("changed", "status", "told"), [
    ({}, 200, ""),
    ({"broken": 1}, 200, "1 broken connections"),
    ({"other_status": 3}, 200, "3 of 100 answers"),
    ({"other_status": 99}, 404, "99 of 100 answers"),
    ({"other_status": 100}, 404, ""),
    ({"size_bytes": 20_000}, 200, "200 bytes on average"),
])
def test_a_run_with_a_wrong_answer_is_told(changed, status, told):
    """Wrong classes of status, broken connections and answers of another size each make a run faulty."""
    fault = load._fault(msgspec.structs.replace(COUNTED, **changed), status, 940.0)
    assert fault.startswith(told) if not told else told in fault
    assert bool(fault) == bool(told)


def measured(ours, theirs):
    return report.Measured("single", 700.0, {"dragoman": 300.0, "nginx": 240.0}, {"dragoman": ours, "nginx": theirs})


def test_the_ratio_is_of_medians_the_reference_above():
    """Twice the reference's CPU is a ratio of a half; one slow round changes nothing."""
    ours = [msgspec.structs.replace(GOOD, cpu_us=cpu_us) for cpu_us in (20.0, 20.0, 90.0)]
    assert measured(ours, [GOOD] * 3).ratio == 0.5


def test_a_faulty_run_leaves_no_ratio():
    """The table and the document say what was wrong instead."""
    faulty = measured([GOOD, msgspec.structs.replace(GOOD, fault="7 broken connections or time-outs")], [GOOD] * 2)
    written = report.document([faulty], 2, 1, {"nginx": "1"})
    assert written["ratios"]["single"] is None
    assert written["faults"] == ["single, dragoman, round 2: 7 broken connections or time-outs"]
    assert "FAULTY" in report.table([faulty])


def test_the_document_keeps_its_form():
    """Every named ratio is there, null where it has no case yet."""
    written = report.document([measured([GOOD], [GOOD])], 1, 1, {})
    assert set(written["ratios"]) == {"single", "hot", "bulk200", "page50", "fields1", "fields200", "304", "error"}
    assert (written["ratios"]["single"], written["ratios"]["fields1"]) == (1.0, None)
    assert (written["peers"], written["rounds"]) == ({}, 1)


def test_a_process_and_its_children_end_with_the_measurement(tmp_path):
    """Whatever happens inside, nothing is left behind."""
    alive = []
    with pytest.raises(ZeroDivisionError):
        measure_and_fail(tmp_path / "log", alive)
    assert len(alive) == 2
    until = time.monotonic() + 5            # the kernel ends a killed orphan in its own time
    while any(map(_runs, alive)) and time.monotonic() < until:
        time.sleep(0.01)
    assert not any(map(_runs, alive))


def measure_and_fail(log, alive):
    with processes.running([sys.executable, "-c", PARENT], log) as process:
        while "up" not in log.read_text():
            assert process.poll() is None
        alive += processes.family(process.pid)
        raise ZeroDivisionError


def _runs(pid):
    """Alive; a dead child whose new parent has not looked yet counts as ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except FileNotFoundError:
        return False


def test_cpu_time_is_that_of_the_process(tmp_path):
    """A process that burns about 0.3 s is found to have used that much."""
    script = "import time\nwhile time.process_time() < 0.3: pass\nprint('up', flush=True)\ntime.sleep(60)"
    log = tmp_path / "log"
    with processes.running([sys.executable, "-c", script], log) as process:
        while "up" not in log.read_text():
            assert process.poll() is None
        assert 0.25 <= processes.cpu_s(process.pid) < 0.6


def test_a_server_that_ends_is_told_with_its_log(tmp_path):
    """Whoever runs the benchmark sees why there is nothing to measure."""
    log = tmp_path / "log"
    command = [sys.executable, "-c", "raise SystemExit('no such catalog')"]
    with (
        processes.running(command, log) as process,
        pytest.raises(processes.BenchmarkError, match="no such catalog"),
    ):
        processes.wait_for_port(processes.free_port(), process, log, timeout_s=10.0)


def test_a_free_port_is_free():
    """The port can be bound at once."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", processes.free_port()))


def test_the_read_path_is_measured_on_right_answers(tmp_path, monkeypatch):
    """Each case finds its records in a data plane that is put together as a server's, and answers what it has to."""
    monkeypatch.setattr(data, "RECORDS", 400)
    answerer = micro.plane(tmp_path)
    for case in cases.all_cases(400):
        answers = [answerer.answer(request) for request in itertools.islice(micro.requests_of(case, answerer), 20)]
        assert {answer.status for answer in answers} == {case.status}
        if case.status == 200:
            asked = [case.questions[at].value for at in itertools.islice(itertools.cycle(case.order), 20)]
            assert [msgspec.json.decode(answer.body) for answer in answers] == asked


def test_calls_under_a_limit_are_all_counted_and_no_more_than_the_most_get_through(tmp_path):
    """A second and a half of load on a server with a limit, as the benchmark of limits puts it on."""
    with limits.arranged(tmp_path / "one", 20, 1, 1) as (servers, store):
        began = time.monotonic()
        statuses = limits.load(servers, 60, 1.5)
        taken_s = time.monotonic() - began
    assert store is None
    assert len(statuses) == 90
    assert set(statuses) == {200, 429}
    assert 45 <= statuses.count(200) <= 20 + 20 * taken_s + 1


def test_a_server_that_does_not_answer_stops_the_measuring_of_limits():
    """What was not answered is no figure."""
    away = limits.Server("away", processes.free_port(), 0, "")
    with pytest.raises(processes.BenchmarkError, match="not answered"):
        limits.load([away], 60, 0.5)

"""The load: wrk on the other core over kept connections, and what it counted."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import msgspec

from .processes import BenchmarkError, cores, cpu_s, pinned
from .servers import Server

CONNECTIONS = 64
_SCRIPT = Path(__file__).with_name("load.lua")
_SIZE_TOLERANCE = 0.02
"""By how much the mean answer may differ from the one that was checked: the last answers are cut off."""


class Counted(msgspec.Struct, frozen=True):
    """What wrk counted in one run: `other_status` neither 2xx nor 3xx, `broken` connections and time-outs."""

    answers: int
    size_bytes: int
    time_us: int
    other_status: int
    broken: int
    median_us: int


class Run(msgspec.Struct, frozen=True):
    """One run against one server; `fault` is empty where every answer was the right one."""

    cpu_us: float
    answers: int
    per_second: int
    fault: str = ""


def measure(
    server: Server, addresses: Path, seconds: int, status: int, answer_bytes: float, connections: int = CONNECTIONS,
) -> Run:
    """Ask for the addresses of a file in turn for some seconds; CPU microseconds per answer of all its processes.

    A line of the file is a target, a tab, and an entity tag where the client holds one. `status` and `answer_bytes`
    (head and body, the mean) are what every answer has to be.
    """
    before = cpu_s(server.pid)
    counted = _wrk(server, addresses, seconds, connections)
    used_s = cpu_s(server.pid) - before
    if not counted.answers:
        return Run(0.0, 0, 0, "no answers")
    return Run(
        cpu_us=round(used_s * 1e6 / counted.answers, 3), answers=counted.answers,
        per_second=round(counted.answers * 1e6 / counted.time_us), fault=_fault(counted, status, answer_bytes),
    )


def _wrk(server: Server, addresses: Path, seconds: int, connections: int) -> Counted:
    summary = addresses.with_suffix(".summary")
    summary.unlink(missing_ok=True)
    command: list[str | Path] = [
        "wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s",
        "--timeout", "10s", "--script", _SCRIPT, f"http://127.0.0.1:{server.port}/",
    ]
    told = subprocess.run(
        pinned(cores()[1], command), capture_output=True, text=True, timeout=seconds + 60, check=False,
        env={**os.environ, "BENCH_ADDRESSES": str(addresses), "BENCH_SUMMARY": str(summary),
             "BENCH_HOST": f"127.0.0.1:{server.port}"},
    )
    if told.returncode or not summary.exists():
        raise BenchmarkError(f"wrk failed against {server.name}: {told.stdout}{told.stderr}")
    return msgspec.json.decode(summary.read_bytes(), type=Counted)


def _fault(counted: Counted, status: int, answer_bytes: float) -> str:
    """Why a run is no figure: a status tells its class by wrk's count, and a 200 from a 304 by its size."""
    expected = 0 if status < 400 else counted.answers
    if counted.broken:
        return f"{counted.broken} broken connections or time-outs"
    if counted.other_status != expected:
        return f"{counted.other_status} of {counted.answers} answers were neither 2xx nor 3xx, expected {expected}"
    mean = counted.size_bytes / counted.answers
    if abs(mean - answer_bytes) > _SIZE_TOLERANCE * answer_bytes + 1:
        return f"answers have {mean:.0f} bytes on average, expected {answer_bytes:.0f}"
    return ""

"""Servers as processes: started on a core, asked for their CPU time, and stopped, whatever happens between."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_STOP_TIMEOUT_S = 10.0


class BenchmarkError(Exception):
    """Why nothing could be measured, with the remedy."""


def end_on_sigterm() -> None:
    """Leave through the context managers, which stop what was started and remove what was written."""
    signal.signal(signal.SIGTERM, _leave)


def _leave(_number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + signal.SIGTERM)


def cores() -> tuple[int, int]:
    """The core of the servers and the core of the load; the same one where the machine has only one."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def pinned(core: int, command: Sequence[str | Path]) -> list[str]:
    """The command, bound to one core together with whatever it starts."""
    return ["taskset", "--cpu-list", str(core), *map(str, command)]


@contextmanager
def running(
    command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own, ended with its children on the way out; its output goes to a file."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            env={**os.environ, **(environment or {})},
        )
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask once, then insist; the group is our own, named by its leader's id."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    try:
        os.killpg(process.pid, signal.SIGKILL)      # children that outlived it, if any
    except ProcessLookupError:
        return


def wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path, timeout_s: float = 30.0) -> None:
    """Return once somebody listens; raise `BenchmarkError` with the end of the log where that never happens."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise BenchmarkError(f"{process.args!r} does not listen on port {port}:\n{tail(log)}")


def tail(log: Path, size_max: int = 2_000) -> str:
    """The end of a log file."""
    return log.read_text(errors="replace")[-size_max:]


def family(pid: int) -> list[int]:
    """A process and everything below it that is alive."""
    below = [pid]
    for known in below:
        try:
            children = Path(f"/proc/{known}/task").glob("*/children")
            below += [int(child) for file in children for child in file.read_text().split()]
        except OSError:
            continue
    return below


def cpu_s(pid: int) -> float:
    """User and system seconds that a process, its threads and its living children have used."""
    return sum(map(_ticks, family(pid))) / TICKS_PER_SECOND


def _ticks(pid: int) -> int:
    """Fields 14 and 15 of proc(5)'s stat, counted after the name, which may hold spaces."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])

"""`python -m bench.publish`: seconds and memory of publishing a large catalog, and of opening what came of it."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import msgspec

from . import data
from .processes import BenchmarkError, end_on_sigterm, family, running, tail
from .servers import ROOT, cli, environment

RECORDS, RECORD_BYTES = 1_000_000, 1_000
_SAMPLE = 20_000
_SAMPLE_INTERVAL_S = 0.1
_DISK_PER_BYTE = 2.5        # five languages lie once; indexes, temporary files and what is compressed come on top


def main() -> int:
    """Measure and print; 2 where nothing could be measured."""
    options = _options()
    end_on_sigterm()
    try:
        with tempfile.TemporaryDirectory(prefix="dragoman-bench-", dir=options.folder) as folder:
            result = measure(Path(folder), options.records, options.bytes)
    except BenchmarkError as error:
        print(f"Nothing was measured: {error}", file=sys.stderr)
        return 2
    if options.output:
        options.output.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")
    print(_told(result))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.publish", description=__doc__)
    parser.add_argument("--records", type=int, default=RECORDS, help=f"how many ({RECORDS})")
    parser.add_argument("--bytes", type=int, default=RECORD_BYTES, help=f"bytes of one ({RECORD_BYTES})")
    parser.add_argument("--folder", type=Path, help="where the temporary data lie (the system's place)")
    parser.add_argument("--output", type=Path, help="a file for the result as JSON")
    return parser.parse_args()


def measure(folder: Path, records: int, size_bytes: int) -> dict[str, Any]:
    """Publish in one process, open in another; both are given nothing but the command line."""
    needed = int(records * size_bytes * len(data.LANGUAGES) * _DISK_PER_BYTE)
    if shutil.disk_usage(folder).free < needed:
        raise BenchmarkError(f"{folder} has less than {needed / 1e9:.0f} GB free: choose another with --folder.")
    variables = environment(BENCH_RECORDS=str(records), BENCH_RECORD_BYTES=str(size_bytes))
    published = _publish(folder, variables)
    return {
        "records": records, "languages": len(data.LANGUAGES),
        "record_bytes": len(msgspec.json.encode(data.localized(data.row(0, size_bytes), "en"))),
        "source_s": round(_source_s(records, size_bytes), 1), **published,
        "edition_bytes": sum(file.stat().st_size for file in (folder / "data").rglob("*") if file.is_file()),
        "opening": _open(folder, variables),
    }


def _publish(folder: Path, variables: dict[str, str]) -> dict[str, Any]:
    log = folder / "publish.log"
    command = cli("publish", ROOT / "bench" / "catalog.py", "--data-dir", folder / "data", "--json")
    started = time.perf_counter()
    with running(command, log, variables) as process:
        watched = Watch(process.pid)
        watched.start()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)      # it was waited for here, not by Popen
        watched.stop()
    if process.returncode:
        raise BenchmarkError(f"publishing failed:\n{tail(log)}")
    return {
        "seconds": round(time.perf_counter() - started, 1), "cpu_s": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_mb": round(usage.ru_maxrss / 1024, 1), "peak_private_mb": round(watched.private_mb, 1),
        "processes": watched.processes,
    }


class Watch(threading.Thread):
    """Samples a process and its children: the most private (anonymous) memory of all together, and how many there are.

    `ru_maxrss` counts the largest process alone, with pages of mapped files that the kernel may drop at any time.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._stopped = pid, threading.Event()
        self.private_mb, self.processes = 0.0, 1

    def run(self) -> None:
        """Look until told to stop."""
        while not self._stopped.wait(_SAMPLE_INTERVAL_S):
            alive = family(self._pid)
            self.processes = max(self.processes, len(alive))
            self.private_mb = max(self.private_mb, sum(map(_private_mb, alive)))

    def stop(self) -> None:
        """End the watch."""
        self._stopped.set()
        self.join()


def _private_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon:")) / 1024


def _source_s(records: int, size_bytes: int) -> float:
    """What making the records takes by itself, told from a sample."""
    started = time.perf_counter()
    for number in range(_SAMPLE):
        data.row(number, size_bytes)
    return (time.perf_counter() - started) * records / _SAMPLE


def _open(folder: Path, variables: dict[str, str]) -> dict[str, Any]:
    told = subprocess.run(
        [sys.executable, "-m", "bench.opening", folder / "data"], capture_output=True, text=True, timeout=300,
        check=False, env={**os.environ, **variables}, cwd=ROOT,
    )
    if told.returncode:
        raise BenchmarkError(f"the edition does not open: {told.stderr[-2_000:]}")
    facts: dict[str, Any] = msgspec.json.decode(told.stdout)
    return facts


def _told(result: dict[str, Any]) -> str:
    opening, speed = result["opening"], result["records"] / result["seconds"]
    lines = (
        ("records", f"{result['records']:,} of {result['record_bytes']} bytes in {result['languages']} languages"),
        ("published in", f"{result['seconds']} s, {speed:,.0f} records a second"),
        ("CPU", f"{result['cpu_s']} s, of which the made-up source takes about {result['source_s']} s"),
        ("peak memory", f"{result['peak_mb']} MB resident in the largest process"),
        ("private memory", f"{result['peak_private_mb']} MB in all processes together ({result['processes']})"),
        ("edition on disk", f"{result['edition_bytes'] / 1e9:.2f} GB"),
        ("opened elsewhere", f"{opening['open_ms']} ms, first read in {opening['first_read_ms']} ms"),
        ("memory for it", f"{opening['grown_mb']} MB more resident"),
    )
    return "\n".join(f"{name:<18}{told}" for name, told in lines)


if __name__ == "__main__":
    sys.exit(main())

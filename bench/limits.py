"""`python -m bench.limits`: how many calls limits let through under three times as many, and what meters and counts cost."""

from __future__ import annotations

import argparse
import http.client
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from dragoman.contracts import Meter
from dragoman.limits.leased import LeasedMeter
from dragoman.limits.memory import MemoryMeter
from dragoman.limits.shared import SharedMeter
from dragoman.observations import Answered, ignore
from dragoman.query import Rate
from dragoman.statistics.counting import Counter

from .cases import all_cases
from .processes import BenchmarkError, end_on_sigterm, free_port, running, wait_for_port
from .servers import ROOT, Server, cli, environment, wait_until_ready

RATE, SECONDS, ROUNDS = 50, 10.0, 7
_RECORDS, _CONNECTIONS, _TIMES = 200, 12, 3
_CALLS = 20_000
_AWAY = (0.3, 0.6)
"""The part of a run in which the store is gone."""


def main() -> int:
    """Print both tables; 2 where nothing could be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.limits", description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"seconds of load in each run ({SECONDS:.0f})")
    parser.add_argument("--rate", type=int, default=RATE, help=f"the limit in calls a second ({RATE})")
    options = parser.parse_args()
    end_on_sigterm()
    try:
        with tempfile.TemporaryDirectory(prefix="dragoman-bench-") as folder:
            costs(Path(folder))
            admissions(Path(folder), options.rate, options.seconds)
    except BenchmarkError as error:
        print(f"Nothing was measured: {error}", file=sys.stderr)
        return 2
    return 0


# ---------------------------------------------------------------------------------------------- calls let through


def admissions(folder: Path, rate: int, seconds: float) -> None:
    """Each arrangement of servers under three times the limit."""
    most = rate + rate * seconds
    print(f"\n{rate}/s, {_TIMES * rate} calls a second for {seconds:g} s: a burst and the rate are {most:.0f}")
    print(f"{'':<34}{'asked':>7}{'let through':>13}{'of the most':>13}")
    for name, workers, nodes, away in (
        ("one process", 1, 1, False), ("four workers", 4, 1, False), ("two servers, one store", 1, 2, False),
        ("two servers, store killed and back", 1, 2, True),
    ):
        with arranged(folder / name.replace(" ", "-"), rate, workers, nodes) as (servers, store):
            outage = (store, [seconds * part for part in _AWAY]) if away and store else None
            statuses = load(servers, rate * _TIMES, seconds, outage)
        let = statuses.count(200)
        if set(statuses) - {200, 429}:
            raise BenchmarkError(f"{name}: unexpected answers, {sorted(set(statuses))}")
        print(f"{name:<34}{len(statuses):>7}{let:>13}{let / most:>13.1%}")


class Store:
    """A Redis of our own, which can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.port, self._folder = free_port(), folder
        self._stack = ExitStack()

    def start(self) -> None:
        """Return once it listens."""
        program = shutil.which("redis-server") or shutil.which("valkey-server")
        if program is None:
            raise BenchmarkError("redis-server not found. On Debian and Ubuntu: apt-get install redis-server.")
        command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder)]
        log = self._folder / "store.log"
        self._process = self._stack.enter_context(running(command, log))
        wait_for_port(self.port, self._process, log)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._process.kill()
        self._stack.close()


@contextmanager
def arranged(folder: Path, rate: int, workers: int, nodes: int) -> Iterator[tuple[list[Server], Store | None]]:
    """Servers that limit an address alike, with a store between them where they are several."""
    folder.mkdir()
    with ExitStack() as stack:
        store = Store(folder) if nodes > 1 else None
        if store is not None:
            store.start()
            stack.callback(store.kill)
        url = f"redis://127.0.0.1:{store.port}/0" if store else ""
        servers = [stack.enter_context(_server(folder, number, workers, DRAGOMAN_VALKEY_URL=url,
                                               DRAGOMAN_LIMITS__ADDRESS=f"{rate}/s")) for number in range(nodes)]
        time.sleep(2.0)                             # nodes hear of each other once a second; what was asked so far is forgotten
        yield servers, store


@contextmanager
def _server(folder: Path, number: int, workers: int, **variables: str) -> Iterator[Server]:
    port, log = free_port(), folder / f"node-{number}.log"
    command = cli("serve", ROOT / "bench" / "catalog.py", "--port", str(port), "--data-dir", folder / f"data-{number}",
                  "--workers", str(workers))
    variables |= {"BENCH_RECORDS": str(_RECORDS), "DRAGOMAN_SECRET_KEY": "for measuring alone, never elsewhere"}
    with running(command, log, environment(**variables)) as process:
        wait_for_port(port, process, log)
        server = Server(f"node-{number}", port, process.pid, "")
        wait_until_ready(server, process, log)
        yield server


def load(
    servers: Sequence[Server], per_second: int, seconds: float, outage: tuple[Store, Sequence[float]] | None = None,
) -> list[int]:
    """The statuses of calls at an even pace, by connections that take turns among the servers."""
    single = next(case for case in all_cases(_RECORDS) if case.name == "single")
    target, statuses, faults = single.questions[0].target, list[int](), list[Exception]()
    begin = time.monotonic() + 0.2

    def ask(number: int) -> None:
        connection = servers[number % len(servers)].connect()
        try:
            for turn in range(number, int(per_second * seconds), _CONNECTIONS):
                time.sleep(max(0.0, begin + turn / per_second - time.monotonic()))
                connection.request("GET", target)
                answer = connection.getresponse()
                answer.read()
                statuses.append(answer.status)
        except (OSError, http.client.HTTPException) as error:
            faults.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(_CONNECTIONS)]
    for thread in threads:
        thread.start()
    if outage is not None:
        _interrupt(begin, *outage)
    for thread in threads:
        thread.join()
    if faults:
        raise BenchmarkError(f"calls were not answered: {faults[0]!r}")
    return statuses


def _interrupt(begin: float, store: Store, moments_s: Sequence[float]) -> None:
    for moment_s, act in zip(moments_s, (store.kill, store.start), strict=True):
        time.sleep(max(0.0, begin + moment_s - time.monotonic()))
        act()


# ------------------------------------------------------------------------------------------------------ what it costs


def costs(folder: Path) -> None:
    """CPU microseconds of a call of this thread: the least and the median of some rounds."""
    rate = Rate(1e9, 10**9)
    print(f"{'':<34}{'least':>8}{'median':>8}   CPU us a call")
    _print_cost("MemoryMeter.charge", _charges(MemoryMeter(), rate))
    shared = SharedMeter(folder / "limits")
    _print_cost("SharedMeter.charge", _charges(shared, rate))
    shared.close()
    store = Store(folder)
    store.start()
    try:
        leased = LeasedMeter(f"redis://127.0.0.1:{store.port}/0", MemoryMeter(), ignore)
        _print_cost("LeasedMeter.charge, of a lease", _charges(leased, rate))
        _print_cost("LeasedMeter.charge, each leased", _charges(leased, Rate(1.0, 10**9)), _CALLS // 10)
        leased.stop()
    finally:
        store.kill()
    counter = Counter(200)
    _print_cost("statistics, one answer", lambda: counter(_ANSWERED))


def _charges(meter: Meter, rate: Rate) -> Callable[[], object]:
    subject = f"address:192.0.2.7 at {rate.per_second}"

    def charge() -> None:
        if not meter.charge(subject, rate).allowed:
            raise BenchmarkError(f"{type(meter).__name__} refused a call that it had to allow.")

    return charge


_ANSWERED = Answered(
    verb="GET", path="/v2/data/vessels/7", status=200, size_bytes=700, time_us=150, request_id="0123456789abcdef", peer="192.0.2.7",
    dialect="gw2", target="data/vessels", version="", outcome="ok", application=None, key=None,
)


def _print_cost(name: str, call: Callable[[], object], calls: int = _CALLS) -> None:
    rounds = [_round_us(call, calls) for _ in range(ROUNDS)]
    print(f"{name:<34}{min(rounds):>8.2f}{statistics.median(rounds):>8.2f}")


def _round_us(call: Callable[[], object], calls: int) -> float:
    begun = time.thread_time()
    for _ in range(calls):
        call()
    return (time.thread_time() - begun) * 1e6 / calls


if __name__ == "__main__":
    sys.exit(main())

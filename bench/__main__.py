"""`python -m bench`: the server's CPU per answer, Dragoman against nginx with files of the same bytes."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from . import report
from .cases import Case, Prepared, all_cases, prepare, write_files
from .load import measure
from .processes import BenchmarkError, end_on_sigterm
from .report import Measured
from .servers import Server, dragoman, nginx, require

RESULTS = Path(__file__).with_name("results.json")
ROUNDS, SECONDS, RECORDS = 4, 4, 10_000
_QUICK_ROUNDS, _QUICK_SECONDS, _QUICK_RECORDS = 2, 1, 2_000
_WARM_UP_S = 1


def main() -> int:
    """Measure, print the table, write the results; 1 where a run was faulty, 2 where nothing could be measured."""
    options = _options()
    end_on_sigterm()
    try:
        require("nginx", "wrk", "taskset")
        with tempfile.TemporaryDirectory(prefix="dragoman-bench-") as folder:
            result, measured = run(Path(folder), options.rounds, options.seconds, options.records, options.case)
    except BenchmarkError as error:
        print(f"Nothing was measured: {error}", file=sys.stderr)
        return 2
    options.output.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")
    print(report.table(measured))
    return 1 if result["faults"] else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, help=f"rounds of both servers ({ROUNDS})")
    parser.add_argument("--seconds", type=int, help=f"seconds of load in each run ({SECONDS})")
    parser.add_argument("--records", type=int, help=f"how many records are published ({RECORDS})")
    parser.add_argument("--quick", action="store_true", help="half a minute, to see that everything works")
    parser.add_argument("--case", action="append", help="only this case; may be repeated")
    parser.add_argument("--output", type=Path, default=RESULTS, help="where the JSON goes")
    options = parser.parse_args()
    options.rounds = options.rounds or (_QUICK_ROUNDS if options.quick else ROUNDS)
    options.seconds = options.seconds or (_QUICK_SECONDS if options.quick else SECONDS)
    options.records = options.records or (_QUICK_RECORDS if options.quick else RECORDS)
    if min(options.rounds, options.seconds) < 1 or options.records < 200:
        parser.error("rounds and seconds are at least 1, records at least 200.")
    return options


def run(
    folder: Path, rounds: int, seconds: int, records: int, names: Sequence[str] | None,
) -> tuple[dict[str, object], list[Measured]]:
    """Start both servers, prove that they answer alike, and measure them in turn."""
    folder.chmod(0o755)                         # nginx's worker may be another user
    files = folder / "files"
    files.mkdir()
    cases = [case for case in all_cases(records) if not names or case.name in names]
    with dragoman(folder, BENCH_RECORDS=str(records)) as ours, nginx(folder, files) as theirs:
        servers = (ours, theirs)
        prepared = {case.name: _prepare(case, servers, files, folder) for case in cases}
        measured = [report.new(case.name, prepared[case.name]) for case in cases]
        for server in servers:
            _warm_up(cases, server, prepared)
        for number in range(rounds):
            for case, into in zip(cases, measured, strict=True):
                _measure(case, into, servers, prepared[case.name], seconds)
            print(f"round {number + 1} of {rounds}", file=sys.stderr)
        versions = {server.name: server.version for server in servers}
    return report.document(measured, rounds, seconds, versions), measured


def _prepare(case: Case, servers: Sequence[Server], files: Path, folder: Path) -> dict[str, Prepared]:
    write_files(case, servers[0], files)
    return {server.name: prepare(case, server, files, folder) for server in servers}


def _warm_up(cases: Sequence[Case], server: Server, prepared: dict[str, dict[str, Prepared]]) -> None:
    case = cases[0]
    known = prepared[case.name][server.name]
    measure(server, known.addresses, _WARM_UP_S, case.status, known.answer_bytes)


def _measure(
    case: Case, into: Measured, servers: Sequence[Server], prepared: dict[str, Prepared], seconds: int,
) -> None:
    """Ours, then theirs, right after each other, so that both see the same moment of the machine."""
    for server in servers:
        known = prepared[server.name]
        into.runs[server.name].append(measure(server, known.addresses, seconds, case.status, known.answer_bytes))


if __name__ == "__main__":
    sys.exit(main())

"""`python -m bench.micro`: the read path without a network, `answer()` per case in microseconds, and where they go."""

from __future__ import annotations

import argparse
import cProfile
import itertools
import pstats
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from dragoman import assembly
from dragoman.catalog.catalog import Catalog
from dragoman.contracts import Answerer
from dragoman.exchange import Answer, Request
from dragoman.observations import ignore
from dragoman.progress import Bar
from dragoman.settings import Limits, Settings

from . import data
from .cases import Case, all_cases

RECORDS, REPEATS, REPEAT_S = 10_000, 5, 0.4
_BATCH = 200


def main() -> int:
    """Time every case; with `--profile` show the functions of one of them."""
    options = _options()
    data.RECORDS = options.records
    with tempfile.TemporaryDirectory(prefix="dragoman-bench-") as folder:
        answerer = plane(Path(folder))
        cases = {case.name: case for case in all_cases(options.records)}
        if options.profile:
            profile(answerer, requests_of(cases[options.profile], answerer))
            return 0
        for case in cases.values():
            requests = requests_of(case, answerer)
            print(f"{case.name:<9}{time_us(lambda: answerer.answer(next(requests))):>8.2f} us")  # noqa: B023  # called at once
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.micro", description=__doc__)
    parser.add_argument("--records", type=int, default=RECORDS, help=f"how many ({RECORDS})")
    parser.add_argument("--profile", metavar="CASE", help="profile one case instead, such as `single`")
    return parser.parse_args()


def plane(folder: Path) -> Answerer:
    """The data plane of the synthetic catalog, as a server puts it together."""
    from .catalog import catalog

    settings = Settings(data_dir=str(folder / "data"), limits=Limits(address=""))
    shops = assembly.open_sources([_loaded(catalog)], settings)
    with Bar(shown=False) as bar:
        assembly.publish(shops, settings, ignore, bar)
    register, _, _ = assembly.open_register(settings, ignore)
    return assembly.assemble(shops, settings, ignore, register).answerer


def _loaded(catalog: Catalog) -> Catalog:
    return catalog.load(Path(__file__).with_name("catalog.py"))


def requests_of(case: Case, answerer: Answerer) -> Iterator[Request]:
    """The requests of a case in turn, for ever; one for each address, proven once."""
    made = [_request(question.target) for question in case.questions]
    if case.conditional:
        made = [_request(question.target, _answer(answerer, request).etag or b"")
                for question, request in zip(case.questions, made, strict=True)]
    for request in made:
        status = _answer(answerer, request).status
        if status != case.status:
            raise SystemExit(f"{case.name}: {request.path!r} is answered with {status}, expected {case.status}")
    return itertools.cycle([made[at] for at in case.order])


def _answer(answerer: Answerer, request: Request) -> Answer:
    answer = answerer.answer(request)
    if not isinstance(answer, Answer):
        raise SystemExit(f"{request.path!r} is no answer at once but work")
    return answer


def _request(target: str, etag: bytes = b"") -> Request:
    path, _, query = target.encode().partition(b"?")
    headers = {b"host": b"127.0.0.1:8000"} | ({b"if-none-match": etag} if etag else {})
    return Request(verb="GET", path=path, query=query, headers=headers, peer="127.0.0.1", host="127.0.0.1:8000",
                   id="0123456789abcdef")


def time_us(call: Callable[[], Any], repeats: int = REPEATS, repeat_s: float = REPEAT_S) -> float:
    """The median CPU microseconds of a call, over some repeats."""
    return statistics.median(_time_once(call, repeat_s) for _ in range(repeats))


def _time_once(call: Callable[[], Any], repeat_s: float) -> float:
    calls, started = 0, time.thread_time()
    while (used_s := time.thread_time() - started) < repeat_s:
        for _ in range(_BATCH):
            call()
        calls += _BATCH
    return used_s * 1e6 / calls


def profile(answerer: Answerer, requests: Iterator[Request], calls: int = 50_000) -> None:
    """Print the functions that a case spends its time in, the dearest first. Profiling itself slows small ones most."""
    asked: Sequence[Request] = list(itertools.islice(requests, calls))
    profiler = cProfile.Profile()
    profiler.enable()
    for request in asked:
        answerer.answer(request)
    profiler.disable()
    pstats.Stats(profiler, stream=sys.stdout).strip_dirs().sort_stats("tottime").print_stats(30)


if __name__ == "__main__":
    sys.exit(main())

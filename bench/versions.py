"""`python -m bench.versions`: what an answer three changes back costs against the latest: compiled, kept, and rendered anew."""

from __future__ import annotations

import itertools
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dragoman import Added, Catalog, Renamed, Reshaped, Rows, assembly
from dragoman.contracts import Answerer
from dragoman.editions.publish import publish
from dragoman.exchange import Answer, Request
from dragoman.observations import ignore
from dragoman.progress import Bar
from dragoman.settings import Limits, Memory, Settings

from . import data
from .catalog import Vessel
from .micro import time_us

RECORDS = 10_000
KEYS = ",".join(str(data.key_of(number)) for number in range(0, 1_000, 5))


def declare() -> Catalog:
    """The vessels of the other benchmarks, with a history of three changes."""
    catalog = Catalog("bench", title="Benchmark", languages=data.LANGUAGES)
    catalog.resource("vessels", Rows(data.rows))(Vessel)
    catalog.change("2024-01-01", Vessel, "`crew` lists people instead of roles.", Reshaped(
        "crew", before={"crew": list[str]}, backward=lambda crew: {"crew": [member["role"] for member in crew]}))
    catalog.change("2023-01-01", Vessel, "`level` is called `tier`.", Renamed("tier", before="level"))
    catalog.change("2022-01-01", Vessel, "`hull.mass_kg` and `tags` are new.", Added("hull.mass_kg", "tags"))
    return catalog.load(Path(__file__))


def plane(folder: Path, memory: Memory, *, compiled: bool = False) -> Answerer:
    """The data plane of it, as a server puts it together, with the earliest version compiled or not."""
    settings = Settings(data_dir=str(folder), limits=Limits(address=""), memory=memory)
    shops = assembly.open_sources([declare()], settings)
    catalog, cluster, sources = shops[0]
    oldest = catalog.timeline.stages(catalog.resources["data/vessels"])[-1]
    with Bar(shown=False) as bar:
        publish(catalog, cluster, sources, folder, settings, ignore, bar, [("data/vessels", oldest)] if compiled else [])
    register, _, _ = assembly.open_register(settings, ignore)
    return assembly.assemble(shops, settings, ignore, register).answerer


def requests(path: str, queries: list[str], version: str) -> Iterator[Request]:
    """Requests in turn, for ever."""
    made = [Request(verb="GET", path=path.encode(), query=f"{query}{'&' if query else ''}v={version}".encode(), headers={b"host": b"a"},
                    peer="127.0.0.1", host="a", id="0123456789abcdef") for query in queries]
    return itertools.cycle(made)


CASES: dict[str, tuple[str, list[str]]] = {
    "single": ("/v2/vessels", [f"id={data.key_of(number)}" for number in range(200)]),
    "page50": ("/v2/vessels", [f"page={page}" for page in range(20)]),
    "bulk200": ("/v2/vessels", [f"ids={KEYS}"]),
}


def main() -> int:
    """Time every case in the latest and the earliest version."""
    data.RECORDS = RECORDS
    with tempfile.TemporaryDirectory(prefix="dragoman-bench-") as folder:
        nothing = Memory(rendered_max_bytes=0)
        cold, warm = plane(Path(folder) / "a", nothing), plane(Path(folder) / "b", Memory())
        compiled = plane(Path(folder) / "c", nothing, compiled=True)
        print(f"{'us':<10}{'latest':>12}{'compiled':>12}{'kept':>12}{'anew':>12}{'compiled/latest':>17}{'kept/latest':>13}")
        for name, (path, queries) in CASES.items():
            asked = ((warm, "latest"), (compiled, "earliest"), (warm, "earliest"), (cold, "earliest"))
            taken = [_time(answerer, path, queries, version) for answerer, version in asked]
            print(f"{name:<10}{''.join(f'{each:>12.1f}' for each in taken)}{taken[1] / taken[0]:>17.2f}{taken[2] / taken[0]:>13.2f}")
    return 0


def _time(answerer: Answerer, path: str, queries: list[str], version: str) -> float:
    asked = requests(path, queries, version)

    def call() -> Any:
        return answerer.answer(next(asked))
    for _ in range(3 * len(queries)):
        answer = call()
        if not isinstance(answer, Answer) or answer.outcome != "ok":
            raise SystemExit(f"{path}: {answer}")
    return time_us(call)


if __name__ == "__main__":
    sys.exit(main())

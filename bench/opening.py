"""`python -m bench.opening DATA_DIR`: how long a fresh process takes to open an edition and read from it, as JSON."""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from dragoman.editions.store import Editions
from dragoman.observations import ignore
from dragoman.settings import Memory

from .data import LANGUAGES


def opened(data_dir: Path) -> dict[str, Any]:
    """Open the edition and read the last record in every language; times in milliseconds, memory in MB."""
    before_mb, started = peak_mb(), time.perf_counter()
    editions = Editions(data_dir, [("bench", "default")], Memory(), ignore)
    editions.refresh()
    edition = editions.current("bench", "default")
    if edition is None:
        raise SystemExit(f"{data_dir} holds no edition of the catalog `bench`")
    open_s = time.perf_counter() - started
    shelf = edition.shelves["data/vessels"]
    started = time.perf_counter()
    found = shelf.find(shelf.key(shelf.count - 1))
    read_bytes = sum(len(shelf.records(language).one(found)) for language in LANGUAGES)
    return {
        "open_ms": round(open_s * 1e3, 2), "first_read_ms": round((time.perf_counter() - started) * 1e3, 3),
        "records": shelf.count, "read_bytes": read_bytes, "grown_mb": round(peak_mb() - before_mb, 1),
        "peak_mb": round(peak_mb(), 1),
    }


def peak_mb() -> float:
    """The most memory that this process has had resident."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(msgspec.json.encode(opened(Path(sys.argv[1]))).decode())

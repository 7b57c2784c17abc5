"""`python -m tests.functional.editions.publisher DATA_DIR GENERATION RECORDS [FILE_MAX_BYTES]`: publishes one edition,
in which every record bears the number of its generation."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from dragoman.errors import DragomanError

from ...unit.editions.shops import Shop, tank


def shop_of(data_dir: Path, generation: int, records: int) -> Shop:
    """A shop whose records all carry one canary."""
    rows = [tank(number, code=f"g{generation}", tier=generation, name={"en": f"Tank {number} of {generation}"})
            for number in range(records)]
    return Shop(data_dir, rows, keep=2)


def main() -> int:
    """Publish; print `ready`, then the edition's id, or the error."""
    data_dir, generation, records = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    if len(sys.argv) > 4:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[4]), int(sys.argv[4])))
    try:
        shop = shop_of(data_dir, generation, records)
        print("ready", flush=True)
        print(shop.publish(), flush=True)
    except DragomanError as error:
        print(error, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A transaction that stays in its middle while others are tried."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def held(run: Callable[..., Any], work: Callable[[Any], object]) -> Iterator[None]:
    """Inside a transaction that `run(function, timeout_s)` gives, after a work in it; it ends with the block."""
    begun, over = threading.Event(), threading.Event()

    def hold(transaction: Any) -> None:
        work(transaction)
        begun.set()
        assert over.wait(20)

    holder = threading.Thread(target=run, args=(hold, 30.0))
    holder.start()
    try:
        assert begun.wait(20)
        yield
    finally:
        over.set()
        holder.join(20)

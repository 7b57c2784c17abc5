"""What is worked out once, for things that live as long as their catalog."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")


def remembered(work: Callable[P, T]) -> Callable[P, T]:
    """The same function, which keeps whatever it gave. Fields, stages and routes are found again by their identity, since each is
    equal to itself alone."""
    return cast("Callable[P, T]", cache(work))      # which loses the types of arguments

"""How a caller stands with its limits, and how that is told (RateLimit header fields for HTTP, an IETF draft)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from ..contracts import Verdict
from ..errors import Code, Fault, Refusal, refuse
from ..exchange import Header
from ..query import Limit, Rate


class Standing(NamedTuple):
    """One limit, and what it said of this call."""

    limit: Limit
    verdict: Verdict

    def headers(self) -> tuple[Header, Header]:
        """What is allowed, and what is left of it until when it is whole again."""
        rate = self.limit.rate
        whole_s = math.ceil((rate.burst - self.verdict.remaining) / rate.per_second)
        left = b'"%b";r=%d;t=%d' % (self.limit.name.encode(), self.verdict.remaining, whole_s)
        return _policy(self.limit.name, rate), (b"ratelimit", left)

    def refusal(self) -> Refusal:
        """Why a call is refused, and when to come back."""
        return refuse(Code.LIMIT_EXCEEDED, "too many requests", hint="Ask less often.", facts={
            "retry_after_s": self.verdict.retry_after_s, "limit": self.limit.name,
        })


def refusal_headers(fault: Fault) -> Iterator[Header]:
    """What HTTP tells of a refusal, whatever the convention: the verbs that are allowed, and when to come back."""
    if "allow" in fault.facts:
        yield b"allow", fault.facts["allow"].encode()
    if "retry_after_s" in fault.facts:
        yield b"retry-after", b"%d" % max(1, math.ceil(fault.facts["retry_after_s"]))


@lru_cache(maxsize=256)
def _policy(name: str, rate: Rate) -> Header:
    window_s = max(1, round(rate.burst / rate.per_second))
    return b"ratelimit-policy", b'"%b";q=%d;w=%d' % (name.encode(), rate.burst, window_s)

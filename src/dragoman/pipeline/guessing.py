"""Whoever tries keys: past some wrong ones nothing more can be learned at that address, and nobody else there is locked out."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from ..contracts import Meter, Verdict
from ..errors import Code, Refusal, refuse
from ..query import Credential, Rate

_KEPT_MAX = 20_000


class Guesses:
    """Counts wrong keys by network, and tells right from wrong only while some may be tried there.

    Past that a right key is refused like a wrong one, or trying would go on: but for those that were used from there before.
    A wrong key that was counted is not counted again, so that a program with an old one locks out nobody.
    """

    def __init__(self, meter: Meter, rate: Rate | None) -> None:
        """`rate`: how many wrong keys may be tried; None for no limit."""
        self._meter, self._rate = meter, rate
        self._familiar, self._wrong = Recent(_KEPT_MAX), Recent(_KEPT_MAX)

    def judge_known(self, key: str | None, network: str) -> Refusal | None:
        """Why a key of ours, by its id, is not even looked at; None where it is. One that is in use costs one look-up."""
        if key is None or self._rate is None or (network, key) in self._familiar:
            return None
        if not self._familiar.recall((network, key)):
            verdict = self._meter.look(_subject(network), self._rate)
            if not verdict.allowed:
                return _too_many(verdict)
            self._familiar.note((network, key))
        return None

    def judge_wrong(self, credentials: Sequence[Credential], network: str) -> Refusal | None:
        """Count what is no key; a refusal that tells nothing of it past the limit."""
        tried = hash((network, *credentials))
        if self._rate is None or self._wrong.recall(tried):
            return None
        verdict = self._meter.charge(_subject(network), self._rate)
        if not verdict.allowed:
            return _too_many(verdict)
        self._wrong.note(tried)
        return None


class Recent(set[Hashable]):
    """What was noted or recalled lately. Once it holds so many, they are laid aside in the place of those before: twice as
    many are kept at most."""

    def __init__(self, size_max: int) -> None:
        super().__init__()
        self._size_max = size_max
        self._aside: frozenset[Hashable] = frozenset()

    def recall(self, item: Hashable) -> bool:
        """Whether it is known."""
        if item in self:
            return True
        if item not in self._aside:
            return False
        self.note(item)
        return True

    def note(self, item: Hashable) -> None:
        """Remember it."""
        self.add(item)
        if len(self) >= self._size_max:
            self._aside = frozenset(self)
            self.clear()


def _subject(network: str) -> str:
    return f"wrong:{network}"


def _too_many(verdict: Verdict) -> Refusal:
    return refuse(Code.LIMIT_EXCEEDED, "too many wrong keys", hint="Wait, and copy the key whole.",
                  facts={"retry_after_s": verdict.retry_after_s})

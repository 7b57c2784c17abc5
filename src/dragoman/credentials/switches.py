"""What is switched off for the moment, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .facts import Fact, Target


class Switches:
    """Keeps the contract of `Switches`; a follower keeps it up to date from another thread.

    What was heard stays in force while the database does not answer.
    """

    def __init__(self) -> None:
        self.off: Mapping[tuple[str, str], str] = {}

    def take(self, facts: Iterable[Fact], *, fresh: bool) -> None:
        """Take in what changed; with `fresh` the facts are all there is. What is known is exchanged whole, so that nobody
        finds a moment in which something answers that is switched off."""
        known = {} if fresh else dict(self.off)
        for fact in facts:
            if fact.kind != "target":
                continue
            catalog, _, path = fact.ref.partition(":")
            if isinstance(fact.body, Target):
                known[catalog, path] = fact.body.reason
            else:
                known.pop((catalog, path), None)
        if known != self.off:
            self.off = known

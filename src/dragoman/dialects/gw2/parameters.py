"""The parameters of one gw2 request: each reserved one at most once, the rest left for filters and arguments."""

from __future__ import annotations

from typing import Any

from ...catalog.fitting import Written
from ...errors import Code, Fault, Refusal


class Parameters:
    """Takes reserved names out of the pairs and remembers those that stand twice."""

    def __init__(self, pairs: dict[str, list[str]]) -> None:
        self.left = pairs
        self._repeated: list[str] = []

    def take(self, name: str) -> str | None:
        """The text of a reserved parameter, taken away; None where it was not sent."""
        texts = self.left.pop(name, None) if self.left else None
        if texts is None:
            return None
        if len(texts) > 1:
            self._repeated.append(name)
        return texts[-1]

    def written(self) -> dict[str, Any]:
        """What is left as the arguments of a form would be: a text by name, a list of those that are repeated."""
        return {name: Written(texts[0]) if len(texts) == 1 else [Written(text) for text in texts]
                for name, texts in self.left.items()}

    def check(self) -> None:
        """Refuse what stands twice: nobody could tell which one was meant."""
        if self._repeated:
            raise Refusal(*(
                Fault(code=Code.PARAMETER_REPEATED, message="given more than once", field=name, hint="Send it once.")
                for name in self._repeated
            ))

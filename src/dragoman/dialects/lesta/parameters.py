"""The parameters of one request, from its query and its body alike (L10); an empty value counts as none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...catalog.fitting import Written
from ...contracts import Request
from ...errors import Code, Fault, Refusal
from ...formats.body import read_body
from ...formats.form import parse_pairs


class Parameters:
    """Texts by name; what stands in the body beats what stands in the query."""

    def __init__(self, request: Request) -> None:
        pairs = parse_pairs(request.query) if request.query else {}
        self._body = read_body(request) if request.body else {}
        for name, value in self._body.items():
            pairs[name] = [_text(each) for each in value] if isinstance(value, list) else [_text(value)]
        self.left: dict[str, list[str]] = {}
        for name, texts in pairs.items():
            kept = [text for text in texts if text]
            if kept:
                self.left[name] = kept
        self._repeated: list[str] = []

    def take(self, name: str) -> str | None:
        """The text of a reserved parameter, taken away; None where it was not sent."""
        texts = self.left.pop(name, None)
        if texts is None:
            return None
        if len(set(texts)) > 1:
            self._repeated.append(name)
        return texts[-1]

    def take_list(self, name: str) -> tuple[str, ...]:
        """The parts of a parameter with commas, each once, in the order of the first asking."""
        texts = self.left.pop(name, ())
        return tuple(dict.fromkeys(part.strip() for text in texts for part in text.split(",") if part.strip()))

    def arguments(self) -> dict[str, Any] | None:
        """What is left, for a method: values of a JSON body as they are, everything else as written texts; None where all
        are texts."""
        if all(isinstance(value, (Written, list)) for value in self._body.values()):
            return None
        written = {name: Written(texts[0]) if len(texts) == 1 else [Written(text) for text in texts]
                   for name, texts in self.left.items()}
        return {name: self._body.get(name, text) for name, text in written.items()}

    def check(self) -> None:
        """Refuse what stands twice with two meanings: nobody could tell which one was meant."""
        if self._repeated:
            raise Refusal(*(
                Fault(code=Code.PARAMETER_REPEATED, message="given more than once", field=name, hint="Send it once.")
                for name in self._repeated
            ))


def _text(value: Any) -> str:
    """A value of a JSON body as it would stand in a form."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Iterable) and not isinstance(value, (str, dict)):
        return ",".join(map(_text, value))
    return "" if value is None else str(value)

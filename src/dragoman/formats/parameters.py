"""The parameters of one request by name, from its query and its body; a dialect takes out the names that it reserves."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..catalog.fitting import Written
from ..catalog.served import VERSION
from ..errors import Code, Fault, Refusal
from ..exchange import Request
from ..query import Credential, CredentialKind, Query, Terms
from .body import read_body
from .form import read_pairs


class Parameters:
    """Texts by name; what stands in the body beats what stands in the query, unless they may not `overlap`.

    `left` is what nobody has taken yet, `faults` is what is wrong so far: texts that cannot be read, and what stands twice
    where nobody could tell which one was meant. Without `blanks` an empty text counts as none. `body` is what was read of the
    body, where a dialect reads it in its own way.
    """

    __slots__ = ("_blanks", "_body", "_overlap", "faults", "left")

    def __init__(self, request: Request, *, blanks: bool = True, overlap: bool = True, body: Mapping[str, Any] | None = None) -> None:
        self.left: dict[str, list[str]] = {}
        self.faults: list[Fault] = []
        if request.query:
            self.left, self.faults = read_pairs(request.query)
        self._blanks, self._overlap = blanks, overlap
        self._body: Mapping[str, Any] = {}
        self.join(body if body is not None else read_body(request) if request.body else {})

    def join(self, body: Mapping[str, Any]) -> None:
        """Add what stands in the body."""
        self._body = body
        for name, value in body.items():
            if not self._overlap and name in self.left:
                self.faults.append(repeated(name))
            self.left[name] = [_text(each) for each in value] if isinstance(value, list) else [_text(value)]
        if not self._blanks:
            self.left = {name: kept for name, texts in self.left.items() if (kept := [text for text in texts if text])}

    def take(self, name: str) -> str | None:
        """The text of a reserved parameter, taken away; None where it was not sent."""
        texts = self.left.pop(name, None) if self.left else None
        if not texts:
            return None
        if len(texts) > 1:
            self.faults.append(repeated(name))
        return texts[-1]

    def take_list(self, name: str) -> tuple[str, ...]:
        """The parts of a parameter with commas, each once, in the order of the first asking."""
        texts = self.left.pop(name, ())
        return tuple(dict.fromkeys(part.strip() for text in texts for part in text.split(",") if part.strip()))

    def take_keys(self, name: str) -> tuple[str, ...]:
        """Keys by comma, each once; those of a JSON array as they are, since a key may hold commas and spaces."""
        texts, sent = self.left.pop(name, ()), self._body.get(name, "")
        if not (isinstance(sent, str) or _is_written(sent)):
            return tuple(dict.fromkeys(texts))
        return tuple(dict.fromkeys(part.strip() or part for text in texts for part in text.split(",") if part))

    def take_credentials(self, kinds: Mapping[str, CredentialKind]) -> tuple[Credential, ...]:
        """The secrets and ids that were sent, of kinds by name."""
        return tuple(Credential(kind, text) for name, kind in kinds.items() if (text := self.take(name)))

    def arguments(self) -> dict[str, Any] | None:
        """What is left, for a method: values of a typed body as they are, everything else as written texts; None where all
        are texts."""
        if all(map(_is_written, self._body.values())):
            return None
        written = {name: Written(texts[0]) if len(texts) == 1 else [Written(text) for text in texts]
                   for name, texts in self.left.items()}
        return {name: self._body.get(name, text) for name, text in written.items()}

    def check(self, *names: str) -> None:
        """Refuse what is wrong so far with some parameters; with all of them where none are named. Raises `Refusal`."""
        wrong = [fault for fault in self.faults if not names or fault.field in names]
        if wrong:
            raise Refusal(*wrong)


def repeated(name: str) -> Fault:
    """What is wrong with a parameter that stands twice; its values are not told, as they may be secrets."""
    return Fault(code=Code.PARAMETER_REPEATED, message="given more than once", field=name, hint="Send it once.")


def unknown(name: str) -> Fault:
    """What is wrong with a parameter that means nothing here."""
    return Fault(code=Code.PARAMETER_UNKNOWN, message="unknown parameter", field=name, hint="Leave it out.")


def read_choices(query: Query, parameters: Parameters, request: Request, terms: Terms) -> None:
    """The language and the version of the schema, by parameter or by header; the parameter wins (G9)."""
    query.language, query.version = parameters.take(terms.language), read_version(parameters, request, terms.version)
    if query.language is None:
        query.accept_language = header(request, b"accept-language")


def read_version(parameters: Parameters, request: Request, named: str = VERSION) -> str | None:
    """The version of the schema as it was sent."""
    sent = parameters.take(named)
    return header(request, b"x-schema-version") if sent is None else sent


def header(request: Request, name: bytes) -> str | None:
    """The text of a header; None where it was not sent."""
    value = request.headers.get(name)
    return None if value is None else value.decode("latin-1")


def _is_written(value: Any) -> bool:
    """Whether a value of a body is a text as a form has it, or several."""
    return isinstance(value, Written) or (
        isinstance(value, list) and bool(value) and all(isinstance(each, Written) for each in value))


def _text(value: Any) -> str:
    """A value of a JSON body as it would stand in a form; an object, which no form can hold, as JSON."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_size)        # it takes written texts, too
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ",".join(map(_text, value))
    return "" if value is None else str(value)


def _size(content: bytes) -> str:
    """What is told of a file's content in an error."""
    return f"{len(content)} bytes"

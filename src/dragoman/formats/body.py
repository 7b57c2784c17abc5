"""Bodies as plain arguments: forms, forms of parts, JSON and XML, bounded in depth and count, strict in form.

What JSON says has types of its own; what forms and XML say are texts of the type `Written`, for the reader of values.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from io import BytesIO
from typing import Any

import multipart

from ..catalog.fitting import Written
from ..catalog.plain import SHOWN_MAX, TooDeep, bound_depth, encode_json, show, without_strings
from ..errors import Code, Fault, Refusal, refuse
from ..exchange import Request
from . import xml
from .form import parse_pairs

VALUES_MAX = 10_000
"""How many values a body may hold."""
PARTS_MAX = 100
"""How many parts a form of parts may have."""
_BOM = b"\xef\xbb\xbf"
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""An escaped NUL in JSON, whose own backslash is not escaped."""


def read_body(request: Request) -> dict[str, Any]:
    """The arguments in a body, by name; none for an empty one.

    The content decides, since clients label forms as JSON: `{` begins JSON, `<` begins XML, anything else is a form.
    Raises `Refusal` (body-malformed) for what cannot be read, with the place and the remedy.
    """
    raw = request.body if isinstance(request.body, bytes) else request.body.read()
    content_type = request.headers.get(b"content-type", b"")
    if content_type.lower().startswith(b"multipart/"):
        return read_parts(raw, content_type.decode("latin-1"))
    text = raw.removeprefix(_BOM).strip()
    if text[:1] in (b"{", b"["):
        return read_json(text)
    return read_xml(text) if text[:1] == b"<" else read_form(text)


def read_parts(raw: bytes, content_type: str) -> dict[str, Any]:
    """The texts and files of a form in parts (RFC 7578), by name; a list of them where a name stands more than once.

    A file is a mapping, as `Attachment` has it.
    """
    kind, options = multipart.parse_options_header(content_type)
    if kind.lower() != "multipart/form-data" or not options.get("boundary"):
        raise malformed("in parts, but no form", "Send multipart/form-data with a boundary.")
    found: dict[str, list[Any]] = {}
    try:
        parser = multipart.MultipartParser(BytesIO(raw), options["boundary"], len(raw), strict=True, part_limit=PARTS_MAX,
                                           spool_limit=len(raw), memory_limit=len(raw))
        for part in parser:
            found.setdefault(part.name, []).append(_part(part))
    except multipart.MultipartError as error:
        raise malformed(f"the parts cannot be told apart: {error}", "Send multipart/form-data as RFC 7578 says.") from None
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _part(part: multipart.MultipartPart) -> Any:
    if "\0" in f"{part.name}{part.filename}{part.content_type}":
        raise _nul()
    if part.filename is not None:
        return {"name": part.filename, "media_type": part.content_type, "content": part.raw}
    if b"\0" in part.raw:
        raise _nul(part.name)
    try:
        return Written(part.raw.decode())
    except UnicodeDecodeError as error:
        raise malformed(f"not UTF-8 at byte {error.start + 1}", "Encode texts as UTF-8.", part.name) from None


def read_form(raw: bytes) -> dict[str, Any]:
    """The texts of a form by name; a list of them where a name stands more than once."""
    try:
        pairs = parse_pairs(raw)
    except Refusal as refusal:
        raise Refusal(*(_in_body(fault) for fault in refusal.faults)) from None
    return {name: Written(texts[0]) if len(texts) == 1 else [Written(text) for text in texts]
            for name, texts in pairs.items()}


def _in_body(fault: Fault) -> Fault:
    return Fault(code=Code.BODY_MALFORMED, message=f"malformed body: {fault.message}", field=fault.field,
                 value=fault.value, hint=fault.hint, facts=fault.facts)


# -------------------------------------------------------------------------------------------- JSON


def read_json(raw: bytes) -> dict[str, Any]:
    """A JSON object (RFC 8259). Raises `Refusal` for deep nesting, doubled names and numbers that are none."""
    try:
        bound_depth(raw)
        _bound_count(raw)
        value = json.loads(raw.decode(), object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite)
        if _NUL.search(raw):
            raise _nul()
        if b"\\ud" in raw.lower():
            encode_json(value)              # finds escaped surrogates without their other half
    except TooDeep as error:
        raise malformed(str(error), "Send flatter arguments.") from None
    except UnicodeDecodeError as error:
        raise malformed(f"not UTF-8 at byte {error.start + 1}", "Encode JSON as UTF-8.") from None
    except UnicodeEncodeError:
        raise malformed("a lone surrogate is no character", "Escape such characters in pairs, or not at all.") from None
    except json.JSONDecodeError as error:
        raise malformed(f"not JSON: {error.msg} (line {error.lineno}, column {error.colno})", "Send one JSON object.") from None
    except ValueError:                      # an integer of more digits than Python reads
        raise malformed("a number is too long", "Send integers of 64 bits.") from None
    if not isinstance(value, dict):
        raise malformed("JSON, but no object", 'Send {"name": value, ...}.')
    return value


def _bound_count(raw: bytes) -> None:
    if raw.count(b",") > VALUES_MAX and without_strings(raw).count(b",") > VALUES_MAX:
        raise malformed(f"more than {VALUES_MAX} values", "Send fewer at once.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise malformed(f"the name {show(twice)} stands twice in one object", "Send each name once.", twice)
    return found


def _no_constant(name: str) -> Any:
    raise malformed(f"{name} is no number of JSON", "Send finite numbers.")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise malformed(f"the number {show(text)} is too large", "Send finite numbers.")
    return number


# -------------------------------------------------------------------------------------------- XML


def read_xml(raw: bytes) -> dict[str, Any]:
    """The children of an XML root as arguments: texts, nested mappings, lists where the children are called `item`.

    Raises `Refusal` with the line for what is not well formed, doubled or too much.
    """
    try:
        return xml.read_children(raw, elements_max=VALUES_MAX)
    except xml.Malformed as error:
        raise malformed(error.reason, error.remedy, error.name) from None


def _nul(name: str | None = None) -> Refusal:
    """What no form, no XML and not every database can hold."""
    return malformed("a NUL character", "Leave it out.", name)


def malformed(reason: str, remedy: str, name: str | None = None) -> Refusal:
    """The refusal of a body that cannot be read."""
    field = name if name is not None and name.isprintable() and len(name) <= SHOWN_MAX else None
    return refuse(Code.BODY_MALFORMED, f"malformed body: {reason}", field=field, hint=remedy)

"""Bodies as plain arguments: forms, JSON and XML, read by what they hold, bounded in depth, strict in form."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from lxml import etree

from ..contracts import Request
from ..errors import Code, Refusal, refuse
from .form import parse_pairs

DEPTH_MAX = 32
_XML_DEPTH_MAX = 32


def read_body(request: Request) -> Mapping[str, Any]:
    """The arguments in a body: an object for JSON, texts for forms and XML.

    The content decides, since clients label forms as JSON: `{` begins JSON, `<` begins XML, anything else is a form.
    Raises `Refusal` for what cannot be read, naming the place and the remedy.
    """
    raw = request.body if isinstance(request.body, bytes) else request.body.read()
    begin = raw.lstrip()[:1]
    if begin in (b"{", b"["):
        return read_json(raw)
    if begin == b"<":
        return read_xml(raw)
    return {name: texts if len(texts) > 1 else texts[0] for name, texts in parse_pairs(raw.strip()).items()}


def read_json(raw: bytes) -> Mapping[str, Any]:
    """A JSON object (RFC 8259). Raises `Refusal` for deep nesting, doubled names and numbers that are none."""
    _bound_depth(raw)
    try:
        value = json.loads(raw.decode(), object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite)
    except UnicodeDecodeError:
        raise _malformed("not UTF-8", "Encode JSON as UTF-8.") from None
    except (ValueError, RecursionError) as error:
        raise _malformed(f"not JSON: {error}", "Send one JSON object.") from None
    if not isinstance(value, dict):
        raise _malformed("JSON, but no object", 'Send {"name": value, ...}.')
    return value


def _bound_depth(raw: bytes) -> None:
    """Refuse deep nesting before any decoder recurses into it; brackets inside strings do not count."""
    depth, inside, escaped = 0, False, False
    for byte in raw:
        if inside:
            inside, escaped = (escaped or byte != 0x22), (byte == 0x5C and not escaped)
        elif byte == 0x22:
            inside = True
        elif byte in b"{[":
            depth += 1
            if depth > DEPTH_MAX:
                raise _malformed(f"nested more than {DEPTH_MAX} deep", "Send flatter arguments.")
        elif byte in b"}]":
            depth -= 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _malformed(f"the name {twice!r} stands twice in one object", "Send each name once.")
    return found


def _no_constant(name: str) -> Any:
    raise _malformed(f"{name} is no number of JSON", "Send finite numbers.")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_constant(text)


def read_xml(raw: bytes) -> Mapping[str, Any]:
    """The children of an XML root as arguments: texts, nested mappings, lists where the children are `item`.

    Without entities, DTD or network. Raises `Refusal` with the line for what is not well formed.
    """
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        raise _malformed("a DOCTYPE", "Leave it out.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _malformed(f"not well-formed XML: {error}", "Send one XML element.") from None
    if root.getroottree().docinfo.doctype:
        raise _malformed("a DOCTYPE", "Leave it out.")
    value = _value_of(root, 0)
    return value if isinstance(value, dict) else {}


def _value_of(element: Any, depth: int) -> Any:
    if depth > _XML_DEPTH_MAX:
        raise _malformed(f"nested more than {_XML_DEPTH_MAX} deep", "Send flatter arguments.")
    children = [child for child in element if isinstance(child.tag, str)]
    if not children:
        return element.text or ""
    names = [child.tag for child in children]
    if set(names) == {"item"}:
        return [_value_of(child, depth + 1) for child in children]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise _malformed(f"the element <{twice}> stands twice (line {element.sourceline})", "Send each element once.")
    return {child.tag: _value_of(child, depth + 1) for child in children}


def _malformed(reason: str, remedy: str) -> Refusal:
    return refuse(Code.BODY_MALFORMED, f"malformed body: {reason}", hint=remedy)

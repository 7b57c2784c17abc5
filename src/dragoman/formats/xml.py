"""XML as plain values, without entities, DTD or network."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from ..catalog.fitting import Written

DEPTH_MAX = 32
_DOCTYPE = re.compile(rb"(?>\s+|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE", re.DOTALL)
INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"


class Malformed(ValueError):
    """XML that says nothing that could be read; `name` is the element, where one is to blame."""

    def __init__(self, reason: str, remedy: str, name: str | None = None) -> None:
        self.reason, self.remedy, self.name = reason, remedy, name
        super().__init__(f"{reason} {remedy}")


def read_children(raw: bytes, *, elements_max: int) -> dict[str, Any]:
    """The children of the root by name: texts (`Written`), mappings, lists where all children are called `item`, and None
    for `xsi:nil="true"`. Raises `Malformed` with the line."""
    root = parse(raw, elements_max=elements_max)
    value = _value_of(root, 0)
    if isinstance(value, list):
        return {"item": value if len(value) > 1 else value[0]}
    if isinstance(value, dict):
        return value
    if value and not value.isspace():
        raise Malformed(f"text without an element{line_of(root)}", f"Send <{name_of(root)}><name>value</name></{name_of(root)}>.")
    return {}


def parse(raw: bytes, *, elements_max: int) -> Any:
    """The root element of a document without comments and instructions. Raises `Malformed`."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"not UTF-8 at byte {error.start + 1}", "Encode XML as UTF-8.") from None
    if raw.count(b"<") > 2 * elements_max + 2:
        raise Malformed(f"more than {elements_max} elements", "Send fewer at once.")
    if _DOCTYPE.match(raw):
        raise Malformed("a DOCTYPE", "Leave it out.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, encoding="utf-8",
                             remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        raise _not_well_formed(error) from None
    except ValueError as error:
        raise Malformed(f"not well-formed XML: {error}", "Send one XML element.") from None
    if root.getroottree().docinfo.doctype:
        raise Malformed("a DOCTYPE", "Leave it out.")
    return root


def _not_well_formed(error: Any) -> Malformed:
    """What the parser found, in its words without their own way of telling where."""
    line, column = error.position
    reason = str(error.msg).rpartition(", line ")[0] or str(error.msg)
    if reason.startswith("Excessive depth"):
        return Malformed(f"nested too deep (line {line})", "Send flatter arguments.")
    return Malformed(f"not well-formed XML: {reason} (line {line}, column {column})", "Send one XML element.")


def _value_of(element: Any, depth: int) -> Any:
    if depth > DEPTH_MAX:
        raise Malformed(f"nested more than {DEPTH_MAX} deep{line_of(element)}", "Send flatter arguments.")
    _check_attributes(element)
    children = list(element)
    if not children:
        return None if element.get(INSTANCE + "nil") in ("true", "1") else Written(element.text or "")
    _check_texts(element, children)
    names = [name_of(child) for child in children]
    if set(names) == {"item"}:
        return [_value_of(child, depth + 1) for child in children]
    values: dict[str, Any] = {}
    for name, child in zip(names, children, strict=True):
        if name in values:
            raise Malformed(f"the element <{name}> stands twice{line_of(child)}", "Send each element once.", name)
        values[name] = _value_of(child, depth + 1)
    return values


def _check_attributes(element: Any) -> None:
    """Refuse what would be lost: nothing is read from attributes but those of XML Schema itself."""
    stranger = next((name for name in element.attrib if not name.startswith(INSTANCE)), None)
    if stranger is not None:
        raise Malformed(f"the attribute {stranger!r} means nothing{line_of(element)}", "Send elements alone.", name_of(element))


def _check_texts(element: Any, children: list[Any]) -> None:
    if any(text and not text.isspace() for text in (element.text, *(child.tail for child in children))):
        raise Malformed(f"text between elements{line_of(element)}", "Put it into an element.", name_of(element))


def name_of(element: Any) -> str:
    """The name of an element, whatever its namespace."""
    return str(etree.QName(element).localname)


def line_of(element: Any) -> str:
    """Where an element begins, as errors say it."""
    return f" (line {element.sourceline})"

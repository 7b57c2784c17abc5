"""WSDL 1.1 with its HTTP binding, for clients that are made from descriptions: one operation for each call of a library (W9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from lxml import etree

from ..catalog.fields import Field
from ..catalog.fitting import expectation
from .calls import FORMAT, Call, Library, parts_of
from .facets import notes_of, simple_of, writable
from .xml_writing import XmlFormat
from .xsd import NAMESPACE, describe_library, document

_WSDL, _HTTP, _MIME = (f"http://schemas.xmlsoap.org/wsdl/{name}" for name in ("", "http/", "mime/"))
_BODY = "body"
"""The part of a message that is a whole document."""
_VERBS = ("GET", "POST", "PUT", "DELETE")


def write_wsdl(library: Library, origin: str) -> bytes:
    """A library as it is asked in XML at an origin, `https://api.example.org`.

    As the binding has it, each verb has a port of its own; what is put or posted is a document of the schema, and its options,
    such as the key, are added to the address.
    """
    target = f"urn:dragoman:{library.name}"
    root = etree.Element(_wsdl("definitions"), name=library.name, targetNamespace=target,
                         nsmap={"wsdl": _WSDL, "http": _HTTP, "mime": _MIME, "xs": NAMESPACE, "tns": target})
    _document(root, [library.title, library.description])
    _sub(root, "types").append(describe_library(library))
    for call in library.calls:
        _add_messages(root, call)
    ports = {verb: calls for verb in _VERBS if (calls := [call for call in library.calls if call.verb == verb])}
    for verb, calls in ports.items():
        _add_port_type(root, f"{library.name}-{verb.lower()}", calls)
    for verb, calls in ports.items():
        _add_binding(root, f"{library.name}-{verb.lower()}", verb, calls)
    service = _sub(root, "service", name=library.name)
    for verb in ports:
        name = f"{library.name}-{verb.lower()}"
        etree.SubElement(_sub(service, "port", name=name, binding=f"tns:{name}"), f"{{{_HTTP}}}address", location=origin + library.address)
    return document(root)


def _add_messages(root: Any, call: Call) -> None:
    request = _sub(root, "message", name=call.request)
    if call.has_body:
        _sub(request, "part", name=_BODY, element=call.request)
    else:
        for field in call.in_query:
            _sub(request, "part", name=field.name, type=_type_of(field))
    _sub(_sub(root, "message", name=call.answer.root), "part", name=_BODY, element=call.answer.root)


def _type_of(field: Field) -> str:
    """The type of what stands in a query; several values stand there by comma, which is text."""
    shape, _, constraints, _ = parts_of(field.type)
    return simple_of(shape, constraints).base


def _add_port_type(root: Any, name: str, calls: Iterable[Call]) -> None:
    port = _sub(root, "portType", name=name)
    for call in calls:
        operation = _sub(port, "operation", name=call.name)
        _document(operation, [call.description, *_explained(call)])
        _sub(operation, "input", message=f"tns:{call.request}")
        _sub(operation, "output", message=f"tns:{call.answer.root}")


def _explained(call: Call) -> Iterator[str]:
    """What a message cannot say of its parts: which of them must be there, and what they may be."""
    place = " (added to the address)" if call.has_body else ""
    for field in call.in_query:
        notes = " ".join(note for constraint in parts_of(field.type)[2] for note in notes_of(constraint))
        yield f"{field.name}{place}: {'required' if field.required else 'optional'}, {expectation(field)}. {notes}".strip()
    for error in call.errors:
        yield f"{error.name}: {error.meaning}"


def _add_binding(root: Any, name: str, verb: str, calls: Iterable[Call]) -> None:
    binding = _sub(root, "binding", name=name, type=f"tns:{name}")
    etree.SubElement(binding, f"{{{_HTTP}}}binding", verb=verb)
    for call in calls:
        operation = _sub(binding, "operation", name=call.name)
        etree.SubElement(operation, f"{{{_HTTP}}}operation", location="/" + call.path.replace(FORMAT, XmlFormat.name))
        sent = _sub(operation, "input")
        if call.has_body:
            etree.SubElement(sent, f"{{{_MIME}}}content", type="text/xml", part=_BODY)
        else:
            etree.SubElement(sent, f"{{{_HTTP}}}urlEncoded")
        etree.SubElement(_sub(operation, "output"), f"{{{_MIME}}}mimeXml", part=_BODY)


def _document(element: Any, texts: Iterable[str]) -> None:
    said = "\n".join(filter(None, texts))
    if said:
        _sub(element, "documentation").text = writable(said)


def _sub(parent: Any, tag: str, /, **attributes: str) -> Any:
    return etree.SubElement(parent, _wsdl(tag), **attributes)


def _wsdl(name: str) -> str:
    return f"{{{_WSDL}}}{name}"

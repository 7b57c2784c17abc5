"""OpenAPI 3.1 of a library, for tools that make clients, pages and tests from it (W10)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..catalog.fields import Field
from ..catalog.plain import encode_json, to_plain
from ..catalog.shapes import Choice, Many, Scalar, bare
from ..catalog.target import TOTALED
from .calls import FORMAT, Call, DocumentType, Library
from .csv import CsvFormat
from .json_schema import Schema, Schemas

_FAILURE = "Failure"
_NOTHING: Schema = {"type": "array", "maxItems": 0}
_TEXT: Schema = {"type": "string"}
"""A document of a format of which a schema can say no more."""


def write_openapi(library: Library, prefix: str = "") -> bytes:
    """A library as a document of OpenAPI; `prefix` is what stands before its address."""
    schemas = Schemas()
    schemas.add(_FAILURE, _document(library.failures[-1], schemas))
    paths: dict[str, dict[str, Any]] = {}
    for call in (*library.calls, *library.others):
        paths.setdefault(f"/{call.path}", {})[call.verb.lower()] = _operation(call, library, schemas)
    key = library.key.name
    secret = {"type": "apiKey", "in": "query", "name": key, **_about(schemas.of(library.key.type).get("description", ""))}
    described = {
        "openapi": "3.1.0",
        "info": {"title": library.title, "version": library.version, **_about(library.description)},
        "servers": [{"url": prefix + library.address}],
        "security": [{key: []}],
        "paths": paths,
        "components": {"schemas": schemas.named, "securitySchemes": {key: secret}},
    }
    return encode_json(described)


def _about(text: str) -> Schema:
    return {"description": text} if text else {}


def _operation(call: Call, library: Library, schemas: Schemas) -> dict[str, Any]:
    operation = {
        "operationId": call.name, "summary": call.description.partition("\n")[0], "description": "\n\n".join(_explained(call)),
        "parameters": [*_formats(call), *(_parameter(field, schemas) for field in call.in_query if field.name != library.key.name)],
        "responses": _responses(call, library, schemas),
    }
    if call.schema:
        operation["externalDocs"] = {"url": call.schema, "description": "The same as XML Schema"}
    if call.positions:
        operation["x-positions"] = list(call.positions)
    if call.errors:
        operation["x-errors"] = [each._asdict() for each in call.errors]
    if call.has_body and call.parameters:
        operation["requestBody"] = _body(call, schemas)
    return operation


def _explained(call: Call) -> Iterator[str]:
    """What the schema has no words for."""
    yield call.description
    yield from call.notes
    if call.errors:
        yield "It may fail with:\n\n" + "\n".join(f"- {each.status} `{each.name}`: {each.meaning}" for each in call.errors)


def _formats(call: Call) -> Iterator[Schema]:
    """The format, where it stands in the path."""
    if FORMAT in call.path:
        yield {"name": FORMAT.strip("{}"), "in": "path", "required": True,
               "description": "Of the answer" + (" and of the body." if call.has_body else "."),
               "schema": {"type": "string", "enum": [form.name for form in call.formats]}}


def _parameter(field: Field, schemas: Schemas) -> Schema:
    """A parameter of the query. Lists stand there by comma; objects as their JSON."""
    shape = bare(field.shape)
    single = bare(shape.item) if isinstance(shape, Many) else shape
    schema = schemas.of(field.type, sent=True)
    found: Schema = {"name": field.name, "in": "query", "required": field.required, **_about(schema.pop("description", ""))}
    if not isinstance(single, (Scalar, Choice)):
        return found | {"content": {"application/json": {"schema": schema}}}
    found |= {"style": "form", "explode": False} if isinstance(shape, Many) else {}
    return found | {"schema": _with_default(schema, field)}


def _with_default(schema: Schema, field: Field) -> Schema:
    return schema if field.required or field.default is None else schema | {"default": to_plain(field.default)}


def _body(call: Call, schemas: Schemas) -> Schema:
    schema = schemas.record(call.parameters, sent=True, closed=True)
    for field in call.parameters:
        schema["properties"][field.name] = _with_default(schema["properties"][field.name], field)
    schema["xml"] = {"name": call.request}
    return {
        "required": any(field.required for field in call.parameters),
        "content": {form.media_type: {"schema": schema} for form in call.formats},
        "description": "In XML, the elements stand in this order.",
    }


def _responses(call: Call, library: Library, schemas: Schemas) -> Schema:
    """What each status comes with: what was found, or that nothing was."""
    answer, failure = schemas.add(call.answer.root, _document(call.answer, schemas)), schemas.ref(_FAILURE)
    return {status: {"description": meaning, "content": _content(call, failure if number else answer)}
            for number, (status, meaning) in enumerate(library.statuses.items())}


def _content(call: Call, schema: Schema) -> Schema:
    return {form.media_type: {"schema": _TEXT if form.name == CsvFormat.name else schema} for form in call.formats}


def _document(answer: DocumentType, schemas: Schemas) -> Schema:
    """A whole document: its head, and its records under their name."""
    schema = schemas.record(answer.head.__dragoman_fields__, closed=True)
    schema["properties"][answer.data] = _data(answer, schemas)
    return schema | {"required": list(schema["properties"]), "xml": {"name": answer.root}}


def _data(answer: DocumentType, schemas: Schemas) -> Schema:
    """What is found among the records; an empty array on failure."""
    if answer.item is None and answer.listed not in TOTALED:
        return _NOTHING
    item = _item(answer, schemas)
    if answer.listed == "one":
        return {"anyOf": [item, _NOTHING]}
    records: Schema = {"type": "array", "items": item | {"xml": {"name": "item"}}, "xml": {"wrapped": True}}
    if answer.listed == "array":
        return records
    items = records if answer.listed == "paged" else {"type": "object", "additionalProperties": item}
    listed = {"type": "object", "required": ["total", "items"], "additionalProperties": False,
              "properties": {"total": {"type": "integer", "format": "int64", "minimum": 0}, "items": items}}
    return {"anyOf": [listed, _NOTHING]}


def _item(answer: DocumentType, schemas: Schemas) -> Schema:
    if answer.item is None:
        return {}
    if answer.only:
        return schemas.record(field for field in answer.item.__dragoman_fields__ if field.name in answer.only)
    return schemas.of(answer.item)

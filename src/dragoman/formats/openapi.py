"""OpenAPI 3.1 of a library, for tools that make clients, pages and tests from it (W10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..catalog.fields import Field
from ..catalog.plain import encode_json, to_plain
from ..catalog.shapes import Choice, Many, Scalar, bare
from .calls import Call, Library
from .json_schema import Schema, Schemas
from .xsd import ERROR, REQUEST, RESPONSE

_FORMATS = {"json": "application/json", "xml": "application/xml", "csv": "text/csv"}
_BODIES = ("json", "xml")
"""The formats in which bodies are sent."""
_KEY = "remote_auth"
_FAILURES = {
    "400": "What was sent is not right.", "403": "The key is missing or wrong, or does not allow this.", "404": "Nothing was found.",
    "500": "The server, or a source of its data, failed.",
}
_TWICE = "The same text is in `error`; HTTP has this status where `http_status=1` asks for it, and 200 else."
_FAILURE = "Failure"
_NOTHING: Schema = {"type": "array", "maxItems": 0}


def write_openapi(library: Library, version: str, prefix: str = "", query: str = "") -> bytes:
    """A library as a document of OpenAPI; `version` is that of the description, `prefix` what stands before its address, and `query`
    what is added to addresses of other descriptions of the same version."""
    schemas = Schemas()
    schemas.add(_FAILURE, _envelope(_NOTHING, ERROR))
    paths = {f"/{{format}}/{call.path}": {call.verb.lower(): _operation(call, schemas, query)} for call in library.calls}
    if any(call.operation for call in library.calls):
        paths["/{format}/operation"] = _operations(library, schemas)
    described = {
        "openapi": "3.1.0",
        "info": {"title": library.title, "version": version, **_about(library.description)},
        "servers": [{"url": prefix + library.address}],
        "security": [{_KEY: []}],
        "paths": paths,
        "components": {
            "schemas": schemas.named,
            "securitySchemes": {_KEY: {
                "type": "apiKey", "in": "query", "name": _KEY,
                "description": "The key of an account: made by it, or the access token of an application that it signed in to."}},
        },
    }
    return encode_json(described)


def _about(text: str) -> Schema:
    return {"description": text} if text else {}


def _operation(call: Call, schemas: Schemas, query: str) -> dict[str, Any]:
    formats = _BODIES if call.has_body else tuple(_FORMATS)
    parameters: list[Schema] = [{
        "name": "format", "in": "path", "required": True, "description": "Of the answer" + (" and of the body." if call.has_body else "."),
        "schema": {"type": "string", "enum": list(formats)}}]
    parameters += [_parameter(field, schemas) for field in call.in_query if field.name != _KEY]
    operation = {
        "operationId": call.name, "summary": call.description.partition("\n")[0], "description": "\n\n".join(_explained(call)),
        "parameters": parameters, "responses": _responses(call, schemas, formats),
        "externalDocs": {"url": f"xsd/{call.path}{query}", "description": "The same as XML Schema"},
    }
    if call.positions and not call.has_body:
        operation["x-positions"] = list(call.positions)
    if call.errors:
        operation["x-errors"] = [each._asdict() for each in call.errors]
    if call.has_body and call.parameters:
        operation["requestBody"] = _body(call, schemas)
    return operation


def _operations(library: Library, schemas: Schemas) -> dict[str, Any]:
    """Where long operations are asked about, and ended, by their number alone."""
    form = {"name": "format", "in": "path", "required": True, "schema": {"type": "string", "enum": list(_FORMATS)}}
    number = {"name": "request_id", "in": "query", "required": True, "schema": {"type": "integer", "format": "int64", "minimum": 1}}
    options = next(call.options for call in library.calls if call.operation)
    others = [_parameter(field, schemas) for field in options if field.name not in (_KEY, "request_id")]
    call = Call(name="operation", path="operation", verb="GET", description="", item=Any)
    told = {"parameters": [form, number, *others], "responses": _responses(call, schemas, _FORMATS)}
    return {"get": {"operationId": "askOperation", "summary": "What became of a long operation, whichever method began it.", **told},
            "delete": {"operationId": "endOperation", "summary": "End a long operation.", **told}}


def _explained(call: Call) -> Iterator[str]:
    """What the schema has no words for."""
    yield call.description
    if call.permission is not None:
        yield f"The key needs the permission `{call.permission}`."
    if call.positions and not call.has_body:
        order = "/".join(f"{{{name}}}" for name in call.positions)
        yield (f"Values may stand in the path instead: `/{{format}}/{call.path}/{order}`, as many as are given; `-` leaves one out. What "
               "stands in the query wins.")
    if call.operation:
        yield ("A long operation: the `status` is 204, and `request_id` is its number; the same question with `request_id` gives the "
               "result once there is one.")
    if call.errors:
        yield "It may fail with:\n\n" + "\n".join(f"- {each.status} `{each.name}`: {each.meaning}" for each in call.errors)


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
    return {
        "required": any(field.required for field in call.parameters),
        "content": {"application/json": {"schema": schema}, "application/xml": {"schema": schema | {"xml": {"name": call.name + REQUEST}}}},
        "description": "In XML, the elements stand in this order.",
    }


def _responses(call: Call, schemas: Schemas, formats: Iterable[str]) -> Schema:
    answer = schemas.add(call.name + RESPONSE, _envelope(_data(call, schemas), call.name + RESPONSE))
    content: Schema = {_FORMATS[name]: {"schema": {"type": "string"} if name == "csv" else answer} for name in formats}
    failed = {_FORMATS[name]: {"schema": {"type": "string"} if name == "csv" else schemas.ref(_FAILURE)}
              for name in formats}
    found = {"200": {"description": "What was found, or in `status` and `error` what is wrong.", "content": content}}
    for status, meaning in _FAILURES.items():
        found[status] = {"description": f"{meaning} {_TWICE}", "content": failed}
    return found


def _envelope(data: Schema, root: str) -> Schema:
    """What every answer is (W6)."""
    return {
        "type": "object", "required": ["status", "error", "request_id", "data"], "additionalProperties": False, "xml": {"name": root},
        "properties": {
            "status": {"type": "integer", "enum": [200, 204, *map(int, _FAILURES)]},
            "error": {"type": "string", "description": "What is wrong; empty on success."},
            "request_id": {"type": "integer", "format": "int64", "minimum": 0,
                           "description": "The number of the long operation where the status is 204, and 0 else."},
            "data": data,
        },
    }


def _data(call: Call, schemas: Schemas) -> Schema:
    """What is found under `data`; an empty array on failure."""
    item = _item(call, schemas)
    if call.listed == "one":
        return {"anyOf": [item, _NOTHING]}
    records: Schema = {"type": "array", "items": item | {"xml": {"name": "item"}}, "xml": {"wrapped": True}}
    if call.listed == "array":
        return records
    items = records if call.listed == "paged" else {"type": "object", "additionalProperties": item}
    listed = {"type": "object", "required": ["total", "items"], "additionalProperties": False,
              "properties": {"total": {"type": "integer", "format": "int64", "minimum": 0}, "items": items}}
    return {"anyOf": [listed, _NOTHING]}


def _item(call: Call, schemas: Schemas) -> Schema:
    if call.item is None:
        return {}
    if call.only:
        return schemas.record(field for field in call.item.__dragoman_fields__ if field.name in call.only)
    return schemas.of(call.item)

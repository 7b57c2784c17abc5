"""Whatever a dialect puts around its records is described as it is written: no format knows of one envelope alone."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import openapi_spec_validator
import pytest
import xmlschema
from lxml import etree

from dragoman import Record
from dragoman.catalog.plain import encode_json
from dragoman.formats.json import JsonFormat
from dragoman.formats.openapi import write_openapi
from dragoman.formats.wsdl import write_wsdl
from dragoman.formats.xml_writing import XmlFormat
from dragoman.formats.xsd import write_xsd

from .described import DONE, FAILED, Head, call, document, library

WEBMASTERS = (b"status", b"request_id", b"remote_auth", b"http_status", b"ResponseData", b"api/rest", b"operation_id")


class Thing(Record):
    """A thing."""

    id: int
    name: str = ""


ALL = library(*(call(Thing, name=listed, listed=listed) for listed in ("array", "paged", "keyed", "one")), call(name="nothing"))
OPENAPI = json.loads(write_openapi(ALL))


def written(form: Any, name: str, item: Any, listed: str, head: Head) -> bytes:
    """One thing, or none where it failed."""
    writer = form.writer(document(name, item, "array" if head is FAILED else listed, head, total=1))
    things = [{"id": 1}] if item is not None and head is DONE else []
    return writer.open() + writer.items(encode_json(things)) + writer.close()


@pytest.mark.parametrize("head", [DONE, FAILED], ids=["done", "failed"])
@pytest.mark.parametrize(("name", "item"), [("array", Thing), ("paged", Thing), ("keyed", Thing), ("one", Thing), ("nothing", None)])
def test_what_is_written_is_valid_by_what_is_described(name, item, head):
    """In XML by the schema, in JSON by the OpenAPI; and what another dialect would write is not."""
    listed = name if item is not None else "array"
    schema = xmlschema.XMLSchema(write_xsd(ALL).decode())
    raw = written(XmlFormat(), name, item, listed, head).decode()
    schema.validate(raw)
    assert not schema.is_valid(raw.replace("note", "error"))
    (operation,) = OPENAPI["paths"][f"/{{format}}/{name}"].values()
    reference = operation["responses"]["200"]["content"]["application/json"]["schema"]
    judge = jsonschema.Draft202012Validator({**reference, "components": OPENAPI["components"]})
    value = json.loads(written(JsonFormat(), name, item, listed, head))
    judge.validate(value)
    assert not judge.is_valid({**value, "error": ""})
    assert not judge.is_valid({"code": 200, "things": value["things"]})


def test_descriptions_hold_the_words_of_the_dialect_alone():
    """Its statuses, its key, its paths."""
    openapi_spec_validator.validate(OPENAPI)
    assert OPENAPI["security"] == [{"secret": []}]
    assert list(OPENAPI["paths"]["/{format}/one"]["post"]["responses"]) == ["200", "400"]
    wsdl = write_wsdl(ALL, "https://a.example")
    locations = [each.get("location") for each in etree.fromstring(wsdl).iter("{http://schemas.xmlsoap.org/wsdl/http/}operation")]
    assert locations == ["/xml/array", "/xml/paged", "/xml/keyed", "/xml/one", "/xml/nothing"]
    for description in (wsdl, write_xsd(ALL), write_openapi(ALL)):
        assert not [word for word in WEBMASTERS if word in description]

"""JSON Schema of types: what a validated value is as JSON is valid by it, and what is wrong is not."""

from __future__ import annotations

import json
from typing import Annotated, Any

import jsonschema
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dragoman import Extra, Localized, Needs, Record
from dragoman.catalog.plain import encode_json
from dragoman.formats.json_schema import Schemas

from .shapes import ANNOTATIONS, values

PATIENT = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def validator(annotation: Any, *, sent: bool = False) -> jsonschema.Draft202012Validator:
    schemas = Schemas("#/$defs/")
    schema = schemas.of(annotation, sent=sent)
    whole = {"allOf": [schema], "$defs": schemas.named}
    jsonschema.Draft202012Validator.check_schema(whole)
    return jsonschema.Draft202012Validator(whole, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


@PATIENT
@given(st.data())
def test_whatever_fits_a_type_is_valid_by_its_schema(data):
    annotation, sent = data.draw(ANNOTATIONS), data.draw(st.booleans())
    value = json.loads(encode_json(data.draw(values(annotation, sent=sent))))
    validator(annotation, sent=sent).validate(value)


class Part(Record):
    """A part."""

    name: Localized
    code: Annotated[str, Extra()]
    secret: Annotated[int | None, Needs("account")] = None


@pytest.mark.parametrize(("annotation", "value", "valid"), [
    (int, 1.5, False), (int, "1", False), (int | None, None, True), (list[int], [1, "x"], False), (dict[str, bool], {"a": 1}, False),
    (Annotated[int, msgspec.Meta(ge=1, multiple_of=5)], 7, False), (Annotated[list[int], msgspec.Meta(max_length=1)], [1, 2], False),
    (Annotated[str, msgspec.Meta(pattern="^a$")], "b", False), (Annotated[str, msgspec.Meta(pattern=r"\Aa\Z")], "b", True),
    (Annotated[dict[str, int], msgspec.Meta(min_length=1)], {}, False), (Annotated[str | None, msgspec.Meta(max_length=1)], "ab", False),
    (Part, {"name": "a"}, True), (Part, {"name": {"en": "a"}}, False), (Part, {}, False), (Part, {"name": "a", "secret": "x"}, False),
])
def test_what_does_not_fit_is_not_valid(annotation, value, valid):
    assert validator(annotation).is_valid(value) == valid


def test_a_record_is_sent_with_all_languages_and_every_field_that_it_needs():
    assert validator(Part, sent=True).is_valid({"name": {"en": "a"}, "code": "x"})
    assert not validator(Part, sent=True).is_valid({"name": {"en": "a"}})
    assert not validator(Part, sent=True).is_valid({"name": "a", "code": "x"})


def test_what_a_schema_cannot_say_is_told_in_words():
    schema = Schemas().of(Annotated[str, msgspec.Meta(pattern=r"\Aa\Z", description="An a.")])
    assert schema == {"type": "string", "description": "An a.\nIt matches \\Aa\\Z"}

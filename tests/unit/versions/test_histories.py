"""Whatever became of a schema, each version is answered by its own types, and what is written for it is meant as it was."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from dragoman import Added, Defaulted, Renamed, Reshaped, Revalued
from dragoman.catalog.fitting import Misfits
from dragoman.catalog.plain import decode_json, encode_json
from dragoman.catalog.shapes import Nested
from dragoman.catalog.stage import Stage
from dragoman.catalog.values import Validator
from dragoman.editions.compiling import Translating
from dragoman.errors import DeclarationError
from dragoman.formats.xsd import write_xsd
from dragoman.views.localize import Localizer
from dragoman.views.project import projector
from dragoman.views.select import Selection, walk
from dragoman.views.translate import Asker, Translator

from ..formats.described import call, library
from ..formats.test_xsd import answer
from .histories import DAYS, TYPES, catalog_of, decode, histories, records_of_today, valid, values

PATIENT = settings(max_examples=30, deadline=None,
                   suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 9) | st.sampled_from(
        ["", "id", "name", "parts", "spot_0", "spot_0.parts", "a", "a.b", ".", "é"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "name", "x", "x.y", ""]), inner, max_size=2),
    max_leaves=3)

BEFORE = st.dictionaries(st.sampled_from(["x", "x.y", "id", "", "name"]), ANYTHING | TYPES, max_size=2)


def shown(root: Any, row: Any) -> bytes:
    """A row as an edition has it, in one language."""
    value = Validator(root)(row)
    return encode_json(Localizer(Nested(root), ("en", "de"), ("account",)).localize(value, "de"))


def selected(stage: Stage, raw: bytes, names: list[str]) -> Any:
    """An old answer with some fields, as a client sees it who asks for them."""
    chosen = Selection(stage.fields, names, ()).shown(extra=True)
    return decode(projector(Nested(stage.record), chosen)(raw) if chosen is not None else raw)


@PATIENT
@given(st.data())
def test_every_old_answer_is_valid_by_the_types_of_its_version(data):
    """Any record, any changes: the derived record class takes the derived record, with its fields in their order."""
    history = data.draw(histories())
    today = shown(history.root, data.draw(values(history.root, sent=True)))
    for stage in history.catalog.timeline.stages(history.catalog.resources["data/roots"]):
        raw = Translator(stage).back_json(today)
        old = decode(raw)
        Validator(valid(stage))(decode_json(raw))
        assert list(old) == [field.name for field in stage.fields]
        assert old[stage.key.name] == decode(today)["id"]
        described = write_xsd(library(call(stage.record)))
        etree.XMLSchema(etree.fromstring(described)).assertValid(etree.fromstring(answer(stage.record, [old])))
    for error in history.refused:
        assert error.name.startswith("the change of "), error
        assert error.reason, error
        assert error.remedy, error


@PATIENT
@given(st.data())
def test_every_record_that_is_published_passes_the_trial_of_old_versions(data):
    """Publication refuses none of them for its types, in any history, in any language."""
    history = data.draw(histories())
    resource, row = history.catalog.resources["data/roots"], data.draw(values(history.root, sent=True))
    for today in Localizer(Nested(history.root), ("en", "de")).render(Validator(history.root)(row)):
        for stage in history.catalog.timeline.stages(resource)[1:]:
            assert Translating(resource, stage)(0, today) == Translator(stage).back_json(today)


@PATIENT
@given(st.data())
def test_fields_of_an_old_version_select_what_its_whole_answer_has(data):
    """By the names of then, at the top and below: the same facts as in the answer without a selection."""
    history = data.draw(histories())
    today = shown(history.root, data.draw(values(history.root, sent=True)))
    stage = data.draw(st.sampled_from(history.catalog.timeline.stages(history.catalog.resources["data/roots"])))
    raw = Translator(stage).back_json(today)
    path = data.draw(st.sampled_from([path for path, _ in walk(stage.fields)]))
    assert selected(stage, raw, [".".join(path)]) == _cut(decode(raw), path)
    rest = selected(stage, raw, ["-" + path[0]]) if len(stage.fields) > 1 else {}
    assert {**rest, **selected(stage, raw, [path[0]])} == decode(raw)


def _cut(value: Any, path: tuple[str, ...]) -> Any:
    """What stands at a path, through lists, objects with free names and nulls."""
    if not path or value is None:
        return value
    if isinstance(value, list):
        return [_cut(each, path) for each in value]
    if path[0] not in value:
        return {name: _cut(each, path) for name, each in value.items()}
    return {path[0]: _cut(value[path[0]], path[1:])}


@PATIENT
@given(st.data())
def test_what_is_written_for_an_old_version_is_meant_as_it_was_shown(data):
    """Forth after back changes nothing where no step loses anything, and never what the old version sees."""
    history = data.draw(histories(forth=True))
    today = shown(history.root, data.draw(values(history.root, sent=True)))
    asked = {stage.version: stage for stage in history.catalog.timeline.stages(history.catalog.methods["data/take"])}
    for stage in history.catalog.timeline.stages(history.catalog.resources["data/roots"]):
        old = Translator(stage).back(decode(today))
        try:
            meant = Asker(asked[stage.version]).forth({"root": copy.deepcopy(old)})["root"]
        except Misfits:             # an empty text that old clients never knew stands for no value
            assert not history.lossless
            return
        if history.lossless:
            assert meant == decode(today)
        assert Translator(stage).back(meant) == old


@settings(PATIENT, max_examples=80)
@given(st.data())
def test_a_step_that_makes_no_sense_is_refused_with_a_remedy(data):
    """Whatever is written in a change, it fits, or its author learns which change is wrong, why and what to do."""
    root, *parts = data.draw(records_of_today())
    thing, other = data.draw(ANYTHING), data.draw(ANYTHING)
    types = data.draw(BEFORE)
    step = data.draw(st.sampled_from([
        lambda: Added(thing), lambda: Added(thing, value=other), lambda: Renamed(thing, before=other), lambda: Revalued(thing, other),
        lambda: Defaulted(thing, before=other), lambda: Reshaped(thing, before=types, backward=lambda *_: {}),
        lambda: Reshaped(thing, before=other, backward=other, forward=thing), lambda: thing,
    ]))
    of = data.draw(st.sampled_from([root, *parts, "data/take", "data/roots"]))
    refused = []
    for times in (1, 2):
        try:
            catalog_of(root, [(data.draw(st.sampled_from(DAYS)), of, [step()] * times)], with_method=True)
        except DeclarationError as error:
            refused.append(error)
    for error in refused:
        assert error.name.startswith("the change of "), error
        assert error.reason, error
        assert error.remedy, error
        assert "histories.py" in error.place, error

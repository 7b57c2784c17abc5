"""Filters of old versions find the records whose old answers have what was asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dragoman import Catalog, Filter, Key, Record, Renamed, Reshaped, Revalued, Rows, Sort, assembly
from dragoman.contracts import Answerer
from dragoman.exchange import Answer, Request, Work
from dragoman.observations import ignore
from dragoman.progress import Bar
from dragoman.settings import Limits, Settings

ROWS = [{"id": n, "tier": n % 4, "state": ("open", "daily", "closed")[n % 3], "note": ("ann", "bob", "carl")[n % 2],
         "tags": [("red", "green", "blue")[n % 3], "green"][:n % 3]} for n in range(24)]
VALUES = {"tier": range(-1, 6), "state": ("open", "daily", "closed", "over", "each-day"), "note": ("ann", "bob", "Bert", "ANN", "zoe"),
          "tags": ("red", "green", "blue", "rot")}


def declared() -> tuple[Catalog, Any]:
    """Things that may be filtered by, of every kind."""
    catalog = Catalog("filtered")

    @catalog.resource("things", Rows(lambda: list(ROWS)))
    class Thing(Record):
        id: Annotated[int, Key()]
        tier: Annotated[int, Filter(), Sort()]
        state: Annotated[Literal["open", "daily", "closed"], Filter(), Sort()]
        note: Annotated[str, Filter(), Sort()]
        tags: Annotated[list[Literal["red", "green", "blue"]], Filter()]
    return catalog, Thing


STEPS = {
    "tier": lambda name, new: st.sampled_from([
        Renamed(name, before=new), Revalued(name, {0: 1, 3: 0}),
        Reshaped(name, before={new: Annotated[int, Filter(), Sort()]}, backward=lambda value: {new: value + 1},
                 forward=lambda value: {name: value - 1})]),
    "state": lambda name, new: st.sampled_from([
        Renamed(name, before=new), Revalued(name, {"daily": "open"}), Revalued(name, {"open": "closed", "closed": "open"})]),
    "note": lambda name, new: st.sampled_from([
        Renamed(name, before=new), Revalued(name, {"ann": "Bert"}), Revalued(name, {"ann": "bob"}),
        Reshaped(name, before={new: Annotated[str, Filter()]}, backward=lambda value: {new: value[::-1]},
                 forward=lambda value: {name: value[::-1]})]),
    "tags": lambda name, new: st.sampled_from([
        Renamed(name, before=new), Revalued(name, {"red": "green"}), Revalued(name, {"red": "rot"})]),
}


@st.composite
def chains(draw: Any) -> list[tuple[str, Any]]:
    """Changes of the fields, each with what it is called after it; a choice is given other values once at most."""
    names = {name: name for name in STEPS}
    chain: list[tuple[str, Any]] = []
    used = set[str]()
    for number in range(draw(st.integers(1, 5))):
        field = draw(st.sampled_from(list(STEPS)))
        step = draw(STEPS[field](names[field], f"{field}_{number}"))
        if isinstance(step, Revalued) and field in used:
            continue
        used |= {field} if isinstance(step, Revalued) else set()
        names[field] = step.before if isinstance(step, Renamed) else next(iter(step.before)) if isinstance(step, Reshaped) else names[field]
        chain.insert(0, (field, step))
    return chain


def ask(answerer: Answerer, query: str) -> Any:
    """The answer of the earliest version, as JSON."""
    answer = answerer.answer(Request(verb="GET", path=b"/v2/things", query=query.encode(), headers={b"host": b"a"}, peer="127.0.0.1",
                                     host="a", id="0123456789abcdef"))
    if isinstance(answer, Work):
        import asyncio

        answer = asyncio.run(answer.run())
    assert isinstance(answer, Answer)
    return json.loads(bytes(answer.body) if isinstance(answer.body, (bytes, memoryview)) else b"".join(answer.body)), answer.status


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return lambda: tmp_path_factory.mktemp("filtered")


def served(folder: Path, chain: list[tuple[str, Any]]) -> tuple[Catalog, Answerer]:
    """Things with a history, published."""
    catalog, thing = declared()
    for number, (_, step) in enumerate(chain):
        catalog.change(f"20{10 + number}-01-01", thing, "It changed.", step)
    settings = Settings(data_dir=str(folder), limits=Limits(address=""))
    shops = assembly.open_sources([catalog.load()], settings)
    with Bar(shown=False) as bar:
        assembly.publish(shops, settings, ignore, bar)
    register, _, _ = assembly.open_register(settings, ignore)
    return catalog, assembly.assemble(shops, settings, ignore, register).answerer


def alike(value: Any, wanted: Any) -> bool:
    """Whether a filter by a value finds another one."""
    if isinstance(value, list):
        return any(alike(each, wanted) for each in value)
    return str(value).casefold() == str(wanted).casefold()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large,
                                                                 HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_filter_finds_what_the_old_answers_have(folders, data):
    """By names and values of the earliest version, of every field that can be filtered by: what Python finds in its answers."""
    catalog, answerer = served(folders(), data.draw(chains()))
    stage = catalog.timeline.stages(catalog.resources["data/things"])[-1]
    everything, _ = ask(answerer, "ids=all")
    assert len(everything) == len(ROWS)
    assert all(list(each) == [field.name for field in stage.fields] for each in everything)
    for field in stage.fields:
        if field.filter is None:
            continue
        wanted = {str(each) for record in everything for each in (record[field.name] if isinstance(record[field.name], list)
                                                                   else [record[field.name]])}
        for value in sorted(wanted | set(map(str, VALUES[field.name.split("_")[0]]))):
            found, status = ask(answerer, f"ids=all&{field.name}={value}")
            if status == 400:
                assert not any(alike(each[field.name], value) for each in everything)
            else:
                assert found == [each for each in everything if alike(each[field.name], value)], (field.name, value)


def test_a_value_that_means_nothing_today_is_the_fault_of_whoever_asks(tmp_path):
    """`forward` says so by a ValueError, and the answer names the parameter as it was written."""
    _, answerer = served(tmp_path, [("tier", Reshaped("tier", before={"level": Annotated[str, Filter()]},
                                                      backward=lambda tier: {"level": f"#{tier}"},
                                                      forward=lambda level: {"tier": int(level.removeprefix("#"))}))])
    assert len(ask(answerer, "ids=all&level=%231")[0]) == 6
    refused, status = ask(answerer, "ids=all&level=high")
    assert status == 400
    assert "level" in json.dumps(refused)

"""Functions of publishers: how they are called, what they may yield, and what is told when they fail."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest

from dragoman import Filter, Key, Record, Rows
from dragoman.errors import Code, DeclarationError, PublicationError, SettingsError, SourceUnavailable
from dragoman.query import Filtered
from dragoman.settings import Live
from dragoman.sources.function import FunctionSources

from .helpers import open_source, read


class Part(Record):
    """What a thing is made of."""

    name: str


class Thing(Record):
    """A thing with parts."""

    id: Annotated[int, Key()]
    parts: list[Part]
    of: Annotated[str, Filter()] = "here"


def test_records_and_mappings_are_the_same(tmp_path: Path) -> None:
    """Nested ones too."""
    def rows() -> list[Any]:
        return [Thing(id=1, parts=[Part(name="a")]),
                {"id": 2, "parts": [{"name": "a"}]}, {"id": 3, "parts": [Part(name="a")]}]

    found = read(open_source(tmp_path, Thing, Rows(rows)), Thing)
    assert found == [{"id": number, "parts": [{"name": "a"}], "of": "here"} for number in (1, 2, 3)]


def test_a_function_may_ask_for_the_cluster(tmp_path: Path) -> None:
    """One function for all of them."""
    def rows(cluster: str) -> Iterator[Any]:
        yield {"id": 1, "parts": [], "of": cluster}

    def get(keys: list[int], cluster: str) -> list[Any]:
        return [{"id": key, "parts": [], "of": cluster} for key in keys]

    source = open_source(tmp_path, Thing, Rows(rows, get=get), clusters=("eu", "na"), cluster="na")
    assert read(source, Thing)[0]["of"] == "na"
    assert asyncio.run(source.get([5]))[0]["of"] == "na"


def test_its_exception_names_the_resource_the_row_and_the_reason(tmp_path: Path) -> None:
    """What is in the function is its publisher's to mend."""
    def rows() -> Iterator[Any]:
        yield {"id": 1, "parts": []}
        yield {"id": 2, "parts": []}
        raise ZeroDivisionError("no bread left")

    scan = open_source(tmp_path, Thing, Rows(rows)).scan()
    assert [next(scan)["id"], next(scan)["id"]] == [1, 2]
    with pytest.raises(PublicationError, match=r"data/things: .* after 2 rows: ZeroDivisionError: no bread left"):
        next(scan)


@pytest.mark.parametrize("broken", [lambda: 7, lambda: None, lambda _: []])
def test_what_yields_nothing_is_told(tmp_path: Path, broken: Any) -> None:
    """A function that gives no rows at all is broken like one that fails."""
    with pytest.raises(PublicationError, match="TypeError"):
        list(open_source(tmp_path, Thing, Rows(broken)).scan())


def test_keys_are_asked_of_the_function_that_reads_them(tmp_path: Path) -> None:
    """It may be a coroutine or not; its failures are the source's."""
    async def get(keys: list[int]) -> list[Any]:
        await asyncio.sleep(0)
        return [Thing(id=key, parts=[]) for key in keys if key < 5]

    def fail(keys: list[int]) -> list[Any]:
        raise OSError("the shelf fell down")

    assert [row["id"] for row in asyncio.run(open_source(tmp_path, Thing, Rows(list, get=get)).get([1, 9]))] == [1]
    with pytest.raises(SourceUnavailable, match="the shelf fell down") as raised:
        asyncio.run(open_source(tmp_path, Thing, Rows(list, get=fail)).get([1]))
    assert raised.value.code is Code.SOURCE_INVALID


def test_a_slow_function_is_not_waited_for(tmp_path: Path) -> None:
    """Neither a coroutine nor a thread holds a request for long."""

    async def sleep(keys: list[int]) -> list[Any]:
        await asyncio.sleep(60)
        return []

    def block(keys: list[int]) -> list[Any]:
        time.sleep(1)
        return []

    for get in (sleep, block):
        with pytest.raises(SourceUnavailable, match="no answer") as raised:
            asyncio.run(open_source(tmp_path, Thing, Rows(list, get=get), limits=Live(timeout_s=0.2)).get([1]))
        assert raised.value.code is Code.SOURCE_TIMEOUT


def test_a_failing_function_is_unavailable_to_requests(tmp_path: Path) -> None:
    """The client never sees the publisher's traceback."""
    def rows() -> Iterator[Any]:
        raise KeyError("x")
        yield

    for ask in (lambda source: source.get([1]), lambda source: source.find(Filtered(), 0, 5)):
        with pytest.raises(SourceUnavailable, match="KeyError"):
            asyncio.run(ask(open_source(tmp_path, Thing, Rows(rows))))


def rows_of_this_module() -> list[Any]:
    """No rows at all."""
    return []


def test_a_fingerprint_follows_what_a_function_depends_on(tmp_path: Path) -> None:
    """Files and folders beside the catalog, and versions of packages; without them, the module's own text."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.txt").write_text("1")
    plain = open_source(tmp_path, Thing, Rows(rows_of_this_module))
    source = open_source(tmp_path, Thing, Rows(rows_of_this_module, depends_on=("data", "msgspec")))
    before = source.fingerprint()
    assert before not in (None, plain.fingerprint())
    assert source.fingerprint() == before
    (tmp_path / "data" / "b.txt").write_text("2")
    assert source.fingerprint() != before


def test_a_dependency_that_is_nothing_is_refused(tmp_path: Path) -> None:
    """A slip of the pen would let old data be served for ever."""
    with pytest.raises(DeclarationError, match=r"depends on 'msgspeck'"):
        open_source(tmp_path, Thing, Rows(list, depends_on=("msgspeck",)))


def test_nothing_is_found_without_code() -> None:
    """A function is declared."""
    with pytest.raises(SettingsError, match=r"\.py"):
        FunctionSources(Live()).inspect("read_things")

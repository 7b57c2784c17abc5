"""Old versions at publication: compiled where they are used, tried where they are not, and never shown as they are not."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import pytest

from dragoman import Catalog, Extra, Localized, Record, Renamed, Reshaped, Rows, errors
from dragoman.catalog.stage import Stage
from dragoman.editions.publish import needs_publishing, publish
from dragoman.statistics.demand import used_stages
from dragoman.views.translate import translator

from .shops import LANGUAGES, MODULES, TANKS, Module, Shop, Tank, tank


def roles_of(crew: list[dict[str, Any]]) -> dict[str, Any]:
    return {"crew": [each["role"] for each in crew]}


class OldShop(Shop):
    """A shop whose catalog has a history."""

    def __init__(
        self, data_dir: Path, tanks: list[Any], backward: Callable[..., Any] = roles_of, before: Any = list[str], **publishing: Any,
    ) -> None:
        super().__init__(data_dir, tanks, [{"id": "gun", "price": "1.50"}], **publishing)
        self.catalog = self.declare(backward, before)

    @staticmethod
    def declare(backward: Callable[..., Any] = roles_of, before: Any = list[str], sunset: str | None = None) -> Catalog:
        catalog = Catalog("armory", languages=LANGUAGES)
        catalog.resource(TANKS, Rows(list))(Tank)
        catalog.resource(MODULES, Rows(list))(Module)
        catalog.change("2024-01-01", Tank, "`crew` are people.", Reshaped("crew", before={"crew": before}, backward=backward))
        catalog.change("2023-01-01", Tank, "`grade` is called `tier`.", Renamed("tier", before="grade"))
        catalog.change("2022-01-01", Module, "`cost` is called `price`.", Renamed("price", before="cost"))
        if sunset is not None:
            catalog.deprecate("2023-01-01", on="2024-06-01", sunset=sunset)
        return catalog.load()

    def stages(self, path: str) -> tuple[Stage, ...]:
        """The old versions of a resource, the newest first."""
        return self.catalog.timeline.stages(self.catalog.resources[path])[1:]

    def publish_with(self, *used: tuple[str, Stage]) -> str:
        return publish(self.catalog, "default", self.sources, self.data_dir, self.settings, self.observed.append,
                       lambda *_, **__: None, used)


CREW = [{"role": "driver", "name": {"en": "Bo", "de": "Bodo"}}]
ROWS = [tank(1, tier=3, crew=CREW), tank(2, name={"en": "Two", "de": "Zwei"}), *(tank(number, crew=CREW * 2) for number in range(3, 1_100))]


def test_what_is_compiled_is_what_would_be_rendered(tmp_path):
    """Record by record, in every language, more than a batch of them; the whole list is compressed ahead."""
    shop = OldShop(tmp_path, ROWS)
    newer, older = shop.stages(TANKS)
    shop.publish_with((TANKS, newer), (TANKS, older))
    shelf = shop.current().shelves[TANKS]
    for stage in (newer, older):
        for language in LANGUAGES:
            today, then = shelf.records(language), shelf.records(language, stage.digest)
            assert then.digest == stage.digest
            for position in (0, 1, 2, 511, 512, 1_023, 1_024, shelf.count - 1):
                assert then.one(position) == translator(stage).back_json(today.one(position))
            assert bytes(then.everything) == b"[" + b",".join(then.one(at) for at in range(shelf.count)) + b"]"
            assert gzip.decompress(then.prepared["gzip"]) == bytes(then.everything)
    assert shelf.records("de", older.digest).one(0).startswith(b'{"id":1,"name":"Tank 1","code":"T-1","grade":3,')
    assert shop.observed[-1].versions == 2


def test_what_is_not_compiled_is_found_as_it_is_today(tmp_path):
    """So that it can be rendered from that."""
    shop = OldShop(tmp_path, ROWS[:3])
    newer, older = shop.stages(TANKS)
    shop.publish_with((TANKS, older))
    shelf = shop.current().shelves[TANKS]
    assert [shelf.records("de", stage.digest).digest for stage in (newer, older)] == ["", older.digest]
    assert shop.current().shelves[MODULES].records("de", "").digest == ""


def test_nothing_localized_has_one_file_in_old_versions_too(tmp_path):
    """Whatever the language."""
    shop = OldShop(tmp_path, [])
    stage, = shop.stages(MODULES)
    shop.publish_with((MODULES, stage))
    assert bytes(shop.current().shelves[MODULES].records("de", stage.digest).everything) == b'[{"id":"gun","cost":1.50}]'
    assert len(list(shop.folder.glob(f"*/{MODULES}/records.*.json"))) == 1


def test_an_empty_resource_has_empty_old_versions(tmp_path):
    """`[]`, in each language."""
    shop = OldShop(tmp_path, [])
    newer, _ = shop.stages(TANKS)
    shop.publish_with((TANKS, newer))
    assert bytes(shop.current().shelves[TANKS].records("de", newer.digest).everything) == b"[]"


def test_old_versions_take_no_more_room_than_they_may(tmp_path):
    """The most used come first; one that does not fit leaves nothing behind, and smaller ones after it still may."""
    whole = OldShop(tmp_path / "a", ROWS[:200])
    newer, older = whole.stages(TANKS)
    module, = whole.stages(MODULES)
    whole.publish_with((TANKS, newer))
    files = list(whole.folder.glob(f"*/{TANKS}/*{newer.digest}*"))
    room = sum(file.stat().st_size for file in files)
    for most, found in ((room, [newer]), (room - 1, [module]), (room // 2, [module]), (room + 500, [newer, module])):
        shop = OldShop(tmp_path / str(most), ROWS[:200], versions_max_bytes=most)
        shop.publish_with((TANKS, newer), (TANKS, older), (MODULES, module))
        shelves, asked = shop.current().shelves, ((TANKS, newer), (TANKS, older), (MODULES, module))
        assert [stage for path, stage in asked if shelves[path].records("de", stage.digest).digest] == found
        lying = [file.name for file in shop.folder.glob(f"*/{TANKS}/*") if newer.digest in file.name or older.digest in file.name]
        assert len(lying) == (len(files) if newer in found else 0)


def test_how_far_it_is_is_told(tmp_path):
    """By the version: of a version in three languages every record three times."""
    told: list[tuple[Any, ...]] = []
    shop = OldShop(tmp_path, ROWS)
    newer, _ = shop.stages(TANKS)
    publish(shop.catalog, "default", shop.sources, shop.data_dir, shop.settings, shop.observed.append,
            lambda *facts, **more: told.append((*facts, more)), [(TANKS, newer)])
    mine = [(done, total, more) for name, done, total, more in told if name == f"{TANKS} as of 2023-01-01T00:00:00Z"]
    assert mine[-1] == (3 * len(ROWS), 3 * len(ROWS), {"finished": True})
    assert [done for done, *_ in mine] == sorted({done for done, *_ in mine})
    assert len(mine) == 3 * 3 + 1


def test_what_cannot_have_room_is_not_begun(tmp_path):
    """However often strangers ask for it: a publication shows a thousand records of it, and writes none."""
    def backward(crew: list[dict[str, Any]]) -> dict[str, Any]:
        seen.append(len(crew))
        return roles_of(crew)

    seen: list[int] = []
    shop = OldShop(tmp_path, ROWS, backward=backward, versions_max_bytes=100_000)
    newer, older = shop.stages(TANKS)
    seen.clear()
    shop.publish_with((TANKS, newer), (TANKS, older))
    assert len(seen) == 2 * 3 * len(ROWS)               # of two versions in three languages
    assert not list(shop.folder.glob(f"*/{TANKS}/*{newer.digest}*"))


@pytest.mark.parametrize("compiled", [False, True])
def test_a_change_that_fails_with_a_record_stops_the_publication(tmp_path, compiled):
    """Named with its version and the key, whether its version is compiled or only tried; the old edition goes on."""
    shop = OldShop(tmp_path, ROWS, backward=lambda crew: {"crew": [each["role"] for each in crew if each["name"] != "Bodo" or 1 / 0]})
    with pytest.raises(errors.PublicationError) as caught:
        shop.publish_with(*([(TANKS, shop.stages(TANKS)[0])] if compiled else []))
    told = str(caught.value)
    for part in (TANKS, "record 1 (row 1)", "'2023-01-01T00:00:00Z'", "the change of 2024-01-01T00:00:00Z", "ZeroDivisionError"):
        assert part in told
    assert shop.names() == set()


def test_a_value_that_does_not_fit_what_was_before_stops_the_publication(tmp_path):
    """Named by its field."""
    shop = OldShop(tmp_path, ROWS, backward=lambda crew: {"crew": len(crew)})
    with pytest.raises(errors.PublicationError) as caught:
        shop.publish()
    assert (caught.value.field, caught.value.found) == ("crew", "1")
    assert "before=" in str(caught.value)


def test_a_text_is_no_decimal_on_the_wire(tmp_path):
    """Sources may write decimals as texts; what clients get as numbers must be ones."""
    shop = OldShop(tmp_path, ROWS, backward=lambda crew: {"crew": f"{len(crew)}.50"}, before=Decimal)
    with pytest.raises(errors.PublicationError) as caught:
        shop.publish()
    assert (caught.value.field, caught.value.found, caught.value.expected) == ("crew", "'1.50'", "number")
    OldShop(tmp_path, ROWS, backward=lambda crew: {"crew": Decimal(len(crew)) / 2}, before=Decimal).publish()


def test_a_thousand_records_of_many_are_tried(tmp_path):
    """Spread over all, in each language: what begins in the middle is found, what happens once may not be, before it is compiled."""
    def backward(crew: list[dict[str, Any]]) -> dict[str, Any]:
        seen.append(len(crew))
        return roles_of(crew)

    seen: list[int] = []
    shop = OldShop(tmp_path, [tank(number, crew=CREW * (number > 2_500)) for number in range(5_000)], backward=backward)
    seen.clear()
    shop.publish()
    assert len(seen) == 2 * 3 * 1_000
    assert set(seen) == {0, 1}


def test_a_version_that_is_gone_is_neither_tried_nor_compiled(tmp_path):
    """Nobody is answered in it."""
    shop = OldShop(tmp_path, ROWS)
    shop.catalog = OldShop.declare(backward=lambda crew: 1 / 0 if crew else roles_of(crew), sunset="2025-01-01")
    assert shop.publish()
    calls = {(TANKS, "2023-01-01T00:00:00Z"): 500, (TANKS, "earliest"): 500, (TANKS, "2024-01-01T00:00:00Z"): 500}
    assert used_stages(shop.catalog, calls, 1) == []


def test_other_words_of_a_change_are_another_version(tmp_path):
    """What was compiled by a change is not shown when that change is declared otherwise."""
    shop = OldShop(tmp_path, ROWS[:5])
    newer, older = shop.stages(TANKS)
    same = OldShop(tmp_path / "same", []).stages(TANKS)
    assert [each.digest for each in same] == [newer.digest, older.digest]
    another = OldShop(tmp_path / "other", [], before=list[str] | None).stages(TANKS)
    assert not {each.digest for each in another} & {newer.digest, older.digest}


def test_another_change_is_tried_at_the_next_start(tmp_path):
    """It asks for a publication, as other fields do; the same words again do not."""
    shop = OldShop(tmp_path, ROWS[:5])
    shop.publish()
    assert needs_publishing(OldShop.declare(), "default", shop.sources, tmp_path) is None
    assert needs_publishing(OldShop.declare(before=list[str] | None), "default", shop.sources, tmp_path) == "catalog changed"


def test_a_function_counts_with_the_file_that_it_stands_in(tmp_path):
    """A change whose function says something else is another change."""
    texts = ("def backward(crew):\n    return {'crew': []}\n", "def backward(crew):\n    return {'crew': [None]}\n")
    digests = []
    for text in texts:
        (tmp_path / "module.py").write_text(text)
        names: dict[str, Any] = {}
        exec(compile(text, str(tmp_path / "module.py"), "exec"), names)  # noqa: S102  # of this test
        digests.append(OldShop(tmp_path, [], backward=names["backward"]).stages(TANKS)[0].digest)
    assert digests[0] != digests[1]


HELPERS = """
import functools

def closure(n):
    return lambda crew: {"crew": [n]}

def default(n):
    return lambda crew, n=n: {"crew": [n]}

def traced(function):
    @functools.wraps(function)
    def call(crew):
        return function(crew)
    return call

def deep(n):
    return traced(functools.partial(lambda names, crew: {"crew": [names["a"][0]]}, {"a": [n]}))

class Instance:
    def __init__(self, n):
        self.n, self.them = n, {"b", "a", n}

    def __call__(self, crew):
        return {"crew": [self.n]}

    def method(self, crew):
        return {"crew": [self.n]}

def method(n):
    return Instance(n).method

def partial(n):
    return functools.partial(Instance.method, Instance(n))

def again(n):
    def call(crew):
        return {"crew": [n] if crew is None else call(None)}
    return call
"""
SAY = """
import sys
from dragoman import Record, Reshaped
from dragoman.catalog.change import declare, digest_of
import helpers
class Tank(Record): id: int
for name in sys.argv[1:]:
    step = Reshaped("id", before={"id": int}, backward=getattr(helpers, name)("x"))
    print(digest_of("", declare("2024-01-01", Tank, "It changed.", [step], "")))
"""
MAKERS = ["closure", "default", "deep", "Instance", "method", "partial", "again"]


def test_a_function_counts_with_what_it_holds(tmp_path, monkeypatch):
    """Values, functions and objects that a helper of another file has put into it: other ones are another change."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "helpers", raising=False)
    (tmp_path / "helpers.py").write_text(HELPERS)
    import helpers  # type: ignore[import-not-found]  # written just now

    for name in MAKERS:
        one, same, other = (OldShop(tmp_path, [], backward=getattr(helpers, name)(text)).stages(TANKS)[0].digest for text in "aab")
        assert one == same, name
        assert one != other, name


def test_a_change_is_told_alike_in_every_process(tmp_path):
    """Whatever its functions are, and wherever they lie in memory: what one compiles, others use."""
    (tmp_path / "helpers.py").write_text(HELPERS)
    told = {subprocess.run([sys.executable, "-c", SAY, *MAKERS], cwd=tmp_path, env={**os.environ, "PYTHONHASHSEED": seed}, check=True,
                           capture_output=True, text=True).stdout for seed in ("1", "2", "3")}
    assert len(told) == 1
    assert len(set(next(iter(told)).split())) == len(MAKERS)


class Then(Record):
    role: str


@pytest.mark.parametrize("form", [lambda cls: cls, lambda cls: list[cls] | None, lambda cls: Annotated[dict[str, cls], Extra()]])
def test_a_record_of_then_counts_with_its_fields(tmp_path, form):
    """By whatever type it is named."""
    def digest(cls: Any) -> str:
        return OldShop(tmp_path, [], backward=lambda _: {"crew": {}}, before=form(cls)).stages(TANKS)[0].digest

    class Other(Record):
        role: str
        seat: int = 1

    Other.__qualname__ = Then.__qualname__
    assert len({digest(Then), digest(Then), digest(Other)}) == 2


@pytest.mark.parametrize("name", ["index", "records.de", "prepared"])
def test_a_damaged_old_version_is_found(tmp_path, name):
    """As damage anywhere else in an edition: it is set aside, and the one before it served."""
    shop = OldShop(tmp_path, ROWS)
    newer, _ = shop.stages(TANKS)
    first = shop.publish_with((TANKS, newer))
    shop.publish_with((TANKS, newer))
    file = next(path for path in max(shop.folder.glob("2*")).glob(f"{TANKS}/{name}.{newer.digest}*"))
    text = bytearray(file.read_bytes())
    text[len(text) // 2] ^= 1
    file.chmod(0o644)
    file.write_bytes(text)
    assert shop.current().id == first


def test_the_most_called_versions_come_first(tmp_path):
    """By all dialects together; what is called too rarely, unknown or served as it is today is left out."""
    shop = OldShop(tmp_path, [])
    newer, older = shop.stages(TANKS)
    module, = shop.stages(MODULES)
    calls = {(TANKS, "2023-01-01T00:00:00Z"): 60, (TANKS, "earliest"): 70, (MODULES, "earliest"): 500, (TANKS, "2024-01-01T00:00:00Z"): 900,
             ("armory/none", "earliest"): 900, (TANKS, "nonsense"): 900, (TANKS, ""): 900, (MODULES, "2023-01-01T00:00:00Z"): 900}
    assert used_stages(shop.catalog, calls, 50) == [(MODULES, module), (TANKS, older), (TANKS, newer)]
    assert used_stages(shop.catalog, calls, 65) == [(MODULES, module), (TANKS, older)]
    assert used_stages(shop.catalog, {}, 0) == []


def test_texts_of_old_versions_are_in_one_language(tmp_path):
    """A localized text in `before=` is what clients see: one text."""
    shop = OldShop(tmp_path, ROWS[:2], backward=lambda crew: {"crew": crew[0]["name"] if crew else ""}, before=Localized)
    newer, _ = shop.stages(TANKS)
    shop.publish_with((TANKS, newer))
    assert b'"crew":"Bodo"' in shop.current().shelves[TANKS].records("de", newer.digest).one(0)

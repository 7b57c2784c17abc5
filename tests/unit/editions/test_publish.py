"""What goes in comes out; what does not fit is told with its place; nothing is left behind."""

import os
import stat

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dragoman.catalog.shapes import Nested
from dragoman.editions import files
from dragoman.editions.publish import editions, needs_publishing, rollback
from dragoman.errors import PublicationError, SettingsError, SourceUnavailable
from dragoman.observations import PublicationFailed, Published
from dragoman.views.localize import Localizer

from .shops import LANGUAGES, MODULES, TANKS, Listed, Shop, Tank, make_catalog, tank


def json_of(value):
    return msgspec.json.Encoder(decimal_format="number").encode(value)


texts = st.dictionaries(st.sampled_from(["en", "de", "zh", "fr"]), st.text(max_size=10), max_size=3)
rows = st.lists(st.builds(
    lambda key, name, code, tags, tier: tank(key, name=name, code=code, tags=tags, tier=tier),
    st.integers(-2**63, 2**63 - 1), texts, st.text(max_size=8), st.lists(st.text(max_size=3), max_size=3),
    st.none() | st.integers(-5, 5),
), unique_by=lambda row: row["id"], max_size=25)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(given_rows=rows)
def test_the_same_facts_come_out_in_every_language(tmp_path_factory, given_rows):
    """Records, runs, whole lists, keys and look-ups agree with what was published."""
    shop = Shop(tmp_path_factory.mktemp("data"), given_rows)
    shop.publish()
    shelf = shop.current().shelves[TANKS]
    localizer = Localizer(Nested(Tank), LANGUAGES)
    public = [msgspec.to_builtins(msgspec.convert(row, Tank)) for row in given_rows]
    for language in LANGUAGES:
        expected = [json_of(localizer.localize(row, language)) for row in public]
        assert [shelf.records(language).one(position) for position in range(shelf.count)] == expected
        assert bytes(shelf.records(language).everything) == b"[" + b",".join(expected) + b"]"
        assert bytes(shelf.records(language).run(0, shelf.count)) == b",".join(expected)
        assert bytes(shelf.records(language).run(shelf.count // 2, shelf.count)) == b",".join(expected[shelf.count // 2:])
    assert msgspec.json.decode(shelf.keys()) == [row["id"] for row in given_rows]
    assert [shelf.find(b"%d" % row["id"]) for row in given_rows] == list(range(shelf.count))


def test_one_file_serves_every_language_where_nothing_is_localized(tmp_path):
    """No language is named, and any is answered."""
    shop = Shop(tmp_path, modules=[{"id": "gun", "price": "1.50"}])
    shop.publish()
    shelf = shop.current().shelves[MODULES]
    assert shelf.languages == ()
    assert shelf.records("de").one(shelf.find(b'"gun"')) == b'{"id":"gun","price":1.50}'
    assert not list(shop.folder.glob("*/armory/modules/records.*.json"))


def test_a_revision_changes_with_the_record(tmp_path):
    """In any language."""
    shop = Shop(tmp_path, [tank(1), tank(2), tank(3)])
    shop.publish()
    before = shop.current().shelves[TANKS]
    shop.tanks.rows = [tank(1), tank(2, name={"en": "Tank 2", "zh-tw": "二"}), tank(3)]
    shop.publish()
    after = shop.current().shelves[TANKS]
    assert [before.revision(at) == after.revision(at) for at in range(3)] == [True, False, True]


def test_an_old_edition_stays_readable_for_whoever_holds_it(tmp_path):
    """Its files are gone, its records and filters are not."""
    shop = Shop(tmp_path, [tank(1, tier=7)], keep=1)
    old_id = shop.publish()
    old = shop.current().shelves[TANKS]
    shop.publish()
    assert not (shop.folder / old_id).exists()
    assert b"Tank 1" in old.records("en").one(0)
    from dragoman.query import Filtered
    assert list(old.materialize(Filtered(values=(("tier", (7,)),)), "en")) == [0]


def test_large_lists_are_compressed_ahead_and_small_or_huge_ones_are_not(tmp_path):
    """gzip and zstd say the same as the file; a client of either needs at most 8 MB of window."""
    import gzip

    import zstandard

    shop = Shop(tmp_path, [tank(number) for number in range(300)], compress_max_bytes=20_000)
    shop.publish()
    shelf = shop.current().shelves[TANKS]
    assert len(shelf.records("en").everything) > 20_000
    assert shelf.records("en").prepared == {}
    prepared = shelf.prepared_keys()
    assert gzip.decompress(prepared["gzip"]) == bytes(shelf.keys())
    assert zstandard.decompress(prepared["zstd"]) == bytes(shelf.keys())
    assert zstandard.get_frame_parameters(prepared["zstd"]).window_size <= 8 << 20
    assert shop.current().shelves[MODULES].prepared_keys() == {}


@pytest.mark.parametrize(("row", "told"), [
    (tank(2, tier="seven"), ["record 2 (row 2)", "field tier", "'seven'", "integer"]),
    (tank(2, crew=[{"role": 1, "name": {}}]), ["record 2 (row 2)", "crew.0.role", "found 1", "text"]),
    ({"id": 2, "code": "x"}, ["record 2 (row 2)", "field name", "nothing", "localized text"]),
    ({"code": "x"}, ["in row 2", "field id", "nothing", "integer"]),
    (tank(2, name={"en": "\ud800"}), ["record 2 (row 2)", "not Unicode"]),
    (tank(2**70), ["field id", "64 bits"]),
    (None, ["in row 2", "no record", "None"]),
    (17, ["in row 2", "no record", "17"]),
    (tank(1), ["record 1", "stands twice", "rows 1 and 2"]),
    (tank(2, modules=["gun"]), ["record 2 (row 2)", "field modules", '"gun"', "armory/modules"]),
    (tank(2, crew=[{"role": "a", "name": {}, "seat": "s"}]), ["field crew.seat", '"s"', "armory/modules"]),
    (tank(2, tier=2**63), ["field tier", "64 bits"]),
])
def test_what_does_not_fit_is_told_with_its_place_and_leaves_the_old_edition(tmp_path, row, told):
    """Resource, key, row, field, what was found and what was expected; the serving edition is untouched."""
    shop = Shop(tmp_path, [tank(1)])
    id = shop.publish()
    before = shop.names()
    shop.tanks.rows = [tank(1), row]
    with pytest.raises(PublicationError) as caught:
        shop.publish()
    text = str(caught.value).lower()
    assert TANKS in text
    assert [part for part in told if part.lower() not in text] == []
    assert isinstance(shop.observed[-1], PublicationFailed)
    assert shop.names() == before
    assert shop.current().id == id


@pytest.mark.parametrize("error", [SourceUnavailable("the database is away"), ValueError("broken pipe dream")])
def test_a_source_that_vanishes_stops_the_publication(tmp_path, error):
    """Midway, and nothing is left behind."""
    shop = Shop(tmp_path, [tank(1)])
    shop.publish()
    before = shop.names()

    def vanish(number):
        if number == 3:
            raise error

    shop.sources[TANKS] = Listed([tank(number) for number in range(9)], before=vanish)
    with pytest.raises((SourceUnavailable, PublicationError), match=r"away|after row 3: ValueError: broken"):
        shop.publish()
    assert shop.names() == before


def test_a_failed_sync_aborts_and_is_not_tried_again(tmp_path, monkeypatch):
    """The kernel may have dropped what it could not write; the old edition goes on serving."""
    shop = Shop(tmp_path, [tank(1)])
    id = shop.publish()
    calls = []

    def fail(file):
        calls.append(file)
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "fsync", fail)
        with pytest.raises(PublicationError, match=r"could not be written.*Input/output"):
            shop.publish()
    assert len(calls) == 1
    assert shop.current().id == id


def test_files_are_read_only_and_the_last_editions_are_kept(tmp_path):
    """Mode 0444 whatever the umask; older editions go, the current one never does."""
    shop = Shop(tmp_path, [tank(1)], keep=2)
    old_mask = os.umask(0o077)
    try:
        ids = [shop.publish() for _ in range(4)]
    finally:
        os.umask(old_mask)
    assert ids == sorted(ids)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (shop.folder / ids[-1]).rglob("*") if path.is_file()}
    assert modes == {0o444}
    assert [each.id for each in editions(tmp_path, "armory", "default")] == [ids[3], ids[2]]
    assert rollback(tmp_path, "armory", "default") == ids[2]
    newest = [shop.publish() for _ in range(2)]
    assert [each.id for each in editions(tmp_path, "armory", "default")] == newest[::-1]


def test_publication_is_due_when_there_is_none_or_catalog_or_sources_changed(tmp_path):
    """Each with its reason; nothing is due right after a publication."""
    shop = Shop(tmp_path, [tank(1)])

    def due(catalog=shop.catalog):
        return needs_publishing(catalog, "default", shop.sources, tmp_path)

    assert due() == "no edition"
    shop.publish()
    assert due() is None
    assert due(make_catalog()) is None
    shop.tanks.told = "2"
    assert due() == "sources changed"
    shop.tanks.told = None
    assert due() == "sources changed"
    shop.tanks.told = "1"
    shop.catalog.languages = ("en", "de")
    assert due() == "catalog changed"


def test_after_a_rollback_nothing_is_due_until_the_sources_really_change(tmp_path):
    """An operator who went back stays back; a source that cannot tell does not overrule that."""
    shop = Shop(tmp_path, [tank(1)])
    first = shop.publish()
    shop.tanks.told = None
    shop.tanks.rows = [tank(2)]
    second = shop.publish()
    assert needs_publishing(shop.catalog, "default", shop.sources, tmp_path) == "sources changed"
    assert rollback(tmp_path, "armory", "default") == first
    assert shop.current().id == first
    assert needs_publishing(shop.catalog, "default", shop.sources, tmp_path) is None
    shop.modules.told = "2"
    assert needs_publishing(shop.catalog, "default", shop.sources, tmp_path) == "sources changed"
    assert rollback(tmp_path, "armory", "default", second) == second


def test_a_rollback_that_cannot_be_is_told_with_the_remedy(tmp_path):
    """No edition, no older one, an unknown one, a damaged one."""
    shop = Shop(tmp_path, [tank(1)])
    with pytest.raises(SettingsError, match="publish one first"):
        rollback(tmp_path, "armory", "default")
    first = shop.publish()
    with pytest.raises(SettingsError, match="none before it"):
        rollback(tmp_path, "armory", "default")
    with pytest.raises(SettingsError, match=f"choose one of {first}"):
        rollback(tmp_path, "armory", "default", "../../etc")
    second = shop.publish()
    index = shop.folder / first / TANKS / "index"
    index.chmod(0o644)
    index.write_bytes(index.read_bytes()[:-1])
    with pytest.raises(SettingsError, match=r"cannot be served.*bytes"):
        rollback(tmp_path, "armory", "default", first)
    assert shop.current().id == second


def test_leftovers_of_killed_publications_are_cleaned_by_the_next(tmp_path):
    """Half-written editions, half-removed ones, and whole ones that were never made current."""
    shop = Shop(tmp_path, [tank(1)])
    first = shop.publish()
    for name in (".partial-20990101T000000000000Z-00000000", ".removed-x", "20990101T000000000000Z-00000000"):
        (shop.folder / name / "armory").mkdir(parents=True)
    for name in (".current.123", "..vouched-20990101T000000000000Z-00000000.123"):
        (shop.folder / name).write_text("x")
    assert [each.id for each in editions(tmp_path, "armory", "default")] == [first]
    second = shop.publish()
    assert shop.names() == {first, second, f".vouched-{first}", f".vouched-{second}", "current"}


def test_a_publication_tells_what_it_made(tmp_path):
    """Records, bytes and seconds."""
    shop = Shop(tmp_path, [tank(1), tank(2)])
    shop.publish()
    told = shop.observed[-1]
    assert isinstance(told, Published)
    assert told.records == 2
    assert told.size_bytes > 0


def test_progress_is_told_to_its_end(tmp_path):
    """Resource, records done, how many are expected, and that it is finished."""
    from dragoman.editions.publish import publish

    heard = []
    shop = Shop(tmp_path, [tank(number) for number in range(600)])
    publish(shop.catalog, "default", shop.sources, tmp_path, shop.settings, shop.observed.append,
            lambda resource, done, total, finished=False: heard.append((resource, done, total, finished)))
    assert [each[1:] for each in heard if each[0] == TANKS] == [
        (0, 600, False), (512, 600, False), (600, 600, True)]

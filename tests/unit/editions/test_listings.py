"""Filters, searches and sorts agree with plain Python, and what was found is kept within its bound."""

import threading
from array import array
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dragoman import Catalog, Key, Record, Rows
from dragoman.catalog.comparables import Incomparable, comparable
from dragoman.catalog.shapes import Nested
from dragoman.editions.listings import PositionCache
from dragoman.editions.publish import publish
from dragoman.editions.store import Editions
from dragoman.errors import Refusal
from dragoman.observations import ignore
from dragoman.query import Filtered
from dragoman.settings import Memory, Settings
from dragoman.views.localize import Localizer

from .shops import LANGUAGES, TANKS, Listed, Shop, Tank, tank

NOTHING = Filtered()
text = st.text(st.sampled_from("aAbBßİé\0 %_\uffff\U0010ffff"), max_size=3)
names = st.dictionaries(st.sampled_from(["en", "de", "zh-tw"]), text, max_size=3)
moments = st.integers(900_000_000, 1_000_000_000).map(lambda second: datetime.fromtimestamp(second / 3, UTC))
tanks = st.lists(st.builds(
    lambda name, code, tier, kind, weight, built, seen, tags: {
        "name": name, "code": code, "tier": tier, "kind": kind, "weight": weight, "built": built, "seen": seen,
        "tags": tags},
    names, text, st.none() | st.integers(-2, 2), st.sampled_from([None, "Light", "Heavy"]),
    st.none() | st.floats(allow_nan=False, allow_infinity=False, width=16),
    st.none() | st.dates(date(1999, 12, 30), date(2000, 1, 2)), st.none() | moments, st.lists(text, max_size=3),
), max_size=15)
questions = st.builds(
    lambda values, search, sort, descending: Filtered(
        values=tuple(sorted(values.items())), search=search, sort=sort, descending=descending and sort is not None),
    st.fixed_dictionaries({}, optional={
        "name": st.lists(text, min_size=1, max_size=3).map(tuple), "code": st.lists(text, min_size=1, max_size=2).map(tuple),
        "tier": st.lists(st.integers(-2, 2), min_size=1, max_size=3).map(tuple), "tags": st.tuples(text),
        "kind": st.tuples(st.sampled_from(["Light", "Heavy"])),
        "built": st.tuples(st.dates(date(1999, 12, 30), date(2000, 1, 2))),
    }),
    st.none() | text.filter(bool).map(str.casefold),
    st.sampled_from([None, "name", "code", "tier", "weight", "built", "seen"]),
    st.booleans(),
)


def fold(value):
    return value.casefold() if isinstance(value, str) else value


def text_in(localizer, row, language):
    return localizer.choose(row["name"], language)


def in_python(rows, filtered, language):
    """What `Filtered` means, the slow way."""
    localizer = Localizer(Nested(Tank), LANGUAGES)
    shown = [{**row, "name": text_in(localizer, row, language)} for row in rows]

    def fits(row):
        for name, wanted in filtered.values:
            held = row[name] if isinstance(row[name], list) else [row[name]]
            if not {fold(each) for each in held if each is not None} & {fold(each) for each in wanted}:
                return False
        if filtered.search is None:
            return True
        searched = [row["code"]] + ([row["name"]] if len(filtered.search) >= 2 else [])
        return any(fold(each).startswith(fold(filtered.search)) for each in searched if each is not None)

    found = [position for position, row in enumerate(shown) if fits(row)]
    if filtered.sort is None:
        return found
    known = [position for position in found if shown[position][filtered.sort] is not None]
    known.sort(key=lambda position: fold(shown[position][filtered.sort]), reverse=filtered.descending)
    return known + [position for position in found if shown[position][filtered.sort] is None]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rows=tanks, asked=st.lists(questions, min_size=1, max_size=12), language=st.sampled_from(LANGUAGES))
def test_select_agrees_with_a_plain_filter_and_sort(tmp_path_factory, rows, asked, language):
    """Any of the values, all of the filters, text without case, nulls last, ties in the edition's order."""
    shop = Shop(tmp_path_factory.mktemp("data"), [tank(number, **row) for number, row in enumerate(rows)])
    shop.publish()
    shelf = shop.current().shelves[TANKS]
    for filtered in asked:
        expected = in_python(rows, filtered, language)
        assert list(shelf.materialize(filtered, language)) == expected
        assert list(shelf.select(filtered, language)) == expected


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False), max_size=12))
def test_decimals_compare_as_numbers_with_all_their_digits(numbers):
    """The texts that stand for them sort and equal as the numbers do."""
    key = comparable("decimal")
    assert [key(number) for number in sorted(numbers)] == sorted(map(key, numbers))
    for one in numbers:
        assert [key(one) == key(other) for other in numbers] == [one == other for other in numbers]


def test_times_compare_as_moments():
    """Whatever offset they are written with, and with fractions of a second."""
    moment, time = comparable("datetime"), comparable("time")
    assert moment("2024-06-01T02:00:00+02:00") == moment(datetime(2024, 6, 1, tzinfo=UTC)) == moment("2024-06-01T00:00:00")
    assert moment("2024-06-01T00:00:00Z") < moment("2024-06-01T00:00:00.5Z")
    assert time("10:00:00+02:00") == time("08:00:00")


def test_integers_past_64_bits_cannot_be_compared():
    """The index holds no such number."""
    with pytest.raises(Incomparable, match="64 bits"):
        comparable("int")(2**63)


@pytest.fixture
def shelf(tmp_path):
    shop = Shop(tmp_path, [tank(number, tier=number % 3) for number in range(30)], [{"id": "a", "price": Decimal("1.10")}])
    shop.publish()
    return shop.current().shelves[TANKS]


def test_nothing_is_selected_before_it_was_materialized(shelf):
    """And a question about no text has one answer for all languages."""
    filtered = Filtered(values=(("tier", (1,)),))
    assert shelf.select(filtered, "en") is None
    found = shelf.materialize(filtered, "en")
    assert shelf.select(filtered, "de") is found
    assert shelf.materialize(filtered, "de") is found
    assert shelf.select(Filtered(sort="name"), "de") is None


def test_a_question_that_cannot_be_compared_finds_nothing(shelf):
    """Lone surrogates, integers that are too large."""
    assert list(shelf.materialize(Filtered(search="\ud800"), "en")) == []
    assert list(shelf.materialize(Filtered(values=(("tier", (2**70,)),)), "en")) == []
    assert list(shelf.materialize(Filtered(values=(("name", ("x'; DROP TABLE listing; --",)),)), "en")) == []


def test_too_many_values_and_fields_of_a_later_edition_are_refused(shelf):
    """Clearly, and not as an internal error."""
    with pytest.raises(Refusal, match="too many values"):
        shelf.materialize(Filtered(values=(("tier", tuple(range(10_001))),)), "en")
    with pytest.raises(Refusal, match="cannot be filtered"):
        shelf.materialize(Filtered(values=(("colour", (1,)),)), "en")


def test_threads_may_ask_at_once(shelf):
    """Each is given the whole answer."""
    answers = []
    threads = [threading.Thread(target=lambda tier=n % 3: answers.append(
        (tier, list(shelf.materialize(Filtered(values=(("tier", (tier,)),)), "en"))))) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(answers) == sorted((n % 3, [p for p in range(30) if p % 3 == n % 3]) for n in range(12))


def test_the_cache_keeps_what_was_used_last_within_its_bound():
    """Bytes are counted, the least recently used leave, and an answer past the bound is not kept."""
    cache = PositionCache(3 * (512 + 400))
    for name in "abc":
        cache.put((name, NOTHING), array("I", range(100)))
    assert cache.get(("a", NOTHING)) is not None
    cache.put(("d", NOTHING), array("I", range(100)))
    assert [name for name in "abcd" if cache.get((name, NOTHING)) is not None] == ["a", "c", "d"]
    cache.put(("e", NOTHING), array("I", range(10_000)))
    assert cache.get(("e", NOTHING)) is None
    cache.put(("a", NOTHING), array("I", range(50)))
    assert cache.used_bytes == 2 * 912 + 712
    for name in "acd":
        cache.forget(name)
    assert cache.used_bytes == 0


def test_a_long_question_counts_though_its_answer_is_short():
    """Thousands of values that nothing fits take their memory all the same."""
    cache = PositionCache(1_000_000)
    asked = [Filtered(values=(("name", tuple(f"{each}-{number}" for number in range(1_000))),)) for each in range(100)]
    for each in asked:
        cache.put(("edition", each), array("I"))
    assert 5 < sum(cache.get(("edition", each)) is not None for each in asked) < 20


def test_a_swap_forgets_what_was_kept_of_the_old_edition(tmp_path):
    """Memory is for what is served."""
    shop = Shop(tmp_path, [tank(1, tier=1)])
    shop.publish()
    editions = shop.open()
    old = editions.current("armory", "default").shelves[TANKS]
    filtered = Filtered(values=(("tier", (1,)),))
    old.materialize(filtered, "en")
    shop.publish()
    assert editions.refresh()
    assert old.select(filtered, "en") is None
    assert list(old.materialize(filtered, "en")) == [0]


class Plain(Record):
    id: Annotated[int, Key()]


def test_a_resource_without_filters_has_no_index(tmp_path):
    """And asked in any order it gives all of its records."""
    catalog = Catalog("plain")
    catalog.resource("plain", Rows(list))(Plain)
    sources = {"data/plain": Listed([{"id": 3}, {"id": 2}])}
    publish(catalog.load(), "default", sources, tmp_path, Settings(), ignore, lambda *_, **__: None)
    edition = Editions(tmp_path, [("plain", "default")], Memory(), ignore).current("plain", "default")
    assert list(edition.shelves["data/plain"].materialize(Filtered(), "en")) == [0, 1]
    assert not list(tmp_path.rglob("*.sqlite"))

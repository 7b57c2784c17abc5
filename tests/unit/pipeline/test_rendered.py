"""What is rendered for old versions and selections is kept for those who ask again, and never beyond its bounds."""

from __future__ import annotations

import random
import threading

from dragoman.pipeline.rendered import ENTRY_BYTES, RenderedCache
from dragoman.query import View

ENTRY = 1_000 - ENTRY_BYTES


def test_a_record_is_kept_from_the_second_time_on_that_it_is_rendered():
    cache = RenderedCache(100_000)
    group = cache.group("e-1", "data/things", View("en", "earliest"))
    for kept in (None, None, b"7"):
        assert cache.get(group, [7]) == [kept]
        cache.put(group, [7], [b"7"])
    assert cache.get(group, [6, 7, -1, (7, 8)]) == [None, b"7", None, None]


def test_the_least_recently_used_leave_first():
    cache = RenderedCache(8_000)
    group = cache.group("e-1", "data/things", View("en"))
    for _ in range(2):
        cache.put(group, range(8), [b"x" * ENTRY] * 8)
    assert (cache.used_bytes, cache.get(group, [0])) == (8_000, [b"x" * ENTRY])
    for _ in range(2):
        cache.put(group, [8], [b"y" * ENTRY])
    assert cache.get(group, [0, 1, 8]) == [b"x" * ENTRY, None, b"y" * ENTRY]


def test_what_is_larger_than_an_eighth_is_not_kept():
    cache = RenderedCache(8_000)
    group = cache.group("e-1", "data/things", View("en"))
    for _ in range(3):
        cache.put(group, [(0, 50)], [b"x" * 1_000])
    assert cache.used_bytes == 0
    assert cache.get(group, [(0, 50)]) == [None]


def test_views_of_editions_and_resources_are_apart():
    """By language, version, selection, resource and edition, however much they look alike."""
    cache = RenderedCache(100_000)
    named = [("e-1", "data/things", View("en")), ("e-2", "data/things", View("en")), ("e-1", "data/others", View("en")),
             ("e-1", "data/things", View("de")), ("e-1", "data/things", View("en", "earliest")),
             ("e-1", "data/things", View("en", shown=(("id", None),))), ("e-1", "data/things", View("en", shown=(("id", ()),)))]
    assert len({cache.group(*each) for each in named}) == len(named)
    assert [cache.group(*each) for each in named] == [cache.group(*each) for each in named]


def test_views_that_strangers_think_up_take_bounded_memory():
    """Old ones are forgotten, and no number of theirs is ever another's."""
    cache = RenderedCache(1 << 20)
    numbers = [cache.group("e-1", "data/things", View("en", shown=((f"name_{number}", None),))) for number in range(7_000)]
    assert len(set(numbers)) == 7_000
    assert len(cache._groups) <= 1_025
    for number in numbers:
        cache.put(number, range(10), [b""] * 10)
    assert len(cache._seen) <= 65_536


def test_threads_always_get_what_was_rendered_for_them():
    """Eight at once, in a cache that is too small for all of them."""
    cache = RenderedCache(40_000)
    wrong = []

    def ask(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(2_000):
            language, position = chance.choice("abc"), chance.randrange(40)
            group = cache.group("e-1", "data/things", View(language))
            found, = cache.get(group, [position])
            expected = f"{language}{position}".encode() * 100
            wrong.extend([found] if found not in (None, expected) else [])
            cache.put(group, [position], [expected])
    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert 0 < cache.used_bytes <= 40_000
    assert cache.used_bytes == sum(len(each) + ENTRY_BYTES for each in cache._kept.values())

"""The index of keys finds every key, and no stranger."""

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.editions.keys import DuplicateKey, KeyIndex, hash_of, make_table


def index_of(keys, seed, hash_=hash_of):
    text = b"[" + b",".join(keys) + b"]"
    starts, at = array("Q", [1]), 1
    for key in keys:
        at += len(key) + 1
        starts.append(at)
    table = make_table(array("Q", [hash_(key, seed) for key in keys]), lambda a, b: keys[a] == keys[b])
    return KeyIndex(memoryview(table), memoryview(starts), text, 0, seed)


keys_of_json = st.integers(-2**63, 2**63 - 1).map(lambda n: b"%d" % n) | st.binary(max_size=6).map(
    lambda b: b'"' + b.hex().encode() + b'"')


@given(st.lists(keys_of_json, unique=True, max_size=60), st.lists(keys_of_json, max_size=20), st.integers(0, 2**64 - 1))
def test_every_key_is_found_and_no_stranger(keys, strangers, seed):
    """Whatever the seed, each key leads to its own position and any other to none."""
    index = index_of(keys, seed)
    assert [index.find(key) for key in keys] == list(range(len(keys)))
    assert [index.key(position) for position in range(len(keys))] == keys
    assert all(index.find(key) == -1 for key in strangers if key not in keys)


def test_keys_with_the_same_hash_are_told_apart():
    """Equal hashes cost a comparison, never a wrong answer."""
    keys = [b"%d" % number for number in range(50)]
    table = make_table(array("Q", [7] * 50), lambda a, b: keys[a] == keys[b])
    assert sorted(filter(None, table)) == list(range(1, 51))


def test_a_key_that_stands_twice_is_named_with_both_positions():
    """The first and the second position are told."""
    with pytest.raises(DuplicateKey) as caught:
        index_of([b"1", b"2", b"3", b"2"], 5)
    assert (caught.value.first, caught.value.second) == (1, 3)


def test_at_most_half_of_the_slots_are_taken():
    """So a search ends after a few steps."""
    assert len(make_table(array("Q", range(1000)), lambda *_: False)) >= 2000

"""The index of keys: a mapped open-addressing table from the hash of a key's JSON to the position of its record."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from mmap import mmap

import xxhash

from .manifest import Section

RECORDS_MAX = 2**32 - 2
"""As many positions as the slots can tell apart from an empty one."""


class DuplicateKey(Exception):
    """Two records have the same key; `first` and `second` are their positions."""

    def __init__(self, first: int, second: int) -> None:
        self.first, self.second = first, second
        super().__init__(f"positions {first} and {second}")


def hash_of(key: bytes, seed: int) -> int:
    """The 64-bit hash of a key's JSON; a seed of each edition's own keeps outsiders from choosing collisions."""
    return xxhash.xxh3_64_intdigest(key, seed)


def make_table(hashes: array[int], same: Callable[[int, int], bool]) -> array[int]:
    """Slots with position + 1, or 0 where empty; at most half of them full. Raises `DuplicateKey`.

    `same` tells whether two positions have the same key; it is asked only where their hashes are equal.
    """
    slots = 8
    while slots < 2 * len(hashes):
        slots *= 2
    table, mask = array("I", bytes(4 * slots)), slots - 1
    for position, hashed in enumerate(hashes):
        slot = hashed & mask
        while taken := table[slot]:
            if hashes[taken - 1] == hashed and same(taken - 1, position):
                raise DuplicateKey(taken - 1, position)
            slot = (slot + 1) & mask
        table[slot] = position + 1
    return table


class KeyIndex:
    """The keys of one resource, mapped."""

    def __init__(
        self, table: memoryview, starts: memoryview, mapped: mmap | bytes, base: int, seed: int,
    ) -> None:
        self._table, self._starts, self._mapped, self._base, self._seed = table, starts, mapped, base, seed
        self._mask = len(table) - 1

    def find(self, key: bytes) -> int:
        """The position of the record with this key, written as JSON; -1 where there is none."""
        slot = xxhash.xxh3_64_intdigest(key, self._seed) & self._mask
        table, starts, base = self._table, self._starts, self._base
        while taken := table[slot]:
            if self._mapped[base + starts[taken - 1]:base + starts[taken] - 1] == key:
                return taken - 1
            slot = (slot + 1) & self._mask
        return -1

    def key(self, position: int) -> bytes:
        """The JSON of one key."""
        return self._mapped[self._base + self._starts[position]:self._base + self._starts[position + 1] - 1]


def open_keys(mapped: mmap | bytes, sections: Mapping[str, Section], seed: int) -> KeyIndex:
    """The keys in a mapped file of indexes, by its sections."""
    view = memoryview(mapped)
    (table, table_size), (starts, starts_size) = sections["keys.table"], sections["keys.starts"]
    return KeyIndex(view[table:table + table_size].cast("I"), view[starts:starts + starts_size].cast("Q"), mapped,
                    sections["keys"][0], seed)

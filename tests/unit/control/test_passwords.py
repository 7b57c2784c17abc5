"""Digests of passwords: how hard they are to guess is the operator's to say, within bounds."""

from __future__ import annotations

import argon2
import pytest

from dragoman.errors import SettingsError
from dragoman.settings import Room, Settings


def test_a_digest_takes_the_memory_that_the_settings_say(configured: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """By default what Django takes; one that was made with less is still good, and is made anew at the next sign-in."""
    from django.contrib.auth.hashers import get_hasher

    from dragoman.control.accounts import passwords

    usual = get_hasher()
    assert isinstance(usual, passwords.Hasher)
    monkeypatch.setattr(passwords, "ours", lambda: Settings(room=Room(password_memory_mib=19)))
    kept = {}
    for memory_kib, hasher in ((19 * 1_024, passwords.Hasher()), (100 * 1_024, usual)):
        kept[memory_kib] = hasher.encode("correct horse battery staple", "some salt of it")
        found = argon2.extract_parameters(kept[memory_kib].removeprefix("argon2"))
        assert (found.memory_cost, found.time_cost, found.type) == (memory_kib, 2, argon2.Type.ID)
    for digest in kept.values():
        assert usual.verify("correct horse battery staple", digest)
        assert not usual.verify("wrong horse", digest)
    assert [usual.must_update(digest) for digest in kept.values()] == [True, False]


@pytest.mark.parametrize("memory_mib", [0, 18, 4_097])
def test_no_digest_is_guessed_too_fast(memory_mib: int) -> None:
    """And none takes all the memory that there is."""
    with pytest.raises(SettingsError, match="19 to 4096"):
        Settings(room=Room(password_memory_mib=memory_mib))
